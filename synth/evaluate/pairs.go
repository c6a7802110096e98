package evaluate

import (
	"context"
	"math"
	"slices"

	"github.com/nocturne-data/nocturne/internal/rng"
)

// pairBatch is how many pairs one part compares.
const pairBatch = 64

// choosePairs lists the pairs of columns to compare, all of them or a seeded
// sample.
func (d *data) choosePairs(opt Options) [][2]int {
	n := len(d.columns)
	total := n * (n - 1) / 2
	pairs := make([][2]int, 0, min(total, opt.MaxPairs))
	r := rng.New(opt.Seed, "evaluate/pairs")
	left := total
	for i := range n {
		for j := i + 1; j < n; j++ {
			if total <= opt.MaxPairs || r.IntN(left) < opt.MaxPairs-len(pairs) {
				pairs = append(pairs, [2]int{i, j})
			}
			left--
		}
	}
	return pairs
}

// pairParts compare pairs of columns: SDMetrics' trends and TVD on bins fixed
// by train.
func (d *data) pairParts(opt Options) []part {
	pairs := d.choosePairs(opt)
	m := min(d.used[0], d.used[1], d.used[2])
	binned := d.newPairBins(sampleRows(d.used[inHoldout], m, opt.Seed, "holdout"), sampleRows(d.used[inSynthetic], m, opt.Seed, "synthetic"))
	var parts []part
	for lo := 0; lo < len(pairs); lo += pairBatch {
		batch := pairs[lo:min(lo+pairBatch, len(pairs))]
		parts = append(parts, part{weight: float64(len(batch)) / 5, run: func(ctx context.Context) (func(*Report), error) {
			out := make([]PairReport, len(batch))
			tvd := make([]float64, len(batch))
			for i, p := range batch {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				out[i], tvd[i] = d.comparePair(binned, p[0], p[1])
			}
			return func(r *Report) {
				r.Pairs = append(r.Pairs, out...)
				r.pairTVD = append(r.pairTVD, tvd...)
			}, nil
		}})
	}
	return parts
}

// sampleRows draws n of total rows, ascending; nil = all.
func sampleRows(total, n int, seed uint64, purpose string) []int32 {
	if n >= total {
		return nil
	}
	r := rng.New(seed, "evaluate/matched/"+purpose)
	out := make([]int32, 0, n)
	for i := range total {
		if r.IntN(total-i) < n-len(out) {
			out = append(out, int32(i))
		}
	}
	return out
}

func (d *data) comparePair(b *pairBins, i, j int) (PairReport, float64) {
	a, c := d.columns[i], d.columns[j]
	out := PairReport{A: a.name, B: c.name, Metric: "contingency"}
	if !a.categorical() && !c.categorical() {
		out.Metric = "correlation"
		real := pearson(a.num[inTrain], c.num[inTrain])
		similarity := func(t int) Number {
			return Number(math.Abs(real-pearson(a.num[t], c.num[t])) / 2)
		}
		out.PairError = Measure{similarity(inSynthetic), similarity(inHoldout)}
	} else {
		out.PairError = Measure{
			Number(b.contingency(i, j, inSynthetic)),
			Number(b.contingency(i, j, inHoldout)),
		}
	}
	out.TVD = Measure{
		Number(b.tvd(i, j, inSynthetic, true)),
		Number(b.tvd(i, j, inHoldout, true)),
	}
	return out, b.tvd(i, j, inSynthetic, false)
}

// pearson is the correlation over rows where both numbers are there; NaN when
// it is not defined.
func pearson(x, y []float64) float64 {
	var n, mx, my float64
	for i := range x {
		if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
			n++
			mx += x[i]
			my += y[i]
		}
	}
	if n < 2 {
		return math.NaN()
	}
	mx /= n
	my /= n
	var xx, yy, xy float64
	for i := range x {
		if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
			dx, dy := x[i]-mx, y[i]-my
			xx += float64(dx * dx)
			yy += float64(dy * dy)
			xy += float64(dx * dy)
		}
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return min(max(xy/(math.Sqrt(xx)*math.Sqrt(yy)), -1), 1)
}

// pairBins holds every column as small codes, in both kinds of bins.
type pairBins struct {
	// classic are SDMetrics' codes: levels with missing as one more, numbers
	// in ten bins over each table's own range.
	classic [][3][]int32
	levels  []int
	// fixed are codes below tvdCodes by train's deciles and commonest levels.
	fixed   [][3][]uint8
	matched [3][]int32 // rows of the matched samples; nil = all
}

const (
	tvdCodes  = 64
	tvdLevels = 50
)

func (d *data) newPairBins(holdout, synthetic []int32) *pairBins {
	b := &pairBins{matched: [3][]int32{nil, holdout, synthetic}}
	for _, c := range d.columns {
		var classic [3][]int32
		var fixed [3][]uint8
		levels := 12
		if c.categorical() {
			levels = c.levels + 1
			rank := commonest(c)
			for t := range c.code {
				classic[t], fixed[t] = make([]int32, len(c.code[t])), make([]uint8, len(c.code[t]))
				for r, v := range c.code[t] {
					if v < 0 {
						classic[t][r], fixed[t][r] = int32(c.levels), 1
						continue
					}
					classic[t][r], fixed[t][r] = v, rank[v]
				}
			}
		} else {
			cuts := deciles(c.num[inTrain])
			for t, v := range c.num {
				classic[t] = tenBins(v)
				fixed[t] = make([]uint8, len(v))
				for r, x := range v {
					fixed[t][r] = 1
					if !math.IsNaN(x) {
						k, _ := slices.BinarySearchFunc(cuts, x, func(c, x float64) int {
							if c <= x {
								return -1
							}
							return 1
						})
						fixed[t][r] = uint8(k + 2)
					}
				}
			}
		}
		b.classic, b.levels, b.fixed = append(b.classic, classic), append(b.levels, levels), append(b.fixed, fixed)
	}
	return b
}

