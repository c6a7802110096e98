package labeling

import "errors"

// Errors a caller branches on. None carries a data value.
var (
	// ErrInvalid is returned for a malformed id, name, label, task or config.
	ErrInvalid = errors.New("labeling: invalid")
	// ErrUnknownTask is returned for a task the queue does not hold: it was
	// never added, or it was finished and drained.
	ErrUnknownTask = errors.New("labeling: no such task in this queue")
	// ErrWrongLabel is returned for a label the task does not offer.
	ErrWrongLabel = errors.New("labeling: the task does not offer this label")
	// ErrNotLeased is returned when the annotator never leased the task, or
	// gave it back.
	ErrNotLeased = errors.New("labeling: the task is not leased to this annotator: lease it first")
	// ErrLeaseExpired is returned when the annotator's lease ran out.
	ErrLeaseExpired = errors.New("labeling: the lease has expired: lease the task again")
	// ErrAlreadyAnswered is returned when the annotator answered or skipped the
	// task before.
	ErrAlreadyAnswered = errors.New("labeling: already answered or skipped by this annotator")
	// ErrTaskFull is returned when as many people as the overlap allows answered
	// or hold the task.
	ErrTaskFull = errors.New("labeling: enough people answered or hold this task")
	// ErrNothingToUndo is returned when the annotator has no answer left in the
	// queue.
	ErrNothingToUndo = errors.New("labeling: nothing to undo")
	// ErrTooMany is returned when a limit of the queue is reached: tasks, state
	// size, annotators, or leases of one annotator.
	ErrTooMany = errors.New("labeling: limit reached")
	// ErrDuplicate is returned when a task is added twice.
	ErrDuplicate = errors.New("labeling: the queue already has or had this task")
)
