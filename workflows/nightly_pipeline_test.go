package workflows_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// world is a test environment with every activity of a night answering well,
// and a record of which ran.
type world struct {
	*testsuite.TestWorkflowEnvironment

	mu  sync.Mutex
	ran []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	var s testsuite.WorkflowTestSuite
	s.SetLogger(quiet{})
	w := &world{TestWorkflowEnvironment: s.NewTestWorkflowEnvironment()}
	workflows.Register(w)
	w.RegisterActivity(&activities.Activities{})
	w.SetStartTime(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))
	w.SetOnActivityStartedListener(func(info *activity.Info, _ ctxType, _ converter.EncodedValues) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ran = append(w.ran, info.ActivityType.Name)
	})
	return w
}

func (w *world) count(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, x := range w.ran {
		if x == name {
			n++
		}
	}
	return n
}

// order returns the activities that ran, each at its first run.
func (w *world) order() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, x := range w.ran {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// plan is a night over so many tables, the second referring to the first.
func plan(tables int) activities.Plan {
	p := activities.Plan{
		Name: "test", Date: "2026-11-24", Night: "night", Run: "run", Twins: true,
		Layout: pipeline.Layout{BlockRows: 100, ShardBlocks: 1},
	}
	for i := range tables {
		t := activities.PlannedTable{Name: fmt.Sprintf("table_%02d", i), Twin: true}
		if i == 1 {
			t.Parents = []string{"table_00"}
		}
		p.Tables = append(p.Tables, t)
		p.Ingests = append(p.Ingests, []string{t.Name})
	}
	return p
}

// succeed makes every activity of a night over p do well. The functions given
// replace single ones.
func (w *world) succeed(p activities.Plan, rows int64, instead map[string]any) {
	on := func(name string, args int, f any) {
		if x, ok := instead[name]; ok {
			f = x
		}
		any := make([]any, args)
		for i := range any {
			any[i] = mock.Anything
		}
		w.OnActivity(name, any...).Return(f).Maybe()
	}
	on("Plan", 2, func(ctxType, activities.PlanInput) (activities.Plan, error) { return p, nil })
	on("Ingest", 2, func(_ ctxType, in activities.IngestInput) (out activities.IngestResult, err error) {
		for _, t := range in.Tables {
			out.Snapshots = append(out.Snapshots, activities.Snapshot{Table: t, Rows: rows})
		}
		return out, nil
	})
	on("Detect", 2, func(ctxType, activities.DetectInput) (activities.DetectResult, error) {
		return activities.DetectResult{Columns: 3}, nil
	})
	on("Decide", 2, func(ctxType, activities.DecideInput) (activities.DecideResult, error) {
		return activities.DecideResult{}, nil
	})
	on("Check", 2, func(ctxType, activities.CheckInput) (activities.CheckResult, error) {
		return activities.CheckResult{}, nil
	})
	on("Protect", 2, func(_ ctxType, in activities.ProtectInput) (activities.ProtectResult, error) {
		n := int64(in.Last-in.First) * 100
		return activities.ProtectResult{RowsIn: n, RowsOut: n}, nil
	})
	on("Assemble", 2, func(_ ctxType, in activities.AssembleInput) (activities.Protected, error) {
		return activities.Protected{Table: in.Snapshot.Table, RowsIn: rows, RowsOut: rows, Shards: in.Shards}, nil
	})
	on("Prove", 2, func(ctxType, activities.ProveInput) (activities.ProveResult, error) {
		return activities.ProveResult{Cells: 10}, nil
	})
	on("Fit", 2, func(ctxType, activities.FitInput) (activities.FitResult, error) {
		return activities.FitResult{Engine: "mixture"}, nil
	})
	on("Sample", 2, func(_ ctxType, in activities.SampleInput) (out activities.SampleResult, err error) {
		for _, t := range in.Tables {
			out.Twins = append(out.Twins, activities.Twin{Table: t.Table, Rows: rows})
		}
		return out, nil
	})
	on("Evaluate", 2, func(_ ctxType, in activities.EvaluateInput) (activities.Evaluation, error) {
		return activities.Evaluation{Table: in.Twin.Table}, nil
	})
	on("AskRows", 2, func(_ ctxType, in activities.LabelInput) (activities.LabelProgress, error) {
		return activities.LabelProgress{Asked: in.Round}, nil
	})
	on("AnswerRows", 2, func(ctxType, activities.LabelInput) error { return nil })
	on("AwaitRows", 2, func(_ ctxType, in activities.LabelInput) (activities.LabelProgress, error) {
		return activities.LabelProgress{Asked: in.Round}, nil
	})
	on("CollectLabels", 2, func(ctxType, activities.LabelInput) (activities.CollectLabelsResult, error) {
		return activities.CollectLabelsResult{Rows: 7, Progress: activities.LabelProgress{Answered: 7}}, nil
	})
	on("Publish", 2, func(_ ctxType, in activities.PublishInput) (activities.Published, error) {
		return activities.Published{Version: "v1", Files: len(in.Twins)}, nil
	})
	on("Clean", 2, func(ctxType, activities.CleanInput) error { return nil })
	on("Sweep", 1, func(ctxType) (activities.SweepResult, error) { return activities.SweepResult{}, nil })
}

func (w *world) night(in any) { w.ExecuteWorkflow(workflows.NightlyPipelineName, in) }

func failureType(t *testing.T, err error) string {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return app.Type()
}

func TestNightRunsItsStagesInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeed(plan(2), 1000, nil)
	w.night(map[string]any{})
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, []string{
		"Plan", "Ingest", "Detect", "Decide", "Check", "Protect", "Assemble", "Prove", "Fit", "Sample", "Evaluate", "Publish", "Clean", "Sweep",
	}, w.order())
	var out workflows.NightResult
	require.NoError(t, w.GetWorkflowResult(&out))
	require.Equal(t, "v1", out.Published.Version)
	require.Equal(t, 2, out.Published.Files)
	require.Equal(t, 20, w.count("Protect"), "one activity a shard")
	require.Equal(t, 1, w.count("Fit"), "parent and child are one family")

	v, err := w.QueryWorkflow(workflows.StagesQuery)
	require.NoError(t, err)
	var stages []workflows.Stage
	require.NoError(t, v.Get(&stages))
	for _, s := range stages {
		require.Equal(t, "done", s.State, s.Name)
	}
}

