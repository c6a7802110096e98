package trees

import (
	"fmt"
	"math"

	"github.com/nocturne-data/nocturne/internal/det"
)

// checkTargets refuses targets that the objective cannot take.
func (p Params) checkTargets(y []float64, rows []int32) error {
	for _, r := range rows {
		v := y[r]
		ok := !math.IsNaN(v) && !math.IsInf(v, 0)
		switch p.Objective {
		case Logistic:
			ok = v == 0 || v == 1
		case Softmax:
			ok = ok && v >= 0 && v < float64(p.Classes) && v == math.Trunc(v)
		}
		if !ok {
			return fmt.Errorf("trees: the target of row %d does not suit the objective", r)
		}
	}
	return nil
}

// base is the margin before the first tree: the best constant.
func (p Params) base(d Data, rows []int32) []float64 {
	base := make([]float64, p.groups())
	var total float64
	sums := make([]float64, p.groups())
	for _, r := range rows {
		w := d.weight(r)
		total += w
		if p.Objective == Softmax {
			sums[int(d.Y[r])] += w
		} else {
			sums[0] += float64(w * d.Y[r])
		}
	}
	if total == 0 {
		return base
	}
	for k := range base {
		mean := sums[k] / total
		switch p.Objective {
		case Logistic:
			mean = min(max(mean, 1e-7), 1-1e-7)
			base[k] = det.Log(mean / (1 - mean))
		case Softmax:
			base[k] = det.Log(max(mean, 1e-7))
		default:
			base[k] = mean
		}
	}
	return base
}

// derivatives fills g and h, indexed by position in rows, for class k.
// margins are indexed [row*groups+class].
func (p Params) derivatives(d Data, rows []int32, margins []float64, k int, g, h []float64) {
	groups := p.groups()
	for i, r := range rows {
		y, m := d.Y[r], margins[int(r)*groups:]
		var gi, hi float64
		switch p.Objective {
		case Logistic:
			q := det.Logistic(m[0])
			gi, hi = q-y, max(float64(q*(1-q)), 1e-16)
		case Softmax:
			q := softmaxAt(m[:groups], k)
			gi = q
			if int(y) == k {
				gi--
			}
			hi = max(2*float64(q*(1-q)), 1e-16)
		default:
			gi, hi = m[0]-y, 1
		}
		if d.Weight != nil {
			gi *= d.Weight[r]
			hi *= d.Weight[r]
		}
		g[i], h[i] = gi, hi
	}
}

// loss is the mean loss over rows.
func (p Params) loss(d Data, rows []int32, margins []float64) float64 {
	groups := p.groups()
	var sum, total float64
	for _, r := range rows {
		y, m := d.Y[r], margins[int(r)*groups:]
		var l float64
		switch p.Objective {
		case Logistic:
			if y == 0 {
				l = softplus(m[0])
			} else {
				l = softplus(-m[0])
			}
		case Softmax:
			l = -det.Log(max(softmaxAt(m[:groups], int(y)), 1e-300))
		default:
			e := m[0] - y
			l = float64(e*e) / 2
		}
		w := d.weight(r)
		sum += float64(w * l)
		total += w
	}
	if total == 0 {
		return 0
	}
	return sum / total
}

func softplus(x float64) float64 {
	if x > 0 {
		return x + det.Log(1+det.Exp(-x))
	}
	return det.Log(1 + det.Exp(x))
}

func softmaxAt(m []float64, k int) float64 {
	top := m[0]
	for _, v := range m[1:] {
		top = max(top, v)
	}
	var sum, at float64
	for i, v := range m {
		e := det.Exp(v - top)
		sum += e
		if i == k {
			at = e
		}
	}
	return at / sum
}
