package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// queueWorld runs a label queue and acts on it at given times.
type queueWorld struct {
	*world
	t      *testing.T
	stored []activities.StoreAnswersInput
}

func newQueueWorld(t *testing.T) *queueWorld {
	t.Helper()
	q := &queueWorld{world: newWorld(t), t: t}
	q.OnActivity("StoreAnswers", anything, anything).Return(func(_ ctxType, in activities.StoreAnswersInput) error {
		q.stored = append(q.stored, in)
		return nil
	}).Maybe()
	return q
}

// at runs steps from a time on, a second apart: an Update takes effect between
// two of them.
func (q *queueWorld) at(d time.Duration, steps ...func()) {
	for i, f := range steps {
		q.RegisterDelayedCallback(f, d+time.Duration(i)*time.Second)
	}
}

// update sends an Update; check sees its result or the reason of its refusal.
func (q *queueWorld) update(name string, arg any, check func(result any, err error)) {
	var u testsuite.TestUpdateCallback
	u.OnAccept = func() {}
	u.OnReject = func(err error) { check(nil, err) }
	u.OnComplete = check
	q.UpdateWorkflow(name, "", &u, arg)
}

func (q *queueWorld) ok(name string, arg any) {
	q.update(name, arg, func(_ any, err error) { require.NoError(q.t, err, name) })
}

func (q *queueWorld) refused(name string, arg any, why error) {
	q.update(name, arg, func(_ any, err error) { require.ErrorContains(q.t, err, why.Error(), name) })
}

// lease is a step that holds tasks, which held then names.
func (q *queueWorld) lease(who string, n int, held *[]string) func() {
	return func() {
		*held = nil
		q.update(activities.QueueLease, activities.LeaseTasks{Annotator: who, Count: n}, func(result any, err error) {
			require.NoError(q.t, err)
			for _, l := range result.(activities.LeasedTasks).Leases {
				*held = append(*held, l.Task)
			}
		})
	}
}

func (q *queueWorld) status() (out activities.QueueStatus) {
	v, err := q.QueryWorkflow(activities.QueueProgress)
	require.NoError(q.t, err)
	require.NoError(q.t, v.Get(&out))
	return out
}

func (q *queueWorld) answers() (out []labeling.Answer) {
	v, err := q.QueryWorkflow(activities.QueueAnswers)
	require.NoError(q.t, err)
	require.NoError(q.t, v.Get(&out))
	return out
}

func (q *queueWorld) run(cfg labeling.Config) {
	q.ExecuteWorkflow(workflows.LabelQueueName, activities.QueueInput{Queue: "q", Config: cfg})
}

func rowTasks(n int) activities.AddTasks {
	var out activities.AddTasks
	for i := range n {
		out.Tasks = append(out.Tasks, labeling.Task{ID: fmt.Sprintf("row-%03d", i), Kind: labeling.RowTask})
	}
	return out
}

func answer(who, task, label string) activities.AnswerTasks {
	return activities.AnswerTasks{Annotator: who, Answers: []activities.TaskAnswer{{Task: task, Label: label}}}
}

var twoClasses = labeling.Config{Classes: []string{"no", "yes"}, GoldShare: -1}

