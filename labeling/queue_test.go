package labeling_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/labeling"
)

var start = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

func rows(n int) []labeling.Task {
	out := make([]labeling.Task, n)
	for i := range out {
		out[i] = labeling.Task{ID: fmt.Sprintf("row:%04d", i), Kind: labeling.RowTask}
	}
	return out
}

func newQueue(t testing.TB, cfg labeling.Config, tasks []labeling.Task) *labeling.Queue {
	if cfg.Classes == nil {
		cfg.Classes = []string{"<=50K", ">50K"}
	}
	q, err := labeling.New(cfg)
	require.NoError(t, err)
	require.NoError(t, q.Add(tasks))
	return q
}

func ids(leases []labeling.Lease) []string {
	var out []string
	for _, l := range leases {
		out = append(out, l.Task)
	}
	return out
}

func TestLeaseRenewsAndExpires(t *testing.T) {
	t.Parallel()
	q := newQueue(t, labeling.Config{}, rows(3))
	got, err := q.Lease("ann", 2, start)
	require.NoError(t, err)
	require.Equal(t, []string{"row:0000", "row:0001"}, ids(got))
	require.Equal(t, start.Add(10*time.Minute), got[0].Until)

	again, err := q.Lease("ann", 2, start.Add(9*time.Minute))
	require.NoError(t, err)
	require.Equal(t, ids(got), ids(again), "asking again renews, it does not hand out more")
	require.Equal(t, start.Add(19*time.Minute), again[0].Until)

	other, err := q.Lease("bob", 5, start.Add(10*time.Minute))
	require.NoError(t, err)
	require.Equal(t, []string{"row:0002"}, ids(other), "overlap 1: held tasks are nobody else's")

	late := start.Add(19 * time.Minute)
	require.ErrorIs(t, q.ValidateAnswer("ann", "row:0000", ">50K", late), labeling.ErrLeaseExpired)
	require.Equal(t, 2, q.Expire(late))
	other, err = q.Lease("bob", 5, late)
	require.NoError(t, err)
	require.Equal(t, []string{"row:0002", "row:0000", "row:0001"}, ids(other))
	require.ErrorIs(t, q.Answer("ann", "row:0000", ">50K", late), labeling.ErrTaskFull)
}

func TestAnswersAreValidated(t *testing.T) {
	t.Parallel()
	q := newQueue(t, labeling.Config{Overlap: 2}, rows(3))
	_, err := q.Lease("ann", 1, start)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		annotator, task, label string
		at                     time.Time
		want                   error
	}{
		"unknown task":   {"ann", "row:9999", ">50K", start, labeling.ErrUnknownTask},
		"wrong label":    {"ann", "row:0000", "maybe", start, labeling.ErrWrongLabel},
		"not leased":     {"ann", "row:0001", ">50K", start, labeling.ErrNotLeased},
		"unknown person": {"bob", "row:0000", ">50K", start, labeling.ErrNotLeased},
		"bad name":       {"a\nb", "row:0000", ">50K", start, labeling.ErrInvalid},
		"expired":        {"ann", "row:0000", ">50K", start.Add(time.Hour), labeling.ErrLeaseExpired},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, q.ValidateAnswer(c.annotator, c.task, c.label, c.at), c.want)
			require.ErrorIs(t, q.Answer(c.annotator, c.task, c.label, c.at), c.want)
		})
	}
	require.NoError(t, q.Answer("ann", "row:0000", ">50K", start))
	require.ErrorIs(t, q.Answer("ann", "row:0000", ">50K", start), labeling.ErrAlreadyAnswered)
	require.ErrorIs(t, q.Skip("ann", "row:0000", start), labeling.ErrAlreadyAnswered)
	require.NoError(t, leaseAnd(q, "bob", start, func(task string) error { return q.Answer("bob", task, "<=50K", start) }))
	require.ErrorIs(t, q.Answer("cem", "row:0000", ">50K", start), labeling.ErrTaskFull)
}

func leaseAnd(q *labeling.Queue, who string, now time.Time, f func(task string) error) error {
	got, err := q.Lease(who, 1, now)
	if err != nil {
		return err
	}
	return f(got[0].Task)
}

