package workflows

import (
	"errors"
	"fmt"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/labeling"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// drainAt is the size of state, in bytes, from which finished answers move to
// the store: far below a payload's limit, since the state is carried over.
const drainAt = 48 << 10

// LabelQueue is the long life of one label queue: people lease tasks and answer
// them through Updates, whose validators refuse what makes no sense before
// anything is recorded. When its history has grown long it carries its state
// over into a new run; finished answers move to the store.
func LabelQueue(ctx workflow.Context, in activities.QueueInput) error {
	if in.Queue == "" {
		in.Queue = "labels"
	}
	q, err := openQueue(in)
	if err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), activities.InvalidSpec, nil)
	}
	_ = workflow.UpsertTypedSearchAttributes(ctx, DatasetAttribute.ValueSet(in.Queue))
	e := &queueEntity{in: in, q: q}
	if err := e.handle(ctx); err != nil {
		return err
	}
	e.show(ctx)
	for {
		err = workflow.Await(ctx, func() bool {
			return workflow.GetInfo(ctx).GetContinueAsNewSuggested() || e.q.Size() > drainAt && e.changed
		})
		if err != nil {
			break // cancelled
		}
		e.changed = false
		if err = e.drain(ctx, e.q.Drain(workflow.Now(ctx), false)); err != nil {
			break
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			break
		}
	}
	if err != nil {
		return e.close(ctx, err)
	}
	// An Update under way must finish in this run: its caller waits for it.
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	state := e.q.State()
	next := e.in
	next.State = &state
	return workflow.NewContinueAsNewError(ctx, LabelQueueName, next)
}

func openQueue(in activities.QueueInput) (*labeling.Queue, error) {
	if in.State != nil {
		return labeling.Restore(*in.State)
	}
	return labeling.New(in.Config)
}

// queueEntity is one run of a queue.
type queueEntity struct {
	in      activities.QueueInput
	q       *labeling.Queue
	closed  bool // whether every answer has moved to the store
	changed bool // whether something was answered since the last drain
}

// handle registers the Updates and Queries. No handler blocks, so each is
// atomic.
func (e *queueEntity) handle(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, activities.QueueProgress, func() (activities.QueueStatus, error) {
		return e.status(ctx), nil
	}); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, activities.QueueAnswers, func() ([]labeling.Answer, error) {
		if e.closed {
			return nil, nil // all of them are in the store
		}
		return e.q.Answers(), nil
	}); err != nil {
		return err
	}
	if err := update(ctx, e, activities.QueueAdd, "add tasks to the queue",
		func(ctx workflow.Context, a activities.AddTasks) error {
			_, err := e.fresh(a.Tasks)
			return err
		},
		func(ctx workflow.Context, a activities.AddTasks) (activities.QueueStatus, error) {
			tasks, err := e.fresh(a.Tasks)
			if err == nil {
				err = e.q.Add(tasks)
			}
			if err == nil && a.First {
				e.q.Prioritise(ids(tasks))
			}
			return e.status(ctx), err
		}); err != nil {
		return err
	}
	if err := update(ctx, e, activities.QueueLease, "hold tasks for an annotator",
		func(ctx workflow.Context, a activities.LeaseTasks) error {
			return e.q.ValidateLease(a.Annotator, a.Count)
		},
		func(ctx workflow.Context, a activities.LeaseTasks) (activities.LeasedTasks, error) {
			l, err := e.q.Lease(a.Annotator, a.Count, workflow.Now(ctx))
			return activities.LeasedTasks{Leases: l}, err
		}); err != nil {
		return err
	}
	if err := update(ctx, e, activities.QueueAnswer, "answer tasks",
		func(ctx workflow.Context, a activities.AnswerTasks) error {
			seen := map[string]bool{}
			for _, x := range a.Answers {
				if seen[x.Task] {
					return labeling.ErrAlreadyAnswered
				}
				seen[x.Task] = true
				if err := e.q.ValidateAnswer(a.Annotator, x.Task, x.Label, workflow.Now(ctx)); err != nil {
					return err
				}
			}
			return nil
		},
		func(ctx workflow.Context, a activities.AnswerTasks) (activities.QueueStatus, error) {
			e.changed = true
			for _, x := range a.Answers {
				if err := e.q.Answer(a.Annotator, x.Task, x.Label, workflow.Now(ctx)); err != nil {
					return activities.QueueStatus{}, err
				}
			}
			return e.status(ctx), nil
		}); err != nil {
		return err
	}
	if err := update(ctx, e, activities.QueueSkip, "pass over a task",
		func(ctx workflow.Context, a activities.TaskOf) error {
			return e.q.ValidateSkip(a.Annotator, a.Task, workflow.Now(ctx))
		},
		func(ctx workflow.Context, a activities.TaskOf) (activities.QueueStatus, error) {
			err := e.q.Skip(a.Annotator, a.Task, workflow.Now(ctx))
			e.changed = true
			return e.status(ctx), err
		}); err != nil {
		return err
	}
	if err := update(ctx, e, activities.QueueRelease, "give a task back",
		func(ctx workflow.Context, a activities.TaskOf) error {
			return e.q.ValidateRelease(a.Annotator, a.Task, workflow.Now(ctx))
		},
		func(ctx workflow.Context, a activities.TaskOf) (activities.QueueStatus, error) {
			err := e.q.Release(a.Annotator, a.Task, workflow.Now(ctx))
			return e.status(ctx), err
		}); err != nil {
		return err
	}
	return update(ctx, e, activities.QueueUndo, "take the last answer back",
		func(ctx workflow.Context, a activities.TaskOf) error {
			return e.q.ValidateUndo(a.Annotator, workflow.Now(ctx))
		},
		func(ctx workflow.Context, a activities.TaskOf) (activities.LeasedTasks, error) {
			l, err := e.q.Undo(a.Annotator, workflow.Now(ctx))
			return activities.LeasedTasks{Leases: []labeling.Lease{l}}, err
		})
}

