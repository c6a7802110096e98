package labeling

import (
	"slices"
	"time"
)

// Answer records an annotator's label of a task they hold.
func (q *Queue) Answer(annotator, task, label string, now time.Time) error {
	if err := q.ValidateAnswer(annotator, task, label, now); err != nil {
		return err
	}
	i, err := q.lease(annotator, task, now)
	if err != nil {
		return err
	}
	t := q.s.Tasks[q.s.Leases[i].task()]
	n, _ := slices.BinarySearch(q.s.Sets[t.set], label)
	q.record(i, n, now)
	return nil
}

// ValidateAnswer checks Answer: the task is known, held by the annotator and
// offers the label.
func (q *Queue) ValidateAnswer(annotator, task, label string, now time.Time) error {
	i, err := q.lease(annotator, task, now)
	if err != nil {
		return err
	}
	t := q.s.Tasks[q.s.Leases[i].task()]
	if _, ok := slices.BinarySearch(q.s.Sets[t.set], label); !ok {
		return ErrWrongLabel
	}
	return nil
}

// Skip records that an annotator cannot label a task they hold. It does not come
// back to them; after MaxSkips people it is set aside.
func (q *Queue) Skip(annotator, task string, now time.Time) error {
	i, err := q.lease(annotator, task, now)
	if err != nil {
		return err
	}
	q.record(i, skipped, now)
	return nil
}

// ValidateSkip checks Skip.
func (q *Queue) ValidateSkip(annotator, task string, now time.Time) error {
	_, err := q.lease(annotator, task, now)
	return err
}

// Undo takes back an annotator's last answer or skip that is still in the queue
// and leases the task to them again, in front of what they hold. It can be
// repeated.
func (q *Queue) Undo(annotator string, now time.Time) (Lease, error) {
	i, err := q.last(annotator)
	if err != nil {
		return Lease{}, err
	}
	q.Expire(now)
	r := q.s.Log[i]
	if !q.mayReturn(r) {
		return Lease{}, ErrTaskFull
	}
	q.s.Log = slices.Delete(q.s.Log, i, i+1)
	q.count(r, -1)
	until := now.Add(q.s.Config.Lease()).UnixMilli()
	q.hold(0, r.task(), r.person(), until)
	return Lease{Task: q.s.Tasks[r.task()].id, Until: time.UnixMilli(until).UTC()}, nil
}

// ValidateUndo checks Undo. It does not count a slot that an expired lease still
// takes; Undo itself frees it.
func (q *Queue) ValidateUndo(annotator string, now time.Time) error {
	i, err := q.last(annotator)
	if err != nil {
		return err
	}
	r := q.s.Log[i]
	if q.mayReturn(r) {
		return nil
	}
	for _, l := range q.s.Leases {
		if l.task() == r.task() && l.until() <= now.UnixMilli() {
			return nil
		}
	}
	return ErrTaskFull
}

// last finds the newest record of an annotator.
func (q *Queue) last(annotator string) (int, error) {
	if err := ValidateAnnotator(annotator); err != nil {
		return 0, err
	}
	who, known := q.person[annotator]
	if known {
		for i := len(q.s.Log) - 1; i >= 0; i-- {
			if q.s.Log[i].person() == who {
				return i, nil
			}
		}
	}
	return 0, ErrNothingToUndo
}

// mayReturn tells whether undoing r leaves the task within its overlap: an answer
// keeps its own place, a skip needs a free one.
func (q *Queue) mayReturn(r record) bool {
	if r.label() != skipped || q.s.Tasks[r.task()].gold >= 0 {
		return true
	}
	u := q.use[r.task()]
	return u.answers+u.leases < q.s.Config.Overlap
}

// record turns lease i into an answer or a skip.
func (q *Queue) record(i, label int, now time.Time) {
	l := q.s.Leases[i]
	q.drop(i)
	r := record{l[0], l[1], int64(label), now.UnixMilli()}
	q.s.Log = append(q.s.Log, r)
	q.touched[[2]int{r.task(), r.person()}] = true
	q.count(r, 1)
	q.s.People[r.person()].Last = now.UnixMilli()
}

// count adds d to every counter that a record moves.
func (q *Queue) count(r record, d int) {
	p, gold := &q.s.People[r.person()], q.s.Tasks[r.task()].gold
	if r.label() == skipped {
		q.use[r.task()].skips += d
		p.Skips += d
		return
	}
	q.use[r.task()].answers += d
	p.Answers += d
	if gold >= 0 {
		p.Checked += d
		if r.label() == gold {
			p.Right += d
		}
	}
}

// answer writes a record out.
func (q *Queue) answer(r record) Answer {
	t := q.s.Tasks[r.task()]
	a := Answer{
		Task: t.id, Annotator: q.s.People[r.person()].Name, At: r.at(),
		Slice: slicesOfTask[t.slice], Gold: t.gold >= 0, Skipped: r.label() == skipped,
	}
	if !a.Skipped {
		a.Label = q.s.Sets[t.set][r.label()]
		a.Right = a.Gold && r.label() == t.gold
	}
	return a
}

// Answers lists the answers and skips still in the queue, oldest first.
func (q *Queue) Answers() []Answer {
	out := make([]Answer, len(q.s.Log))
	for i, r := range q.s.Log {
		out[i] = q.answer(r)
	}
	return out
}
