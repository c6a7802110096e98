package linear

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nocturne-data/nocturne/internal/det"
)

// Config says how to fit. The zero value, with Classes set, is a good start.
type Config struct {
	// Classes is the number of classes, at least 2. Required. Labels are in
	// [0, Classes); classes without a label are allowed.
	Classes int
	// L2 is the weight of the penalty in sum(log-loss) + L2/2 * |weights|^2;
	// biases are penalised by a hundredth of it, so that an empty class has a
	// finite bias. 0 = 0.1, which is C = 10 in the usual notation.
	L2 float64
	// MaxIterations bounds L-BFGS; 0 = 200.
	MaxIterations int
	// Tolerance stops the fit once the largest component of the gradient is
	// below Tolerance * rows; 0 = 1e-5.
	Tolerance float64
}

// WithDefaults returns a copy with zero values replaced.
func (c Config) WithDefaults() Config {
	if c.L2 == 0 {
		c.L2 = 0.1
	}
	if c.MaxIterations == 0 {
		c.MaxIterations = 200
	}
	if c.Tolerance == 0 {
		c.Tolerance = 1e-5
	}
	return c
}

// Validate joins all violations, naming the fields.
func (c Config) Validate() error {
	var errs []error
	if c.Classes < 2 {
		errs = append(errs, fmt.Errorf("linear: Classes is %d, must be at least 2", c.Classes))
	}
	if !(c.L2 >= 0) || math.IsInf(c.L2, 0) {
		errs = append(errs, errors.New("linear: L2 must be a finite number, 0 or more"))
	}
	if c.MaxIterations < 0 {
		errs = append(errs, errors.New("linear: MaxIterations must be 0 or more"))
	}
	if !(c.Tolerance >= 0) || math.IsInf(c.Tolerance, 0) {
		errs = append(errs, errors.New("linear: Tolerance must be a finite number, 0 or more"))
	}
	return errors.Join(errs...)
}

// biasShare is the part of L2 that biases are penalised by.
const biasShare = 0.01

// Model is a fitted softmax regression. Only columns that occurred in the
// training rows have weights (the penalty keeps all others at zero), so memory
// follows the labelled rows and not the width of the feature space.
type Model struct {
	Classes     int
	Cols        int
	Active      []int32   // columns with weights, ascending
	Weights     []float64 // len(Active) x Classes, row-major
	Bias        []float64 // Classes
	Temperature float64   // logits are divided by it; 1 = as fitted
}

// Report tells how a fit went.
type Report struct {
	Iterations int
	Loss       float64 // penalised sum of log-losses
	Gradient   float64 // largest component of the gradient at the end
	Converged  bool    // the gradient met the tolerance
}

// Fit learns a model from rows x and their classes y. A non-nil warm model of
// the same classes and columns is the starting point, which saves most
// iterations when a few rows were added; the optimum does not depend on it.
//
// A fit that does not converge returns the best point found with
// Report.Converged false. Working memory is about 16 * 8 bytes a weight.
func Fit(x *Matrix, y []int, cfg Config, warm *Model) (*Model, Report, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, Report{}, err
	}
	if x.Rows() == 0 || x.Rows() != len(y) {
		return nil, Report{}, fmt.Errorf("linear: %d rows and %d labels: need the same number, at least one", x.Rows(), len(y))
	}
	if err := x.check(); err != nil {
		return nil, Report{}, err
	}
	for i, c := range y {
		if c < 0 || c >= cfg.Classes {
			return nil, Report{}, fmt.Errorf("linear: label of row %d is outside [0, %d)", i, cfg.Classes)
		}
	}
	o := newObjective(x, y, cfg)
	start := make([]float64, o.size())
	if warm != nil && warm.Classes == cfg.Classes && warm.Cols == x.Cols {
		o.load(start, warm)
	}
	w, report := minimize(o.evaluate, start, cfg.MaxIterations, cfg.Tolerance*float64(x.Rows()))
	if !report.Converged && warm != nil {
		if w2, again := minimize(o.evaluate, make([]float64, o.size()), cfg.MaxIterations, cfg.Tolerance*float64(x.Rows())); again.Converged || again.Loss < report.Loss {
			w, report = w2, again
		}
	}
	if math.IsNaN(report.Loss) || math.IsInf(report.Loss, 0) {
		return nil, report, errors.New("linear: the loss is not finite: scale the features")
	}
	k := cfg.Classes
	m := &Model{Classes: k, Cols: x.Cols, Active: o.active, Temperature: 1}
	m.Weights, m.Bias = w[:len(o.active)*k], w[len(o.active)*k:]
	return m, report, nil
}

// Probabilities returns the class probabilities of every row of x, row-major,
// rows x Classes. out is reused when it is large enough.
func (m *Model) Probabilities(x *Matrix, out []float64) []float64 {
	k := m.Classes
	out = slices.Grow(out[:0], x.Rows()*k)[:x.Rows()*k]
	at := make([]int32, x.Cols)
	for i := range at {
		at[i] = -1
	}
	for i, c := range m.Active {
		if int(c) < len(at) {
			at[c] = int32(i)
		}
	}
	for i := range x.Rows() {
		z := out[i*k : (i+1)*k]
		copy(z, m.Bias)
		index, value := x.Row(i)
		for j, c := range index {
			if a := at[c]; a >= 0 {
				axpy(value[j], m.Weights[int(a)*k:(int(a)+1)*k], z)
			}
		}
		if m.Temperature != 1 {
			for c := range z {
				z[c] /= m.Temperature
			}
		}
		softmax(z)
	}
	return out
}

// softmax turns logits into probabilities in place and returns the logarithm of
// the normaliser.
func softmax(z []float64) float64 {
	top := slices.Max(z)
	sum := 0.0
	for c := range z {
		z[c] = det.Exp(z[c] - top)
		sum += z[c]
	}
	for c := range z {
		z[c] /= sum
	}
	return top + det.Log(sum)
}

// axpy adds a*x to y, rounding each product.
func axpy(a float64, x, y []float64) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float64(a * v)
	}
}

func dot(x, y []float64) float64 {
	s := 0.0
	y = y[:len(x)]
	for i, v := range x {
		s += float64(v * y[i])
	}
	return s
}