func TestQueueLifeOfATask(t *testing.T) {
	t.Parallel()
	q := newQueueWorld(t)
	var held, again []string
	done := false
	q.at(time.Second,
		func() { q.ok(activities.QueueAdd, rowTasks(3)) },
		func() { q.ok(activities.QueueAdd, rowTasks(3)) }, // a repeated request
		func() { require.Equal(t, 3, q.status().Progress.Tasks) },
		q.lease("ann", 2, &held),
		func() {
			require.Len(t, held, 2)
			q.refused(activities.QueueAnswer, answer("bob", held[0], "yes"), labeling.ErrTaskFull)
			q.refused(activities.QueueAnswer, answer("ann", held[0], "maybe"), labeling.ErrWrongLabel)
			q.refused(activities.QueueAnswer, answer("ann", "nowhere", "yes"), labeling.ErrUnknownTask)
			q.refused(activities.QueueLease, activities.LeaseTasks{Annotator: "", Count: 1}, labeling.ErrInvalid)
			twice := answer("ann", held[0], "yes")
			twice.Answers = append(twice.Answers, activities.TaskAnswer{Task: held[0], Label: "no"})
			q.refused(activities.QueueAnswer, twice, labeling.ErrAlreadyAnswered)
		},
		func() {
			require.Empty(t, q.answers(), "what was refused changed nothing")
			q.ok(activities.QueueAnswer, answer("ann", held[0], "yes"))
		},
		func() {
			require.Equal(t, "yes", q.answers()[0].Label)
			q.ok(activities.QueueUndo, activities.TaskOf{Annotator: "ann"})
		},
		func() {
			require.Empty(t, q.answers())
			q.refused(activities.QueueUndo, activities.TaskOf{Annotator: "ann"}, labeling.ErrNothingToUndo)
		},
		func() { q.ok(activities.QueueAnswer, answer("ann", held[0], "no")) },
		func() { q.ok(activities.QueueSkip, activities.TaskOf{Annotator: "ann", Task: held[1]}) },
		func() {
			p := q.status().Progress
			require.Equal(t, []int{1, 1, 1, 0}, []int{p.Done, p.Answers, p.Skips, p.Leased})
		},
		q.lease("bob", 3, &again),
		func() {
			require.Len(t, again, 2, "a skipped task goes to somebody else")
			q.ok(activities.QueueRelease, activities.TaskOf{Annotator: "bob", Task: again[0]})
		},
		func() {
			require.Equal(t, 1, q.status().Progress.Leased)
			done = true
		},
		q.CancelWorkflow)
	q.run(twoClasses)
	require.True(t, temporal.IsCanceledError(q.GetWorkflowError()))
	require.True(t, done)
}

func TestLeaseEndsByTheWorkflowsClock(t *testing.T) {
	t.Parallel()
	q := newQueueWorld(t)
	var held, none, taken []string
	q.at(time.Second, func() { q.ok(activities.QueueAdd, rowTasks(1)) }, q.lease("ann", 1, &held), q.lease("bob", 1, &none),
		func() { require.Empty(t, none) })
	q.at(9*time.Minute, q.lease("bob", 1, &none), func() { require.Empty(t, none) })
	q.at(11*time.Minute, q.lease("bob", 1, &taken),
		func() {
			require.Equal(t, held, taken)
			q.update(activities.QueueAnswer, answer("ann", held[0], "yes"), func(_ any, err error) { require.Error(t, err) })
		},
		func() { q.ok(activities.QueueAnswer, answer("bob", held[0], "yes")) },
		func() { require.Len(t, q.answers(), 1) },
		q.CancelWorkflow)
	q.run(twoClasses)
	require.NotEmpty(t, taken)
}

func TestCancelledQueueStoresWhatItHolds(t *testing.T) {
	t.Parallel()
	q := newQueueWorld(t)
	var held []string
	q.at(time.Second, func() { q.ok(activities.QueueAdd, rowTasks(3)) }, q.lease("ann", 2, &held),
		func() { q.ok(activities.QueueAnswer, answer("ann", held[0], "yes")) },
		func() { q.ok(activities.QueueAnswer, answer("ann", held[1], "yes")) },
		q.CancelWorkflow)
	cfg := twoClasses
	cfg.Overlap = 2 // both answers belong to unfinished tasks
	q.run(cfg)
	require.True(t, temporal.IsCanceledError(q.GetWorkflowError()))
	require.Len(t, q.stored, 1)
	require.Len(t, q.stored[0].Answers, 2)
	require.Equal(t, 1, q.stored[0].File)
	require.Empty(t, q.answers(), "an answer is in the store or in the queue, never in both")
	require.Equal(t, 1, q.status().Files)
}