// update registers one Update with its validator and shows the new state after
// it.
func update[A, R any](
	ctx workflow.Context, e *queueEntity, name, about string,
	validate func(workflow.Context, A) error,
	apply func(workflow.Context, A) (R, error),
) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, name, func(ctx workflow.Context, a A) (R, error) {
		// The validator ran on this very state, but a second Update of the same
		// workflow task may have come between.
		out, err := apply(ctx, a)
		if err != nil {
			return out, temporal.NewNonRetryableApplicationError(err.Error(), "Refused", nil)
		}
		e.show(ctx)
		return out, nil
	}, workflow.UpdateHandlerOptions{Validator: validate, Description: about})
}

// fresh returns the tasks that the queue neither has nor had. A repeated
// request, as after a lost reply, then adds nothing twice.
func (e *queueEntity) fresh(tasks []labeling.Task) ([]labeling.Task, error) {
	var out []labeling.Task
	for _, t := range tasks {
		switch err := e.q.ValidateAdd([]labeling.Task{t}); {
		case err == nil:
			out = append(out, t)
		case !errors.Is(err, labeling.ErrDuplicate):
			return nil, err
		}
	}
	return out, nil
}

func ids(tasks []labeling.Task) []string {
	out := make([]string, len(tasks))
	for i, t := range tasks {
		out[i] = t.ID
	}
	return out
}

func (e *queueEntity) status(ctx workflow.Context) activities.QueueStatus {
	now := workflow.Now(ctx)
	return activities.QueueStatus{Queue: e.in.Queue, Progress: e.q.Progress(now), Files: e.in.Files, At: now}
}

// close ends a queue that was cancelled: every answer it still holds moves to
// the store. err is passed on.
func (e *queueEntity) close(ctx workflow.Context, err error) error {
	rest := append(e.q.Drain(workflow.Now(ctx), true), e.q.Answers()...)
	e.closed = true
	if stored := e.drain(ctx, rest); stored != nil {
		return stored
	}
	return err
}

// drain writes answers that the queue has let go to the store. They are nowhere
// else: a cancellation does not stop the write.
func (e *queueEntity) drain(ctx workflow.Context, answers []labeling.Answer) error {
	if len(answers) == 0 {
		return nil
	}
	var a *activities.Activities
	e.in.Files++
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	return workflow.ExecuteActivity(durable(ctx, "store finished answers"), a.StoreAnswers, activities.StoreAnswersInput{
		Queue: e.in.Queue, File: e.in.Files, Answers: answers,
	}).Get(ctx, nil)
}

func (e *queueEntity) show(ctx workflow.Context) {
	p := e.q.Progress(workflow.Now(ctx))
	workflow.SetCurrentDetails(ctx, fmt.Sprintf(
		"**queue %s**\n\n| tasks | done | open | held | answers | skips |\n|---:|---:|---:|---:|---:|---:|\n| %d | %d | %d | %d | %d | %d |\n",
		e.in.Queue, p.Tasks, p.Done, p.Open, p.Leased, p.Answers, p.Skips))
}
