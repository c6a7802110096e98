package query_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/labeling/query"
)

func TestScores(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		strategy query.Strategy
		p        []float64
		want     float64
	}{
		{query.Margin, []float64{0.5, 0.3, 0.2}, 0.8},
		{query.Margin, []float64{0.2, 0.2, 0.6}, 0.6},
		{query.Margin, []float64{0.5, 0.5}, 1},
		{query.LeastConfidence, []float64{0.5, 0.3, 0.2}, 0.5},
		{query.Entropy, []float64{0.25, 0.25, 0.25, 0.25}, 1},
		{query.Entropy, []float64{1, 0, 0}, 0},
		{query.Entropy, []float64{0.5, 0.5, 0, 0}, 0.5},
		{query.Random, []float64{0.9, 0.1}, 0},
	} {
		require.InDelta(t, c.want, c.strategy.Score(c.p), 1e-12, "%s %v", c.strategy, c.p)
	}
}

func TestMarginPutsTheUndecidedFirst(t *testing.T) {
	t.Parallel()
	p := query.Pool{Items: []int{10, 20, 30}, Probabilities: []float64{0.9, 0.1, 0.55, 0.45, 0.3, 0.7}, Classes: 2}
	picks, err := query.Select(p, query.Config{Batch: 2})
	require.NoError(t, err)
	require.Equal(t, 20, picks[0].Item)
	require.Equal(t, 30, picks[1].Item)
	require.Equal(t, labeling.Chosen, picks[0].Slice)
	require.InDelta(t, 0.9, picks[0].Score, 1e-12)
}

func TestColdStartIsRandomAndSeeded(t *testing.T) {
	t.Parallel()
	p := query.Pool{Items: make([]int, 1000)}
	for i := range p.Items {
		p.Items[i] = i
	}
	a, err := query.Select(p, query.Config{Batch: 50, Seed: 1, ControlShare: 0.5})
	require.NoError(t, err)
	b, _ := query.Select(p, query.Config{Batch: 50, Seed: 1, ControlShare: 0.5})
	c, _ := query.Select(p, query.Config{Batch: 50, Seed: 2, ControlShare: 0.5})
	require.Equal(t, a, b)
	require.NotEqual(t, a, c)
	sum := 0
	for _, pick := range a {
		require.Equal(t, labeling.ColdStart, pick.Slice)
		sum += pick.Item
	}
	require.InDelta(t, 500, float64(sum)/50, 150, "3.7 standard errors of a uniform draw; the seed is fixed")
}

// The control slice must be a simple random sample of the pool: over many seeds
// every item, sure or unsure, is drawn equally often.
func TestControlSliceIsUniform(t *testing.T) {
	t.Parallel()
	const n, rounds = 20, 4000
	p := query.Pool{Items: make([]int, n), Probabilities: make([]float64, 2*n), Classes: 2}
	for i := range n {
		p.Items[i] = i
		p.Probabilities[2*i] = 0.5 + float64(i)/50
		p.Probabilities[2*i+1] = 1 - p.Probabilities[2*i]
	}
	var drawn [n]float64
	for seed := range uint64(rounds) {
		picks, err := query.Select(p, query.Config{Batch: 5, ControlShare: 0.4, Seed: seed})
		require.NoError(t, err)
		controls := 0
		for _, pick := range picks {
			if pick.Slice == labeling.Control {
				drawn[pick.Item]++
				controls++
			}
		}
		require.Equal(t, 2, controls)
	}
	// Chi-square with 19 degrees of freedom: above 50 with probability 1e-4
	// (the draws without replacement make it smaller); the seeds are fixed.
	chi, expect := 0.0, float64(rounds)*2/n
	for _, d := range drawn {
		chi += (d - expect) * (d - expect) / expect
	}
	require.Less(t, chi, 50.0)
}

