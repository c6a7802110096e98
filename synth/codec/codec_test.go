package codec_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/synth/codec"
	"github.com/nocturne-data/nocturne/synth/synthtest"
)

func learn(t require.TestingT, rec arrow.Record, contract schemas.Contract, opt codec.Options) *codec.Codec {
	s, err := codec.NewSummary(rec.Schema(), contract, opt)
	require.NoError(t, err)
	require.NoError(t, s.Add(rec))
	c, err := s.Codec()
	require.NoError(t, err)
	return c
}

// roundTrip encodes rec and decodes the states.
func roundTrip(t require.TestingT, c *codec.Codec, rec arrow.Record) arrow.Record {
	states, err := c.NewEncoder().Encode(nil, rec)
	require.NoError(t, err)
	if states == nil {
		states = [][]uint8{}
	}
	out, err := c.NewDecoder().Decode(states, int(rec.NumRows()), codec.Place{Seed: 3})
	require.NoError(t, err)
	return out
}

// TestStateSurvivesRoundTrip: decoding a state and encoding the value again
// gives the state back, for every kind of column.
func TestStateSurvivesRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rec, contract := synthtest.Mixed(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(200, 900).Draw(t, "rows"))
		c := learn(t, rec, contract, codec.Options{})
		out := roundTrip(t, c, rec)
		want, err := c.NewEncoder().Encode(nil, rec)
		require.NoError(t, err)
		got, err := c.NewEncoder().Encode(nil, out)
		require.NoError(t, err)
		for m, i := range c.Modelled() {
			pooled := rec.Schema().Field(i).Name == "code" // the pool decodes to levels
			same := 0
			for r := range want[m] {
				if want[m][r] == got[m][r] {
					same++
				}
			}
			if !pooled {
				// Bins may overlap atoms: a draw that keeps hitting one is let go.
				require.GreaterOrEqualf(t, same, len(want[m])*98/100, "column %s", rec.Schema().Field(i).Name)
			}
		}
	})
}

// TestSummaryIsAMonoid: any grouping and order of batches gives the same
// bytes, with the distinct-value bounds of both kinds of columns exceeded.
func TestSummaryIsAMonoid(t *testing.T) {
	t.Parallel()
	rec := synthtest.Make(
		5, 90_000,
		synthtest.FloatColumn("x", func(r *rand.Rand, _ int) float64 {
			if r.IntN(4) == 0 {
				return 42.5
			}
			return r.Float64()
		}),
		synthtest.Nulls(0.1, synthtest.IntColumn("n", func(r *rand.Rand, _ int) int64 { return int64(r.IntN(200)) })),
	)
	empty := func() *codec.Summary {
		s, err := codec.NewSummary(rec.Schema(), schemas.Contract{}, codec.Options{})
		require.NoError(t, err)
		return s
	}
	bytesOf := func(s *codec.Summary) []byte {
		b, err := s.MarshalBinary()
		require.NoError(t, err)
		return b
	}
	whole := empty()
	require.NoError(t, whole.Add(rec))
	want := bytesOf(whole)

	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int64{30_000, 9_973} {
		parts := synthtest.Parts(rec, size)
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		piles := []*codec.Summary{empty(), empty(), empty()}
		for i, p := range parts {
			require.NoError(t, piles[i%3].Add(p))
		}
		require.NoError(t, piles[2].Merge(piles[0]))
		require.NoError(t, piles[1].Merge(piles[2]))
		require.NoError(t, piles[1].Merge(empty()))
		require.Truef(t, bytes.Equal(want, bytesOf(piles[1])), "batches of %d rows", size)
	}
	// Into a summary that still counts exactly.
	early := empty()
	require.NoError(t, early.Add(rec.NewSlice(0, 3)))
	late := empty()
	require.NoError(t, late.Add(rec.NewSlice(3, 90_000)))
	require.NoError(t, early.Merge(late))
	require.True(t, bytes.Equal(want, bytesOf(early)), "a few rows and then the rest")

	again, err := codec.ReadSummary(want, rec.Schema(), schemas.Contract{}, codec.Options{})
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, bytesOf(again)))

	c, err := whole.Codec()
	require.NoError(t, err)
	out := roundTrip(t, c, rec.NewSlice(0, 20_000))
	atoms := 0
	for i := range int(out.NumRows()) {
		if out.Column(0).(*array.Float64).Value(i) == 42.5 {
			atoms++
		}
	}
	require.InDelta(t, 5000, atoms, 400, "the heavy value is found among too many values to count")
}

