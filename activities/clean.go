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
		a.indexes.drop()
		a.pools.drop()
		if err := a.cleanRun(ctx, in.Plan.Name, in.Plan.Run); err != nil {
			return err
		}
		return a.letGo(ctx, in.Plan.Name, in.Plan.Night, in.Plan.Run)
	})
}

// cleanRun removes what a run left: its key, its copies, its record.
func (a *Activities) cleanRun(ctx context.Context, name, run string) error {
	// The key goes first: without it the copies are noise.
	if err := a.Store.Delete(ctx, runKey(name, run)); err != nil {
		return err
	}
	keys, err := a.Store.List(ctx, snapshotList(name, run))
	if err != nil {
		return err
	}
	for _, k := range keys {
		var ref store.Ref
		err := a.Store.GetJSON(ctx, k, &ref)
		if errors.Is(err, store.ErrNotFound) {
			continue // another one cleans as well
		}
		if err != nil {
			return err
		}
		if err := a.Store.Drop(ctx, ref.Address); err != nil {
			return err
		}
		if err := a.Store.Delete(ctx, k); err != nil {
			return err
		}
	}
	return a.Store.Delete(ctx, runRecordKey(name, run))
}
