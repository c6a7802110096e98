package evaluate

import (
	"context"
	"math"
	"slices"
)

// shapeParts measure each column on its own.
func (d *data) shapeParts(Options) []part {
	parts := make([]part, len(d.columns))
	for i, c := range d.columns {
		parts[i] = part{weight: 1, run: func(context.Context) (func(*Report), error) {
			m := Measure{shapeError(c, inSynthetic), shapeError(c, inHoldout)}
			dist := c.distribution()
			return func(r *Report) {
				r.Columns[i].ShapeError = m
				r.Columns[i].Distribution = dist
			}, nil
		}}
	}
	return parts
}

// shapeError is 1 - KSComplement for numbers and dates, 1 - TVComplement for
// categories, as SDMetrics defines them: missing cells are dropped.
func shapeError(c *column, other int) Number {
	if c.categorical() {
		return Number(totalVariation(c.code[inTrain], c.code[other], c.levels))
	}
	return Number(kolmogorovSmirnov(c.num[inTrain], c.num[other]))
}

// kolmogorovSmirnov is the largest distance of two empirical distribution
// functions, numbers rounded to 14 decimals; NaN when a side is empty.
func kolmogorovSmirnov(a, b []float64) float64 {
	a, b = sortedRounded(a), sortedRounded(b)
	if len(a) == 0 || len(b) == 0 {
		return math.NaN()
	}
	var worst float64
	na, nb := float64(len(a)), float64(len(b))
	for i, j := 0, 0; i < len(a) && j < len(b); {
		x := min(a[i], b[j])
		for i < len(a) && a[i] == x {
			i++
		}
		for j < len(b) && b[j] == x {
			j++
		}
		worst = max(worst, math.Abs(float64(i)/na-float64(j)/nb))
	}
	return worst
}

func sortedRounded(v []float64) []float64 {
	out := make([]float64, 0, len(v))
	for _, x := range v {
		if math.IsNaN(x) {
			continue
		}
		if x != math.Trunc(x) && math.Abs(x) < 1e15 {
			x = math.RoundToEven(x*1e14) / 1e14
		}
		out = append(out, x)
	}
	slices.Sort(out)
	return out
}

// unseen is the count that SDMetrics gives in train to a level that only the
// other table has.
const unseen = 1e-6

// totalVariation is half the L1 distance of two level frequencies; NaN when a
// side is empty.
func totalVariation(train, other []int32, levels int) float64 {
	a, b := make([]float64, levels), make([]float64, levels)
	var na, nb float64
	for _, v := range train {
		if v >= 0 {
			a[v]++
			na++
		}
	}
	for _, v := range other {
		if v >= 0 {
			b[v]++
			nb++
		}
	}
	if na == 0 || nb == 0 {
		return math.NaN()
	}
	for v := range a {
		if a[v] == 0 && b[v] > 0 {
			a[v] = unseen
			na += unseen
		}
	}
	var sum float64
	for v := range a {
		sum += math.Abs(a[v]/na - b[v]/nb)
	}
	return sum / 2
}
