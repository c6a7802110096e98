package learn_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/ml/linear"
	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/labeling/learn"
	"github.com/nocturne-data/nocturne/labeling/query"
)

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "age", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "job", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}},
	{Name: "note", Type: arrow.BinaryTypes.String},
	{Name: "label", Type: arrow.BinaryTypes.String},
}, nil)

// people draws rows whose class follows from age, job and a word of the note; one
// in three is of class 1.
func people(seed uint64, n int) (arrow.Record, []int) {
	r := rng.New(seed, "learn/people")
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	y := make([]int, n)
	jobs := []string{"clerk", "nurse", "smith", "pilot"}
	fill := strings.Fields("the day was long and she came home to a house near some river with many old trees")
	for i := range n {
		age, job := 18+r.IntN(60), r.IntN(len(jobs))
		words := make([]string, 8)
		for j := range words {
			words[j] = fill[r.IntN(len(fill))] + fmt.Sprint(r.IntN(9))
		}
		bonus := r.IntN(4) == 0
		if bonus {
			words[r.IntN(8)] = "Bonus"
		}
		if age > 45 && job >= 2 || bonus {
			y[i] = 1
		}
		if r.IntN(20) == 0 {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.Int64Builder).Append(int64(age))
		}
		if err := b.Field(1).(*array.BinaryDictionaryBuilder).AppendString(jobs[job]); err != nil {
			panic(err)
		}
		b.Field(2).(*array.StringBuilder).Append(strings.Join(words, " "))
		b.Field(3).(*array.StringBuilder).Append(fmt.Sprint(y[i]))
	}
	return b.NewRecord(), y
}

func encode(t testing.TB, recs ...arrow.Record) []*linear.Matrix {
	e, err := learn.NewEncoder(recs[0].Schema(), learn.EncoderConfig{Exclude: []string{"label"}})
	require.NoError(t, err)
	require.NoError(t, e.Observe(recs[0]))
	e.Seal()
	var out []*linear.Matrix
	for _, rec := range recs {
		x := &linear.Matrix{Cols: e.Cols()}
		require.NoError(t, e.Encode(x, rec))
		out = append(out, x)
	}
	return out
}

func accuracy(m *linear.Model, x *linear.Matrix, y []int) float64 {
	p, hit := m.Probabilities(x, nil), 0
	for i, c := range y {
		if learn.Best(p[i*m.Classes:(i+1)*m.Classes]) == c {
			hit++
		}
	}
	return float64(hit) / float64(len(y))
}

func TestLearnsFromNumbersCategoriesAndText(t *testing.T) {
	t.Parallel()
	train, y := people(1, 1500)
	test, ty := people(2, 1500)
	x := encode(t, train, test)
	m, report, err := linear.Fit(x[0], y, linear.Config{Classes: 2}, nil)
	require.NoError(t, err)
	require.True(t, report.Converged)
	// The larger class alone gives about .6; the interaction of age and job
	// keeps a linear model below 1.
	require.Greater(t, accuracy(m, x[1], ty), 0.9)
}

func TestEncodingIsDeterministicAndBatchFree(t *testing.T) {
	t.Parallel()
	rec, _ := people(3, 200)
	a := encode(t, rec)[0]
	e, err := learn.NewEncoder(schema, learn.EncoderConfig{Exclude: []string{"label"}})
	require.NoError(t, err)
	require.NoError(t, e.Observe(rec.NewSlice(0, 70)))
	require.NoError(t, e.Observe(rec.NewSlice(70, 200)))
	e.Seal()
	b := &linear.Matrix{Cols: e.Cols()}
	require.NoError(t, e.Encode(b, rec.NewSlice(0, 11)))
	require.NoError(t, e.Encode(b, rec.NewSlice(11, 200)))
	require.Equal(t, a, b)
}

func TestTheLabelIsNotAFeature(t *testing.T) {
	t.Parallel()
	rec, _ := people(4, 50)
	with := encode(t, rec)[0]
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for range 50 {
		b.Append("x")
	}
	cols := append(append([]arrow.Array{}, rec.Columns()[:3]...), b.NewArray())
	require.Equal(t, with, encode(t, array.NewRecord(schema, cols, 50))[0])
}

