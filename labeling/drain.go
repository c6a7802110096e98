package labeling

import (
	"slices"
	"time"
)

// Drain removes finished tasks from the state and returns their answers, oldest
// first, for the caller to store. A task stays until its last answer is older than
// a lease, so that a slip can still be undone; all ignores that and is for closing
// a queue, where Answers then gives those of unfinished tasks. A drained task cannot
// be undone, answered or added again.
func (q *Queue) Drain(now time.Time, all bool) []Answer {
	q.Expire(now)
	latest := make([]int64, len(q.s.Tasks))
	for _, r := range q.s.Log {
		latest[r.task()] = max(latest[r.task()], r[3])
	}
	before := now.Add(-q.s.Config.Lease()).UnixMilli()
	gone := make([]bool, len(q.s.Tasks))
	for t := range q.s.Tasks {
		gone[t] = q.done(t) && (all || latest[t] <= before)
	}
	if !slices.Contains(gone, true) {
		return nil
	}
	var out []Answer
	for _, r := range q.s.Log {
		if gone[r.task()] {
			out = append(out, q.answer(r))
		}
	}
	var keep []int
	for t, g := range gone {
		if !g {
			keep = append(keep, t)
			continue
		}
		f := fingerprint(q.s.Tasks[t].id)
		q.s.Drained = append(q.s.Drained, f[:]...)
		switch {
		case q.s.Tasks[t].gold >= 0:
			q.s.Checks++
		case q.use[t].answers >= q.s.Config.Overlap:
			q.s.Done++
		default:
			q.s.SetAside++
		}
	}
	q.rearrange(keep)
	return out
}

// Prioritise moves the named open tasks to the front in the given order, ahead of
// all others of their kind. Unknown ids are ignored: they may have been drained.
func (q *Queue) Prioritise(ids []string) {
	order, taken := make([]int, 0, len(q.s.Tasks)), make([]bool, len(q.s.Tasks))
	for _, id := range ids {
		if t, ok := q.byID[id]; ok && !taken[t] {
			order, taken[t] = append(order, t), true
		}
	}
	for t := range q.s.Tasks {
		if !taken[t] {
			order = append(order, t)
		}
	}
	q.rearrange(order)
}

// rearrange keeps the tasks named by their old positions, in that order, and
// their leases and records.
func (q *Queue) rearrange(order []int) {
	to := make([]int64, len(q.s.Tasks))
	for i := range to {
		to[i] = -1
	}
	tasks := make([]taskState, len(order))
	for i, old := range order {
		tasks[i], to[old] = q.s.Tasks[old], int64(i)
	}
	q.s.Tasks = tasks
	leases := q.s.Leases[:0]
	for _, l := range q.s.Leases {
		if to[l.task()] >= 0 {
			leases = append(leases, lease{to[l.task()], l[1], l[2]})
		}
	}
	q.s.Leases = leases
	log := q.s.Log[:0]
	for _, r := range q.s.Log {
		if to[r.task()] >= 0 {
			log = append(log, record{to[r.task()], r[1], r[2], r[3]})
		}
	}
	q.s.Log = log
	q.index()
}