func TestNumbersDecodeOnTheirGrid(t *testing.T) {
	t.Parallel()
	rec := synthtest.Make(
		1, 5000,
		synthtest.IntColumn("fives", func(r *rand.Rand, _ int) int64 { return 1003 + 5*int64(r.IntN(3000)) }),
		synthtest.FloatColumn("cents", func(r *rand.Rand, _ int) float64 { return float64(r.IntN(900_000)-1000) / 100 }),
		synthtest.FloatColumn("real", func(r *rand.Rand, _ int) float64 { return r.NormFloat64() * 1e6 }),
		synthtest.Typed("monday", arrow.FixedWidthTypes.Date32, func(r *rand.Rand, _ int) string {
			return arrow.Date32(4 + 7*r.IntN(2500)).FormattedString()
		}),
		synthtest.Typed("big", arrow.PrimitiveTypes.Uint64, func(r *rand.Rand, _ int) string { return fmt.Sprint(math.MaxUint64 - r.Uint64N(1<<40)) }),
		synthtest.Typed("nanos", &arrow.TimestampType{Unit: arrow.Nanosecond}, func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("2024-03-%02dT%02d:%02d:%02d", 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
		}),
	)
	out := roundTrip(t, learn(t, rec, schemas.Contract{}, codec.Options{}), rec)
	low, high := span(rec.Column(2).(*array.Float64).Float64Values())
	for i := range int(out.NumRows()) {
		require.EqualValues(t, 3, out.Column(0).(*array.Int64).Value(i)%5)
		cents := out.Column(1).(*array.Float64).Value(i) * 100
		require.InDelta(t, math.Round(cents), cents, 1e-6)
		v := out.Column(2).(*array.Float64).Value(i)
		require.True(t, v >= low && v <= high, "outside the real range")
		require.EqualValues(t, 4, out.Column(3).(*array.Date32).Value(i)%7)
		require.GreaterOrEqual(t, out.Column(4).(*array.Uint64).Value(i), uint64(math.MaxUint64-1<<40))
		require.Zero(t, int64(out.Column(5).(*array.Timestamp).Value(i))%1e9)
	}
}

func span(v []float64) (low, high float64) { return slices.Min(v), slices.Max(v) }

// TestBinsDoNotRepeatValues: of 20,000 draws of a continuous column hardly any
// equals a real value.
func TestBinsDoNotRepeatValues(t *testing.T) {
	t.Parallel()
	rec := synthtest.Make(2, 20_000, synthtest.FloatColumn("x", func(r *rand.Rand, _ int) float64 { return r.ExpFloat64() }))
	real := map[float64]bool{}
	for _, v := range rec.Column(0).(*array.Float64).Float64Values() {
		real[v] = true
	}
	out := roundTrip(t, learn(t, rec, schemas.Contract{}, codec.Options{}), rec)
	repeated := 0
	for _, v := range out.Column(0).(*array.Float64).Float64Values() {
		if real[v] {
			repeated++
		}
	}
	require.Less(t, repeated, 5)
}

func TestRareLevelsAreNotEmitted(t *testing.T) {
	t.Parallel()
	rec := synthtest.Make(3, 2000, synthtest.TextColumn("diagnosis", func(r *rand.Rand, row int) string {
		if row%400 < 1 {
			return fmt.Sprintf("rare-%d", row)
		}
		return fmt.Sprintf("common-%d", r.IntN(10))
	}))
	c := learn(t, rec, schemas.Contract{}, codec.Options{})
	out := roundTrip(t, c, rec)
	for i := range int(out.NumRows()) {
		require.NotContains(t, out.Column(0).ValueStr(i), "rare")
	}
	b, err := c.MarshalBinary()
	require.NoError(t, err)
	require.NotContains(t, string(b), "rare-")

	few := rec.NewSlice(0, 3)
	require.Equal(t, codec.PooledText, roundTrip(t, learn(t, few, schemas.Contract{}, codec.Options{}), few).Column(0).ValueStr(1))
}

