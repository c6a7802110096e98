package workflows_test

import (
	"sync"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
)

func tableInput(shards, partitions int) workflows.TableNightInput {
	return workflows.TableNightInput{
		Plan: plan(1), Snapshot: activities.Snapshot{Table: "table_00", Rows: int64(shards) * 100},
		Shards: shards, Partitions: partitions,
	}
}

// Every shard is protected and proven once, whatever the number of activities
// that share them.
func TestShardsAreSharedOutWithoutGapOrOverlap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ shards, partitions, activities int }{
		{1, 1, 1}, {10, 3, 3}, {7, 7, 7}, {5, 9, 5}, {3, 0, 1}, {200, 150, 150},
	} {
		w := newWorld(t)
		var mu sync.Mutex
		protected, proven := make([]int, c.shards), make([]int, c.shards)
		w.succeed(plan(1), 100, map[string]any{
			"Protect": func(_ ctxType, in activities.ProtectInput) (activities.ProtectResult, error) {
				mu.Lock()
				defer mu.Unlock()
				for i := in.First; i < in.Last; i++ {
					protected[i]++
				}
				return activities.ProtectResult{RowsIn: 100, RowsOut: 100}, nil
			},
			"Prove": func(_ ctxType, in activities.ProveInput) (activities.ProveResult, error) {
				mu.Lock()
				defer mu.Unlock()
				for i := in.First; i < in.Last; i++ {
					proven[i]++
				}
				return activities.ProveResult{}, nil
			},
		})
		w.ExecuteWorkflow(workflows.TableNightName, tableInput(c.shards, c.partitions))
		require.NoError(t, w.GetWorkflowError())
		for i := range protected {
			require.Equal(t, []int{1, 1}, []int{protected[i], proven[i]}, "shard %d of %d over %d", i, c.shards, c.partitions)
		}
		require.Equal(t, c.activities, w.count("Protect"))
	}
}

func TestFanOutIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	now, most := 0, 0
	w.succeed(plan(1), 100, map[string]any{
		"Protect": func(_ ctxType, _ activities.ProtectInput) (activities.ProtectResult, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(2 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
			return activities.ProtectResult{}, nil
		},
	})
	w.ExecuteWorkflow(workflows.TableNightName, tableInput(500, 500))
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, 500, w.count("Protect"))
	require.LessOrEqual(t, most, 64)
}

func TestNoPartitionStartsAfterAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeed(plan(1), 100, map[string]any{
		"Protect": func(_ ctxType, in activities.ProtectInput) (activities.ProtectResult, error) {
			if in.First == 0 {
				return activities.ProtectResult{}, temporal.NewNonRetryableApplicationError("too many", activities.TooManyBadRows, nil)
			}
			time.Sleep(time.Millisecond)
			return activities.ProtectResult{}, nil
		},
	})
	w.ExecuteWorkflow(workflows.TableNightName, tableInput(500, 500))
	require.Equal(t, activities.TooManyBadRows, failureType(t, w.GetWorkflowError()))
	require.Less(t, w.count("Protect"), 500)
	require.Zero(t, w.count("Assemble"))
	require.Zero(t, w.count("Prove"))
}

func TestUnsureColumnsAreAskedAboutOnlyWithAQueue(t *testing.T) {
	t.Parallel()
	for _, ask := range []bool{false, true} {
		w := newWorld(t)
		w.succeed(plan(1), 100, map[string]any{
			"Detect": func(ctxType, activities.DetectInput) (activities.DetectResult, error) {
				return activities.DetectResult{Columns: 3, Unsure: 2}, nil
			},
		})
		for _, name := range []string{"AskColumns", "AwaitColumns"} {
			w.OnActivity(name, anything, anything).Return(activities.LabelProgress{Asked: 2, Answered: 1}, nil).Maybe()
		}
		w.OnActivity("AnswerColumns", anything, anything, anything).Return(nil).Maybe()
		in := tableInput(1, 1)
		in.Ask = ask
		in.Plan.Labels = &activities.PlannedLabels{Queue: "q", Annotators: 2}
		w.ExecuteWorkflow(workflows.TableNightName, in)
		require.NoError(t, w.GetWorkflowError())
		want := 0
		if ask {
			want = 1
		}
		require.Equal(t, []int{want, 2 * want, want}, []int{w.count("AskColumns"), w.count("AnswerColumns"), w.count("AwaitColumns")})
	}
}