func TestTextOfManyScriptsHasFeatures(t *testing.T) {
	t.Parallel()
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range 200 {
		b.Append([]string{"住宅街の静かな家 ", "Tiếng Việt ", "don't stop 12345 ", "", "\xff\xfe "}[i%5] + strings.Repeat("x", i))
	}
	s := arrow.NewSchema([]arrow.Field{{Name: "t", Type: arrow.BinaryTypes.String}}, nil)
	x := encode(t, array.NewRecord(s, []arrow.Array{b.NewArray()}, 200))[0]
	for i := range x.Rows() {
		index, value := x.Row(i)
		if i == 3 {
			continue
		}
		norm := 0.0
		for j := range index {
			norm += value[j] * value[j]
		}
		if len(index) > 0 {
			require.InDelta(t, 1, norm, 1e-9)
		}
	}
	index, _ := x.Row(0)
	require.Greater(t, len(index), 8, "Han and Kana letters count one by one")
}

func TestSimulateAsksEverybodyOnceAndBeatsRandom(t *testing.T) {
	t.Parallel()
	rec, y := people(5, 900)
	test, ty := people(6, 900)
	x := encode(t, rec, test)
	at := map[query.Strategy]float64{}
	for _, strategy := range []query.Strategy{query.Margin, query.Random} {
		// Three seeds even out the luck of a cold start.
		for seed := range uint64(3) {
			cfg := learn.SimulateConfig{Query: query.Config{Strategy: strategy, Seed: seed, ControlShare: 0.1}, Limit: 160}
			asked, rounds, err := learn.Simulate(context.Background(), x[0], y, 2, cfg)
			require.NoError(t, err)
			again, _, err := learn.Simulate(context.Background(), x[0], y, 2, cfg)
			require.NoError(t, err)
			require.Equal(t, asked, again)
			require.Len(t, asked, 160)
			require.Len(t, rounds, 8)
			seen, controls := map[int]bool{}, 0
			var rows, labels []int
			for _, a := range asked {
				require.False(t, seen[a.Item])
				seen[a.Item] = true
				rows, labels = append(rows, a.Item), append(labels, y[a.Item])
				if a.Slice == labeling.Control {
					controls++
				}
			}
			if strategy == query.Margin {
				require.Equal(t, 14, controls, "two a batch, none in the cold start")
			}
			m, _, err := linear.Fit(x[0].Take(rows), labels, linear.Config{Classes: 2}, nil)
			require.NoError(t, err)
			at[strategy] += accuracy(m, x[1], ty) / 3
		}
	}
	t.Logf("160 labels: margin %.3f, random %.3f", at[query.Margin], at[query.Random])
	require.Greater(t, at[query.Margin], at[query.Random]+0.01)
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	rec, y := people(7, 30)
	x := encode(t, rec)[0]
	_, _, err := learn.Simulate(context.Background(), x, y[:5], 2, learn.SimulateConfig{})
	require.Error(t, err)
	_, _, err = learn.Simulate(context.Background(), x, y, 2, learn.SimulateConfig{Query: query.Config{Strategy: "x"}})
	require.Error(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err = learn.Simulate(ctx, x, y, 2, learn.SimulateConfig{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestEncoderRefuses(t *testing.T) {
	t.Parallel()
	_, err := learn.NewEncoder(schema, learn.EncoderConfig{Bits: 3, MaxCategories: -1})
	require.ErrorContains(t, err, "Bits")
	require.ErrorContains(t, err, "MaxCategories")
	_, err = learn.NewEncoder(schema, learn.EncoderConfig{Exclude: []string{"age", "job", "note", "label"}})
	require.Error(t, err)
	e, err := learn.NewEncoder(schema, learn.EncoderConfig{})
	require.NoError(t, err)
	rec, _ := people(8, 3)
	require.Error(t, e.Encode(&linear.Matrix{Cols: e.Cols()}, rec), "not sealed")
	e.Seal()
	require.Error(t, e.Observe(rec), "sealed")
	require.Error(t, e.Encode(&linear.Matrix{Cols: 3}, rec), "wrong width")
}

func BenchmarkEncode(b *testing.B) {
	rec, _ := people(9, 2000)
	e, err := learn.NewEncoder(schema, learn.EncoderConfig{Exclude: []string{"label"}})
	require.NoError(b, err)
	require.NoError(b, e.Observe(rec))
	e.Seal()
	for b.Loop() {
		x := &linear.Matrix{Cols: e.Cols()}
		require.NoError(b, e.Encode(x, rec))
	}
	b.ReportMetric(float64(2000*b.N)/b.Elapsed().Seconds(), "rows/s")
}