func TestBijectionsAreModelledOnce(t *testing.T) {
	t.Parallel()
	names := []string{"none", "school", "college", "doctor"}
	var level int
	rec := synthtest.Make(
		4, 3000,
		synthtest.TextColumn("education", func(r *rand.Rand, _ int) string { level = r.IntN(4); return names[level] }),
		synthtest.IntColumn("education_num", func(*rand.Rand, int) int64 { return int64(10 * level) }),
		synthtest.TextColumn("group", func(*rand.Rand, int) string { return []string{"low", "high"}[level/2] }),
		synthtest.IntColumn("other", func(r *rand.Rand, _ int) int64 { return int64(r.IntN(3)) }),
	)
	base := learn(t, rec, schemas.Contract{}, codec.Options{})
	l1, l2 := base.NewLinks(), base.NewLinks()
	for i, p := range synthtest.Parts(rec, 300) {
		require.NoError(t, []*codec.Links{l1, l2}[i%2].Add(p))
	}
	require.NoError(t, l1.Merge(l2))
	c := l1.Codec()
	require.Equal(t, []int{0, 3}, c.Modelled())
	out := roundTrip(t, c, rec)
	for i := range int(out.NumRows()) {
		k := slices.Index(names, out.Column(0).ValueStr(i))
		require.EqualValues(t, 10*k, out.Column(1).(*array.Int64).Value(i))
		require.Equal(t, []string{"low", "high"}[k/2], out.Column(2).ValueStr(i))
	}
	again, err := codec.Parse(marshal(t, c))
	require.NoError(t, err)
	require.Equal(t, []int{0, 3}, again.Modelled())
}

func marshal(t require.TestingT, c *codec.Codec) []byte {
	b, err := c.MarshalBinary()
	require.NoError(t, err)
	return b
}

func TestUnsupportedColumnsAreRefused(t *testing.T) {
	t.Parallel()
	for _, typ := range []arrow.DataType{
		arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.StructOf(), arrow.BinaryTypes.Binary,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int64},
	} {
		schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: typ}}, nil)
		_, err := codec.NewSummary(schema, schemas.Contract{}, codec.Options{})
		require.ErrorIs(t, err, codec.ErrUnsupported)
		require.ErrorContains(t, err, `column "x"`)
	}
	_, err := codec.NewSummary(arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.BinaryTypes.String}}, nil), schemas.Contract{}, codec.Options{MinSupport: 1, MaxBins: 500})
	require.ErrorContains(t, err, "MinSupport")
	require.ErrorContains(t, err, "MaxBins")
}

func TestIdentifiersAreGenerated(t *testing.T) {
	t.Parallel()
	rec := synthtest.Make(
		6, 500,
		synthtest.TextColumn("key", func(_ *rand.Rand, row int) string { return fmt.Sprintf("secret-%d", row) }),
		synthtest.Nulls(0.3, synthtest.TextColumn("mail", func(_ *rand.Rand, row int) string { return fmt.Sprintf("secret%d@example.org", row) })),
		synthtest.TextColumn("note", func(r *rand.Rand, _ int) string { return fmt.Sprintf("secret note %d", r.Uint64()) }),
		synthtest.IntColumn("ssn", func(r *rand.Rand, _ int) int64 { return r.Int64N(1e9) }),
	)
	contract := schemas.Contract{
		PrimaryKey: []string{"key"},
		Fields: []schemas.Field{
			{Name: "mail", Semantic: "email"},
			{Name: "ssn", Class: semantic.DirectIdentifier},
		},
	}
	c := learn(t, rec, contract, codec.Options{})
	require.Equal(t, []int{1}, c.Modelled(), "only the presence of mail is modelled")
	out := roundTrip(t, c, rec)
	keys := map[string]bool{}
	for i := range int(out.NumRows()) {
		for j := range 3 {
			require.NotContains(t, out.Column(j).ValueStr(i), "secret")
		}
		require.Equal(t, rec.Column(1).IsNull(i), out.Column(1).IsNull(i))
		keys[out.Column(0).ValueStr(i)] = true
	}
	require.Len(t, keys, 500)
	require.NotContains(t, string(marshal(t, c)), "secret")
}

