package learn

import (
	"context"
	"errors"
	"fmt"

	"github.com/nocturne-data/nocturne/internal/ml/linear"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/labeling/query"
)

// SimulateConfig steers Simulate.
type SimulateConfig struct {
	// Query chooses the batches; its Round is set by Simulate. Query.Batch 0 = 20.
	Query query.Config
	// Limit ends the simulation after so many labels; 0 = the whole pool.
	Limit int
	// Linear is passed to the learner; Classes is set by Simulate.
	Linear linear.Config
	// Progress is called after each round with the labels so far; may be nil.
	Progress func(labels int)
}

// Asked is one item in the order in which labels would have been asked for.
type Asked struct {
	Item  int            `json:"item"`
	Round int            `json:"round"`
	Slice labeling.Slice `json:"slice"`
}

// Round is one batch of a simulation.
type Round struct {
	Labels int // after this batch
	// Controls and Right count the control items of this batch and those that
	// the model before it got right: an unbiased estimate of its accuracy on the
	// pool.
	Controls, Right int
	Fit             linear.Report
}

// Simulate plays active learning on a pool whose labels are known: row i of x
// has class y[i] in [0, classes). It returns the items in the order asked.
func Simulate(ctx context.Context, x *linear.Matrix, y []int, classes int, cfg SimulateConfig) ([]Asked, []Round, error) {
	if cfg.Query.Batch == 0 {
		cfg.Query.Batch = 20
	}
	n := x.Rows()
	if n == 0 || n != len(y) {
		return nil, nil, fmt.Errorf("learn: %d rows and %d labels: need the same number, at least one", n, len(y))
	}
	if cfg.Limit < 0 {
		return nil, nil, errors.New("learn: Limit must be 0 or more")
	}
	if cfg.Limit == 0 || cfg.Limit > n {
		cfg.Limit = n
	}
	cfg.Linear.Classes = classes
	var (
		asked     []Asked
		rounds    []Round
		model     *linear.Model
		labelled  = make([]bool, n)
		p         []float64
		trainRows []int
		trainY    []int
	)
	for round := 0; len(asked) < cfg.Limit; round++ {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		pool := query.Pool{Classes: classes}
		for i := range n {
			if !labelled[i] {
				pool.Items = append(pool.Items, i)
			}
		}
		if model != nil {
			p = model.Probabilities(x.Take(pool.Items), p)
			pool.Probabilities = p
		}
		q := cfg.Query
		q.Round, q.Batch = round, min(q.Batch, cfg.Limit-len(asked))
		picks, err := query.Select(pool, q)
		if err != nil {
			return nil, nil, err
		}
		r := Round{}
		if model != nil {
			r.Controls, r.Right = controls(model, x, y, picks)
		}
		for _, pick := range picks {
			labelled[pick.Item] = true
			trainRows, trainY = append(trainRows, pick.Item), append(trainY, y[pick.Item])
			asked = append(asked, Asked{Item: pick.Item, Round: round, Slice: pick.Slice})
		}
		if model, r.Fit, err = linear.Fit(x.Take(trainRows), trainY, cfg.Linear, model); err != nil {
			return nil, nil, err
		}
		r.Labels = len(asked)
		rounds = append(rounds, r)
		if cfg.Progress != nil {
			cfg.Progress(r.Labels)
		}
	}
	return asked, rounds, nil
}

// controls tells how many control items there are among picks, and how many of
// them the model gets right.
func controls(m *linear.Model, x *linear.Matrix, y []int, picks []query.Pick) (n, right int) {
	for _, pick := range picks {
		if pick.Slice != labeling.Control {
			continue
		}
		n++
		if Best(m.Probabilities(x.Take([]int{pick.Item}), nil)) == y[pick.Item] {
			right++
		}
	}
	return n, right
}

// Best returns the most probable class, the first of equals.
func Best(p []float64) int {
	best := 0
	for c, v := range p {
		if v > p[best] {
			best = c
		}
	}
	return best
}
