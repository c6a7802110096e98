package evaluate

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/nocturne-data/nocturne/internal/ml/trees"
	"github.com/nocturne-data/nocturne/internal/rng"
)

// folds of the cross-validation behind the detection measures.
const folds = 3

// oneHotLevels makes every category split one level against the rest, which is
// what boosted trees on one-hot columns do.
const oneHotLevels = trees.MaxBins

// side is one of the two tables that a discriminator is to tell apart.
type side struct {
	table int
	rows  []int32 // nil = all
}

func (d *data) size(s side) int {
	if s.rows != nil {
		return len(s.rows)
	}
	return d.used[s.table]
}

// detectionParts run four discriminators, one part a fold.
func (d *data) detectionParts(opt Options) []part {
	m := min(d.used[0], d.used[1], d.used[2])
	pick := func(table, n int) side {
		return side{table, sampleRows(d.used[table], n, opt.Seed, "detect/"+tableNames[table])}
	}
	full := min(d.used[inTrain], d.used[inSynthetic])
	train, holdout, synthetic := pick(inTrain, m), pick(inHoldout, m), pick(inSynthetic, m)
	runs := []struct {
		name string
		a, b side
		put  func(r *Report, score, spread float64, gain []float64)
	}{
		{"train", pick(inTrain, full), pick(inSynthetic, full), func(r *Report, s, _ float64, _ []float64) { r.Detection.AgainstTrain = Number(s) }},
		{"matched", train, synthetic, func(r *Report, s, _ float64, _ []float64) { r.Detection.AgainstTrainMatched.Value = Number(s) }},
		{"holdout", holdout, synthetic, func(r *Report, s, spread float64, gain []float64) {
			r.Detection.AgainstHoldout.Value, r.Detection.FoldSpread = Number(s), Number(spread)
			r.Detection.Features = d.topFeatures(gain)
		}},
		{"ceiling", train, holdout, func(r *Report, s, _ float64, _ []float64) {
			r.Detection.AgainstTrainMatched.Ceiling, r.Detection.AgainstHoldout.Ceiling = Number(s), Number(s)
		}},
	}
	var parts []part
	for _, run := range runs {
		if min(d.size(run.a), d.size(run.b)) < 2*folds {
			parts = append(parts, part{run: func(context.Context) (func(*Report), error) {
				return func(r *Report) { run.put(r, math.NaN(), math.NaN(), nil) }, nil
			}})
			continue
		}
		contest := sync.OnceValues(func() (*contest, error) {
			return d.newContest(run.a, run.b, rng.New(opt.Seed, "evaluate/folds/"+run.name))
		})
		var scores []float64
		gain := make([]float64, len(d.columns))
		rows := d.size(run.a) + d.size(run.b)
		for k := range folds {
			parts = append(parts, part{weight: float64(rows) / 1000, run: func(ctx context.Context) (func(*Report), error) {
				c, err := contest()
				if err != nil {
					return nil, err
				}
				score, g, err := c.discriminate(ctx, k)
				if err != nil {
					return nil, err
				}
				return func(r *Report) { // called in order, on one goroutine
					scores = append(scores, score)
					for i, v := range g {
						gain[i] += v / folds
					}
					if len(scores) == folds {
						mean, spread := meanSpread(scores)
						run.put(r, mean, spread, gain)
					}
				}, nil
			}})
		}
	}
	return parts
}

// contest is the data of one discriminator: a's rows first, labelled 1.
type contest struct {
	x    *trees.Matrix
	y    []float64
	fold []int
}

func (d *data) newContest(a, b side, r *rand.Rand) (*contest, error) {
	cols := make([]trees.Column, len(d.columns))
	for i, c := range d.columns {
		cols[i] = c.feature(a, b)
	}
	bins, err := trees.FitBins(cols, 0)
	if err != nil {
		return nil, err
	}
	x, err := bins.Encode(context.Background(), cols, 1)
	if err != nil {
		return nil, err
	}
	na := d.size(a)
	c := &contest{x: x, y: make([]float64, x.Rows), fold: stratifiedFolds(na, x.Rows-na, r)}
	for i := range na {
		c.y[i] = 1
	}
	return c, nil
}

// discriminate trains on all folds but k and scores on k:
// 1 - (2*max(.5, AUC) - 1).
func (c *contest) discriminate(ctx context.Context, k int) (score float64, gain []float64, err error) {
	var fit, test []int32
	for i, f := range c.fold {
		if f == k {
			test = append(test, int32(i))
		} else {
			fit = append(fit, int32(i))
		}
	}
	m, err := trees.Train(ctx, trees.Data{X: c.x, Y: c.y, Rows: fit}, nil, trees.Params{MaxOneVsRest: oneHotLevels, Workers: 1})
	if err != nil {
		return 0, nil, err
	}
	margin, err := m.Margins(ctx, c.x, test, 1)
	if err != nil {
		return 0, nil, err
	}
	positive := make([]bool, len(test))
	for i, row := range test {
		positive[i] = c.y[row] == 1
	}
	return 1 - (2*max(.5, auc(margin, positive)) - 1), m.Importance(), nil
}

// feature stacks the column of two sides for the trees.
func (c *column) feature(sides ...side) trees.Column {
	f := trees.Column{Name: c.name}
	if c.categorical() {
		f.Levels = c.levels
		f.Codes = []int32{}
		for _, s := range sides {
			f.Codes = append(f.Codes, take(c.code[s.table], s.rows)...)
		}
		return f
	}
	f.Numbers = []float64{}
	for _, s := range sides {
		f.Numbers = append(f.Numbers, take(c.num[s.table], s.rows)...)
	}
	return f
}

func take[T any](v []T, rows []int32) []T {
	if rows == nil {
		return v
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = v[r]
	}
	return out
}

// stratifiedFolds gives each class's rows to the folds in equal numbers, at
// random.
func stratifiedFolds(first, second int, r *rand.Rand) []int {
	out := make([]int, first+second)
	for _, class := range [][]int{out[:first], out[first:]} {
		for i, at := range r.Perm(len(class)) {
			class[at] = i % folds
		}
	}
	return out
}

func meanSpread(v []float64) (mean, spread float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		spread += float64((x - mean) * (x - mean))
	}
	return mean, math.Sqrt(spread / float64(len(v)-1))
}

// maxFeatures is how many columns the report names as the discriminator's.
const maxFeatures = 10

func (d *data) topFeatures(gain []float64) []FeatureGain {
	out := make([]FeatureGain, 0, len(gain))
	for i, g := range gain {
		if g > 0 {
			out = append(out, FeatureGain{d.columns[i].name, Number(g)})
		}
	}
	slices.SortStableFunc(out, func(a, b FeatureGain) int { return cmp.Compare(b.Gain, a.Gain) })
	return out[:min(len(out), maxFeatures)]
}
