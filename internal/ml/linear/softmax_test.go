package linear_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/ml/linear"
	"github.com/nocturne-data/nocturne/internal/rng"
)

// blobs draws rows around one centre a class.
func blobs(seed uint64, rows, cols, classes int, noise float64) (*linear.Matrix, []int) {
	r := rng.New(seed, "linear/blobs")
	centre := make([][]float64, classes)
	for c := range centre {
		centre[c] = make([]float64, cols)
		for j := range centre[c] {
			centre[c][j] = r.NormFloat64()
		}
	}
	x, y := &linear.Matrix{Cols: cols}, make([]int, rows)
	index, value := make([]int32, cols), make([]float64, cols)
	for i := range y {
		y[i] = r.IntN(classes)
		for j := range cols {
			index[j], value[j] = int32(j), centre[y[i]][j]+noise*r.NormFloat64()
		}
		x.Append(index, value)
	}
	return x, y
}

func accuracy(m *linear.Model, x *linear.Matrix, y []int) float64 {
	p, hit := m.Probabilities(x, nil), 0
	for i, c := range y {
		best := 0
		for k := range m.Classes {
			if p[i*m.Classes+k] > p[i*m.Classes+best] {
				best = k
			}
		}
		if best == c {
			hit++
		}
	}
	return float64(hit) / float64(len(y))
}

func TestFitReachesTheOptimum(t *testing.T) {
	t.Parallel()
	x, y := blobs(1, 600, 12, 4, 2)
	m, report, err := linear.Fit(x, y, linear.Config{Classes: 4, L2: 1, Tolerance: 1e-9}, nil)
	require.NoError(t, err)
	require.True(t, report.Converged)
	require.Greater(t, accuracy(m, x, y), 0.7)

	// At the optimum of the penalised loss, a column's summed residual equals
	// minus the penalty's slope: check it from the definition.
	p := m.Probabilities(x, nil)
	for j := range m.Cols {
		for k := range m.Classes {
			sum := 0.0
			for i := range y {
				_, value := x.Row(i)
				r := p[i*4+k]
				if y[i] == k {
					r--
				}
				sum += r * value[j]
			}
			require.InDelta(t, -m.Weights[j*4+k], sum, 1e-5)
		}
	}
}

func TestWarmStartGivesTheSameModelInFewerSteps(t *testing.T) {
	t.Parallel()
	x, y := blobs(2, 500, 20, 5, 3)
	rows := make([]int, 480)
	for i := range rows {
		rows[i] = i
	}
	cfg := linear.Config{Classes: 5, Tolerance: 1e-8}
	old, _, err := linear.Fit(x.Take(rows), y[:480], cfg, nil)
	require.NoError(t, err)
	cold, coldReport, err := linear.Fit(x, y, cfg, nil)
	require.NoError(t, err)
	warm, warmReport, err := linear.Fit(x, y, cfg, old)
	require.NoError(t, err)
	require.Less(t, warmReport.Iterations, coldReport.Iterations)
	require.InDeltaSlice(t, cold.Probabilities(x, nil), warm.Probabilities(x, nil), 1e-5)
}

func TestColumnsWithoutTrainingRowsAreIgnored(t *testing.T) {
	t.Parallel()
	x := &linear.Matrix{Cols: 1 << 18}
	x.Append([]int32{7}, []float64{1})
	x.Append([]int32{200000}, []float64{1})
	m, _, err := linear.Fit(x, []int{0, 1}, linear.Config{Classes: 2}, nil)
	require.NoError(t, err)
	require.Equal(t, []int32{7, 200000}, m.Active)
	unseen := &linear.Matrix{Cols: 1 << 18}
	unseen.Append([]int32{9, 7}, []float64{5, 1})
	unseen.Append([]int32{7}, []float64{1})
	p := m.Probabilities(unseen, nil)
	require.Equal(t, p[:2], p[2:])
	require.Greater(t, p[0], 0.5)
}

func TestOneClassOnly(t *testing.T) {
	t.Parallel()
	x, _ := blobs(3, 20, 4, 2, 1)
	m, report, err := linear.Fit(x, make([]int, 20), linear.Config{Classes: 3}, nil)
	require.NoError(t, err)
	require.True(t, report.Converged)
	require.InDelta(t, 1, accuracy(m, x, make([]int, 20)), 0)
}