func TestUndoGivesTheTaskBack(t *testing.T) {
	t.Parallel()
	q := newQueue(t, labeling.Config{}, rows(4))
	for _, label := range []string{">50K", "<=50K"} {
		require.NoError(t, leaseAnd(q, "ann", start, func(task string) error { return q.Answer("ann", task, label, start) }))
	}
	_, err := q.Lease("ann", 1, start)
	require.NoError(t, err)
	l, err := q.Undo("ann", start)
	require.NoError(t, err)
	require.Equal(t, "row:0001", l.Task)
	l, err = q.Undo("ann", start)
	require.NoError(t, err)
	require.Equal(t, "row:0000", l.Task)
	_, err = q.Undo("ann", start)
	require.ErrorIs(t, err, labeling.ErrNothingToUndo)
	held, err := q.Lease("ann", 1, start)
	require.NoError(t, err)
	require.Equal(t, []string{"row:0000", "row:0001", "row:0002"}, ids(held), "the task undone last comes first")
	require.Equal(t, 0, q.Progress(start).Answers)
	require.NoError(t, q.Answer("ann", "row:0000", "<=50K", start))
	require.Equal(t, "<=50K", q.Answers()[0].Label)
}

func TestUndoOfASkipNeedsAFreePlace(t *testing.T) {
	t.Parallel()
	q := newQueue(t, labeling.Config{}, rows(1))
	require.NoError(t, leaseAnd(q, "ann", start, func(task string) error { return q.Skip("ann", task, start) }))
	_, err := q.Lease("bob", 1, start)
	require.NoError(t, err)
	require.ErrorIs(t, q.ValidateUndo("ann", start), labeling.ErrTaskFull)
	_, err = q.Undo("ann", start)
	require.ErrorIs(t, err, labeling.ErrTaskFull)
	later := start.Add(time.Hour)
	require.NoError(t, q.ValidateUndo("ann", later))
	_, err = q.Undo("ann", later)
	require.NoError(t, err)
}

func TestSkippedTasksAreSetAside(t *testing.T) {
	t.Parallel()
	q := newQueue(t, labeling.Config{MaxSkips: 2}, rows(1))
	for _, who := range []string{"ann", "bob"} {
		require.NoError(t, leaseAnd(q, who, start, func(task string) error { return q.Skip(who, task, start) }))
	}
	got, err := q.Lease("cem", 1, start)
	require.NoError(t, err)
	require.Empty(t, got)
	p := q.Progress(start)
	require.Equal(t, 1, p.SetAside)
	require.True(t, p.Finished())
	out := q.Drain(start, true)
	require.Len(t, out, 2)
	require.True(t, out[0].Skipped)
	require.Equal(t, 1, q.Progress(start).SetAside)
}

func TestColumnQuestionsComeFirst(t *testing.T) {
	t.Parallel()
	tasks := append(rows(2), labeling.Task{
		ID: "column:people.note", Kind: labeling.ColumnTask, Slice: labeling.Column,
		Choices: []labeling.Choice{{Value: "free_text:sensitive"}, {Value: "unknown:none"}},
	})
	q := newQueue(t, labeling.Config{}, tasks)
	got, err := q.Lease("ann", 3, start)
	require.NoError(t, err)
	require.Equal(t, []string{"column:people.note", "row:0000", "row:0001"}, ids(got))
	require.ErrorIs(t, q.ValidateAnswer("ann", "column:people.note", ">50K", start), labeling.ErrWrongLabel)
	require.NoError(t, q.Answer("ann", "column:people.note", "unknown:none", start))
	require.Equal(t, labeling.Column, q.Answers()[0].Slice)
}

func TestGoldIsMixedInAndScored(t *testing.T) {
	t.Parallel()
	tasks := rows(400)
	for i := range 100 {
		tasks = append(tasks, labeling.Task{ID: fmt.Sprintf("row:g%03d", i), Kind: labeling.RowTask, Gold: ">50K"})
	}
	q := newQueue(t, labeling.Config{GoldShare: 0.2, Seed: 7}, tasks)
	checked, positions := 0, []int{}
	for i := range 300 {
		require.NoError(t, leaseAnd(q, "ann", start, func(task string) error {
			if strings.HasPrefix(task, "row:g") {
				checked++
				positions = append(positions, i)
			}
			return q.Answer("ann", task, ">50K", start)
		}))
	}
	// 300 draws at 0.2: 60 expected, 40 to 80 is beyond 2.8 standard
	// deviations; the seed is fixed.
	require.InDelta(t, 60, checked, 20)
	gaps := map[int]bool{}
	for i := 1; i < len(positions); i++ {
		gaps[positions[i]-positions[i-1]] = true
	}
	require.Greater(t, len(gaps), 5, "gold tasks must not come at a fixed distance")
	p := q.Progress(start)
	require.Equal(t, checked, p.Annotators[0].Checked)
	require.Equal(t, checked, p.Annotators[0].Right)
	require.Equal(t, 400, p.Tasks)
	require.Equal(t, 300-checked, p.Done)
	for _, a := range q.Answers() {
		require.Equal(t, strings.HasPrefix(a.Task, "row:g"), a.Gold)
		require.Equal(t, a.Gold, a.Right)
	}
}

