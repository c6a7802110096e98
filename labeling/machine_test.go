package labeling_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/labeling"
)

// model is the queue as one would write it on a page: maps, no indices, no
// encoding.
type model struct {
	overlap, maxSkips int
	gold              map[string]bool
	labels            map[string]map[string]string    // task -> person -> label ("" = skip), drained ones too
	held              map[string]map[string]time.Time // task -> person -> until
	history           map[string][]string             // person -> tasks in order of answer
	drained           map[string]bool
}

const goldOverlap = 3

func (m *model) places(task string, now time.Time) (answers, skips, leases int) {
	for _, label := range m.labels[task] {
		if label == "" {
			skips++
		} else {
			answers++
		}
	}
	for _, until := range m.held[task] {
		if until.After(now) {
			leases++
		}
	}
	return answers, skips, leases
}

func (m *model) open(task string, now time.Time) bool {
	a, s, l := m.places(task, now)
	if m.gold[task] {
		return a+s+l < goldOverlap
	}
	return a+l < m.overlap && s < m.maxSkips
}

// may is the error that an answer, a skip or a release must meet.
func (m *model) may(task, who string, now time.Time) error {
	if _, known := m.labels[task]; !known || m.drained[task] {
		return labeling.ErrUnknownTask
	}
	if until, ok := m.held[task][who]; ok {
		if !until.After(now) {
			return labeling.ErrLeaseExpired
		}
		return nil
	}
	if _, ok := m.labels[task][who]; ok {
		return labeling.ErrAlreadyAnswered
	}
	if !m.openUnswept(task) {
		return labeling.ErrTaskFull
	}
	return labeling.ErrNotLeased
}

// openUnswept counts leases that ran out and were not freed yet.
func (m *model) openUnswept(task string) bool { return m.open(task, time.Time{}) }

func (m *model) sweep(now time.Time) {
	for _, held := range m.held {
		for who, until := range held {
			if !until.After(now) {
				delete(held, who)
			}
		}
	}
}

func TestQueueAgainstAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := labeling.Config{
			Overlap: rapid.IntRange(1, 3).Draw(t, "overlap"), MaxSkips: rapid.IntRange(1, 2).Draw(t, "skips"),
			GoldShare: 0.5, GoldOverlap: goldOverlap, MaxLeases: 4, Classes: []string{"a", "b"}, Seed: rapid.Uint64().Draw(t, "seed"),
		}
		q, err := labeling.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		m := &model{
			overlap: cfg.Overlap, maxSkips: cfg.MaxSkips, gold: map[string]bool{}, labels: map[string]map[string]string{},
			held: map[string]map[string]time.Time{}, history: map[string][]string{}, drained: map[string]bool{},
		}
		now, n := start, 0
		person := rapid.SampledFrom([]string{"ann", "bob", "cem", "dee", "eve"})
		task := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("t%d", rapid.IntRange(0, n).Draw(t, "n")) })
		same := func(t *rapid.T, got, want error) {
			if !errors.Is(got, want) || (want == nil) != (got == nil) {
				t.Fatalf("got %v, the model says %v", got, want)
			}
		}
		finish := func(t *rapid.T, who, id, label string, got error) {
			want := m.may(id, who, now)
			same(t, got, want)
			if want == nil {
				delete(m.held[id], who)
				m.labels[id][who] = label
				m.history[who] = append(m.history[who], id)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				id, gold := fmt.Sprintf("t%d", n), rapid.IntRange(0, 3).Draw(t, "gold") == 0
				task := labeling.Task{ID: id, Kind: labeling.RowTask}
				if gold {
					task.Gold = "a"
				}
				same(t, q.Add([]labeling.Task{task}), nil)
				same(t, q.Add([]labeling.Task{task}), labeling.ErrDuplicate)
				n++
				m.gold[id], m.labels[id], m.held[id] = gold, map[string]string{}, map[string]time.Time{}
			},
			"lease": func(t *rapid.T) {
				who, k := person.Draw(t, "who"), rapid.IntRange(1, 4).Draw(t, "k")
				got, err := q.Lease(who, k, now)
				same(t, err, nil)
				m.sweep(now)
				have := map[string]bool{}
				for _, l := range got {
					if have[l.Task] {
						t.Fatal("the same task twice in one answer")
					}
					have[l.Task] = true
					if !l.Until.Equal(now.Add(10 * time.Minute)) {
						t.Fatal("the lease is not renewed")
					}
				}
				for id, held := range m.held {
					if _, ok := held[who]; ok {
						if !have[id] {
							t.Fatal("a held task is missing")
						}
						delete(have, id)
						held[who] = now.Add(10 * time.Minute)
					}
				}
				for id := range have {
					if _, again := m.labels[id][who]; again || m.drained[id] || !m.open(id, now) {
						t.Fatalf("%s must not get %s", who, id)
					}
					m.held[id][who] = now.Add(10 * time.Minute)
				}
				if len(got) < k {
					for id := range m.labels {
						_, again := m.labels[id][who]
						_, holds := m.held[id][who]
						if !again && !holds && !m.gold[id] && !m.drained[id] && m.open(id, now) {
							t.Fatalf("%s could have had %s", who, id)
						}
					}
				}
			},
			"answer": func(t *rapid.T) {
				who, id := person.Draw(t, "who"), task.Draw(t, "task")
				label := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "label")
				same(t, q.ValidateAnswer(who, id, label, now), m.may(id, who, now))
				if m.may(id, who, now) == nil {
					same(t, q.Answer(who, id, "c", now), labeling.ErrWrongLabel)
				}
				finish(t, who, id, label, q.Answer(who, id, label, now))
			},
			"answer held": func(t *rapid.T) {
				who := person.Draw(t, "who")
				for _, id := range slices.Sorted(maps.Keys(m.held)) {
					if until, ok := m.held[id][who]; ok && until.After(now) {
						finish(t, who, id, "b", q.Answer(who, id, "b", now))
					}
				}
			},
			"skip": func(t *rapid.T) {
				who, id := person.Draw(t, "who"), task.Draw(t, "task")
				same(t, q.ValidateSkip(who, id, now), m.may(id, who, now))
				finish(t, who, id, "", q.Skip(who, id, now))
			},
			"release": func(t *rapid.T) {
				who, id := person.Draw(t, "who"), task.Draw(t, "task")
				want := m.may(id, who, now)
				same(t, q.ValidateRelease(who, id, now), want)
				same(t, q.Release(who, id, now), want)
				if want == nil {
					delete(m.held[id], who)
				}
			},
			"undo": func(t *rapid.T) {
				who := person.Draw(t, "who")
				valid := q.ValidateUndo(who, now)
				got, err := q.Undo(who, now)
				same(t, valid, err)
				mine := slices.DeleteFunc(slices.Clone(m.history[who]), func(id string) bool { return m.drained[id] })
				if len(mine) == 0 {
					same(t, err, labeling.ErrNothingToUndo)
					return
				}
				m.sweep(now)
				id := mine[len(mine)-1]
				a, _, l := m.places(id, now)
				if m.labels[id][who] == "" && !m.gold[id] && a+l >= m.overlap {
					same(t, err, labeling.ErrTaskFull)
					return
				}
				same(t, err, nil)
				if got.Task != id {
					t.Fatalf("undid %s, not %s", got.Task, id)
				}
				delete(m.labels[id], who)
				m.history[who] = mine[:len(mine)-1]
				m.held[id][who] = now.Add(10 * time.Minute)
			},
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 900).Draw(t, "seconds")) * time.Second)
				if rapid.Bool().Draw(t, "sweep") {
					q.Expire(now)
					m.sweep(now)
				}
			},
			"prioritise": func(t *rapid.T) { q.Prioritise([]string{task.Draw(t, "first"), task.Draw(t, "second")}) },
			"drain": func(t *rapid.T) {
				m.sweep(now)
				for _, a := range q.Drain(now, true) {
					if label, ok := m.labels[a.Task][a.Annotator]; !ok || label != a.Label || a.Skipped != (label == "") || a.Gold != m.gold[a.Task] {
						t.Fatal("a drained answer is not what was said")
					}
				}
				for id := range m.labels {
					a, s, l := m.places(id, now)
					full := a >= m.overlap || s >= m.maxSkips
					if m.gold[id] {
						full = a+s >= goldOverlap
					}
					if full && l == 0 {
						m.drained[id] = true
					}
				}
			},
			"continue as new": func(t *rapid.T) {
				b, err := json.Marshal(q.State())
				same(t, err, nil)
				if len(b) > q.Size() {
					t.Fatal("the state is larger than its bound")
				}
				var s labeling.State
				same(t, json.Unmarshal(b, &s), nil)
				q, err = labeling.Restore(s)
				same(t, err, nil)
			},
			"": func(t *rapid.T) {
				p := q.Progress(now)
				var tasks, done, answers, skips, leased int
				for id := range m.labels {
					a, s, l := m.places(id, now)
					answers, skips, leased = answers+a, skips+s, leased+l
					if !m.gold[id] {
						tasks++
						if a > m.overlap || a+l > m.overlap {
							t.Fatalf("%s has %d people, overlap %d", id, a+l, m.overlap)
						}
						if a == m.overlap {
							done++
						}
					}
				}
				if p.Tasks != tasks || p.Done != done || p.Answers != answers || p.Skips != skips || p.Leased != leased || p.Open != p.Tasks-p.Done-p.SetAside {
					t.Fatalf("progress %+v, the model has %d tasks, %d done, %d answers, %d skips, %d leased", p, tasks, done, answers, skips, leased)
				}
			},
		})
	})
}