func TestControlShareAddsUpOverRounds(t *testing.T) {
	t.Parallel()
	p := query.Pool{Items: []int{0, 1, 2, 3, 4, 5, 6, 7}, Probabilities: make([]float64, 16), Classes: 2}
	total := 0
	for round := range 100 {
		picks, err := query.Select(p, query.Config{Batch: 3, ControlShare: 0.1, Round: round})
		require.NoError(t, err)
		for _, pick := range picks {
			if pick.Slice == labeling.Control {
				total++
			}
		}
	}
	require.Equal(t, 30, total)
}

func TestSelectRefuses(t *testing.T) {
	t.Parallel()
	pool := query.Pool{Items: []int{1, 2}}
	_, err := query.Select(pool, query.Config{Strategy: "guess", ControlShare: 2, Round: -1})
	for _, what := range []string{"strategy", "Batch", "ControlShare", "Round"} {
		require.ErrorContains(t, err, what)
	}
	_, err = query.Select(query.Pool{Items: []int{1, 1}}, query.Config{Batch: 1})
	require.ErrorContains(t, err, "twice")
	_, err = query.Select(query.Pool{Items: []int{1}, Probabilities: []float64{1}, Classes: 2}, query.Config{Batch: 1})
	require.Error(t, err)
}

// The batch does not depend on the order of the pool, has no repeats, and holds
// the highest scores beside the control items.
func TestSelectLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(1, 30).Draw(t, "items"), rapid.IntRange(2, 4).Draw(t, "classes")
		p := query.Pool{Classes: k}
		for i := range n {
			p.Items = append(p.Items, i*7)
			row, sum := make([]float64, k), 0.0
			for c := range row {
				row[c] = float64(rapid.IntRange(1, 4).Draw(t, "p"))
				sum += row[c]
			}
			for _, v := range row {
				p.Probabilities = append(p.Probabilities, v/sum)
			}
		}
		cfg := query.Config{
			Strategy: rapid.SampledFrom(query.Strategies()).Draw(t, "strategy"), Batch: rapid.IntRange(1, 40).Draw(t, "batch"),
			ControlShare: rapid.Float64Range(0, 1).Draw(t, "share"), Seed: rapid.Uint64().Draw(t, "seed"), Round: rapid.IntRange(0, 3).Draw(t, "round"),
		}
		got, err := query.Select(p, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != min(n, cfg.Batch) {
			t.Fatalf("%d picks of %d", len(got), n)
		}
		perm := rng.New(cfg.Seed, "test").Perm(n)
		q := query.Pool{Classes: k}
		for _, i := range perm {
			q.Items = append(q.Items, p.Items[i])
			q.Probabilities = append(q.Probabilities, p.Probabilities[i*k:(i+1)*k]...)
		}
		again, err := query.Select(q, cfg)
		if err != nil || !slices.Equal(got, again) {
			t.Fatal("the order of the pool matters")
		}
		seen, lowest := map[int]bool{}, 2.0
		for _, pick := range got {
			if seen[pick.Item] {
				t.Fatal("picked twice")
			}
			seen[pick.Item] = true
			if pick.Slice == labeling.Chosen {
				if pick.Score > lowest {
					t.Fatal("not in order of score")
				}
				lowest = pick.Score
			}
		}
		for i, item := range p.Items {
			if !seen[item] && lowest <= 1 && cfg.Strategy.Score(p.Probabilities[i*k:(i+1)*k]) > lowest {
				t.Fatal("a better item was left out")
			}
		}
	})
}

func BenchmarkSelectMargin(b *testing.B) {
	const n, k = 100_000, 10
	p := query.Pool{Items: make([]int, n), Probabilities: make([]float64, n*k), Classes: k}
	r := rng.New(1, "bench")
	for i := range p.Items {
		p.Items[i] = i
	}
	for i := range p.Probabilities {
		p.Probabilities[i] = r.Float64() / k
	}
	for b.Loop() {
		if _, err := query.Select(p, query.Config{Batch: 50, ControlShare: 0.1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "items/s")
}
