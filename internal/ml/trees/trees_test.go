package trees_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/ml/trees"
)

// table draws rows of one numeric column with missing cells, one coded column
// and a binary target that depends on both.
func table(r *rand.Rand, rows, levels int) ([]trees.Column, []float64) {
	x, c, y := make([]float64, rows), make([]int32, rows), make([]float64, rows)
	for i := range rows {
		x[i], c[i] = r.NormFloat64(), int32(r.IntN(levels))
		p := .2
		if x[i] > 0 {
			p += .3
		}
		if c[i]%3 == 1 {
			p += .4
		}
		if r.IntN(10) == 0 {
			x[i], p = math.NaN(), .95
		}
		if r.Float64() < p {
			y[i] = 1
		}
	}
	return []trees.Column{{Name: "x", Numbers: x}, {Name: "c", Codes: c, Levels: levels}}, y
}

func encode(t require.TestingT, cols []trees.Column) *trees.Matrix {
	b, err := trees.FitBins(cols, 0)
	require.NoError(t, err)
	m, err := b.Encode(context.Background(), cols, 1)
	require.NoError(t, err)
	return m
}

func TestModelDoesNotDependOnWorkers(t *testing.T) {
	t.Parallel()
	cols, y := table(rand.New(rand.NewPCG(1, 2)), 600_000, 20) // beyond minParallelCells at the root
	x := encode(t, cols)
	p := trees.Params{Trees: 4, Depth: 4, RowSample: .9, ColumnSample: .9, Seed: 7}
	var first *trees.Model
	for _, workers := range []int{1, 2, 5} {
		p.Workers = workers
		m, err := trees.Train(t.Context(), trees.Data{X: x, Y: y}, nil, p)
		require.NoError(t, err)
		if first == nil {
			first = m
		}
		require.Equal(t, first.Trees, m.Trees, "%d workers", workers)
	}
}

// Any order of the rows gives the same trees as long as gradients are sums of
// integers; bins and base do not depend on it either.
func TestModelDoesNotDependOnRowOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		rows := rapid.IntRange(2, 400).Draw(rt, "rows")
		levels := rapid.IntRange(1, 40).Draw(rt, "levels")
		r := rand.New(rand.NewPCG(seed, 1))
		cols, y := table(r, rows, levels)
		p := trees.Params{Trees: 5, Depth: 3, MaxOneVsRest: rapid.SampledFrom([]int{-1, 4, 255}).Draw(rt, "one-vs-rest")}
		a, err := trees.Train(context.Background(), trees.Data{X: encode(rt, cols), Y: y}, nil, p)
		require.NoError(rt, err)
		r.Shuffle(rows, func(i, j int) {
			y[i], y[j] = y[j], y[i]
			cols[0].Numbers[i], cols[0].Numbers[j] = cols[0].Numbers[j], cols[0].Numbers[i]
			cols[1].Codes[i], cols[1].Codes[j] = cols[1].Codes[j], cols[1].Codes[i]
		})
		b, err := trees.Train(context.Background(), trees.Data{X: encode(rt, cols), Y: y}, nil, p)
		require.NoError(rt, err)
		require.Equal(rt, a.Trees, b.Trees)
	})
}

func TestSplits(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, tc := range []struct {
		name string
		col  trees.Column
		y    []float64
		p    trees.Params
	}{
		{"border between numbers", trees.Column{Numbers: []float64{1, 2, 3, 4, 5, 6}}, []float64{0, 0, 0, 1, 1, 1}, trees.Params{}},
		{"missing is learnt to the left", trees.Column{Numbers: []float64{1, 2, nan, nan, 5, 6}}, []float64{0, 0, 0, 0, 1, 1}, trees.Params{}},
		{"missing is learnt to the right", trees.Column{Numbers: []float64{1, 2, nan, nan, 5, 6}}, []float64{0, 0, 1, 1, 1, 1}, trees.Params{}},
		{"missing against all others", trees.Column{Numbers: []float64{1, 2, nan, nan, 5, 6}}, []float64{1, 1, 0, 0, 1, 1}, trees.Params{}},
		{"one level against the rest", trees.Column{Codes: []int32{0, 1, 2, 1, 0, 2}, Levels: 3}, []float64{0, 1, 0, 1, 0, 0}, trees.Params{}},
		{"a set of levels", trees.Column{Codes: []int32{0, 1, 2, 3, 4, 5}, Levels: 6}, []float64{0, 1, 0, 1, 0, 1}, trees.Params{}},
		{"a missing code", trees.Column{Codes: []int32{0, 1, -1, -1, 1, 0}, Levels: 2}, []float64{0, 0, 1, 1, 0, 0}, trees.Params{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.p.Depth, tc.p.Trees, tc.p.MinChildWeight = 1, 30, -1
			x := encode(t, []trees.Column{tc.col})
			m, err := trees.Train(t.Context(), trees.Data{X: x, Y: tc.y}, nil, tc.p)
			require.NoError(t, err)
			p, err := m.Probabilities(t.Context(), x, nil, 1)
			require.NoError(t, err)
			for i, y := range tc.y {
				require.InDelta(t, y, p[i], .2, "row %d", i)
			}
			require.Equal(t, []float64{1}, m.Importance())
		})
	}
}

