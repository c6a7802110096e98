package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// auc is the area under the ROC curve: the probability that a positive scores
// above a negative, ties counted half (Mann-Whitney). NaN without both.
func auc(score []float64, positive []bool) float64 {
	type scored struct {
		s float64
		p bool
	}
	v := make([]scored, len(score))
	for i := range v {
		v[i] = scored{score[i], positive[i]}
	}
	slices.SortFunc(v, func(a, b scored) int { return cmp.Compare(a.s, b.s) })
	var pos, neg, twice int64
	for i := 0; i < len(v); {
		var p, n int64
		j := i
		for ; j < len(v) && v[j].s == v[i].s; j++ {
			if v[j].p {
				p++
			} else {
				n++
			}
		}
		twice += p * (2*neg + n)
		pos, neg, i = pos+p, neg+n, j
	}
	if pos == 0 || neg == 0 {
		return math.NaN()
	}
	return float64(twice) / (2 * float64(pos) * float64(neg))
}
