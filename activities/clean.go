package activities

import (
	"context"
	"errors"

	"github.com/nocturne-data/nocturne/internal/store"
)

// Clean ends a night: the sealed copies of raw rows and the key that opens them
// go, and the pipeline is let go.
func (a *Activities) Clean(ctx context.Context, in CleanInput) error {
	return a.run(ctx, "clean", &meter{stage: "clean"}, func(ctx context.Context) error {
		// The key goes first: without it the copies are noise.
		a.indexes.drop()
		if err := a.Store.Delete(ctx, runKey(in.Plan)); err != nil {
			return err
		}
		keys, err := a.Store.List(ctx, snapshotList(in.Plan))
		if err != nil {
			return err
		}
		for _, k := range keys {
			var ref store.Ref
			if err := a.Store.GetJSON(ctx, k, &ref); err != nil {
				return err
			}
			if err := a.Store.Drop(ctx, ref.Address); err != nil {
				return err
			}
			if err := a.Store.Delete(ctx, k); err != nil {
				return err
			}
		}
		var held hold
		err = a.Store.GetJSON(ctx, nightKey(in.Plan.Name), &held)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil
		case err != nil:
			return err
		case held.Night != in.Plan.Night || held.Run != in.Plan.Run:
			return nil
		}
		return a.Store.Delete(ctx, nightKey(in.Plan.Name))
	})
}
