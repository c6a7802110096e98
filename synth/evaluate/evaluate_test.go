package evaluate_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/synth/evaluate"
)

func TestAgreesWithSDMetrics(t *testing.T) {
	t.Parallel()
	var ref struct {
		Score  float64             `json:"score"`
		Kinds  map[string]string   `json:"kinds"`
		Shapes map[string]*float64 `json:"shapes"`
		Pairs  [][3]any            `json:"pairs"`
	}
	b, err := os.ReadFile("testdata/sdmetrics_reference.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &ref))
	real := readCSV(t, "testdata/student_placements_real.csv", ref.Kinds)
	synthetic := readCSV(t, "testdata/student_placements_synthetic.csv", ref.Kinds)
	r, err := evaluate.Evaluate(t.Context(), whole(real), whole(real), whole(synthetic), evaluate.Options{})
	require.NoError(t, err)
	require.Len(t, r.Columns, len(ref.Shapes))
	for _, c := range r.Columns {
		require.InDelta(t, *ref.Shapes[c.Name], 1-float64(c.ShapeError.Value), 1e-6, c.Name)
		require.Equal(t, evaluate.Number(0), c.ShapeError.Ceiling, c.Name)
	}
	got := map[string]evaluate.PairReport{}
	for _, p := range r.Pairs {
		got[p.A+"|"+p.B], got[p.B+"|"+p.A] = p, p
	}
	require.Len(t, r.Pairs, len(ref.Pairs))
	for _, p := range ref.Pairs {
		pair := p[0].(string) + "|" + p[1].(string)
		if p[2] == nil { // a constant column has no correlation
			require.False(t, got[pair].PairError.Value.Measured(), pair)
			continue
		}
		require.InDelta(t, p[2].(float64), 1-float64(got[pair].PairError.Value), 1e-6, pair)
	}
	require.InDelta(t, ref.Score, float64(r.Fidelity.QualityScore.Value), 1e-6)
}

func TestFreshCopiedAndShuffledRows(t *testing.T) {
	t.Parallel()
	train, holdout := people(1, 3000), people(2, 1500)
	opt := evaluate.Options{Target: "rich"}
	run := func(t *testing.T, synthetic arrow.Record) evaluate.Report {
		r, err := evaluate.Evaluate(t.Context(), whole(train), whole(holdout), whole(synthetic), opt)
		require.NoError(t, err)
		require.Greater(t, r.Detection.AgainstHoldout.Ceiling, evaluate.Number(.9))
		require.InDelta(t, 2./3, float64(r.Privacy.Distance.Ideal), 1e-9)
		// The ceiling of the distance share is fresh rows' own: within four
		// standard errors (false alarm about 1 in 16,000 for one seed).
		require.InDelta(t, 2./3, float64(r.Privacy.Distance.Ceiling), 4*float64(r.Privacy.Distance.StdErr)*1.42)
		return r
	}
	t.Run("fresh rows look fresh", func(t *testing.T) {
		t.Parallel()
		r := run(t, people(3, 3000))
		require.Greater(t, r.Detection.AgainstHoldout.Value, evaluate.Number(.9))
		require.Equal(t, "close", r.FidelityLevel())
		require.Equal(t, "as fresh", r.PrivacyLevel())
		require.InDelta(t, float64(r.Utility.Real), float64(r.Utility.Synthetic), .03)
		require.Empty(t, evaluate.Gate(r, evaluate.DefaultThresholds()))
	})
	t.Run("copies of train are refused", func(t *testing.T) {
		t.Parallel()
		r := run(t, train)
		require.Equal(t, evaluate.Number(1), r.Privacy.Copies.Share)
		require.Equal(t, "too near", r.PrivacyLevel())
		require.Greater(t, r.Privacy.Distance.Share, evaluate.Number(.9))
		require.Equal(t, []string{"max_distance_excess", "max_copies_excess"}, rules(evaluate.Gate(r, evaluate.DefaultThresholds())))
	})
	t.Run("shuffled columns keep shapes and lose pairs", func(t *testing.T) {
		t.Parallel()
		r := run(t, shuffled(train, 4))
		require.Zero(t, r.Fidelity.ShapeError.Value)
		require.Greater(t, r.Fidelity.PairTVDMatched.Value, r.Fidelity.PairTVDMatched.Ceiling)
		require.Less(t, r.Detection.AgainstHoldout.Value, evaluate.Number(.8))
		require.Less(t, r.Utility.Synthetic, r.Utility.Real-.1)
		require.Equal(t, "as fresh", r.PrivacyLevel())
	})
}

func rules(refusals []evaluate.Refusal) (out []string) {
	for _, r := range refusals {
		out = append(out, r.Rule)
	}
	return out
}

func TestReportDoesNotDependOnBatchesOrWorkers(t *testing.T) {
	t.Parallel()
	train, holdout, synthetic := people(1, 1200), people(2, 600), people(3, 900)
	var first []byte
	for _, tc := range []struct {
		batch   int64
		workers int
	}{{5000, 1}, {97, 3}, {256, 8}} {
		src := func(rec arrow.Record) tabular.Source { return inBatches(rec, tc.batch) }
		r, err := evaluate.Evaluate(t.Context(), src(train), src(holdout), src(synthetic),
			evaluate.Options{Target: "rich", Workers: tc.workers, MaxRows: 500, MaxQueries: 300, Seed: 11})
		require.NoError(t, err)
		require.EqualValues(t, 500, r.RowsUsed.Train)
		require.EqualValues(t, 900, r.Privacy.Copies.Rows)
		b, err := json.Marshal(r)
		require.NoError(t, err)
		if first == nil {
			first = b
		}
		require.JSONEq(t, string(first), string(b))
		require.Equal(t, string(first), string(b))
		var back evaluate.Report
		require.NoError(t, json.Unmarshal(b, &back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.Equal(t, string(b), string(again))
	}
}

func TestProtectedAndRareLabelsStayOut(t *testing.T) {
	t.Parallel()
	rare := func(rec arrow.Record) arrow.Record {
		tab := &table{names: []string{"name", "city", "x"}, types: []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float64}}
		for i := range 300 {
			city := []string{"Plainville", "Commontown"}[i%2]
			if i < 3 {
				city = "Hermitage"
			}
			tab.rows = append(tab.rows, []any{"Secretname", city, 1234.5678 + float64(i)})
		}
		return tab.record()
	}
	rec := rare(nil)
	r, err := evaluate.Evaluate(t.Context(), whole(rec), whole(rec), whole(rec), evaluate.Options{Protected: []string{"name"}})
	require.NoError(t, err)
	b, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(b), "Plainville")
	for _, hidden := range []string{"Secretname", "Hermitage", "1234.5678", "1533"} {
		require.NotContains(t, string(b), hidden)
	}
	require.True(t, r.Columns[0].Protected)
	require.Nil(t, r.Columns[0].Distribution)
}

func TestOneSpellingForACategory(t *testing.T) {
	t.Parallel()
	numbers := &table{names: []string{"x", "y"}, types: []arrow.DataType{arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Boolean}}
	texts := &table{names: []string{"y", "x"}, types: []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.String}}
	for i := range 60 {
		numbers.rows = append(numbers.rows, []any{float64(i % 2), i%3 == 0})
		texts.rows = append(texts.rows, []any{map[bool]string{true: "TRUE", false: "false"}[i%3 == 0], []string{"0", "1.0"}[i%2]})
	}
	n, s := numbers.record(), texts.record()
	r, err := evaluate.Evaluate(t.Context(), whole(n), whole(n), whole(s), evaluate.Options{})
	require.NoError(t, err)
	require.Zero(t, r.Fidelity.ShapeError.Value)
	require.Equal(t, evaluate.Number(1), r.Privacy.Copies.Share)
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	good := people(1, 50)
	empty := good.NewSlice(0, 0)
	fewer := &table{names: []string{"age"}, types: []arrow.DataType{arrow.PrimitiveTypes.Float64}, rows: [][]any{{1.0}, {2.0}}}
	for _, tc := range []struct {
		name                      string
		train, holdout, synthetic tabular.Source
		opt                       evaluate.Options
		want                      string
	}{
		{"empty table", whole(good), inBatches(empty, 1), whole(good), evaluate.Options{}, "holdout: the table has no rows"},
		{"missing column", whole(good), whole(good), whole(fewer.record()), evaluate.Options{}, `synthetic: column "city"`},
		{"missing table", whole(good), nil, whole(good), evaluate.Options{}, "no holdout table"},
		{"unknown target", whole(good), whole(good), whole(good), evaluate.Options{Target: "nope"}, `no target column "nope"`},
		{"unknown protected column", whole(good), whole(good), whole(good), evaluate.Options{Protected: []string{"nope"}}, `no column "nope"`},
		{"negative option", whole(good), whole(good), whole(good), evaluate.Options{MaxRows: -1}, "MaxRows"},
		{"target skipped", whole(good), whole(good), whole(good), evaluate.Options{Target: "age", Skip: []string{"age"}}, "to skip"},
		{"nothing left", whole(fewer.record()), whole(fewer.record()), whole(fewer.record()), evaluate.Options{Skip: []string{"age"}}, "no column is left"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := evaluate.Evaluate(t.Context(), tc.train, tc.holdout, tc.synthetic, tc.opt)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestDegenerateTables(t *testing.T) {
	t.Parallel()
	kinds := []arrow.DataType{arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float64}
	one := &table{names: []string{"a", "b", "c"}, types: kinds, rows: [][]any{{1.0, "x", nil}}}
	constant := &table{names: []string{"a", "b", "c"}, types: kinds}
	for range 40 {
		constant.rows = append(constant.rows, []any{5.0, "same", nil})
	}
	for name, tab := range map[string]*table{"one row": one, "constant columns": constant} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := tab.record()
			r, err := evaluate.Evaluate(t.Context(), whole(rec), whole(rec), whole(rec), evaluate.Options{Target: "b"})
			require.NoError(t, err)
			b, err := json.Marshal(r)
			require.NoError(t, err)
			require.NotContains(t, string(b), "NaN")
			require.NotEmpty(t, r.Verdict)
		})
	}
}

func TestGateRefusesWhatWasNotMeasured(t *testing.T) {
	t.Parallel()
	limit := .1
	r := evaluate.Report{}
	r.Fidelity.PairError.Value = evaluate.NotMeasured
	got := evaluate.Gate(r, evaluate.Thresholds{MaxPairError: &limit, MaxUtilityLoss: &limit})
	require.Equal(t, []string{"max_pair_error", "max_utility_loss"}, rules(got))
	for _, g := range got {
		require.Contains(t, g.Reason, "could not be measured")
	}
}

func BenchmarkEvaluate(b *testing.B) {
	train, holdout, synthetic := people(1, 10_000), people(2, 5_000), people(3, 10_000)
	for b.Loop() {
		_, err := evaluate.Evaluate(b.Context(), whole(train), whole(holdout), whole(synthetic), evaluate.Options{Target: "rich", Workers: 1})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N*10_000)/b.Elapsed().Seconds(), "rows/s")
}
