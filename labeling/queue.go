package labeling

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nocturne-data/nocturne/internal/rng"
)

// Queue hands tasks to annotators and takes their answers.
//
// What it promises: a task is held or answered by at most Overlap people, also
// when leases expire; an annotator who answered or skipped a task does not get
// it again, unless by Undo; column questions come before rows, and tasks in the
// order in which they were added. Gold tasks are mixed in at places that depend
// on the seed and the annotator; they check up to GoldOverlap people each.
//
// Every operation X has a ValidateX that changes nothing and returns the error
// that X would, for a Temporal Update's validator. A Queue is not safe for
// concurrent use.
type Queue struct {
	s State
	// Derived from s.
	byID    map[string]int
	person  map[string]int
	use     []use
	touched map[[2]int]bool // (task, person) with an answer, skip or lease
	drained map[[8]byte]bool
	rows    []int // row tasks that are not gold
	columns []int
	gold    []int
}

// use counts what happens to a task.
type use struct{ answers, skips, leases int }

// Lease is a task held for an annotator until a time.
type Lease struct {
	Task  string    `json:"task"`
	Until time.Time `json:"until"`
}

// New returns an empty queue.
func New(cfg Config) (*Queue, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return Restore(State{Version: stateVersion, Config: cfg})
}

// Restore continues from a state. The queue owns it from then on.
func Restore(s State) (*Queue, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	q := &Queue{s: s}
	q.index()
	return q, nil
}

// State returns the queue's state. It aliases the queue: encode it, or use
// neither afterwards.
func (q *Queue) State() State { return q.s }

// index rebuilds what is derived from the state.
func (q *Queue) index() {
	q.byID = make(map[string]int, len(q.s.Tasks))
	q.use = make([]use, len(q.s.Tasks))
	q.rows, q.columns, q.gold = nil, nil, nil
	for i, t := range q.s.Tasks {
		q.byID[t.id] = i
		switch {
		case t.gold >= 0:
			q.gold = append(q.gold, i)
		case kinds[t.kind] == ColumnTask:
			q.columns = append(q.columns, i)
		default:
			q.rows = append(q.rows, i)
		}
	}
	q.person = make(map[string]int, len(q.s.People))
	for i, p := range q.s.People {
		q.person[p.Name] = i
	}
	q.touched = make(map[[2]int]bool, len(q.s.Log)+len(q.s.Leases))
	for _, l := range q.s.Leases {
		q.use[l.task()].leases++
		q.touched[[2]int{l.task(), l.person()}] = true
	}
	for _, r := range q.s.Log {
		if r.label() == skipped {
			q.use[r.task()].skips++
		} else {
			q.use[r.task()].answers++
		}
		q.touched[[2]int{r.task(), r.person()}] = true
	}
	q.drained = make(map[[8]byte]bool, len(q.s.Drained)/8)
	for i := 0; i < len(q.s.Drained); i += 8 {
		q.drained[[8]byte(q.s.Drained[i:i+8])] = true
	}
}

// Add appends tasks in the order in which they are to be asked. Either all are
// added or none.
func (q *Queue) Add(tasks []Task) error {
	if err := q.ValidateAdd(tasks); err != nil {
		return err
	}
	for _, t := range tasks {
		labels := q.labels(t)
		set := slices.IndexFunc(q.s.Sets, func(s []string) bool { return slices.Equal(s, labels) })
		if set < 0 {
			set = len(q.s.Sets)
			q.s.Sets = append(q.s.Sets, labels)
		}
		gold := -1
		if t.Gold != "" {
			gold, _ = slices.BinarySearch(labels, t.Gold)
		}
		q.s.Tasks = append(q.s.Tasks, taskState{
			id: t.ID, kind: slices.Index(kinds, t.Kind), set: set, gold: gold,
			slice: max(0, slices.Index(slicesOfTask, t.Slice)),
		})
	}
	q.index()
	return nil
}