func TestPlanGetsPipelineDateAndNominalStart(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		in   map[string]any
		due  bool
		want activities.PlanInput
	}{
		"empty input":  {map[string]any{}, false, activities.PlanInput{Pipeline: "census", At: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)}},
		"by schedule":  {map[string]any{"pipeline": "x"}, true, activities.PlanInput{Pipeline: "x", At: due}},
		"given a date": {map[string]any{"pipeline": "x", "date": "2026-01-02"}, true, activities.PlanInput{Pipeline: "x", Date: "2026-01-02", At: due}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.due {
				key := temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")
				require.NoError(t, w.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(key.ValueSet(due))))
			}
			var got activities.PlanInput
			w.succeed(plan(1), 10, map[string]any{"Plan": func(_ ctxType, in activities.PlanInput) (activities.Plan, error) {
				got = in
				return plan(1), nil
			}})
			w.night(c.in)
			require.NoError(t, w.GetWorkflowError())
			require.NotEmpty(t, got.Night)
			got.Night, got.Run, got.At = "", "", got.At.UTC()
			require.Equal(t, c.want, got)
		})
	}
}

func TestWrongInputFailsAtOnceAndSaysWhatIsRight(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]any{
		"unknown field":     map[string]any{"pipline": "census"},
		"wrong type":        map[string]any{"pipeline": 5},
		"not an object":     []int{1},
		"pipeline and spec": map[string]any{"pipeline": "a", "spec": map[string]any{"name": "b", "tables": []any{}, "policy": ""}},
		"bad date":          map[string]any{"date": "24.11.2026"},
		"unknown in spec":   map[string]any{"spec": map[string]any{"name": "b", "tabels": []any{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.night(in)
			err := w.GetWorkflowError()
			require.Equal(t, activities.InvalidSpec, failureType(t, err))
			require.ErrorContains(t, err, `{"pipeline":"census"}`)
			require.Empty(t, w.order(), "nothing ran")
		})
	}
}

func TestFailedPlanHasNothingToClean(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeed(plan(1), 10, map[string]any{"Plan": func(ctxType, activities.PlanInput) (activities.Plan, error) {
		return activities.Plan{}, temporal.NewNonRetryableApplicationError("taken", activities.AlreadyRunning, nil)
	}})
	w.night(map[string]any{})
	require.Equal(t, activities.AlreadyRunning, failureType(t, w.GetWorkflowError()))
	require.Equal(t, []string{"Plan"}, w.order())
}

