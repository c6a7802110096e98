package evaluate

import (
	"context"
	"math"
	"slices"
	"sync"
)

// curveSteps is the number of steps of the distance curves.
const curveSteps = 100

// queryBatch is how many rows one part searches neighbours for.
const queryBatch = 2000

// ceilingQueries bounds the real rows searched for the ceiling and the curve.
const ceilingQueries = 5000

// pointsOf turns the tables into points: numbers over train's range, a
// missing number at train's median with a flag column worth 1.
func (d *data) pointsOf() [3]points {
	var cols [3][][]int32
	add := func(f func(t int) []int32) {
		for t := range cols {
			cols[t] = append(cols[t], f(t))
		}
	}
	for _, c := range d.columns {
		if c.categorical() {
			continue
		}
		lo, span, median := scaleOf(c.num[inTrain])
		add(func(t int) []int32 { return fixedPoint(c.num[t], lo, span, median) })
		if slices.ContainsFunc(c.num[:], func(v []float64) bool { return slices.ContainsFunc(v, math.IsNaN) }) {
			add(func(t int) []int32 {
				out := make([]int32, len(c.num[t]))
				for i, x := range c.num[t] {
					if math.IsNaN(x) {
						out[i] = oneRange
					}
				}
				return out
			})
		}
	}
	numbers := len(cols[0])
	for _, c := range d.columns {
		if c.categorical() {
			add(func(t int) []int32 {
				out := make([]int32, len(c.code[t]))
				for i, v := range c.code[t] {
					out[i] = v + 1 // missing is a level of its own
				}
				return out
			})
		}
	}
	var out [3]points
	for t := range out {
		w := len(cols[t])
		p := points{numbers, w - numbers, make([]int32, d.used[t]*w)}
		for j, col := range cols[t] {
			for i, x := range col {
				p.v[i*w+j] = x
			}
		}
		out[t] = p
	}
	return out
}

func scaleOf(v []float64) (lo, span, median float64) {
	s := make([]float64, 0, len(v))
	for _, x := range v {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			s = append(s, x)
		}
	}
	if len(s) == 0 {
		return 0, 1, 0
	}
	slices.Sort(s)
	if span = s[len(s)-1] - s[0]; span == 0 || math.IsInf(span, 0) {
		span = 1
	}
	return s[0], span, quantile(s, .5)
}

// fixedPoint clips at 30 ranges beyond train's: farther does not matter.
func fixedPoint(v []float64, lo, span, median float64) []int32 {
	out := make([]int32, len(v))
	for i, x := range v {
		if math.IsNaN(x) {
			x = median
		}
		r := min(max((x-lo)/span, -30), 30)
		out[i] = int32(math.RoundToEven(r * oneRange))
	}
	return out
}

// tally counts queries by which reference they are nearer to.
type tally struct {
	nearer float64 // strictly nearer to the first
	shared float64 // ties split by the numbers of rows at the distance
	n      int
	dist   []int64 // to the first
}

// compare finds for each query its nearest rows in a and in b.
func compare(queries points, rows []int32, a, b *index) tally {
	sa, sb := a.newSearch(), b.newSearch()
	t := tally{n: len(rows), dist: make([]int64, len(rows))}
	for i, r := range rows {
		q := queries.row(int(r))
		da, ta := sa.nearest(q, -1)
		t.dist[i] = da
		_, tb := sb.nearest(q, da) // how far beyond da does not matter
		switch {
		case tb == 0:
			t.nearer++
			t.shared++
		case sb.best == da:
			t.shared += float64(ta) / float64(ta+tb)
		}
	}
	return t
}

