// Package trees grows gradient-boosted decision trees on quantised features:
// the second-order objective of XGBoost (Chen and Guestrin, KDD 2016), grown
// depth-wise on histograms.
//
// Use: FitBins learns the bins of each feature, Binning.Encode turns columns
// into a Matrix of one byte a cell, Train grows a Model on it, Model.Margins
// and Model.Probabilities score any Matrix of the same Binning.
//
// Gradients are rounded to integers once a row and a tree, and histograms are
// sums of these integers. So a model does not depend on how rows are grouped,
// on workers, or on the machine: the same data, parameters and seed give the
// same bits. Ties between splits go to the lower feature, then the lower bin.
package trees

import (
	"errors"
	"fmt"
	"math"
)

// Objective is the loss that the trees descend.
type Objective uint8

const (
	// Logistic is the binary log-loss; targets are 0 or 1.
	Logistic Objective = iota
	// Softmax is the multinomial log-loss; targets are 0..Classes-1.
	Softmax
	// SquaredError is half the squared error; targets are numbers.
	SquaredError
)

// Params say how to grow. The zero value is XGBoost's default for the binary
// objective: 100 trees of depth 6, learning rate 0.3, lambda 1.
type Params struct {
	Objective Objective
	Classes   int // number of classes of Softmax, >= 2; ignored otherwise

	Trees        int     // boosting rounds; 0 = 100
	Depth        int     // splits between root and leaf, 1..15; 0 = 6
	LearningRate float64 // shrinkage of leaf values, in (0,1]; 0 = 0.3

	Lambda         float64 // L2 penalty on leaf values; 0 = 1, a negative number = none
	Gamma          float64 // gain a split must exceed; 0 = none
	MinChildWeight float64 // least sum of second derivatives in a child; 0 = 1, a negative number = none

	RowSample    float64 // share of rows drawn for each tree, without replacement; 0 = 1
	ColumnSample float64 // share of features drawn for each tree; 0 = 1

	// MaxOneVsRest is the largest number of levels for which a categorical
	// feature is split one level against the rest, which is exactly one-hot
	// encoding; features with more levels are split by sorted gradients.
	// 0 = 4 (XGBoost's max_cat_to_onehot), a negative number = never.
	MaxOneVsRest int

	// EarlyStopping ends training after this many rounds without a better
	// validation loss and keeps the best round; 0 = off.
	EarlyStopping int

	Seed    uint64 // for row and column sampling
	Workers int    // 0 = all processors; the model does not depend on it

	// Progress is called after each round with a share in 0..1; may be nil.
	Progress func(done float64)
}

// WithDefaults returns p with defaults in the place of zero values.
func (p Params) WithDefaults() Params {
	def := func(v *float64, d float64) {
		switch {
		case *v == 0:
			*v = d
		case *v < 0:
			*v = 0
		}
	}
	def(&p.Lambda, 1)
	def(&p.MinChildWeight, 1)
	if p.Trees == 0 {
		p.Trees = 100
	}
	if p.Depth == 0 {
		p.Depth = 6
	}
	if p.LearningRate == 0 {
		p.LearningRate = 0.3
	}
	if p.RowSample == 0 {
		p.RowSample = 1
	}
	if p.ColumnSample == 0 {
		p.ColumnSample = 1
	}
	if p.MaxOneVsRest == 0 {
		p.MaxOneVsRest = 4
	}
	return p
}

// Validate reports every parameter out of range.
func (p Params) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("trees: "+format, args...))
		}
	}
	check(p.Objective <= SquaredError, "Objective %d is unknown", p.Objective)
	check(p.Objective != Softmax || p.Classes >= 2, "Classes must be at least 2 for Softmax, got %d", p.Classes)
	check(p.Trees >= 0, "Trees must not be negative, got %d", p.Trees)
	check(p.Depth >= 0 && p.Depth <= 15, "Depth must be 1..15, got %d", p.Depth)
	check(p.LearningRate >= 0 && p.LearningRate <= 1, "LearningRate must be in (0,1], got %g", p.LearningRate)
	check(p.Gamma >= 0, "Gamma must not be negative, got %g", p.Gamma)
	check(p.RowSample >= 0 && p.RowSample <= 1, "RowSample must be in (0,1], got %g", p.RowSample)
	check(p.ColumnSample >= 0 && p.ColumnSample <= 1, "ColumnSample must be in (0,1], got %g", p.ColumnSample)
	check(!math.IsNaN(p.Lambda+p.MinChildWeight+p.Gamma+p.LearningRate+p.RowSample+p.ColumnSample), "a parameter is NaN")
	return errors.Join(errs...)
}

// Groups is the number of trees a round: the classes of Softmax, else 1.
func (p Params) groups() int {
	if p.Objective == Softmax {
		return p.Classes
	}
	return 1
}