func TestFitRefuses(t *testing.T) {
	t.Parallel()
	x, y := blobs(4, 10, 3, 2, 1)
	bad := &linear.Matrix{Cols: 1}
	bad.Append([]int32{1}, []float64{1})
	nan := &linear.Matrix{Cols: 1}
	nan.Append([]int32{0}, []float64{math.NaN()})
	for name, c := range map[string]struct {
		x   *linear.Matrix
		y   []int
		cfg linear.Config
	}{
		"one class":     {x, y, linear.Config{Classes: 1}},
		"no rows":       {&linear.Matrix{Cols: 3}, nil, linear.Config{Classes: 2}},
		"labels short":  {x, y[:9], linear.Config{Classes: 2}},
		"label outside": {x, []int{0, 1, 2, 0, 0, 0, 0, 0, 0, 0}, linear.Config{Classes: 2}},
		"column":        {bad, []int{0}, linear.Config{Classes: 2}},
		"negative L2":   {x, y, linear.Config{Classes: 2, L2: -1}},
		"not finite":    {nan, []int{0}, linear.Config{Classes: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := linear.Fit(c.x, c.y, c.cfg, nil)
			require.Error(t, err)
		})
	}
}

func TestCalibrationFindsTheTemperature(t *testing.T) {
	t.Parallel()
	// Labels are drawn from softmax(logits / 3): a model that claims the logits
	// themselves is three times too sure. 20,000 draws put the estimate within
	// 0.15 of 3 with a false-alarm rate below 1e-4; the seed is fixed.
	r := rng.New(5, "linear/calibrate")
	m := &linear.Model{Classes: 2, Cols: 1, Active: []int32{0}, Weights: []float64{0, 1}, Bias: []float64{0, 0}, Temperature: 1}
	x, y := &linear.Matrix{Cols: 1}, []int{}
	for range 20000 {
		z := 6 * (r.Float64() - 0.5) * 2
		x.Append([]int32{0}, []float64{z})
		label := 0
		if r.Float64() < 1/(1+math.Exp(-z/3)) {
			label = 1
		}
		y = append(y, label)
	}
	require.InDelta(t, 3, m.Calibrate(x, y).Temperature, 0.15)
	require.InDelta(t, 1, m.Calibrate(&linear.Matrix{Cols: 1}, nil).Temperature, 0)
}

func TestProbabilitiesSumToOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 6).Draw(t, "classes")
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		x, y := &linear.Matrix{Cols: 9}, make([]int, n)
		for i := range y {
			index := rapid.SliceOfN(rapid.Int32Range(0, 8), 0, 5).Draw(t, "index")
			value := make([]float64, len(index))
			for j := range value {
				value[j] = rapid.Float64Range(-50, 50).Draw(t, "value")
			}
			x.Append(index, value)
			y[i] = rapid.IntRange(0, k-1).Draw(t, "label")
		}
		m, _, err := linear.Fit(x, y, linear.Config{Classes: k}, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := m.Probabilities(x, nil)
		for i := range n {
			sum := 0.0
			for c := range k {
				if v := p[i*k+c]; !(v >= 0 && v <= 1) {
					t.Fatalf("probability %v", v)
				}
				sum += p[i*k+c]
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Fatalf("row %d sums to %v", i, sum)
			}
		}
	})
}

func BenchmarkFit(b *testing.B) {
	x, y := blobs(6, 1000, 64, 10, 2)
	for b.Loop() {
		if _, _, err := linear.Fit(x, y, linear.Config{Classes: 10}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkProbabilities(b *testing.B) {
	x, y := blobs(7, 4000, 64, 10, 2)
	m, _, err := linear.Fit(x, y, linear.Config{Classes: 10, MaxIterations: 5}, nil)
	require.NoError(b, err)
	var out []float64
	for b.Loop() {
		out = m.Probabilities(x, out)
	}
	b.ReportMetric(float64(4000*b.N)/b.Elapsed().Seconds(), "rows/s")
}
