package evaluate

import (
	"context"
	"fmt"
	"math"

	"github.com/nocturne-data/nocturne/internal/ml/trees"
)

// maxClasses bounds the classes of a target: one tree a class and round.
const maxClasses = 50

// utilityParts train on synthetic and on real rows and test both on the
// holdout.
func (d *data) utilityParts(Options) []part {
	if d.target == nil {
		return nil
	}
	metric := "r2"
	if d.target.categorical() {
		metric = "auc"
	}
	run := func(table int, put func(u *Utility, v Number)) part {
		return part{weight: float64(d.used[table]) / 700, run: func(ctx context.Context) (func(*Report), error) {
			v, note, err := d.utility(ctx, table)
			if err != nil {
				return nil, err
			}
			return func(r *Report) {
				if r.Utility == nil {
					r.Utility = &Utility{Target: d.target.name, Metric: metric}
				}
				put(r.Utility, Number(v))
				if note != "" {
					r.Notes = append(r.Notes, fmt.Sprintf("utility trained on %s: %s", tableNames[table], note))
				}
			}, nil
		}}
	}
	return []part{
		run(inSynthetic, func(u *Utility, v Number) { u.Synthetic = v }),
		run(inTrain, func(u *Utility, v Number) { u.Real = v }),
	}
}

// utility is AUC (macro, one against rest) or R2 on the holdout of boosted
// trees trained on a table. Rows without a target are left out.
func (d *data) utility(ctx context.Context, table int) (score float64, note string, err error) {
	fit, test := side{table, d.withTarget(table)}, side{inHoldout, d.withTarget(inHoldout)}
	if len(fit.rows) == 0 || len(test.rows) == 0 {
		return math.NaN(), "no row has a target", nil
	}
	p := trees.Params{MaxOneVsRest: oneHotLevels, Workers: 1, Objective: trees.SquaredError}
	n := len(fit.rows)
	y := make([]float64, n+len(test.rows))
	var classes []int32
	if d.target.categorical() {
		index := make([]int32, d.target.levels)
		for i := range index {
			index[i] = -1
		}
		for i, r := range fit.rows {
			v := d.target.code[table][r]
			if index[v] < 0 {
				index[v] = int32(len(classes))
				classes = append(classes, v)
			}
			y[i] = float64(index[v])
		}
		switch {
		case len(classes) < 2:
			return .5, "only one class to learn", nil
		case len(classes) > maxClasses:
			return math.NaN(), fmt.Sprintf("%d classes, at most %d are learned", len(classes), maxClasses), nil
		case len(classes) == 2:
			p.Objective = trees.Logistic
		default:
			p.Objective, p.Classes = trees.Softmax, len(classes)
		}
	} else {
		for i, r := range fit.rows {
			y[i] = d.target.num[table][r]
		}
	}
	cols := make([]trees.Column, 0, len(d.columns)-1)
	for _, c := range d.columns {
		if c != d.target {
			cols = append(cols, c.feature(fit, test))
		}
	}
	if len(cols) == 0 {
		return math.NaN(), "there is no column to learn from", nil
	}
	bins, err := trees.FitBins(cols, 0)
	if err != nil {
		return 0, "", err
	}
	x, err := bins.Encode(ctx, cols, 1)
	if err != nil {
		return 0, "", err
	}
	m, err := trees.Train(ctx, trees.Data{X: x, Y: y, Rows: ascending(0, n)}, nil, p)
	if err != nil {
		return 0, "", err
	}
	got, err := m.Probabilities(ctx, x, ascending(n, x.Rows), 1)
	if err != nil {
		return 0, "", err
	}
	if p.Objective == trees.SquaredError {
		return rSquared(got, take(d.target.num[inHoldout], test.rows)), "", nil
	}
	return macroAUC(got, classes, take(d.target.code[inHoldout], test.rows), d.target.levels), "", nil
}

func (d *data) withTarget(table int) []int32 {
	rows := []int32{}
	for r := range d.used[table] {
		if d.target.categorical() && d.target.code[table][r] >= 0 || !d.target.categorical() && !math.IsNaN(d.target.num[table][r]) {
			rows = append(rows, int32(r))
		}
	}
	return rows
}

func ascending(lo, hi int) []int32 {
	out := make([]int32, hi-lo)
	for i := range out {
		out[i] = int32(lo + i)
	}
	return out
}

// macroAUC averages one-against-rest areas over the classes of the truth; a
// class that was not learned counts .5.
func macroAUC(p []float64, classes, truth []int32, levels int) float64 {
	at := make([]int, levels)
	for i := range at {
		at[i] = -1
	}
	for i, v := range classes {
		at[v] = i
	}
	count := make([]int, levels)
	present := 0
	for _, v := range truth {
		if count[v] == 0 {
			present++
		}
		count[v]++
	}
	groups := len(p) / len(truth)
	var sum float64
	n := 0
	score, positive := make([]float64, len(truth)), make([]bool, len(truth))
	for v := range levels {
		if count[v] == 0 || count[v] == len(truth) {
			continue
		}
		n++
		k := at[v]
		if k < 0 {
			sum += .5
			continue
		}
		for i, t := range truth {
			positive[i] = t == int32(v)
			switch {
			case groups > 1:
				score[i] = p[i*groups+k]
			case k == 1:
				score[i] = p[i]
			default:
				score[i] = 1 - p[i]
			}
		}
		sum += auc(score, positive)
		if present == 2 && len(classes) == 2 {
			break // the other class mirrors this one
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// rSquared is 1 - residual over total sum of squares.
func rSquared(got, want []float64) float64 {
	var mean float64
	for _, v := range want {
		mean += v
	}
	mean /= float64(len(want))
	var res, tot float64
	for i, v := range want {
		e, c := v-got[i], v-mean
		res += float64(e * e)
		tot += float64(c * c)
	}
	if tot == 0 {
		return math.NaN()
	}
	return 1 - res/tot
}
