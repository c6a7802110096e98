package linear

import (
	"slices"

	"github.com/nocturne-data/nocturne/internal/det"
)

// objective is the penalised log-loss over the columns that occur in x.
// Parameters are weights (active x classes, row-major), then biases.
type objective struct {
	x      *Matrix
	y      []int
	k      int
	l2     float64
	active []int32
	local  []int32 // entry of x -> position in active
	z      []float64
}

func newObjective(x *Matrix, y []int, cfg Config) *objective {
	o := &objective{x: x, y: y, k: cfg.Classes, l2: cfg.L2, z: make([]float64, cfg.Classes)}
	used := make([]int32, x.Cols)
	from, to := x.Ptr[0], x.Ptr[x.Rows()]
	for _, c := range x.Index[from:to] {
		used[c] = 1
	}
	for c := range used {
		if used[c] != 0 {
			used[c] = int32(len(o.active))
			o.active = append(o.active, int32(c))
		}
	}
	o.local = make([]int32, len(x.Index))
	for i := from; i < to; i++ {
		o.local[i] = used[x.Index[i]]
	}
	return o
}

func (o *objective) size() int { return (len(o.active) + 1) * o.k }

// load writes the weights of m into w where columns agree.
func (o *objective) load(w []float64, m *Model) {
	for i, c := range o.active {
		if j, ok := slices.BinarySearch(m.Active, c); ok {
			copy(w[i*o.k:(i+1)*o.k], m.Weights[j*o.k:(j+1)*o.k])
		}
	}
	copy(w[len(o.active)*o.k:], m.Bias)
}

// evaluate returns the loss at w and writes its gradient into g.
func (o *objective) evaluate(w, g []float64) float64 {
	k, weights := o.k, len(o.active)*o.k
	loss := 0.0
	for i, v := range w {
		l2 := o.l2
		if i >= weights {
			l2 *= biasShare
		}
		g[i] = l2 * v
		loss += float64(g[i] * v)
	}
	loss /= 2
	bias, gbias := w[weights:], g[weights:]
	z := o.z
	for i := range o.x.Rows() {
		copy(z, bias)
		from, to := o.x.Ptr[i], o.x.Ptr[i+1]
		for e := from; e < to; e++ {
			a := int(o.local[e]) * k
			axpy(o.x.Value[e], w[a:a+k], z)
		}
		own := z[o.y[i]]
		loss += softmax(z) - own
		z[o.y[i]]--
		for e := from; e < to; e++ {
			a := int(o.local[e]) * k
			axpy(o.x.Value[e], z, g[a:a+k])
		}
		axpy(1, z, gbias)
	}
	return loss
}

// nll returns the mean negative log-likelihood of classes y under logits
// divided by t.
func nll(logits []float64, y []int, k int, t float64, scratch []float64) float64 {
	sum := 0.0
	for i, c := range y {
		for j := range k {
			scratch[j] = logits[i*k+j] / t
		}
		own := scratch[c]
		sum += softmax(scratch) - own
	}
	return sum / float64(len(y))
}

// Calibrate returns a copy of m whose Temperature minimises the log-loss on
// rows the model was not trained on (Guo et al. 2017, "On Calibration of Modern
// Neural Networks"). Accuracy and the order of classes do not change. No row
// leaves m as it is.
func (m *Model) Calibrate(x *Matrix, y []int) *Model {
	out := *m
	if x.Rows() == 0 {
		return &out
	}
	raw := *m
	raw.Temperature = 1
	logits := raw.Probabilities(x, nil)
	for i, p := range logits {
		logits[i] = det.Log(max(p, 1e-300))
	}
	scratch := make([]float64, m.Classes)
	f := func(logT float64) float64 { return nll(logits, y, m.Classes, det.Exp(logT), scratch) }
	// Golden section on log T in [-3, 3]: the loss is quasi-convex in T.
	const ratio = 0.6180339887498949
	a, b := -3.0, 3.0
	c, d := b-ratio*(b-a), a+ratio*(b-a)
	fc, fd := f(c), f(d)
	for b-a > 1e-4 {
		if fc < fd {
			b, d, fd = d, c, fc
			c = b - ratio*(b-a)
			fc = f(c)
		} else {
			a, c, fc = c, d, fd
			d = a + ratio*(b-a)
			fd = f(d)
		}
	}
	out.Temperature = det.Exp((a + b) / 2)
	return &out
}