// commonest gives train's most frequent levels the codes 2.., others 0.
func commonest(c *column) []uint8 {
	count := make([]int, c.levels)
	for _, v := range c.code[inTrain] {
		if v >= 0 {
			count[v]++
		}
	}
	order := make([]int, c.levels)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return count[b] - count[a] })
	rank := make([]uint8, c.levels)
	for i, v := range order[:min(len(order), tvdLevels)] {
		if count[v] > 0 {
			rank[v] = uint8(i + 2)
		}
	}
	return rank
}

// deciles are the distinct 10 %..90 % quantiles, interpolated linearly.
func deciles(v []float64) []float64 {
	s := make([]float64, 0, len(v))
	for _, x := range v {
		if !math.IsNaN(x) {
			s = append(s, x)
		}
	}
	if len(s) == 0 {
		return nil
	}
	slices.Sort(s)
	cuts := make([]float64, 9)
	for k := range cuts {
		cuts[k] = quantile(s, float64(k+1)/10)
	}
	return slices.Compact(cuts)
}

// quantile interpolates linearly between the order statistics of s, sorted.
func quantile(s []float64, q float64) float64 {
	at := float64(q * float64(len(s)-1))
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + float64((at-float64(i))*(s[i+1]-s[i]))
}

// tenBins is numpy's digitize over numpy's ten equal-width bins of the
// column's own range: 1..10, and 11 for the largest number and for missing.
func tenBins(v []float64) []int32 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, x := range v {
		if !math.IsNaN(x) {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	out := make([]int32, len(v))
	if lo > hi {
		for r := range out {
			out[r] = 11
		}
		return out
	}
	if lo == hi {
		lo, hi = lo-.5, hi+.5
	}
	var edges [11]float64
	step := (hi - lo) / 10
	for i := range edges {
		edges[i] = float64(float64(i)*step) + lo
	}
	edges[10] = hi
	for r, x := range v {
		if math.IsNaN(x) {
			out[r] = 11
			continue
		}
		k := min(max(int((x-lo)/step), 0), 10)
		for k > 0 && x < edges[k] {
			k--
		}
		for k < 10 && x >= edges[k+1] {
			k++
		}
		out[r] = int32(k + 1)
	}
	return out
}

// maxDense bounds the cells of a contingency table counted in an array.
const maxDense = 1 << 20

// contingency is 1 - SDMetrics' ContingencySimilarity of train and table t.
func (b *pairBins) contingency(i, j, t int) float64 {
	width := b.levels[j]
	x, y := b.classic[i], b.classic[j]
	nr, ns := float64(len(x[inTrain])), float64(len(x[t]))
	if cells := b.levels[i] * width; cells <= maxDense {
		real, other := make([]int32, cells), make([]int32, cells)
		for r, v := range x[inTrain] {
			real[int(v)*width+int(y[inTrain][r])]++
		}
		for r, v := range x[t] {
			other[int(v)*width+int(y[t][r])]++
		}
		var sum float64
		for k := range real {
			sum += math.Abs(float64(real[k])/nr - float64(other[k])/ns)
		}
		return sum / 2
	}
	keys := func(t int) []int64 {
		out := make([]int64, len(x[t]))
		for r, v := range x[t] {
			out[r] = int64(v)*int64(width) + int64(y[t][r])
		}
		slices.Sort(out)
		return out
	}
	return sparseTVD(keys(inTrain), keys(t))
}

// sparseTVD is the total variation of two sorted lists of cells.
func sparseTVD(a, b []int64) float64 {
	var sum float64
	na, nb := float64(len(a)), float64(len(b))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		var k int64
		switch {
		case j == len(b) || (i < len(a) && a[i] <= b[j]):
			k = a[i]
		default:
			k = b[j]
		}
		ca, cb := 0, 0
		for ; i < len(a) && a[i] == k; i++ {
			ca++
		}
		for ; j < len(b) && b[j] == k; j++ {
			cb++
		}
		sum += math.Abs(float64(ca)/na - float64(cb)/nb)
	}
	return sum / 2
}

// tvd is the total variation between train and table t on bins fixed by
// train; matched takes the sample of t at the common size.
func (b *pairBins) tvd(i, j, t int, matched bool) float64 {
	var real, other [tvdCodes * tvdCodes]int32
	x, y := b.fixed[i], b.fixed[j]
	for r, v := range x[inTrain] {
		real[int(v)*tvdCodes+int(y[inTrain][r])]++
	}
	n := len(x[t])
	if rows := b.matched[t]; matched && rows != nil {
		n = len(rows)
		for _, r := range rows {
			other[int(x[t][r])*tvdCodes+int(y[t][r])]++
		}
	} else {
		for r, v := range x[t] {
			other[int(v)*tvdCodes+int(y[t][r])]++
		}
	}
	var sum float64
	for k := range real {
		sum += math.Abs(float64(real[k])/float64(len(x[inTrain])) - float64(other[k])/float64(n))
	}
	return sum / 2
}
