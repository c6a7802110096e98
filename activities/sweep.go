package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/internal/store"
)

// sweepAge is how long an artifact stays that no published version was made
// from. A failed night that is mended within it finds its finished steps again.
const sweepAge = 7 * 24 * time.Hour

// SweepResult counts what a sweep removed.
type SweepResult struct {
	Runs    int         `json:"runs"`    // dead nights whose copies of raw rows and keys went
	Open    int         `json:"open"`    // nights under way; artifacts are kept while there is one
	Removed store.Swept `json:"removed"` // artifacts that nothing needs
}

// Sweep removes what nights that never came to their end left behind, a process
// killed for good for example, and then the artifacts that no published version
// was made from. It does nothing to nights under way.
func (a *Activities) Sweep(ctx context.Context) (SweepResult, error) {
	var out SweepResult
	err := a.run(ctx, "sweep", &meter{stage: "sweep"}, func(ctx context.Context) error {
		// A retry counts anew.
		out = SweepResult{}
		if err := a.sweepRuns(ctx, &out); err != nil {
			return err
		}
		if out.Open > 0 {
			// An open night may have found an old artifact and be about to read
			// it. The last night to end sweeps.
			return nil
		}
		roots, err := a.publishedArtifacts(ctx)
		if err != nil {
			return err
		}
		live, err := a.Store.Reach(ctx, roots)
		if err != nil {
			return err
		}
		out.Removed, err = a.Store.Collect(ctx, live, time.Now().Add(-sweepAge))
		return err
	})
	return out, err
}

// sweepRuns cleans up after nights that are over. A run without a record was
// cleaned and written to once more by an activity that outlived its night.
func (a *Activities) sweepRuns(ctx context.Context, out *SweepResult) error {
	keys, err := a.Store.List(ctx, "runs/")
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, k := range keys {
		parts := strings.Split(k, "/")
		if len(parts) < 4 || seen[parts[1]+"/"+parts[2]] {
			continue
		}
		name, run := parts[1], parts[2]
		seen[name+"/"+run] = true
		var h hold
		err := a.Store.GetJSON(ctx, runRecordKey(name, run), &h)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		default:
			running, err := a.running(ctx, h)
			if err != nil {
				return err
			}
			if running {
				out.Open++
				continue
			}
			if err := a.letGo(ctx, name, h.Night, h.Run); err != nil {
				return err
			}
		}
		if err := a.cleanRun(ctx, name, run); err != nil {
			return err
		}
		out.Runs++
	}
	return nil
}

// publishedArtifacts lists the artifacts that version records name.
func (a *Activities) publishedArtifacts(ctx context.Context) ([]store.Address, error) {
	keys, err := a.Store.List(ctx, "datasets/")
	if err != nil {
		return nil, err
	}
	var out []store.Address
	for _, k := range keys {
		if parts := strings.Split(k, "/"); len(parts) != 4 || parts[2] != "versions" {
			continue
		}
		var v Version
		if err := a.Store.GetJSON(ctx, k, &v); err != nil {
			return nil, err
		}
		out = append(out, v.Artifact.Address)
		for _, x := range v.Built {
			out = append(out, x)
		}
	}
	return out, nil
}
