package linear

import "math"

const (
	memory     = 7    // curvature pairs kept by L-BFGS
	armijo     = 1e-4 // sufficient decrease
	curvature  = 0.9  // Wolfe condition on the slope
	lineSearch = 30   // evaluations in one line search
)

// minimize runs L-BFGS (Nocedal & Wright, Numerical Optimization, 2nd ed.,
// algorithm 7.4) from w, which it owns, until the largest component of the
// gradient is at most tolerance. When a line search fails it forgets the
// curvature and tries steepest descent once; when that fails too it stops with
// the best point found and Converged false.
func minimize(f func(w, g []float64) float64, w []float64, iterations int, tolerance float64) ([]float64, Report) {
	n := len(w)
	g, direction := make([]float64, n), make([]float64, n)
	next, gnext := make([]float64, n), make([]float64, n)
	var s, y [][]float64
	var rho []float64
	r := Report{Loss: f(w, g)}
	for ; r.Iterations < iterations; r.Iterations++ {
		r.Gradient = largest(g)
		if r.Gradient <= tolerance {
			break
		}
		descend(direction, g, s, y, rho)
		slope := dot(direction, g)
		if !(slope < 0) {
			s, y, rho = nil, nil, nil
			descend(direction, g, s, y, rho)
			slope = dot(direction, g)
		}
		step := 1.0
		if len(s) == 0 {
			step = min(1, 1/math.Sqrt(-slope))
		}
		loss, ok := search(f, w, direction, next, gnext, r.Loss, slope, step)
		if !ok {
			if len(s) == 0 {
				break
			}
			s, y, rho = nil, nil, nil
			continue
		}
		var sk, yk []float64
		if len(s) == memory { // reuse the oldest pair's memory
			sk, yk = s[0], y[0]
			s, y, rho = append(s[:0], s[1:]...), append(y[:0], y[1:]...), append(rho[:0], rho[1:]...)
		} else {
			sk, yk = make([]float64, n), make([]float64, n)
		}
		for i := range w {
			sk[i], yk[i] = next[i]-w[i], gnext[i]-g[i]
		}
		if sy := dot(sk, yk); sy > 1e-12*dot(yk, yk) {
			s, y, rho = append(s, sk), append(y, yk), append(rho, 1/sy)
		}
		w, next = next, w
		g, gnext = gnext, g
		r.Loss = loss
	}
	r.Gradient = largest(g)
	r.Converged = r.Gradient <= tolerance
	return w, r
}

// descend writes the two-loop recursion's direction -H*g into d.
func descend(d, g []float64, s, y [][]float64, rho []float64) {
	for i, v := range g {
		d[i] = -v
	}
	m := len(s)
	var alpha [memory]float64
	for i := m - 1; i >= 0; i-- {
		alpha[i] = rho[i] * dot(s[i], d)
		axpy(-alpha[i], y[i], d)
	}
	if m > 0 {
		scale := 1 / (rho[m-1] * dot(y[m-1], y[m-1]))
		for i := range d {
			d[i] *= scale
		}
	}
	for i := range m {
		axpy(alpha[i]-rho[i]*dot(y[i], d), s[i], d)
	}
}

// search finds a step along d that meets the weak Wolfe conditions by bisection
// and doubling, leaving the point and its gradient in next and gnext. When only
// the decrease can be met, that point is taken.
func search(f func(w, g []float64) float64, w, d, next, gnext []float64, loss, slope, step float64) (float64, bool) {
	low, high := 0.0, math.Inf(1)
	for range lineSearch {
		for i := range w {
			next[i] = w[i] + float64(step*d[i])
		}
		at := f(next, gnext)
		switch {
		case math.IsNaN(at) || at > loss+armijo*step*slope:
			high = step
		case dot(d, gnext) < curvature*slope:
			low = step
		default:
			return at, true
		}
		if math.IsInf(high, 1) {
			step *= 2
		} else {
			step = (low + high) / 2
		}
	}
	if low == 0 {
		return loss, false
	}
	for i := range w {
		next[i] = w[i] + float64(low*d[i])
	}
	return f(next, gnext), true
}

func largest(g []float64) float64 {
	m := 0.0
	for _, v := range g {
		m = max(m, math.Abs(v))
	}
	return m
}