// distanceParts search neighbours: synthetic rows in train and holdout, and
// holdout rows in train and the other half of the holdout.
func (d *data) distanceParts(opt Options) []part {
	type setup struct {
		p                           [3]points
		train, holdout, thin, half2 *index
		half1                       []int32
	}
	nt, nh := d.used[inTrain], d.used[inHoldout]
	prepare := sync.OnceValue(func() setup {
		s := setup{p: d.pointsOf()}
		s.train, s.holdout = newIndex(s.p[inTrain]), newIndex(s.p[inHoldout])
		order := sampleRows(nh, nh/2, opt.Seed, "half")
		if order == nil {
			order = []int32{}
		}
		first := map[int32]bool{}
		for _, r := range order {
			first[r] = true
		}
		var rest []int32
		for r := range int32(nh) {
			if !first[r] {
				rest = append(rest, r)
			}
		}
		s.half1 = order
		s.half2 = newIndex(s.p[inHoldout].subset(rest))
		s.thin = newIndex(s.p[inTrain].subset(take(ascending(0, nt), sampleRows(nt, int(int64(nt)*int64(len(rest))/int64(nh)), opt.Seed, "thin"))))
		return s
	})
	queries := take(ascending(0, d.used[inSynthetic]), sampleRows(d.used[inSynthetic], min(opt.MaxQueries, d.used[inSynthetic]), opt.Seed, "queries"))
	var all, ceiling, curve tally
	sum := func(into *tally, t tally) {
		into.nearer += t.nearer
		into.shared += t.shared
		into.n += t.n
		into.dist = append(into.dist, t.dist...)
	}
	var parts []part
	for lo := 0; lo < len(queries); lo += queryBatch {
		batch := queries[lo:min(lo+queryBatch, len(queries))]
		parts = append(parts, part{weight: float64(len(batch)) / 100, run: func(context.Context) (func(*Report), error) {
			s := prepare()
			t := compare(s.p[inSynthetic], batch, s.train, s.holdout)
			return func(*Report) { sum(&all, t) }, nil
		}})
	}
	parts = append(parts, part{weight: 50, run: func(context.Context) (func(*Report), error) {
		s := prepare()
		t := compare(s.p[inHoldout], s.half1[:min(len(s.half1), ceilingQueries)], s.thin, s.half2)
		return func(*Report) { sum(&ceiling, t) }, nil
	}}, part{weight: 50, run: func(context.Context) (func(*Report), error) {
		s := prepare()
		search := s.train.newSearch()
		rows := take(ascending(0, nh), sampleRows(nh, min(nh, ceilingQueries), opt.Seed, "curve"))
		t := tally{}
		for _, r := range rows {
			dist, _ := search.nearest(s.p[inHoldout].row(int(r)), -1)
			t.dist = append(t.dist, dist)
		}
		return func(r *Report) {
			sum(&curve, t)
			r.Privacy.Distance = newDistance(all, ceiling, curve, nt, nh)
		}, nil
	}})
	return parts
}

func newDistance(all, ceiling, curve tally, nt, nh int) Distance {
	n := float64(all.n)
	d := Distance{
		Share: Number(all.nearer / n), ShareTies: Number(all.shared / n), Ideal: Number(float64(nt) / float64(nt+nh)),
		Ceiling: Number(ceiling.shared / float64(ceiling.n)), Queries: all.n,
		SyntheticToTrain: curveOf(all.dist), HoldoutToTrain: curveOf(curve.dist),
	}
	// The holdout is a sample too, and the smaller of the two samples limits
	// what can be told.
	d.StdErr = Number(math.Sqrt(float64(d.Ideal) * (1 - float64(d.Ideal)) / float64(min(all.n, nh))))
	d.Excess = (max(d.Share, d.ShareTies) - d.Ideal) / d.StdErr
	d.MedianTrain, d.MedianHoldout = d.SyntheticToTrain[curveSteps/2], d.HoldoutToTrain[curveSteps/2]
	return d
}

// curveOf gives quantiles of distances, in ranges.
func curveOf(dist []int64) []Number {
	v := make([]float64, len(dist))
	for i, x := range dist {
		v[i] = float64(x) / oneRange
	}
	slices.Sort(v)
	out := make([]Number, curveSteps+1)
	for k := range out {
		out[k] = NotMeasured
		if len(v) > 0 {
			out[k] = Number(quantile(v, float64(k)/curveSteps))
		}
	}
	return out
}
