package labeling

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// State is everything a Queue knows, in a form small enough to be carried by a
// workflow: ids, leases and answers as short arrays of numbers, no payloads. Its
// JSON never exceeds MaxStateBytes: Add keeps room for the answers still to come
// and refuses tasks beyond that.
type State struct {
	Version int         `json:"version"`
	Config  Config      `json:"config"`
	Sets    [][]string  `json:"sets,omitempty"` // distinct sorted label sets; tasks and answers refer to them
	Tasks   []taskState `json:"tasks,omitempty"`
	People  []person    `json:"people,omitempty"`
	Leases  []lease     `json:"leases,omitempty"`
	Log     []record    `json:"log,omitempty"` // answers and skips, oldest first
	// Drained holds 8 bytes a drained task: the first half of the SHA-256 of
	// its id, so that it cannot be added again.
	Drained  []byte `json:"drained,omitempty"`
	Done     int    `json:"done,omitempty"`      // drained tasks with enough answers
	SetAside int    `json:"set_aside,omitempty"` // drained tasks skipped too often
	Checks   int    `json:"checks,omitempty"`    // drained gold tasks
}

// MaxStateBytes bounds the JSON of a State: half of the 2 MiB that Temporal
// allows a payload, which leaves room for encryption and for the rest of the
// workflow's input.
const MaxStateBytes = 1 << 20

const stateVersion = 1

// Bytes reserved for each part of a State; TestStateStaysSmall holds them.
const (
	fixedBytes  = 4096
	personBytes = MaxAnnotator + 160
	recordBytes = 34 // [task,person,label,milliseconds],
	taskBytes   = 24 // a task without its id
	seenBytes   = 11 // 8 bytes in base64
)

// taskState is a task as the queue keeps it: ["id",kind,set,gold,slice].
type taskState struct {
	id    string
	kind  int // index in kinds
	set   int // index in State.Sets
	gold  int // label in the set, -1 = none
	slice int // index in slicesOfTask
}

var (
	kinds        = []Kind{RowTask, ColumnTask}
	slicesOfTask = []Slice{Chosen, Control, ColdStart, Column}
)

// MarshalJSON implements json.Marshaler.
func (t taskState) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `["%s",%d,%d,%d,%d]`, t.id, t.kind, t.set, t.gold, t.slice), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *taskState) UnmarshalJSON(b []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil || len(parts) != 5 {
		return errors.New("labeling: a task in the state is not an array of five")
	}
	if err := json.Unmarshal(parts[0], &t.id); err != nil {
		return errors.New("labeling: a task in the state has no id")
	}
	for i, v := range []*int{&t.kind, &t.set, &t.gold, &t.slice} {
		if err := json.Unmarshal(parts[i+1], v); err != nil {
			return errors.New("labeling: a task in the state has a bad number")
		}
	}
	return nil
}

// person is one annotator: the counters outlive drained answers.
type person struct {
	Name    string `json:"n"`
	Asked   int    `json:"q,omitempty"` // leases ever given
	Answers int    `json:"a,omitempty"`
	Skips   int    `json:"s,omitempty"`
	Checked int    `json:"g,omitempty"` // gold answers
	Right   int    `json:"r,omitempty"` // of them right
	Last    int64  `json:"t,omitempty"` // Unix milliseconds
}

// lease is [task, person, Unix milliseconds until which it is held].
type lease [3]int64

func (l lease) task() int    { return int(l[0]) }
func (l lease) person() int  { return int(l[1]) }
func (l lease) until() int64 { return l[2] }

// record is [task, person, label or skipped, Unix milliseconds].
type record [4]int64

// skipped is the label of a skip.
const skipped = -1

func (r record) task() int     { return int(r[0]) }
func (r record) person() int   { return int(r[1]) }
func (r record) label() int    { return int(r[2]) }
func (r record) at() time.Time { return time.UnixMilli(r[3]).UTC() }

// check refuses a state whose numbers do not fit together.
func (s *State) check() error {
	if s.Version != stateVersion {
		return fmt.Errorf("labeling: state has version %d, this program reads %d", s.Version, stateVersion)
	}
	if err := s.Config.Validate(); err != nil {
		return err
	}
	bad := func(what string) error { return fmt.Errorf("labeling: the state is damaged: %s out of range", what) }
	for _, t := range s.Tasks {
		if t.set < 0 || t.set >= len(s.Sets) || t.kind < 0 || t.kind >= len(kinds) || t.slice < 0 || t.slice >= len(slicesOfTask) ||
			t.gold < -1 || t.gold >= len(s.Sets[t.set]) || ValidateID(t.id) != nil {
			return bad("a task")
		}
	}
	for _, l := range s.Leases {
		if l[0] < 0 || l.task() >= len(s.Tasks) || l[1] < 0 || l.person() >= len(s.People) {
			return bad("a lease")
		}
	}
	for _, r := range s.Log {
		if r[0] < 0 || r.task() >= len(s.Tasks) || r[1] < 0 || r.person() >= len(s.People) ||
			r[2] < skipped || r.label() >= len(s.Sets[s.Tasks[r.task()].set]) {
			return bad("an answer")
		}
	}
	if len(s.Drained)%8 != 0 || len(s.Drained)/8 > math.MaxInt32 {
		return bad("the list of drained tasks")
	}
	return nil
}
