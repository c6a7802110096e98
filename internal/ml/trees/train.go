package trees

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/rng"
)

// Data is what a model is trained or validated on.
type Data struct {
	X      *Matrix
	Y      []float64 // target of each row of X; see Objective
	Weight []float64 // weight of each row of X, >= 0; nil = 1
	Rows   []int32   // the rows to use, ascending; nil = all
}

func (d Data) weight(r int32) float64 {
	if d.Weight == nil {
		return 1
	}
	return d.Weight[r]
}

func (d Data) check() ([]int32, error) {
	if d.X == nil || len(d.Y) != d.X.Rows || (d.Weight != nil && len(d.Weight) != d.X.Rows) {
		return nil, errors.New("trees: X, Y and Weight must have one entry for each row")
	}
	if d.X.Rows > math.MaxInt32 {
		return nil, fmt.Errorf("trees: at most %d rows, got %d", math.MaxInt32, d.X.Rows)
	}
	for _, w := range d.Weight {
		if !(w >= 0) || math.IsInf(w, 0) {
			return nil, errors.New("trees: weights must be finite and not negative")
		}
	}
	rows := d.Rows
	if rows == nil {
		rows = make([]int32, d.X.Rows)
		for i := range rows {
			rows[i] = int32(i)
		}
	}
	for _, r := range rows {
		if r < 0 || int(r) >= d.X.Rows {
			return nil, fmt.Errorf("trees: row %d is outside the matrix", r)
		}
	}
	return rows, nil
}

// Train grows a model. valid is used for early stopping and may be nil
// otherwise. Cost: O(trees * depth * rows * features) at worst, about half of
// it by subtraction; memory: 8 bytes a row beside the matrix and the margins.
func Train(ctx context.Context, d Data, valid *Data, p Params) (*Model, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p = p.WithDefaults()
	rows, err := d.check()
	if err == nil {
		err = p.checkTargets(d.Y, rows)
	}
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("trees: no rows to train on")
	}
	watch, err := newWatcher(p, valid, d.X.bins)
	if err != nil {
		return nil, err
	}
	groups := p.groups()
	m := &Model{Bins: d.X.bins, Objective: p.Objective, Classes: p.Classes, Base: p.base(d, rows)}
	margins := make([]float64, d.X.Rows*groups)
	for i := range margins {
		margins[i] = m.Base[i%groups]
	}
	watch.start(m.Base)
	t := &grower{
		p: p, x: d.X, workers: parallel.Workers(p.Workers),
		grad: make([]gradient, d.X.Rows), rows: make([]int32, len(rows)), spare: make([]int32, len(rows)),
	}
	t.lambda, t.minChildWeight = p.Lambda, p.MinChildWeight
	g, h := make([]float64, len(rows)), make([]float64, len(rows))
	before := make([]float64, 0, len(margins))
	for round := range p.Trees {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		// All classes of a round descend from the same margins.
		from := margins
		if groups > 1 {
			before = append(before[:0], margins...)
			from = before
		}
		for k := range groups {
			p.derivatives(d, rows, from, k, g, h)
			t.setGradients(rows, g, h)
			t.sample(rows, uint64(round), uint64(k))
			tree := t.grow(func(leaf []int32, value float64) {
				for _, r := range leaf {
					margins[int(r)*groups+k] += value
				}
			})
			if len(t.rows) < len(rows) {
				t.updateLeftOut(&tree, rows, margins, groups, k)
			}
			m.Trees = append(m.Trees, tree)
		}
		if p.Progress != nil {
			p.Progress(float64(round+1) / float64(p.Trees))
		}
		if watch.stop(m, round) {
			break
		}
	}
	watch.finish(m)
	return m, nil
}

// setGradients rounds the derivatives to fixed point on a scale chosen for
// this tree, which the largest of them decides.
func (t *grower) setGradients(rows []int32, g, h []float64) {
	var gMax, hMax float64
	for i := range g {
		gMax, hMax = max(gMax, math.Abs(g[i])), max(hMax, h[i])
	}
	gs, hs := fixedScale(gMax), fixedScale(hMax)
	t.gUnit, t.hUnit = 1/gs, 1/hs
	for i, r := range rows {
		t.grad[r] = gradient{int32(math.RoundToEven(g[i] * gs)), int32(math.RoundToEven(h[i] * hs))}
	}
}

// sample draws the tree's rows (by block of the row list) and features.
func (t *grower) sample(rows []int32, round, class uint64) {
	t.rows = append(t.rows[:0], rows...)
	if t.p.RowSample < 1 {
		t.rows = t.rows[:0]
		for b := 0; b*parallel.BlockRows < len(rows); b++ {
			r := rng.New(t.p.Seed, "trees/rows", round, class, uint64(b))
			for _, row := range rows[b*parallel.BlockRows : min((b+1)*parallel.BlockRows, len(rows))] {
				if r.Float64() < t.p.RowSample {
					t.rows = append(t.rows, row)
				}
			}
		}
	}
	t.features = nil
	if t.p.ColumnSample < 1 {
		n := max(1, int(math.Ceil(float64(t.x.Cols)*t.p.ColumnSample)))
		r := rng.New(t.p.Seed, "trees/columns", round, class)
		t.features = make([]int, 0, n)
		for f := range t.x.Cols { // selection sampling keeps them ascending
			if r.IntN(t.x.Cols-f) < n-len(t.features) {
				t.features = append(t.features, f)
			}
		}
	}
}

// updateLeftOut moves the margins of the rows that the tree was not grown on.
// t.rows is grouped by leaf by now, so the sampled rows are marked first.
func (t *grower) updateLeftOut(tree *Tree, rows []int32, margins []float64, groups, k int) {
	for _, r := range t.rows {
		t.grad[r] = gradient{-1, -1} // a second derivative is never negative
	}
	for _, r := range rows {
		if t.grad[r].h >= 0 {
			at := int(r) * t.x.Cols
			margins[int(r)*groups+k] += tree.leaf(t.x.Codes[at : at+t.x.Cols]).Value
		}
	}
}
