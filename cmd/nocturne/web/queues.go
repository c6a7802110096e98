package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/nocturne-data/nocturne/labeling"
)

// Queues is where the label page gets its tasks. The wiring implements it over
// the Updates and Queries of label_queue workflows; errors keep the identity of
// package labeling's errors (errors.Is), which the page turns into messages.
// Implementations are safe for concurrent use.
type Queues interface {
	// List returns the open queues in the order in which they are shown.
	List(ctx context.Context) ([]QueueInfo, error)
	// Lease is labeling.Queue.Lease, and so a heartbeat too.
	Lease(ctx context.Context, queue, annotator string, n int) ([]labeling.Lease, error)
	Answer(ctx context.Context, queue, annotator, task, label string) error
	Skip(ctx context.Context, queue, annotator, task string) error
	Undo(ctx context.Context, queue, annotator string) (labeling.Lease, error)
	Release(ctx context.Context, queue, annotator, task string) error
	Progress(ctx context.Context, queue string) (labeling.Progress, error)
	// Task returns a task's payload from the store.
	Task(ctx context.Context, queue, id string) (labeling.Task, error)
}

// QueueInfo describes a queue to annotators.
type QueueInfo struct {
	Name       string            // in the address: as a task id
	Title      string            // one line
	Question   string            // shown above tasks without a title of their own
	Guidelines string            // paragraphs separated by blank lines, plain text
	Classes    []labeling.Choice // choices of tasks without their own, in key order
	Progress   labeling.Progress
}

// ErrNoQueue is returned by Queues for a name that is not open.
var ErrNoQueue = errors.New("web: no such queue")

// problem is what a script on the page learns about an error.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// explain turns an error into a status and a message for a person. Errors that
// are not known are not shown.
func explain(err error) (int, problem, bool) {
	for _, known := range []struct {
		err     error
		status  int
		code    string
		message string
	}{
		{ErrNoQueue, http.StatusNotFound, "no_queue", "This queue is closed."},
		{labeling.ErrUnknownTask, http.StatusNotFound, "unknown_task", "This task is finished already."},
		{labeling.ErrLeaseExpired, http.StatusConflict, "lease_expired", "Your time for this task ran out, so it was not saved."},
		{labeling.ErrNotLeased, http.StatusConflict, "not_leased", "Your time for this task ran out, so it was not saved."},
		{labeling.ErrAlreadyAnswered, http.StatusConflict, "already_answered", "You have answered this task already."},
		{labeling.ErrTaskFull, http.StatusConflict, "task_full", "Somebody else has this task now."},
		{labeling.ErrNothingToUndo, http.StatusConflict, "nothing_to_undo", "There is nothing to undo."},
		{labeling.ErrWrongLabel, http.StatusBadRequest, "wrong_label", "This task does not offer that label."},
		{labeling.ErrTooMany, http.StatusTooManyRequests, "too_many", "The queue has reached its limit."},
		{labeling.ErrInvalid, http.StatusBadRequest, "invalid", "That is not valid."},
	} {
		if errors.Is(err, known.err) {
			return known.status, problem{known.code, known.message}, true
		}
	}
	return http.StatusBadGateway, problem{"unavailable", "The queue does not answer right now. Nothing was saved; try again."}, false
}