// ValidateAdd checks Add: every task is well-formed, has labels, is new to the
// queue, and fits its limits.
func (q *Queue) ValidateAdd(tasks []Task) error {
	fresh := make(map[string]bool, len(tasks))
	size, sets := q.Size(), slices.Clone(q.s.Sets)
	for i, t := range tasks {
		if err := t.Validate(); err != nil {
			return fmt.Errorf("task %d: %w", i+1, err)
		}
		labels := q.labels(t)
		if len(labels) == 0 {
			return fmt.Errorf("task %d: %w: it has no choices and the queue has no classes", i+1, ErrInvalid)
		}
		if _, ok := slices.BinarySearch(labels, t.Gold); t.Gold != "" && !ok {
			return fmt.Errorf("task %d: %w: its gold answer is not among its labels", i+1, ErrInvalid)
		}
		if _, known := q.byID[t.ID]; known || fresh[t.ID] || q.drained[fingerprint(t.ID)] {
			return fmt.Errorf("task %d: %w", i+1, ErrDuplicate)
		}
		fresh[t.ID] = true
		if !slices.ContainsFunc(sets, func(s []string) bool { return slices.Equal(s, labels) }) {
			sets = append(sets, labels)
			size += setBytes(labels)
		}
		size += q.taskBytes(t.ID, t.Gold != "")
	}
	if n := len(q.s.Tasks) + len(q.s.Drained)/8 + len(tasks); n > q.s.Config.MaxTasks {
		return fmt.Errorf("%w: %d tasks, the queue takes %d in its life", ErrTooMany, n, q.s.Config.MaxTasks)
	}
	if size > MaxStateBytes {
		return fmt.Errorf("%w: the state could grow to %d bytes: drain finished tasks, or add fewer at once", ErrTooMany, size)
	}
	return nil
}

// labels returns the sorted labels a task offers.
func (q *Queue) labels(t Task) []string {
	labels := slices.Clone(q.s.Config.Classes)
	if len(t.Choices) > 0 {
		labels = labels[:0]
		for _, c := range t.Choices {
			labels = append(labels, c.Value)
		}
	}
	slices.Sort(labels)
	return labels
}

// Size returns an upper bound of the bytes of the state's JSON, now and after
// every answer that can still come in.
func (q *Queue) Size() int {
	n := fixedBytes + MaxAnnotators*personBytes + len(q.s.Drained)/8*seenBytes + setBytes(q.s.Config.Classes)
	for _, set := range q.s.Sets {
		n += setBytes(set)
	}
	for _, t := range q.s.Tasks {
		n += q.taskBytes(t.id, t.gold >= 0)
	}
	return n
}

func setBytes(labels []string) int {
	b, _ := json.Marshal(labels) // strings always encode
	return len(b) + 1
}

// taskBytes reserves a task's own bytes, its records and its mark once drained.
func (q *Queue) taskBytes(id string, gold bool) int {
	people := 2*q.s.Config.Overlap + q.s.Config.MaxSkips
	if gold {
		people = q.s.Config.GoldOverlap
	}
	return len(id) + taskBytes + people*recordBytes + seenBytes
}

// open tells whether task t may be given to one more person.
func (q *Queue) open(t int) bool {
	u, c := q.use[t], q.s.Config
	if q.s.Tasks[t].gold >= 0 {
		return u.answers+u.skips+u.leases < c.GoldOverlap
	}
	return u.answers+u.leases < c.Overlap && u.skips < c.MaxSkips
}

// done tells whether task t needs nobody any more and nobody holds it: it has
// enough answers, or was skipped too often.
func (q *Queue) done(t int) bool {
	u, c := q.use[t], q.s.Config
	if u.leases > 0 {
		return false
	}
	if q.s.Tasks[t].gold >= 0 {
		return u.answers+u.skips >= c.GoldOverlap
	}
	return u.answers >= c.Overlap || u.skips >= c.MaxSkips
}

// pick chooses the next task for a person, -1 when there is none.
func (q *Queue) pick(person int) int {
	next := q.first(person, q.columns, 0)
	if next < 0 {
		next = q.first(person, q.rows, 0)
	}
	if next < 0 || len(q.gold) == 0 {
		return next
	}
	p := q.s.People[person]
	coin, start := rng.Words(q.s.Config.Seed, "labeling/gold/"+p.Name, uint64(p.Asked))
	if float64(coin>>11)/(1<<53) < q.s.Config.GoldShare {
		if g := q.first(person, q.gold, int(start%uint64(len(q.gold)))); g >= 0 {
			return g
		}
	}
	return next
}

// first returns the first open task of list, from position start around, that
// the person has not touched.
func (q *Queue) first(person int, list []int, start int) int {
	for i := range list {
		t := list[(start+i)%len(list)]
		if q.open(t) && !q.touched[[2]int{t, person}] {
			return t
		}
	}
	return -1
}

func fingerprint(id string) [8]byte {
	sum := sha256.Sum256([]byte(id))
	return [8]byte(sum[:8])
}