func TestNamesOfARowAgree(t *testing.T) {
	t.Parallel()
	first, ok1 := semantic.Lookup("first_name")
	_, ok2 := semantic.Lookup("email")
	if !ok1 || !ok2 || first.Generate == nil {
		t.Skip("the semantic types for names are not in this build")
	}
	text := func(string) func(*rand.Rand, int) string {
		return func(_ *rand.Rand, row int) string { return fmt.Sprint(row) }
	}
	rec := synthtest.Make(7, 100, synthtest.TextColumn("first", text("")), synthtest.TextColumn("last", text("")), synthtest.TextColumn("mail", text("")))
	c := learn(t, rec, schemas.Contract{Fields: []schemas.Field{
		{Name: "first", Semantic: "first_name"}, {Name: "last", Semantic: "last_name"}, {Name: "mail", Semantic: "email"},
	}}, codec.Options{})
	out := roundTrip(t, c, rec)
	agree := 0
	for i := range int(out.NumRows()) {
		mail := strings.ToLower(out.Column(2).ValueStr(i))
		letters := func(s string) string {
			return strings.ToLower(strings.Map(func(r rune) rune {
				if r < 'A' || r > 'z' {
					return -1
				}
				return r
			}, s))
		}
		last := letters(out.Column(1).ValueStr(i))
		if strings.Contains(mail, last) || strings.Contains(mail, letters(out.Column(0).ValueStr(i))) {
			agree++
		}
	}
	require.Greater(t, agree, 80, "e-mail addresses do not follow the names")
}

func TestNotANumberIsAState(t *testing.T) {
	t.Parallel()
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	for i := range 100 {
		b.Append([]float64{1, 2, math.NaN(), math.Inf(1)}[i%4])
	}
	a := b.NewArray()
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "x", Type: a.DataType()}}, nil), []arrow.Array{a}, 100)
	out := roundTrip(t, learn(t, rec, schemas.Contract{}, codec.Options{}), rec).Column(0).(*array.Float64)
	for i := range 100 {
		if i%4 < 2 {
			require.EqualValues(t, i%4+1, out.Value(i))
		} else {
			require.True(t, math.IsNaN(out.Value(i)))
		}
	}
	require.Zero(t, out.NullN())
}

func TestNoRows(t *testing.T) {
	t.Parallel()
	rec, contract := synthtest.Mixed(1, 1)
	s, err := codec.NewSummary(rec.Schema(), contract, codec.Options{})
	require.NoError(t, err)
	_, err = s.Codec()
	require.ErrorIs(t, err, codec.ErrNoRows)
}

func FuzzParse(f *testing.F) {
	// A small seed: mutations of a long one hardly ever stay JSON.
	rec := synthtest.Make(
		1, 60,
		synthtest.Nulls(0.2, synthtest.IntColumn("n", func(r *rand.Rand, _ int) int64 { return int64(r.IntN(50)) })),
		synthtest.TextColumn("c", func(r *rand.Rand, _ int) string { return string(rune('a' + r.IntN(3)*r.IntN(3))) }),
		synthtest.TextColumn("id", func(_ *rand.Rand, row int) string { return fmt.Sprint(row) }),
	)
	f.Add(marshal(f, learn(f, rec, schemas.Contract{PrimaryKey: []string{"id"}}, codec.Options{})))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := codec.Parse(b)
		if err != nil {
			return
		}
		states := make([][]uint8, len(c.Modelled()))
		for m, n := range c.States() {
			for r := range 256 {
				states[m] = append(states[m], uint8(r%n))
			}
		}
		if out, err := c.NewDecoder().Decode(states, 256, codec.Place{}); err == nil {
			out.Release()
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	rec, contract := synthtest.Mixed(1, 20_000)
	for b.Loop() {
		s, _ := codec.NewSummary(rec.Schema(), contract, codec.Options{})
		if err := s.Add(rec); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*20_000/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkDecode(b *testing.B) {
	rec, contract := synthtest.Mixed(1, 20_000)
	c := learn(b, rec, contract, codec.Options{})
	states, _ := c.NewEncoder().Encode(nil, rec)
	d := c.NewDecoder()
	for b.Loop() {
		out, err := d.Decode(states, 20_000, codec.Place{})
		if err != nil {
			b.Fatal(err)
		}
		out.Release()
	}
	b.ReportMetric(float64(b.N)*20_000/b.Elapsed().Seconds(), "rows/s")
}
