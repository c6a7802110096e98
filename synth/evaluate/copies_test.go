package evaluate

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// With room for every row the shares are exact; with little room they are
// estimates from a consistent sample of the rows.
func TestCopiesAreCountedInBoundedMemory(t *testing.T) {
	t.Parallel()
	row := func(i int) uint64 { return mix(uint64(i), 99) }
	run := func(limit int) Copies {
		f := &fingerprints{limit: limit}
		for i := range 40_000 {
			f.see(inTrain, row(i))
		}
		f.seal()
		for i := range 40_000 {
			f.see(inHoldout, row(i+39_000))  // 1,000 of them in train
			f.see(inSynthetic, row(2*i+100)) // 19,950 of them in train
		}
		require.LessOrEqual(t, len(f.known), limit)
		return f.copies()
	}
	exact := run(1 << 20)
	require.Equal(t, Number(1000./40_000), exact.Natural)
	require.Equal(t, Number(19_950./40_000), exact.Share)
	require.Equal(t, Number(1), exact.Sampled)
	sampled := run(4096)
	require.Less(t, sampled.Sampled, Number(.2))
	require.InDelta(t, float64(exact.Share), float64(sampled.Share), 5*math.Sqrt(.25/float64(sampled.Rows)))
	require.InDelta(t, float64(exact.Natural), float64(sampled.Natural), .01)
}

func TestReservoirIsAUniformSample(t *testing.T) {
	t.Parallel()
	// Each of 1,000 rows is kept with probability .1 under 400 seeds: the
	// count of a row is binomial(400, .1), sd 6. A bound of 6 sd on all rows
	// fails by chance about once in 10^6 runs.
	var kept [1000]int
	for seed := range uint64(400) {
		r := newReservoir(100, 1, seed, "train")
		for lo := 0; lo < 1000; lo += 250 {
			for i, c := 0, r.cells(0, 250); i < 250; i++ {
				c[i] = uint64(lo + i)
			}
			r.add(250)
		}
		rows := r.kept(0, r.order())
		require.Len(t, rows, 100)
		for i, row := range rows {
			kept[row]++
			require.True(t, i == 0 || rows[i-1] < row)
		}
	}
	for row, n := range kept {
		require.InDelta(t, 40, n, 36, row)
	}
}

func TestAUC(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		score    []float64
		positive []bool
		want     float64
	}{
		{"perfect", []float64{1, 2, 3}, []bool{false, true, true}, 1},
		{"reversed", []float64{3, 2, 1}, []bool{false, true, true}, 0},
		{"all tied", []float64{1, 1, 1}, []bool{false, true, true}, .5},
		{"one tie", []float64{1, 2, 2, 3}, []bool{false, false, true, true}, .875},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, auc(tc.score, tc.positive))
		})
	}
	require.True(t, math.IsNaN(auc([]float64{1}, []bool{true})))
}

func TestTenBinsFollowNumpy(t *testing.T) {
	t.Parallel()
	// numpy.digitize(x, numpy.histogram_bin_edges(x[~isnan(x)])), numpy 2.
	require.Equal(t, []int32{1, 1, 2, 6, 10, 11, 11}, tenBins([]float64{0, .99, 1, 5, 9.99, 10, math.NaN()}))
	require.Equal(t, []int32{6, 6}, tenBins([]float64{3, 3}))
	require.Equal(t, []int32{11, 11}, tenBins([]float64{math.NaN(), math.NaN()}))
}
