package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func randomPoints(r *rand.Rand, rows, numbers, codes, levels int) points {
	p := points{numbers, codes, make([]int32, 0, rows*(numbers+codes))}
	for range rows {
		for c := range numbers {
			v := int32(r.IntN(oneRange))
			if c%2 == 1 {
				v = int32(r.IntN(4)) * oneRange / 4 // ties
			}
			p.v = append(p.v, v)
		}
		for range codes {
			p.v = append(p.v, int32(min(r.IntN(levels), r.IntN(levels))))
		}
	}
	return p
}

func bruteNearest(p points, q []int32) (int64, int) {
	best, ties := int64(math.MaxInt64), 0
	for i := range p.len() {
		var d int64
		for c, v := range p.row(i) {
			switch {
			case c < p.numbers:
				d += max(int64(v)-int64(q[c]), int64(q[c])-int64(v))
			case v != q[c]:
				d += mismatch
			}
		}
		if d < best {
			best, ties = d, 0
		}
		if d == best {
			ties++
		}
	}
	return best, ties
}

func TestIndexAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		numbers := rapid.IntRange(0, 4).Draw(rt, "numbers")
		codes := rapid.IntRange(0, 4).Draw(rt, "codes")
		if numbers+codes == 0 {
			codes = 1
		}
		levels := rapid.IntRange(1, 80).Draw(rt, "levels")
		p := randomPoints(r, rapid.IntRange(1, 600).Draw(rt, "rows"), numbers, codes, levels)
		x := newIndex(p)
		s := x.newSearch()
		queries := randomPoints(r, 20, numbers, codes, levels+1)
		for i := range queries.len() {
			q := queries.row(i)
			d, n := s.nearest(q, -1)
			wantD, wantN := bruteNearest(p, q)
			require.Equal(rt, wantD, d)
			require.Equal(rt, wantN, n)
			// Within a bound: nothing farther is reported.
			if wantD > 0 {
				_, n = s.nearest(q, wantD-1)
				require.Zero(rt, n)
			}
		}
	})
}

func BenchmarkNearest(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	p, q := randomPoints(r, 40_000, 6, 9, 12), randomPoints(r, 5_000, 6, 9, 12)
	x := newIndex(p)
	s := x.newSearch()
	for b.Loop() {
		for i := range q.len() {
			s.nearest(q.row(i), -1)
		}
	}
	b.ReportMetric(float64(b.N*q.len())/b.Elapsed().Seconds(), "rows/s")
}
