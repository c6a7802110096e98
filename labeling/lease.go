package labeling

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Lease returns the tasks an annotator holds, longest held first, after renewing
// their leases and adding new ones until there are n. Fewer come back when
// nothing else is open to them. Asking again is therefore a heartbeat and safe to
// repeat; it also saves a lease that ran out while nobody else wanted the task.
// Leases of others that ran out are freed first.
func (q *Queue) Lease(annotator string, n int, now time.Time) ([]Lease, error) {
	if err := q.ValidateLease(annotator, n); err != nil {
		return nil, err
	}
	who, known := q.person[annotator]
	if !known {
		who = len(q.s.People)
		q.s.People = append(q.s.People, person{Name: annotator})
		q.person[annotator] = who
	}
	until := now.Add(q.s.Config.Lease()).UnixMilli()
	for i, l := range q.s.Leases {
		if l.person() == who {
			q.s.Leases[i][2] = until
		}
	}
	q.Expire(now)
	held := q.held(who)
	for len(held) < n {
		t := q.pick(who)
		if t < 0 {
			break
		}
		q.s.People[who].Asked++
		q.hold(len(q.s.Leases), t, who, until)
		held = append(held, Lease{Task: q.s.Tasks[t].id, Until: time.UnixMilli(until).UTC()})
	}
	return held, nil
}

// ValidateLease checks Lease.
func (q *Queue) ValidateLease(annotator string, n int) error {
	if err := ValidateAnnotator(annotator); err != nil {
		return err
	}
	if n < 1 || n > q.s.Config.MaxLeases {
		return fmt.Errorf("%w: ask for 1 to %d tasks at once", ErrInvalid, q.s.Config.MaxLeases)
	}
	if _, known := q.person[annotator]; !known && len(q.s.People) >= MaxAnnotators {
		return fmt.Errorf("%w: the queue knows %d annotators already", ErrTooMany, MaxAnnotators)
	}
	return nil
}

// Release gives a held task back, for others or for the same annotator later.
func (q *Queue) Release(annotator, task string, now time.Time) error {
	i, err := q.lease(annotator, task, now)
	if err != nil {
		return err
	}
	q.drop(i)
	return nil
}

// ValidateRelease checks Release.
func (q *Queue) ValidateRelease(annotator, task string, now time.Time) error {
	_, err := q.lease(annotator, task, now)
	return err
}

// Expire frees the leases that have run out by now and returns how many.
func (q *Queue) Expire(now time.Time) int {
	n, ms := len(q.s.Leases), now.UnixMilli()
	q.s.Leases = slices.DeleteFunc(q.s.Leases, func(l lease) bool {
		if l.until() > ms {
			return false
		}
		q.use[l.task()].leases--
		delete(q.touched, [2]int{l.task(), l.person()})
		return true
	})
	return n - len(q.s.Leases)
}

// NextExpiry returns when the first lease runs out; false when none is held.
func (q *Queue) NextExpiry() (time.Time, bool) {
	if len(q.s.Leases) == 0 {
		return time.Time{}, false
	}
	first := slices.MinFunc(q.s.Leases, func(a, b lease) int { return cmp.Compare(a.until(), b.until()) })
	return time.UnixMilli(first.until()).UTC(), true
}

// lease finds the live lease of an annotator on a task, or says why there is
// none.
func (q *Queue) lease(annotator, task string, now time.Time) (int, error) {
	if err := ValidateAnnotator(annotator); err != nil {
		return 0, err
	}
	t, ok := q.byID[task]
	if !ok {
		return 0, ErrUnknownTask
	}
	who, known := q.person[annotator]
	if known {
		for i, l := range q.s.Leases {
			if l.task() == t && l.person() == who {
				if l.until() <= now.UnixMilli() {
					return 0, ErrLeaseExpired
				}
				return i, nil
			}
		}
		if q.touched[[2]int{t, who}] {
			return 0, ErrAlreadyAnswered
		}
	}
	if !q.open(t) {
		return 0, ErrTaskFull
	}
	return 0, ErrNotLeased
}

// held lists a person's leases.
func (q *Queue) held(who int) []Lease {
	var out []Lease
	for _, l := range q.s.Leases {
		if l.person() == who {
			out = append(out, Lease{Task: q.s.Tasks[l.task()].id, Until: time.UnixMilli(l.until()).UTC()})
		}
	}
	return out
}

// hold inserts a lease at position i.
func (q *Queue) hold(i, task, who int, until int64) {
	q.s.Leases = slices.Insert(q.s.Leases, i, lease{int64(task), int64(who), until})
	q.use[task].leases++
	q.touched[[2]int{task, who}] = true
}

// drop removes lease i.
func (q *Queue) drop(i int) {
	l := q.s.Leases[i]
	q.s.Leases = slices.Delete(q.s.Leases, i, i+1)
	q.use[l.task()].leases--
	delete(q.touched, [2]int{l.task(), l.person()})
}
