package activities

import (
	"time"

	"github.com/nocturne-data/nocturne/labeling"
)

// The messages of a label queue: its Updates and Queries, and what they take.
const (
	QueueAdd      = "add_tasks"
	QueueLease    = "lease"
	QueueAnswer   = "answer"
	QueueSkip     = "skip"
	QueueUndo     = "undo"
	QueueRelease  = "release"
	QueueProgress = "progress"
	QueueAnswers  = "answers"
)

// QueueInput starts a label queue, or carries one on in a new run. `{}` starts
// an empty queue called "labels" that takes column questions.
type QueueInput struct {
	Queue  string          `json:"queue,omitempty"`
	Config labeling.Config `json:"config,omitempty"`
	// State is what the previous run handed over; never given by people.
	State *labeling.State `json:"state,omitempty"`
	// Files is how many files of drained answers the queue has written.
	Files int `json:"files,omitempty"`
}

// AddTasks is the argument of QueueAdd. The tasks carry no contents: those lie
// in the store, one record a task (see Activities.Task). Tasks that the queue
// has or had are passed over, so that adding again is safe.
type AddTasks struct {
	Tasks []labeling.Task `json:"tasks"`
	// First puts them in front of what is open: they were chosen with what is
	// known by now.
	First bool `json:"first,omitempty"`
}

// LeaseTasks is the argument of QueueLease.
type LeaseTasks struct {
	Annotator string `json:"annotator"`
	Count     int    `json:"count"`
}

// LeasedTasks is the result of QueueLease and QueueUndo.
type LeasedTasks struct {
	Leases []labeling.Lease `json:"leases"`
}

// AnswerTasks is the argument of QueueAnswer: labels of one annotator.
type AnswerTasks struct {
	Annotator string       `json:"annotator"`
	Answers   []TaskAnswer `json:"answers"`
}

// TaskAnswer is one label.
type TaskAnswer struct {
	Task  string `json:"task"`
	Label string `json:"label"`
}

// TaskOf is the argument of QueueSkip, QueueUndo (without a task) and
// QueueRelease.
type TaskOf struct {
	Annotator string `json:"annotator"`
	Task      string `json:"task,omitempty"`
}

// QueueStatus is the result of QueueProgress and of the Updates that change
// counts.
type QueueStatus struct {
	Queue    string            `json:"queue"`
	Progress labeling.Progress `json:"progress"`
	Files    int               `json:"files"`
	At       time.Time         `json:"at"`
}

// StoreAnswersInput asks for a file of drained answers.
type StoreAnswersInput struct {
	Queue   string            `json:"queue"`
	File    int               `json:"file"`
	Answers []labeling.Answer `json:"answers"`
}

// QueueID is the workflow id of a queue.
func QueueID(queue string) string { return "label_queue/" + queue }
