package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nocturne-data/nocturne/internal/store"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
)

// A night holds its pipeline by a numbered record. The highest number holds;
// number n+1 can be created by one night alone, and only when the night of n is
// over, so that of two that find a dead night's hold one takes it.

func holdPrefix(name string) string { return "nights/" + name + "/" }

func holdKey(name string, n int) string { return fmt.Sprintf("%s%06d.json", holdPrefix(name), n) }

// hold names a night: in the record that holds a pipeline, and in the record of
// a run.
type hold struct {
	Night string    `json:"night"` // workflow id
	Run   string    `json:"run"`   // its first run id
	Since time.Time `json:"since"` // when it was due: never after it started
}

// current returns the hold in force and its number; 0 = nobody holds the
// pipeline.
func (a *Activities) current(ctx context.Context, name string) (h hold, n int, err error) {
	keys, err := a.Store.List(ctx, holdPrefix(name))
	if err != nil || len(keys) == 0 {
		return h, 0, err
	}
	last := keys[len(keys)-1]
	if _, err := fmt.Sscanf(last, holdPrefix(name)+"%06d.json", &n); err != nil {
		return h, 0, fmt.Errorf("pipeline %s: record %s does not belong there: delete it", name, last)
	}
	return h, n, a.Store.GetJSON(ctx, last, &h)
}

// holdPipeline records that this night holds the pipeline. A hold whose night
// is over counts for nothing: its worker died before it could let go.
func (a *Activities) holdPipeline(ctx context.Context, name string, in PlanInput) error {
	mine, err := json.Marshal(hold{Night: in.Night, Run: in.Run, Since: in.At})
	if err != nil {
		return err
	}
	for range 5 {
		held, n, err := a.current(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			continue // let go a moment ago
		}
		if err != nil {
			return err
		}
		if n > 0 {
			if held.Night == in.Night && held.Run == in.Run {
				return nil
			}
			running, err := a.running(ctx, held)
			if err != nil {
				return err
			}
			if running {
				return fail(AlreadyRunning, fmt.Errorf("pipeline %s is already being run by workflow %s: wait for it, or cancel it", name, held.Night))
			}
		}
		created, err := a.Store.PutNew(ctx, holdKey(name, n+1), mine)
		if err != nil || created {
			return err
		}
	}
	return fmt.Errorf("pipeline %s: other nights keep taking hold of it", name)
}

// letGo ends a night's hold, with those of dead nights before it. Another
// night's hold stays.
func (a *Activities) letGo(ctx context.Context, name, night, run string) error {
	held, n, err := a.current(ctx, name)
	if errors.Is(err, store.ErrNotFound) || err == nil && (n == 0 || held.Night != night || held.Run != run) {
		return nil
	}
	if err != nil {
		return err
	}
	keys, err := a.Store.List(ctx, holdPrefix(name))
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k > holdKey(name, n) {
			break
		}
		if err := a.Store.Delete(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// stillHolds fails when another night has taken the pipeline: an activity that
// was cut off from Temporal may outlive its night.
func (a *Activities) stillHolds(ctx context.Context, p Plan) error {
	held, n, err := a.current(ctx, p.Name)
	if err != nil {
		return err
	}
	if n == 0 || held.Night != p.Night || held.Run != p.Run {
		return fail(AlreadyRunning, fmt.Errorf("pipeline %s is no longer held by night %s: nothing was published", p.Name, p.Night))
	}
	return nil
}

// running asks whether a night is under way. A night that was reset goes on in
// a run of its own, so the latest run counts if it descends from the first.
func (a *Activities) running(ctx context.Context, h hold) (bool, error) {
	d, err := a.Client.DescribeWorkflowExecution(ctx, h.Night, "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask whether night %s is still under way: %w", h.Night, err)
	}
	info := d.GetWorkflowExecutionInfo()
	return info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING && (info.GetFirstRunId() == "" || info.GetFirstRunId() == h.Run), nil
}
