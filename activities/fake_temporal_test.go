package activities

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/nocturne-data/nocturne/labeling"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// fakeTemporal answers what activities ask of Temporal: whether nights run, and
// the messages of label queues, each a labeling.Queue in memory. Any other
// method panics: client.Client is nil.
type fakeTemporal struct {
	client.Client

	mu      sync.Mutex
	running map[string]string // workflow id -> first run id
	queues  map[string]*labeling.Queue
	files   map[string]int
	leases  int
	// between is called once, before a queue says what it holds: what happens
	// between two questions.
	between func()
}

func newFakeTemporal() *fakeTemporal {
	return &fakeTemporal{running: map[string]string{}, queues: map[string]*labeling.Queue{}, files: map[string]int{}}
}

func (f *fakeTemporal) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	run, ok := f.running[id]
	if !ok {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	status := enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	if strings.HasPrefix(run, "closed ") {
		status, run = enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, strings.TrimPrefix(run, "closed ")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflow.WorkflowExecutionInfo{
		Execution: &common.WorkflowExecution{WorkflowId: id, RunId: run}, FirstRunId: run, Status: status,
	}}, nil
}

func (f *fakeTemporal) QueryWorkflow(_ context.Context, id, _, query string, _ ...any) (converter.EncodedValue, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if query == QueueAnswers && f.between != nil {
		f.between()
		f.between = nil
	}
	q, ok := f.queues[id]
	if !ok {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	if query == QueueAnswers {
		return value{q.Answers()}, nil
	}
	return value{QueueStatus{Progress: q.Progress(time.Now()), Files: f.files[id]}}, nil
}

func (f *fakeTemporal) NewWithStartWorkflowOperation(o client.StartWorkflowOptions, _ any, args ...any) client.WithStartWorkflowOperation {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.queues[o.ID] == nil {
		in := args[0].(QueueInput)
		q, err := labeling.New(in.Config)
		if err != nil {
			panic(err)
		}
		f.queues[o.ID], f.files[o.ID] = q, in.Files
	}
	return nil
}

func (f *fakeTemporal) UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return f.UpdateWorkflow(ctx, o.UpdateOptions)
}

func (f *fakeTemporal) UpdateWorkflow(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q, now := f.queues[o.WorkflowID], time.Now()
	switch a := o.Args[0].(type) {
	case AddTasks:
		for _, t := range a.Tasks {
			if err := q.Add([]labeling.Task{t}); err != nil && !errors.Is(err, labeling.ErrDuplicate) {
				return nil, err
			}
		}
		return handle{v: QueueStatus{Progress: q.Progress(now)}}, nil
	case LeaseTasks:
		f.leases++
		l, err := q.Lease(a.Annotator, a.Count, now)
		return handle{v: LeasedTasks{Leases: l}}, err
	case AnswerTasks:
		for _, x := range a.Answers {
			if err := q.Answer(a.Annotator, x.Task, x.Label, now); err != nil {
				return nil, err
			}
		}
		return handle{v: QueueStatus{}}, nil
	case TaskOf:
		return handle{v: QueueStatus{}}, q.Release(a.Annotator, a.Task, now)
	}
	panic("unknown update " + o.UpdateName)
}

// handle is an Update that is complete.
type handle struct {
	client.WorkflowUpdateHandle

	v any
}

func (h handle) Get(_ context.Context, out any) error { return value{h.v}.Get(out) }

// value passes through JSON as a payload does.
type value struct{ v any }

func (v value) HasValue() bool { return true }

func (v value) Get(out any) error {
	if out == nil {
		return nil
	}
	data, err := json.Marshal(v.v)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, out)
}
