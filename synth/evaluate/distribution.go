package evaluate

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"
)

// Limits of what a distribution shows.
const (
	maxBars      = 16 // categories, the last may be "other"
	maxIntervals = 24
)

// distribution is the column's part for plots; nil for a protected column and
// where labels are not known.
func (c *column) distribution() *Distribution {
	if c.hidden {
		return nil
	}
	if c.categorical() {
		return c.bars()
	}
	return c.intervals()
}

// bars lists the commonest levels by train's order. A level without a known
// label or with less support goes to "other".
func (c *column) bars() *Distribution {
	if c.labels == nil {
		return nil
	}
	count := func(t int) ([]int, int) {
		n, total := make([]int, c.levels), 0
		for _, v := range c.code[t] {
			if v >= 0 {
				n[v]++
				total++
			}
		}
		return n, total
	}
	train, nt := count(inTrain)
	synthetic, ns := count(inSynthetic)
	var shown []int
	for v := range train {
		if train[v] >= MinSupport && v < len(c.labels) && c.labels[v] != "" {
			shown = append(shown, v)
		}
	}
	slices.SortStableFunc(shown, func(a, b int) int { return cmp.Compare(train[b], train[a]) })
	if len(shown) > maxBars {
		shown = shown[:maxBars-1]
	}
	d := &Distribution{}
	restT, restS := nt, ns
	for _, v := range shown {
		restT, restS = restT-train[v], restS-synthetic[v]
		d.add(c.labels[v], train[v], nt, synthetic[v], ns)
	}
	if restT+restS > 0 {
		d.add("other", restT, nt, restS, ns)
	}
	return d
}

func (d *Distribution) add(label string, t, nt, s, ns int) {
	d.Labels = append(d.Labels, label)
	d.Train = append(d.Train, Number(float64(t)/float64(max(nt, 1))))
	d.Synthetic = append(d.Synthetic, Number(float64(s)/float64(max(ns, 1))))
}

// intervals are of equal, round width between round borders near the 1 % and
// 99 % quantiles of train; the outer two are open. So no border is a value of
// the data.
func (c *column) intervals() *Distribution {
	s := sortedRounded(c.num[inTrain])
	if len(s) < MinSupport {
		return nil
	}
	lo, hi := quantile(s, .01), quantile(s, .99)
	if hi <= lo {
		lo, hi = s[0], s[len(s)-1]
	}
	width := roundUp((hi - lo) / (maxIntervals - 4))
	if c.kind == Datetime {
		width = max(width, 86400)
	}
	first := math.Floor(lo/width) + 1
	n := int(math.Ceil(hi/width)-first) + 1 // closed intervals below and above the inner borders
	if !(width > 0) || n < 1 || n > 2*maxIntervals {
		return nil
	}
	border := func(k int) float64 { return (first + float64(k)) * width }
	counts := func(v []float64) ([]int, int) {
		out, total := make([]int, n+1), 0
		for _, x := range v {
			if math.IsNaN(x) {
				continue
			}
			k := int(min(max(math.Floor(x/width)-first+1, 0), float64(n)))
			out[k]++
			total++
		}
		return out, total
	}
	train, nt := counts(c.num[inTrain])
	synthetic, ns := counts(c.num[inSynthetic])
	d := &Distribution{}
	for k := range train {
		var label string
		switch {
		case n == 0:
			label = "all"
		case k == 0:
			label = "< " + c.format(border(0))
		case k == n:
			label = "≥ " + c.format(border(n-1))
		default:
			label = c.format(border(k-1)) + " – " + c.format(border(k))
		}
		d.add(label, train[k], nt, synthetic[k], ns)
	}
	return d
}

func (c *column) format(v float64) string {
	if c.kind == Datetime {
		return time.Unix(int64(v), 0).UTC().Format(time.DateOnly)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// roundUp is the next of 1, 2, 5 times a power of ten.
func roundUp(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 1
	}
	p := 1.0
	for p > x {
		p /= 10
	}
	for p*10 <= x {
		p *= 10
	}
	for _, m := range []float64{1, 2, 5} {
		if p*m >= x {
			return p * m
		}
	}
	return p * 10
}