func TestMaxDepthGammaAndChildWeightBound(t *testing.T) {
	t.Parallel()
	cols, y := table(rand.New(rand.NewPCG(3, 4)), 5000, 9)
	x := encode(t, cols)
	nodes := func(p trees.Params) (n int) {
		m, err := trees.Train(t.Context(), trees.Data{X: x, Y: y}, nil, p)
		require.NoError(t, err)
		for _, tree := range m.Trees {
			n = max(n, len(tree.Nodes))
		}
		return n
	}
	require.Equal(t, 3, nodes(trees.Params{Trees: 3, Depth: 1}))
	require.LessOrEqual(t, nodes(trees.Params{Trees: 3, Depth: 3}), 15)
	require.Equal(t, 1, nodes(trees.Params{Trees: 3, Gamma: 1e9}))
	require.Equal(t, 1, nodes(trees.Params{Trees: 3, MinChildWeight: 1e9}))
}

func TestEarlyStoppingKeepsTheBestRound(t *testing.T) {
	t.Parallel()
	cols, y := table(rand.New(rand.NewPCG(5, 6)), 3000, 30)
	x := encode(t, cols)
	train, valid := rowRange(0, 1500), rowRange(1500, 3000)
	p := trees.Params{Trees: 200, EarlyStopping: 5}
	m, err := trees.Train(t.Context(), trees.Data{X: x, Y: y, Rows: train}, &trees.Data{X: x, Y: y, Rows: valid}, p)
	require.NoError(t, err)
	require.Less(t, len(m.Trees), 100)
	require.NotEmpty(t, m.Trees)
	loss := func(m *trees.Model) float64 {
		q, err := m.Probabilities(t.Context(), x, valid, 1)
		require.NoError(t, err)
		return logLoss(q, y[1500:], 2)
	}
	full, err := trees.Train(t.Context(), trees.Data{X: x, Y: y, Rows: train}, nil, trees.Params{Trees: 200})
	require.NoError(t, err)
	require.Less(t, loss(m), loss(full))
}

func TestRowSampleUpdatesEveryRow(t *testing.T) {
	t.Parallel()
	cols, y := table(rand.New(rand.NewPCG(7, 8)), 4000, 9)
	x := encode(t, cols)
	m, err := trees.Train(t.Context(), trees.Data{X: x, Y: y}, nil, trees.Params{Trees: 30, RowSample: .5, Seed: 1})
	require.NoError(t, err)
	p, err := m.Probabilities(t.Context(), x, nil, 1)
	require.NoError(t, err)
	whole, err := trees.Train(t.Context(), trees.Data{X: x, Y: y}, nil, trees.Params{Trees: 30})
	require.NoError(t, err)
	q, err := whole.Probabilities(t.Context(), x, nil, 1)
	require.NoError(t, err)
	require.InDelta(t, logLoss(q, y, 2), logLoss(p, y, 2), .03)
	require.NotEqual(t, whole.Trees, m.Trees)
}

func TestWeightsCountAsCopies(t *testing.T) {
	t.Parallel()
	cols, y := table(rand.New(rand.NewPCG(9, 1)), 500, 5)
	x := encode(t, cols)
	w := make([]float64, len(y))
	var twice []int32
	for i := range w {
		w[i] = float64(1 + i%2)
		for range 1 + i%2 {
			twice = append(twice, int32(i))
		}
	}
	// A row listed twice and a row of weight 2 give the same sums, up to the
	// rounding of a scale that is one bit apart.
	a, err := trees.Train(t.Context(), trees.Data{X: x, Y: y, Weight: w}, nil, trees.Params{Trees: 1, Depth: 3})
	require.NoError(t, err)
	b, err := trees.Train(t.Context(), trees.Data{X: x, Y: y, Rows: twice}, nil, trees.Params{Trees: 1, Depth: 3})
	require.NoError(t, err)
	require.Len(t, b.Trees[0].Nodes, len(a.Trees[0].Nodes))
	for i, n := range a.Trees[0].Nodes {
		require.InDelta(t, n.Value, b.Trees[0].Nodes[i].Value, 1e-6)
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	one := encode(t, []trees.Column{{Name: "x", Numbers: []float64{4}}})
	m, err := trees.Train(t.Context(), trees.Data{X: one, Y: []float64{1}}, nil, trees.Params{})
	require.NoError(t, err)
	p, err := m.Probabilities(t.Context(), one, nil, 1)
	require.NoError(t, err)
	require.Greater(t, p[0], .99)

	many := trees.Column{Name: "c", Levels: 1000}
	for i := range 5000 {
		many.Codes = append(many.Codes, int32(i%1000))
	}
	wide, err := trees.FitBins([]trees.Column{many}, 0)
	require.NoError(t, err)
	require.Equal(t, trees.MaxBins, wide.Features[0].Bins)

	_, err = trees.Train(t.Context(), trees.Data{X: one, Y: []float64{.5}}, nil, trees.Params{})
	require.Error(t, err)
	_, err = trees.Train(t.Context(), trees.Data{X: one, Y: []float64{1}, Rows: []int32{1}}, nil, trees.Params{})
	require.Error(t, err)
	_, err = trees.Train(t.Context(), trees.Data{X: one, Y: []float64{1}, Rows: []int32{}}, nil, trees.Params{})
	require.Error(t, err)
	_, err = trees.FitBins([]trees.Column{{Numbers: []float64{1}}, {Numbers: []float64{1, 2}}}, 0)
	require.Error(t, err)
	require.Error(t, trees.Params{Depth: 99, LearningRate: 2}.Validate())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = trees.Train(ctx, trees.Data{X: one, Y: []float64{1}}, nil, trees.Params{})
	require.ErrorIs(t, err, context.Canceled)
}

func BenchmarkTrain(b *testing.B) {
	cols := subset(b, false)
	x := part(b, cols, "class")
	y := target(cols["class"])
	p := trees.Params{MaxOneVsRest: 300, Workers: 1}
	for b.Loop() {
		_, err := trees.Train(b.Context(), trees.Data{X: x, Y: y}, nil, p)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N*x.Rows)/b.Elapsed().Seconds(), "rows/s")
}
