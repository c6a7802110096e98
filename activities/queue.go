package activities

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/labeling"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// The names a queue workflow goes by; package workflows registers it so.
const (
	queueWorkflow  = "label_queue"
	queueTaskQueue = "nocturne"
)

// QueueClient speaks with label queues and reads their tasks' contents: what
// the steps of a night and the label page share.
type QueueClient struct {
	Store  *store.Store
	Client client.Client
}

func (a *Activities) queues() QueueClient { return QueueClient{Store: a.Store, Client: a.Client} }

// taskKey is where a task's contents lie. The id is hashed: it may hold
// characters that file systems do not like.
func taskKey(queue, id string) string {
	sum := sha256.Sum256([]byte(id))
	return "queues/" + queue + "/tasks/" + hex.EncodeToString(sum[:12]) + ".json"
}

// QueueRecord is what annotators are told about a queue.
type QueueRecord struct {
	Name       string   `json:"name"`
	Title      string   `json:"title"`
	Question   string   `json:"question,omitempty"` // of tasks without a title of their own
	Guidelines string   `json:"guidelines,omitempty"`
	Choices    []string `json:"choices,omitempty"`
}

func queueKey(queue string) string { return "queues/" + queue + "/queue.json" }

// List returns the queues that ever got tasks, by name.
func (q QueueClient) List(ctx context.Context) ([]QueueRecord, error) {
	keys, err := q.Store.List(ctx, "queues/")
	if err != nil {
		return nil, err
	}
	var out []QueueRecord
	for _, k := range keys {
		if !strings.HasSuffix(k, "/queue.json") || strings.Count(k, "/") != 2 {
			continue
		}
		var one QueueRecord
		if err := q.Store.GetJSON(ctx, k, &one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func answersFolder(queue string) string { return "queues/" + queue + "/answers/" }

func answersFile(queue string, n int) string {
	return fmt.Sprintf("%s%06d.jsonl", answersFolder(queue), n)
}

// Task returns the contents of one task, for the page that shows it.
func (q QueueClient) Task(ctx context.Context, queue, id string) (labeling.Task, error) {
	var t labeling.Task
	err := q.Store.GetJSON(ctx, taskKey(queue, id), &t)
	return t, err
}

// addTasks stores the contents of tasks and adds the tasks to a queue, starting
// it if need be. Adding tasks again changes nothing.
func (a *Activities) addTasks(ctx context.Context, q QueueRecord, cfg labeling.Config, tasks []labeling.Task, first bool) (QueueStatus, error) {
	queue := q.Name
	if err := a.Store.PutJSON(ctx, queueKey(queue), q); err != nil {
		return QueueStatus{}, err
	}
	bare := make([]labeling.Task, len(tasks))
	for i, t := range tasks {
		if err := a.Store.PutJSON(ctx, taskKey(queue, t.ID), t); err != nil {
			return QueueStatus{}, err
		}
		bare[i] = labeling.Task{ID: t.ID, Kind: t.Kind, Slice: t.Slice, Gold: t.Gold}
		for _, c := range t.Choices {
			bare[i].Choices = append(bare[i].Choices, labeling.Choice{Value: c.Value})
		}
	}
	// A queue that was cancelled and starts anew goes on after its files.
	files, err := a.Store.List(ctx, answersFolder(queue))
	if err != nil {
		return QueueStatus{}, err
	}
	start := a.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: QueueID(queue), TaskQueue: queueTaskQueue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "label queue " + queue,
	}, queueWorkflow, QueueInput{Queue: queue, Config: cfg, Files: len(files)})
	h, err := a.Client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: QueueID(queue), UpdateName: QueueAdd, Args: []any{AddTasks{Tasks: bare, First: first}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	var out QueueStatus
	if err == nil {
		err = h.Get(ctx, &out)
	}
	if err != nil {
		return out, fmt.Errorf("label queue %s: add tasks: %w", queue, err)
	}
	return out, nil
}

// Update sends one Update to a queue and waits for its result.
func (q QueueClient) Update(ctx context.Context, queue, update string, arg, result any) error {
	h, err := q.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: QueueID(queue), UpdateName: update, Args: []any{arg}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = h.Get(ctx, result)
	}
	if err != nil {
		return fmt.Errorf("label queue %s: %s: %w", queue, update, err)
	}
	return nil
}

// Status asks a queue where it stands; known is false when there is no
// such queue.
func (q QueueClient) Status(ctx context.Context, queue string) (out QueueStatus, known bool, err error) {
	known, err = q.ask(ctx, queue, QueueProgress, &out)
	return out, known, err
}

func (q QueueClient) ask(ctx context.Context, queue, query string, out any) (known bool, err error) {
	v, err := q.Client.QueryWorkflow(ctx, QueueID(queue), "", query)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return false, nil
	}
	if err == nil {
		err = v.Get(out)
	}
	if err != nil {
		return false, fmt.Errorf("label queue %s: %s: %w", queue, query, err)
	}
	return true, nil
}