func TestDrainKeepsWhatCanBeUndone(t *testing.T) {
	t.Parallel()
	q := newQueue(t, labeling.Config{Overlap: 2}, rows(3))
	for _, who := range []string{"ann", "bob"} {
		require.NoError(t, leaseAnd(q, who, start, func(task string) error { return q.Answer(who, task, ">50K", start) }))
	}
	require.Empty(t, q.Drain(start.Add(time.Minute), false))
	_, err := q.Lease("ann", 2, start.Add(9*time.Minute))
	require.NoError(t, err)
	out := q.Drain(start.Add(10*time.Minute), false)
	require.Len(t, out, 2)
	require.Equal(t, labeling.Answer{Task: "row:0000", Annotator: "ann", Label: ">50K", At: start, Slice: labeling.Chosen}, out[0])
	require.ErrorIs(t, q.Answer("ann", "row:0000", ">50K", start), labeling.ErrUnknownTask)
	require.ErrorIs(t, q.Add(rows(1)), labeling.ErrDuplicate)
	p := q.Progress(start.Add(10 * time.Minute))
	require.Equal(t, []int{3, 1, 2, 2, 2}, []int{p.Tasks, p.Done, p.Open, p.Leased, p.Answers})
	require.NoError(t, q.Answer("ann", "row:0001", ">50K", start.Add(10*time.Minute)), "leases survive a drain")
}

func TestPrioritise(t *testing.T) {
	t.Parallel()
	q := newQueue(t, labeling.Config{}, rows(4))
	_, err := q.Lease("ann", 1, start)
	require.NoError(t, err)
	q.Prioritise([]string{"row:0003", "gone", "row:0001", "row:0003"})
	got, err := q.Lease("bob", 3, start)
	require.NoError(t, err)
	require.Equal(t, []string{"row:0003", "row:0001", "row:0002"}, ids(got))
	require.NoError(t, q.Answer("ann", "row:0000", ">50K", start))
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		task labeling.Task
		want error
	}{
		"no id":         {labeling.Task{Kind: labeling.RowTask}, labeling.ErrInvalid},
		"id with space": {labeling.Task{ID: "a b", Kind: labeling.RowTask}, labeling.ErrInvalid},
		"long id":       {labeling.Task{ID: strings.Repeat("x", 65), Kind: labeling.RowTask}, labeling.ErrInvalid},
		"no kind":       {labeling.Task{ID: "a"}, labeling.ErrInvalid},
		"gold":          {labeling.Task{ID: "a", Kind: labeling.RowTask, Gold: "maybe"}, labeling.ErrInvalid},
		"one choice":    {labeling.Task{ID: "a", Kind: labeling.RowTask, Choices: []labeling.Choice{{Value: "x"}}}, labeling.ErrInvalid},
		"same choice":   {labeling.Task{ID: "a", Kind: labeling.RowTask, Choices: []labeling.Choice{{Value: "x"}, {Value: "x"}}}, labeling.ErrInvalid},
		"twice":         {labeling.Task{ID: "row:0000", Kind: labeling.RowTask}, labeling.ErrDuplicate},
		"too many":      {labeling.Task{ID: "b", Kind: labeling.RowTask}, labeling.ErrTooMany},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQueue(t, labeling.Config{MaxTasks: 1}, rows(1))
			require.ErrorIs(t, q.Add([]labeling.Task{c.task}), c.want)
			require.Equal(t, 1, q.Progress(start).Tasks)
		})
	}
	_, err := labeling.New(labeling.Config{Overlap: 99, GoldShare: 2, Classes: []string{"a"}})
	for _, field := range []string{"overlap", "gold_share", "classes"} {
		require.ErrorContains(t, err, field)
	}
}

