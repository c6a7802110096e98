package trees_test

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/ml/trees"
)

var numeric = map[string]bool{
	"age": true, "fnlwgt": true, "education_num": true, "capital_gain": true, "capital_loss": true, "hours_per_week": true,
}

const subsetTrain = 4000

// subset reads testdata/adult_subset.csv.gz: numbers as numbers, texts as
// categories coded in alphabetical order, or as those codes' numbers.
func subset(t testing.TB, ordinal bool) map[string]trees.Column {
	t.Helper()
	f, err := os.Open("testdata/adult_subset.csv.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	rows, err := csv.NewReader(z).ReadAll()
	require.NoError(t, err)
	out := map[string]trees.Column{}
	for j, name := range rows[0] {
		c := trees.Column{Name: name}
		var levels []string
		for _, r := range rows[1:] {
			levels = append(levels, r[j])
		}
		text := slices.Clone(levels)
		slices.Sort(levels)
		levels = slices.Compact(levels)
		for _, s := range text {
			code, _ := slices.BinarySearch(levels, s)
			switch {
			case numeric[name] && s == "":
				c.Numbers = append(c.Numbers, math.NaN())
			case numeric[name]:
				v, err := strconv.ParseFloat(s, 64)
				require.NoError(t, err)
				c.Numbers = append(c.Numbers, v)
			case ordinal:
				c.Numbers = append(c.Numbers, float64(code))
			default:
				c.Codes, c.Levels = append(c.Codes, int32(code)), len(levels)
			}
		}
		out[name] = c
	}
	return out
}

func target(c trees.Column) []float64 {
	if c.Numbers != nil {
		return c.Numbers
	}
	y := make([]float64, len(c.Codes))
	for i, v := range c.Codes {
		y[i] = float64(v)
	}
	return y
}

func rowRange(lo, hi int) []int32 {
	r := make([]int32, 0, hi-lo)
	for i := lo; i < hi; i++ {
		r = append(r, int32(i))
	}
	return r
}

// part encodes all columns but those left out. The bins are learnt on the
// training rows alone, as XGBoost does.
func part(t testing.TB, cols map[string]trees.Column, leaveOut ...string) *trees.Matrix {
	t.Helper()
	var names []string
	for n := range cols {
		if !slices.Contains(leaveOut, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	var all, train []trees.Column
	for _, n := range names {
		c := cols[n]
		all = append(all, c)
		if c.Numbers != nil {
			c.Numbers = c.Numbers[:subsetTrain]
		} else {
			c.Codes = c.Codes[:subsetTrain]
		}
		train = append(train, c)
	}
	b, err := trees.FitBins(train, 0)
	require.NoError(t, err)
	m, err := b.Encode(context.Background(), all, 1)
	require.NoError(t, err)
	return m
}

func logLoss(p []float64, y []float64, classes int) float64 {
	var s float64
	for i, v := range y {
		switch {
		case classes > 2:
			s -= math.Log(p[i*classes+int(v)])
		case v == 1:
			s -= math.Log(p[i])
		default:
			s -= math.Log(1 - p[i])
		}
	}
	return s / float64(len(y))
}

func halfSquares(p, y []float64) float64 {
	var s float64
	for i, v := range y {
		s += (p[i] - v) * (p[i] - v) / 2
	}
	return s / float64(len(y))
}

func TestAgreesWithXGBoost(t *testing.T) {
	t.Parallel()
	var ref map[string]json.RawMessage
	b, err := os.ReadFile("testdata/xgboost_reference.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &ref))
	oneHot := trees.Params{MaxOneVsRest: 300, Workers: 1}
	with := func(f func(p *trees.Params)) trees.Params { p := oneHot; f(&p); return p }
	for _, tc := range []struct {
		name     string
		ordinal  bool
		target   string
		leaveOut []string
		p        trees.Params
		within   float64 // of the reference losses, relative
	}{
		{"logistic_ordinal", true, "class", nil, oneHot, .02},
		{"logistic_onehot", false, "class", nil, oneHot, .02},
		{"squared", false, "hours_per_week", []string{"education", "class"}, with(func(p *trees.Params) {
			p.Objective, p.Trees, p.LearningRate, p.Depth = trees.SquaredError, 50, .1, 4
		}), .02},
		{"softmax", false, "relationship", []string{"class"}, with(func(p *trees.Params) {
			p.Objective, p.Classes, p.Trees, p.Depth = trees.Softmax, 6, 40, 4
		}), .02},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Train float64 `json:"train_loss"`
				Test  float64 `json:"test_loss"`
			}
			require.NoError(t, json.Unmarshal(ref[tc.name], &want))
			cols := subset(t, tc.ordinal)
			x := part(t, cols, append(tc.leaveOut, tc.target)...)
			y := target(cols[tc.target])
			m, err := trees.Train(t.Context(), trees.Data{X: x, Y: y, Rows: rowRange(0, subsetTrain)}, nil, tc.p)
			require.NoError(t, err)
			p, err := m.Probabilities(t.Context(), x, nil, 1)
			require.NoError(t, err)
			loss := func(lo, hi int) float64 {
				if tc.p.Objective == trees.SquaredError {
					return halfSquares(p[lo:hi], y[lo:hi])
				}
				g := m.Groups()
				return logLoss(p[lo*g:hi*g], y[lo:hi], g)
			}
			train, test := loss(0, subsetTrain), loss(subsetTrain, len(y))
			t.Logf("train %.5f (XGBoost %.5f), test %.5f (XGBoost %.5f)", train, want.Train, test, want.Test)
			require.InEpsilon(t, want.Train, train, tc.within)
			require.InEpsilon(t, want.Test, test, tc.within)
		})
	}
}