// answers returns every answer a queue was ever given: those already in the
// store, then those it still holds.
func (a *Activities) answers(ctx context.Context, queue string) ([]labeling.Answer, error) {
	var out []labeling.Answer
	status, known, err := a.queues().Status(ctx, queue)
	if err != nil || !known {
		return nil, err
	}
	for read := 0; ; {
		for ; read < status.Files; read++ {
			stored, err := a.storedAnswers(ctx, queue, read+1)
			if err != nil {
				return nil, err
			}
			out = append(out, stored...)
		}
		var live []labeling.Answer
		if _, err := a.queues().ask(ctx, queue, QueueAnswers, &live); err != nil {
			return nil, err
		}
		// Answers that left the queue between the two questions are in neither.
		if status, _, err = a.queues().Status(ctx, queue); err != nil {
			return nil, err
		}
		if status.Files == read {
			return append(out, live...), nil
		}
	}
}

// storedAnswers reads one file of drained answers.
func (a *Activities) storedAnswers(ctx context.Context, queue string, n int) ([]labeling.Answer, error) {
	for tries := 0; ; tries++ {
		data, err := a.Store.Get(ctx, answersFile(queue, n))
		if err == nil {
			return labeling.ReadAnswers(bytes.NewReader(data))
		}
		if !errors.Is(err, store.ErrNotFound) || tries == 50 {
			return nil, err
		}
		// The queue has let these answers go and is just storing them.
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// StoreAnswers writes answers that a queue has let go. They are nowhere else, so
// it is tried for as long as it takes: its errors never end the retries.
func (a *Activities) StoreAnswers(ctx context.Context, in StoreAnswersInput) error {
	var b bytes.Buffer
	if err := labeling.WriteLines(&b, in.Answers); err != nil {
		return fmt.Errorf("store answers: %w", err)
	}
	return a.Store.Put(ctx, answersFile(in.Queue, in.File), b.Bytes())
}

// scripted answers tasks as an annotator who holds them: it leases until
// nothing it knows is left. label returns the answer to a task it knows.
func (a *Activities) scripted(ctx context.Context, queue, annotator string, known int, label func(task string) (string, bool)) error {
	// What was answered before a retry, or on an earlier night, is not leased for.
	given, err := a.answers(ctx, queue)
	if err != nil {
		return err
	}
	for _, x := range given {
		if _, ok := label(x.Task); ok && x.Annotator == annotator {
			known--
		}
	}
	for known > 0 {
		var held LeasedTasks
		if err := a.queues().Update(ctx, queue, QueueLease, LeaseTasks{Annotator: annotator, Count: scriptedLease}, &held); err != nil {
			return err
		}
		answers := AnswerTasks{Annotator: annotator}
		for _, l := range held.Leases {
			if text, ok := label(l.Task); ok {
				answers.Answers = append(answers.Answers, TaskAnswer{Task: l.Task, Label: text})
			}
		}
		if len(answers.Answers) > 0 {
			if err := a.queues().Update(ctx, queue, QueueAnswer, answers, nil); err != nil {
				return err
			}
		}
		for _, l := range held.Leases {
			if _, ok := label(l.Task); !ok {
				if err := a.queues().Update(ctx, queue, QueueRelease, TaskOf{Annotator: annotator, Task: l.Task}, nil); err != nil {
					return err
				}
			}
		}
		if len(answers.Answers) == 0 {
			return nil
		}
		known -= len(answers.Answers)
	}
	return nil
}

// scriptedLease is how many tasks a scripted annotator holds at a time, within
// the queue's own bound.
const scriptedLease = 25

// await looks at a queue every now and then until done says so or the time is
// over.
func (a *Activities) await(ctx context.Context, bound time.Duration, done func(ctx context.Context) (bool, error)) error {
	deadline := time.Now().Add(bound)
	for {
		ok, err := done(ctx)
		if err != nil || ok || !time.Now().Before(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