// The state is filled to its limit with the longest ids, names and numbers: its
// JSON must stay below the bound, which must stay below MaxStateBytes.
func TestStateStaysSmall(t *testing.T) {
	t.Parallel()
	far := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, overlap := range []int{1, 3, 25} {
		q := newQueue(t, labeling.Config{Overlap: overlap, MaxTasks: 50000, MaxLeases: 50, MaxSkips: 10}, nil)
		n, drained := 0, 0
		for {
			task := labeling.Task{ID: fmt.Sprintf("%s%06d", strings.Repeat("x", 58), n), Kind: labeling.RowTask}
			if n%50 == 49 {
				task.Gold = ">50K"
			}
			err := q.Add([]labeling.Task{task})
			if err != nil {
				require.ErrorIs(t, err, labeling.ErrTooMany)
				break
			}
			if n++; n == 1000 { // part of the queue's life lies behind it
				work(t, q, overlap, far)
				drained = len(q.Drain(far, true))
			}
			if n > 1000 && n%25 != 0 {
				continue
			}
		}
		work(t, q, overlap, far)
		b, err := json.Marshal(q.State())
		require.NoError(t, err)
		t.Logf("overlap %d: %d tasks, %d answers drained, JSON %d, bound %d", overlap, n, drained, len(b), q.Size())
		require.LessOrEqual(t, len(b), q.Size())
		require.LessOrEqual(t, q.Size(), labeling.MaxStateBytes)
		require.Greater(t, n, 400)
	}
}

// work lets as many people as there may be label until nothing is left.
func work(t *testing.T, q *labeling.Queue, people int, now time.Time) {
	for p := range max(people, 12) {
		who := fmt.Sprintf("%s%03d", strings.Repeat("名", 12), p)
		for {
			got, err := q.Lease(who, 50, now)
			require.NoError(t, err)
			if len(got) == 0 {
				break
			}
			for _, l := range got {
				require.NoError(t, q.Answer(who, l.Task, ">50K", now))
			}
		}
	}
}

func TestStateRoundTrips(t *testing.T) {
	t.Parallel()
	q := newQueue(t, labeling.Config{Overlap: 2}, append(rows(5), labeling.Task{ID: "g", Kind: labeling.RowTask, Gold: ">50K"}))
	require.NoError(t, leaseAnd(q, "ann", start, func(task string) error { return q.Answer("ann", task, ">50K", start) }))
	require.NoError(t, leaseAnd(q, "bob", start, func(task string) error { return q.Skip("bob", task, start) }))
	_, err := q.Lease("cem", 3, start)
	require.NoError(t, err)
	b, err := json.Marshal(q.State())
	require.NoError(t, err)
	var s labeling.State
	require.NoError(t, json.Unmarshal(b, &s))
	r, err := labeling.Restore(s)
	require.NoError(t, err)
	require.Equal(t, q.Progress(start), r.Progress(start))
	b2, err := json.Marshal(r.State())
	require.NoError(t, err)
	require.JSONEq(t, string(b), string(b2))
	for name, damage := range map[string]func(*labeling.State){
		"version": func(s *labeling.State) { s.Version = 9 },
		"set":     func(s *labeling.State) { s.Sets = nil },
		"people":  func(s *labeling.State) { s.People = nil },
		"tasks":   func(s *labeling.State) { s.Tasks = s.Tasks[:1] },
		"drained": func(s *labeling.State) { s.Drained = []byte{1} },
	} {
		var broken labeling.State
		require.NoError(t, json.Unmarshal(b, &broken))
		damage(&broken)
		_, err := labeling.Restore(broken)
		require.Error(t, err, name)
	}
}

func FuzzRestore(f *testing.F) {
	q, _ := labeling.New(labeling.Config{Classes: []string{"a", "b"}})
	_ = q.Add(rows(2))
	_, _ = q.Lease("ann", 1, start)
	b, _ := json.Marshal(q.State())
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var s labeling.State
		if json.Unmarshal(b, &s) != nil {
			return
		}
		q, err := labeling.Restore(s)
		if err != nil {
			return
		}
		q.Progress(start)
		q.Drain(start, true)
		_, _ = q.Lease("ann", 1, start)
	})
}

func BenchmarkLeaseAndAnswer(b *testing.B) {
	q := newQueue(b, labeling.Config{MaxTasks: 50000}, nil)
	n := 0
	add := func() {
		q.Drain(start, true)
		tasks := make([]labeling.Task, 2000)
		for i := range tasks {
			tasks[i] = labeling.Task{ID: fmt.Sprintf("t%d", n), Kind: labeling.RowTask}
			n++
		}
		if q.Add(tasks) != nil {
			q = newQueue(b, labeling.Config{MaxTasks: 50000}, tasks)
		}
	}
	i := 0
	for b.Loop() {
		who := fmt.Sprintf("p%d", i%64)
		i++
		got, err := q.Lease(who, 1, start)
		require.NoError(b, err)
		if len(got) == 0 {
			add()
			continue
		}
		require.NoError(b, q.Answer(who, got[0].Task, ">50K", start))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}
