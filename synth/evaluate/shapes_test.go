package evaluate

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// A level that only the synthetic table has counts 1e-6 in train:
// TVComplement.compute(a a b, a c) of SDMetrics 0.32.
func TestLevelsThatTrainLacks(t *testing.T) {
	t.Parallel()
	n := 3 + 1e-6
	want := (math.Abs(.5-2/n) + 1/n + math.Abs(.5-1e-6/n)) / 2
	got := totalVariation([]int32{0, 0, 1, -1}, []int32{0, 2, -1}, 3)
	require.InDelta(t, want, got, 1e-12)
	require.InDelta(t, 1-0.5000003333332222, got, 1e-12)
	require.True(t, math.IsNaN(totalVariation([]int32{-1}, []int32{0}, 1)))
}

func TestKolmogorovSmirnov(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, tc := range []struct {
		name string
		a, b []float64
		want float64
	}{
		{"equal", []float64{1, 2, nan}, []float64{2, 1}, 0},
		{"apart", []float64{1, 2}, []float64{3, 4}, 1},
		{"half", []float64{1, 2}, []float64{2, 3}, .5},
		{"equal at 14 decimals", []float64{.1 + .2}, []float64{.3}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, kolmogorovSmirnov(tc.a, tc.b))
		})
	}
	require.True(t, math.IsNaN(kolmogorovSmirnov(nil, []float64{1})))
}
