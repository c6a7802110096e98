package activities

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/stretchr/testify/require"
)

func (h *house) take(night, run string) error {
	return h.holdPipeline(h.ctx, "test", PlanInput{Night: night, Run: run, At: time.Unix(0, 0)})
}

func TestOneNightHoldsAPipeline(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fake.running["a"] = "1"
	require.NoError(t, h.take("a", "1"))
	require.NoError(t, h.take("a", "1"), "a retry")
	err := h.take("b", "2")
	require.Equal(t, AlreadyRunning, kind(temporalError(err)))
	require.ErrorContains(t, err, "workflow a")

	require.NoError(t, h.letGo(h.ctx, "test", "b", "2"), "another night's hold stays")
	require.Error(t, h.take("b", "2"))
	h.fake.running["a"] = "closed 1"
	require.NoError(t, h.take("b", "2"), "a is over")
	h.fake.running["b"] = "2"
	require.NoError(t, h.letGo(h.ctx, "test", "a", "1"), "the dead night's clean-up comes late")
	require.Error(t, h.take("c", "3"))
	require.NoError(t, h.letGo(h.ctx, "test", "b", "2"))
	keys, err := h.Store.List(h.ctx, "nights/")
	require.NoError(t, err)
	require.Empty(t, keys)
	require.NoError(t, h.take("c", "3"))
}

// The workflow id may be used again, and a reset night goes on in another run.
func TestARunCountsByItsFirstRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fake.running["a"] = "1"
	require.NoError(t, h.take("a", "1"))
	h.fake.running["a"] = "7" // the same id, started anew
	require.NoError(t, h.take("b", "2"))
	delete(h.fake.running, "b") // out of retention
	require.NoError(t, h.take("c", "3"))
}

// Of many that find a dead night's hold, one takes it.
func TestADeadNightsHoldHasOneHeir(t *testing.T) {
	t.Parallel()
	for range 20 {
		h := newHouse(t)
		require.NoError(t, h.take("dead", "0"))
		names := []string{"a", "b", "c", "d"}
		for _, n := range names {
			h.fake.running[n] = n
		}
		var wg sync.WaitGroup
		won := make([]bool, len(names))
		for i, n := range names {
			wg.Go(func() { won[i] = h.take(n, n) == nil })
		}
		wg.Wait()
		n := 0
		for _, w := range won {
			if w {
				n++
			}
		}
		require.Equal(t, 1, n)
	}
}

func TestSweepCleansDeadNightsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.spec(h.csv("people.csv", peopleHeader, h.people(100)))
	dead := h.plan(s, "dead")
	lost, err := h.ingest(dead, "people")
	require.NoError(t, err)
	h.fake.running["dead"] = "closed run of dead"
	s.Name = "other"
	open := h.plan(s, "open")
	kept, err := h.ingest(open, "people")
	require.NoError(t, err)

	out, err := h.Sweep(h.ctx)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{out.Runs, out.Open})
	_, err = h.Store.Stat(h.ctx, lost.Copy.Address)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = h.Store.Get(h.ctx, runKey("test", dead.Run))
	require.ErrorIs(t, err, store.ErrNotFound)
	_, batches := h.positions(open, kept, nil, 0, -1)
	require.Len(t, batches, 2, "the open night's copy is there")

	// An activity that outlived its night writes once more.
	require.NoError(t, h.Clean(h.ctx, CleanInput{Plan: open}))
	late, err := h.ingest(open, "people")
	require.NoError(t, err)
	out, err = h.Sweep(h.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, out.Runs)
	_, err = h.Store.Stat(h.ctx, late.Copy.Address)
	require.ErrorIs(t, err, store.ErrNotFound)
	keys, err := h.Store.List(h.ctx, "runs/")
	require.NoError(t, err)
	require.Empty(t, keys)
}

func refers(tables ...string) *schemas.Contract {
	c := &schemas.Contract{}
	for _, t := range tables {
		c.ForeignKeys = append(c.ForeignKeys, schemas.ForeignKey{Fields: []string{t + "_id"}, Table: t, References: []string{"id"}})
	}
	return c
}

func TestPlanOrdersParentsFirst(t *testing.T) {
	t.Parallel()
	table := func(name string, skip bool, parents ...string) pipeline.Table {
		return pipeline.Table{Name: name, Contract: refers(parents...), SkipTwin: skip}
	}
	for name, c := range map[string]struct {
		tables []pipeline.Table
		want   string // names in order, or what the error says
	}{
		"as written":        {[]pipeline.Table{table("b", false), table("a", false)}, "b a"},
		"parent last":       {[]pipeline.Table{table("child", false, "parent"), table("parent", false)}, "parent child"},
		"self-reference":    {[]pipeline.Table{table("a", false, "a")}, "a"},
		"two references":    {[]pipeline.Table{table("c", false, "p", "p"), table("p", false)}, "p c"},
		"circle":            {[]pipeline.Table{table("a", false, "b"), table("b", false, "a")}, "lead back to it"},
		"unknown parent":    {[]pipeline.Table{table("a", false, "nowhere")}, "not in the pipeline"},
		"two children":      {[]pipeline.Table{table("p", false), table("a", false, "p"), table("b", false, "p")}, "not learned yet"},
		"grandchild":        {[]pipeline.Table{table("p", false), table("a", false, "p"), table("b", false, "a")}, "not learned yet"},
		"twins left out":    {[]pipeline.Table{table("p", false), table("a", false, "p"), table("b", true, "a")}, "p a b"},
		"chain upside down": {[]pipeline.Table{table("b", true, "a"), table("a", true, "p"), table("p", false)}, "p a b"},
	} {
		got, err := order(pipeline.Spec{Tables: c.tables})
		if err != nil {
			require.ErrorContains(t, err, c.want, name)
			require.Equal(t, InvalidSpec, kind(temporalError(err)), name)
			continue
		}
		var names []string
		for _, x := range got {
			names = append(names, x.Name)
		}
		require.Equal(t, c.want, strings.Join(names, " "), name)
	}
}