func TestOneFailedTableEndsTheNightAndCleans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var outcome string
	w.succeed(plan(4), 1000, map[string]any{
		"Detect": func(_ ctxType, in activities.DetectInput) (activities.DetectResult, error) {
			if in.Snapshot.Table == "table_02" {
				return activities.DetectResult{}, temporal.NewNonRetryableApplicationError("no such column", activities.SchemaMismatch, nil)
			}
			return activities.DetectResult{}, nil
		},
		// The other tables would take hours.
		"Protect": func(ctx ctxType, _ activities.ProtectInput) (activities.ProtectResult, error) {
			return activities.ProtectResult{}, activity.ErrResultPending
		},
		"Clean": func(_ ctxType, in activities.CleanInput) error {
			outcome = in.Outcome
			return nil
		},
	})
	w.night(map[string]any{})
	require.Equal(t, activities.SchemaMismatch, failureType(t, w.GetWorkflowError()))
	require.Equal(t, activities.SchemaMismatch, outcome)
	require.Equal(t, 1, w.count("Sweep"))
	require.Zero(t, w.count("Fit"))
	require.Zero(t, w.count("Publish"))
}

func TestRefusedTwin(t *testing.T) {
	t.Parallel()
	refuse := map[string]any{"Evaluate": func(_ ctxType, in activities.EvaluateInput) (activities.Evaluation, error) {
		e := activities.Evaluation{Table: in.Twin.Table}
		if e.Table == "table_00" {
			e.Refused = []string{"dcr: too near"}
		}
		return e, nil
	}}
	t.Run("is left out", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.succeed(plan(2), 100, refuse)
		w.night(map[string]any{})
		require.NoError(t, w.GetWorkflowError())
		var out workflows.NightResult
		require.NoError(t, w.GetWorkflowResult(&out))
		require.Equal(t, []string{"table_00"}, out.Refused)
		require.Equal(t, 1, out.Published.Files, "the other twin is published")
	})
	t.Run("stops the night when asked to", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := plan(2)
		p.Stop = true
		w.succeed(p, 100, refuse)
		w.night(map[string]any{})
		require.Equal(t, activities.GateRefused, failureType(t, w.GetWorkflowError()))
		require.Zero(t, w.count("Publish"))
		require.Equal(t, 1, w.count("Clean"))
	})
}

func TestCancellationCleans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var outcome string
	w.succeed(plan(2), 1000, map[string]any{
		"Fit": func(ctxType, activities.FitInput) (activities.FitResult, error) {
			return activities.FitResult{}, activity.ErrResultPending
		},
		"Clean": func(_ ctxType, in activities.CleanInput) error {
			outcome = in.Outcome
			return nil
		},
	})
	w.RegisterDelayedCallback(w.CancelWorkflow, time.Hour)
	w.night(map[string]any{})
	require.True(t, temporal.IsCanceledError(w.GetWorkflowError()), "%v", w.GetWorkflowError())
	require.Equal(t, "cancelled", outcome)
	require.Zero(t, w.count("Publish"))
}

func TestFailedSweepIsNoReasonToFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.succeed(plan(1), 10, map[string]any{"Sweep": func(ctxType) (activities.SweepResult, error) {
		return activities.SweepResult{}, errors.New("store is busy")
	}})
	w.night(map[string]any{})
	require.NoError(t, w.GetWorkflowError())
}

func TestLabelRounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := plan(2)
	p.Labels = &activities.PlannedLabels{Queue: "q", Table: "table_01", Rounds: 3, Annotators: 2}
	var rounds []int
	w.succeed(p, 100, map[string]any{"AskRows": func(_ ctxType, in activities.LabelInput) (activities.LabelProgress, error) {
		require.Equal(t, "table_01", in.Protected.Table)
		rounds = append(rounds, in.Round)
		return activities.LabelProgress{}, nil
	}})
	w.night(map[string]any{})
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, []int{1, 2, 3}, rounds)
	require.Equal(t, 6, w.count("AnswerRows"))
	require.Equal(t, 3, w.count("AwaitRows"))
	var out workflows.NightResult
	require.NoError(t, w.GetWorkflowResult(&out))
	require.Equal(t, 7, out.Labels.Answered)
}

func TestTablesRunBoundedAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var now, most int
	w.OnWorkflow(workflows.TableNightName, mock.Anything, mock.Anything).Return(
		func(ctx workflow.Context, in workflows.TableNightInput) (workflows.TableNightResult, error) {
			now++
			most = max(most, now)
			err := workflow.Sleep(ctx, time.Minute)
			now--
			return workflows.TableNightResult{Protected: activities.Protected{Table: in.Snapshot.Table}}, err
		})
	p := plan(50)
	p.Twins = false
	w.succeed(p, 100, nil)
	w.night(map[string]any{})
	require.NoError(t, w.GetWorkflowError())
	require.Equal(t, 16, most)
	var out workflows.NightResult
	require.NoError(t, w.GetWorkflowResult(&out))
	for i, x := range out.Protected {
		require.Equal(t, p.Tables[i].Name, x.Table, "results stand in plan order")
	}
}
