package activities

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nocturne-data/nocturne/internal/store"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// Progress is what a running activity tells: the heartbeat's only content.
type Progress struct {
	Stage string `json:"stage"`
	Table string `json:"table,omitempty"`
	Part  string `json:"part,omitempty"`
	Done  int64  `json:"done"`  // rows, or whatever Total counts
	Total int64  `json:"total"` // 0 = unknown
}

// meter counts the progress of one activity; safe for concurrent use.
type meter struct {
	stage, table, part string
	done, total        atomic.Int64
}

func (m *meter) add(n int64) { m.done.Add(n) }

// share reports progress as a fraction of the total.
func (m *meter) share(f float64) { m.done.Store(int64(f * float64(m.total.Load()))) }

const heartbeatEvery = 500 * time.Millisecond

// pulse heartbeats until the returned function is called. It also turns the
// stop of the worker into cancellation of the activity's context, so that a
// worker that is told to stop lets go of its work at once and another one
// takes it over.
func pulse(ctx context.Context, m *meter) (context.Context, func()) {
	if !activity.IsActivity(ctx) { // the command line calls steps directly
		return ctx, func() {}
	}
	// Heartbeats go out under the activity's own context: the end of the work
	// must not look like a heartbeat that failed.
	own := ctx
	ctx, cancel := context.WithCancel(own)
	done := make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTicker(heartbeatEvery)
		defer t.Stop()
		stopping := activity.GetWorkerStopChannel(own)
		for {
			activity.RecordHeartbeat(own, Progress{Stage: m.stage, Table: m.table, Part: m.part, Done: m.done.Load(), Total: m.total.Load()})
			select {
			case <-ctx.Done():
				return
			case <-stopping:
				cancel()
				return
			case <-t.C:
			}
		}
	}()
	return ctx, func() { cancel(); <-done }
}

// step runs one step of the night: it returns the finished artifact at once
// where there is one, else builds it under heartbeat and progress. Errors come
// back as Temporal retries them.
func (a *Activities) step(ctx context.Context, r store.Recipe, m *meter, build func(ctx context.Context, d *store.Draft) error) (store.Manifest, error) {
	ctx, stop := pulse(ctx, m)
	defer stop()
	out, _, err := a.Store.Build(ctx, r, build)
	if err != nil {
		return store.Manifest{}, lastWord(ctx, temporalError(place(r.Step, m, err)))
	}
	return out, nil
}

// tries is how often a step may fail by an error of its own. Attempts that ended
// with their worker are not errors of the step: the activity presets allow many
// more of those.
const tries = 5

// lastWord ends the retries of a step that has failed often enough.
func lastWord(ctx context.Context, err error) error {
	if !activity.IsActivity(ctx) {
		return err
	}
	return lastWordAt(activity.GetInfo(ctx).Attempt, err)
}

func lastWordAt(attempt int32, err error) error {
	var app *temporal.ApplicationError
	if attempt < tries || !errors.As(err, &app) || app.NonRetryable() {
		return err
	}
	return temporal.NewNonRetryableApplicationError(app.Message(), app.Type(), nil)
}

// place says where a step failed, once.
func place(step string, m *meter, err error) error {
	at := step
	if m.table != "" {
		at += " " + m.table
	}
	if m.part != "" {
		at += ", " + m.part
	}
	return fmt.Errorf("%s: %w", at, err)
}

// run is step for work that leaves no artifact.
func (a *Activities) run(ctx context.Context, name string, m *meter, f func(ctx context.Context) error) error {
	ctx, stop := pulse(ctx, m)
	defer stop()
	if err := f(ctx); err != nil {
		return lastWord(ctx, temporalError(place(name, m, err)))
	}
	return nil
}