func TestContinueAsNewKeepsEverything(t *testing.T) {
	t.Parallel()
	q := newQueueWorld(t)
	var before activities.QueueStatus
	var held []string
	q.at(time.Second, func() { q.ok(activities.QueueAdd, rowTasks(5)) }, q.lease("ann", 3, &held),
		func() { q.ok(activities.QueueAnswer, answer("ann", held[0], "yes")) },
		func() {
			before = q.status()
			q.SetContinueAsNewSuggested(true)
			// The suggestion is seen with the next task of the workflow. The
			// server hands an Update that this run no longer takes to the next.
			q.update(activities.QueueAnswer, answer("ann", held[1], "no"), func(any, error) {})
		})
	q.run(twoClasses)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, q.GetWorkflowError(), &next)
	require.Equal(t, workflows.LabelQueueName, next.WorkflowType.Name)
	var in activities.QueueInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.NotNil(t, in.State)
	require.Empty(t, q.stored, "young answers can still be undone")

	second := newQueueWorld(t)
	second.SetStartTime(time.Date(2026, 11, 24, 2, 0, 10, 0, time.UTC))
	done := false
	second.at(time.Second,
		func() {
			p := second.status().Progress
			require.Equal(t, []int{before.Progress.Tasks, 1, 2}, []int{p.Tasks, p.Answers, p.Leased})
			second.ok(activities.QueueUndo, activities.TaskOf{Annotator: "ann"})
		},
		func() { second.ok(activities.QueueAnswer, answer("ann", held[1], "no")) },
		func() { second.ok(activities.QueueAnswer, answer("ann", held[2], "yes")) },
		func() { done = len(second.answers()) == 2 },
		second.CancelWorkflow)
	second.ExecuteWorkflow(workflows.LabelQueueName, in)
	require.True(t, temporal.IsCanceledError(second.GetWorkflowError()))
	require.True(t, done)
}

func TestFinishedAnswersMoveToTheStoreBeforeTheStateGrows(t *testing.T) {
	t.Parallel()
	q := newQueueWorld(t)
	total, held := 0, make([]string, 0, 10)
	for round := range 6 {
		steps := []func(){func() {
			add := rowTasks(100)
			for i := range add.Tasks {
				add.Tasks[i].ID = fmt.Sprintf("round-%d/%s", round, add.Tasks[i].ID)
			}
			q.ok(activities.QueueAdd, add)
		}}
		for range 10 {
			steps = append(steps, q.lease("ann", 10, &held), func() {
				in := activities.AnswerTasks{Annotator: "ann"}
				for _, task := range held {
					in.Answers = append(in.Answers, activities.TaskAnswer{Task: task, Label: "yes"})
				}
				total += len(held)
				q.ok(activities.QueueAnswer, in)
			})
		}
		q.at(time.Duration(round+1)*time.Hour, steps...)
	}
	q.at(12*time.Hour, q.CancelWorkflow)
	q.run(twoClasses)
	require.Equal(t, 600, total)
	require.Greater(t, len(q.stored), 2, "not at the end alone")
	seen := map[string]bool{}
	for i, s := range q.stored {
		require.Equal(t, i+1, s.File)
		for _, a := range s.Answers {
			require.False(t, seen[a.Task], "stored twice")
			seen[a.Task] = true
		}
	}
	require.Len(t, seen, 600, "no answer was lost")
}

func TestQueueRunsOnEmptyInputAndRefusesBrokenState(t *testing.T) {
	t.Parallel()
	q := newQueueWorld(t)
	q.at(time.Second, func() { require.Equal(t, "labels", q.status().Queue) })
	q.at(2*time.Second, q.CancelWorkflow)
	q.ExecuteWorkflow(workflows.LabelQueueName, map[string]any{})
	require.True(t, temporal.IsCanceledError(q.GetWorkflowError()))

	bad := newQueueWorld(t)
	bad.ExecuteWorkflow(workflows.LabelQueueName, map[string]any{"state": map[string]any{"version": 999}})
	require.Equal(t, activities.InvalidSpec, failureType(t, bad.GetWorkflowError()))
}
