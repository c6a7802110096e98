package schemas

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/siphash"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

func field(name, typ string) Field { return Field{Name: name, Type: typ, Class: semantic.None} }

func nullable(name, typ string) Field {
	f := field(name, typ)
	f.Nullable = true
	return f
}

func reasons(c Checked) (out []string) {
	for _, r := range c.Reasons {
		out = append(out, fmt.Sprintf("%d %s", r.Row, r.Text))
	}
	return out
}

func check(t testing.TB, c Contract, rec arrow.Record, first int64) Checked {
	t.Helper()
	v, err := NewValidator(c, rec.Schema())
	require.NoError(t, err)
	got, err := v.Check(context.Background(), rec, first)
	require.NoError(t, err)
	t.Cleanup(func() { got.Good.Release(); got.Bad.Release() })
	return got
}

func TestCheckNamesTheReason(t *testing.T) {
	t.Parallel()
	c := Contract{
		Name: "visits",
		Fields: []Field{
			field("age", "int64"), nullable("ssn", "utf8"), nullable("in", "date32"), nullable("out", "timestamp[us,UTC]"),
			nullable("ward", "utf8"), nullable("cost", "decimal128(8,2)"),
		},
		Constraints: []Constraint{
			{Field: "age", Range: &Bounds{Min: "0", Max: "120"}},
			{Field: "ssn", Pattern: `\d{3}-\d{2}-\d{4}`},
			{Field: "ward", Set: []string{"A", "B"}},
			{Field: "cost", Range: &Bounds{Max: "1000.50"}},
			{Compare: &Compare{Left: "in", Op: "<=", Right: "out"}, Name: "left before arriving"},
		},
	}
	rec := table(t, []string{"out:timestamp[us,UTC]", "ward:utf8", "in:date32", "ssn:utf8", "age:utf8", "cost:float64"},
		`{"age":"39","ssn":"123-45-6789","in":"2026-01-02","out":"2026-01-02T00:00:00Z","ward":"A","cost":1000.5}`,
		`{"age":" 40 ","ssn":null,"in":null,"out":null,"ward":null,"cost":null}`,
		`{"age":"121","ssn":"123-45-6789"}`,
		`{"age":"007"}`,
		`{"age":"forty"}`,
		`{"age":null}`,
		`{"age":"1","ssn":"x123-45-6789"}`,
		`{"age":"1","ward":"C"}`,
		`{"age":"1","in":"2026-01-02","out":"2026-01-01T23:59:59Z"}`,
		`{"age":"1","cost":1000.51}`,
		`{"age":"1","cost":0.001}`,
	)
	got := check(t, c, rec, 100)
	require.Equal(t, []string{
		"102 age: out of range", "103 age: type", "104 age: type", "105 missing: age", "106 ssn: pattern", "107 ward: not in the set",
		"108 left before arriving", "109 cost: out of range", "110 cost: type",
	}, reasons(got))
	require.JSONEq(t, `[
		{"age":39,"ssn":"123-45-6789","in":"2026-01-02","out":"2026-01-02 00:00:00Z","ward":"A","cost":"1000.5"},
		{"age":40,"ssn":null,"in":null,"out":null,"ward":null,"cost":null}]`, rowsOf(t, got.Good))
	require.Equal(t, int64(9), got.Bad.NumRows())
	require.Equal(t, "forty", got.Bad.Column(4).(*array.String).Value(2), "bad rows keep their original cells")
	require.Equal(t, int64(104), got.Bad.Column(6).(*array.Int64).Value(2))
	require.Equal(t, "age: type", got.Bad.Column(7).(*array.String).Value(2))
	require.True(t, got.Good.Schema().Equal(mustSchema(t, c)))
}

func mustSchema(t testing.TB, c Contract) *arrow.Schema {
	t.Helper()
	s, err := c.ArrowSchema()
	require.NoError(t, err)
	return s
}

func TestCoercionIsLossless(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from, to, cell, want string // want "" = refused
	}{
		{"utf8", "int8", `"127"`, `127`},
		{"utf8", "int8", `"128"`, ``},
		{"utf8", "int64", `"5.0"`, `5`},
		{"utf8", "int64", `"5.5"`, ``},
		{"utf8", "int64", `"+5"`, ``},
		{"utf8", "int64", `""`, ``},
		{"utf8", "int64", `"1_000"`, ``},
		{"utf8", "uint64", `"4503599627370497"`, `4503599627370497`},
		{"utf8", "uint8", `"-1"`, ``},
		{"utf8", "float64", `"1e3"`, `1000`},
		{"utf8", "float64", `"NaN"`, ``},
		{"utf8", "float64", `"0x10"`, ``},
		{"utf8", "float64", `"9007199254740993"`, ``},
		{"utf8", "bool", `"TRUE"`, `true`},
		{"utf8", "bool", `"1"`, ``},
		{"utf8", "date32", `"2024-02-29"`, `"2024-02-29"`},
		{"utf8", "date32", `"2023-02-29"`, ``},
		{"utf8", "timestamp[us,UTC]", `"2024-02-29 01:02:03.000004"`, `"2024-02-29T01:02:03.000004Z"`},
		{"utf8", "timestamp[s]", `"2024-02-29T01:02:03.5"`, ``},
		{"utf8", "timestamp[us,UTC]", `"2024-02-29T01:02:03+02:00"`, `"2024-02-28T23:02:03Z"`},
		{"utf8", "time64[us]", `"01:02:03"`, `"01:02:03.000000"`},
		{"utf8", "decimal128(5,2)", `"-0.50"`, `"-0.5"`},
		{"utf8", "decimal128(5,2)", `"1000.00"`, ``},
		{"utf8", "decimal128(5,2)", `"."`, ``},
		{"int64", "float64", `9007199254740996`, ``},
		{"int64", "float64", `7`, `7`},
		{"int64", "int32", `2147483648`, ``},
		{"int64", "int8", `-128`, `-128`},
		{"int64", "int8", `-129`, ``},
		{"int8", "int64", `-128`, `-128`},
		{"uint64", "int64", `7`, `7`},
		{"int64", "utf8", `7`, `"7"`},
		{"int64", "decimal128(5,2)", `7`, `"7"`},
		{"float64", "int64", `7`, `7`},
		{"float64", "int64", `7.25`, ``},
		{"float64", "float32", `0.1`, ``},
		{"float64", "float32", `0.25`, `0.25`},
		{"date32", "timestamp[us]", `"2024-02-29"`, `"2024-02-29T00:00:00Z"`},
		{"timestamp[us]", "date32", `"2024-02-29T00:00:01Z"`, ``},
		{"timestamp[us]", "date32", `"2024-02-29T00:00:00Z"`, `"2024-02-29"`},
		{"timestamp[ns]", "timestamp[us,UTC]", `"2024-02-29T00:00:00.000001Z"`, `"2024-02-29T00:00:00.000001Z"`},
		{"list<utf8>", "list<utf8>", `["a",null]`, `["a",null]`},
	} {
		t.Run(tc.from+" "+tc.cell+" to "+tc.to, func(t *testing.T) {
			t.Parallel()
			rec := table(t, []string{"x:" + tc.from}, `{"x":`+tc.cell+`}`)
			got := check(t, Contract{Name: "t", Fields: []Field{field("x", tc.to)}}, rec, 0)
			if tc.want == "" {
				require.Equal(t, []string{"0 x: type"}, reasons(got))
				return
			}
			require.Empty(t, got.Reasons)
			want := table(t, []string{"x:" + tc.to}, `{"x":`+tc.want+`}`)
			require.True(t, array.Equal(want.Column(0), got.Good.Column(0)), rowsOf(t, got.Good))
		})
	}
}

func TestNewValidatorRefusesTables(t *testing.T) {
	t.Parallel()
	c := Contract{Name: "t", Fields: []Field{field("a", "int64"), field("b", "list<int64>")}}
	rec := table(t, []string{"b:utf8", "zz:utf8"}, `{}`)
	_, err := NewValidator(c, rec.Schema())
	require.ErrorIs(t, err, ErrUnknownColumn)
	require.ErrorIs(t, err, ErrMissingColumn)
	require.ErrorIs(t, err, ErrType)
	var ce *ColumnError
	require.ErrorAs(t, err, &ce)
	_, err = NewValidator(Contract{Name: "t"}, rec.Schema())
	require.ErrorIs(t, err, ErrInvalid)
}

func TestNestedColumnsKeepTheirCells(t *testing.T) {
	t.Parallel()
	strict := arrow.NewSchema([]arrow.Field{{
		Name: "p", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int64}, arrow.Field{Name: "y", Type: arrow.ListOfNonNullable(arrow.BinaryTypes.String)}),
	}, {Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, strict)
	defer b.Release()
	for _, row := range []string{`{"p":{"x":1,"y":["a"]},"n":null}`, `{"p":{"x":2,"y":[]},"n":3}`} {
		require.NoError(t, b.UnmarshalJSON([]byte(row)))
	}
	rec := b.NewRecord()
	defer rec.Release()
	got := check(t, Contract{Name: "t", Fields: []Field{field("p", "struct<x:int64,y:list<utf8>>"), field("n", "int64")}}, rec, 0)
	require.Equal(t, []string{"0 missing: n"}, reasons(got))
	require.JSONEq(t, `[{"p":{"x":2,"y":[]},"n":3}]`, rowsOf(t, got.Good))
}

func TestSplitDecidesUniquenessByPosition(t *testing.T) {
	t.Parallel()
	c := Contract{
		Name: "people", Fields: []Field{field("id", "int64"), nullable("mail", "utf8"), field("age", "int64")}, PrimaryKey: []string{"id"}, MaxQuarantine: 1,
		Constraints: []Constraint{{Unique: []string{"mail"}}, {Field: "age", Range: &Bounds{Min: "0"}}},
	}
	rec := table(t, []string{"id:utf8", "mail:utf8", "age:int64"},
		`{"id":"1","mail":"a","age":-1}`, // set aside by its age, so the next row with id 1 keeps the key
		`{"id":"1","mail":"b","age":1}`,
		`{"id":"2","mail":null,"age":1}`,
		`{"id":"1.0","mail":"c","age":1}`,
		`{"id":"3","mail":"b","age":1}`,
		`{"id":"4","mail":null,"age":1}`)
	v, err := NewValidator(c, rec.Schema())
	require.NoError(t, err)
	require.Equal(t, [][]string{{"id"}, {"mail"}}, v.Unique())
	for _, batch := range []int64{1, 2, 3, 6} {
		for _, budget := range []int64{1, 40, 0} {
			var good, bad string
			counts, err := Split(context.Background(), v, source(rec, batch), SplitOptions{Workers: 2, MaxKeyBytes: budget},
				func(r arrow.Record) error { good += rowsOf(t, r); return nil },
				func(r arrow.Record) error { bad += rowsOf(t, r); return nil })
			require.NoError(t, err)
			require.Equal(t, Counts{Rows: 6, Good: 3, Bad: 3, ByReason: map[string]int64{"age: out of range": 1, "duplicate: id": 1, "duplicate: mail": 1}}, counts)
			require.Contains(t, bad, `"_row":3`)
			require.Contains(t, bad, `"_row":4`)
			require.NotContains(t, good, `"c"`)
		}
	}
}

func TestSplitStops(t *testing.T) {
	t.Parallel()
	rec := table(t, []string{"id:utf8"}, `{"id":"1"}`, `{"id":"x"}`, `{"id":"2"}`)
	keep := func(arrow.Record) error { return nil }
	for name, c := range map[string]Contract{
		"on violation": {OnViolation: Stop, MaxQuarantine: 1},
		"by share":     {MaxQuarantine: 0.3},
	} {
		c.Name, c.Fields = "t", []Field{field("id", "int64")}
		v, err := NewValidator(c, rec.Schema())
		require.NoError(t, err)
		_, err = Split(context.Background(), v, source(rec, 2), SplitOptions{}, keep, keep)
		require.ErrorIs(t, err, ErrStopped, name)
		require.NotContains(t, err.Error(), "x\"", name)
	}
}

func TestForeignKeys(t *testing.T) {
	t.Parallel()
	parent := table(t, []string{"id:int32"}, `{"id":1}`, `{"id":2}`)
	key := [16]byte{1}
	h, err := NewKeyHasher(parent.Schema(), []string{"id"}, key)
	require.NoError(t, err)
	set := NewKeySet(h.Block(parent, 0))
	raw, err := set.MarshalBinary()
	require.NoError(t, err)
	var back KeySet
	require.NoError(t, back.UnmarshalBinary(raw))
	child := table(t, []string{"person:utf8"}, `{"person":"1"}`, `{"person":"3"}`, `{"person":null}`)
	c := Contract{Name: "contacts", Fields: []Field{nullable("person", "int64")}, ForeignKeys: []ForeignKey{{Fields: []string{"person"}, Table: "people", References: []string{"id"}}}}
	v, err := NewValidator(c, child.Schema())
	require.NoError(t, err)
	require.Equal(t, []string{"people"}, v.UncheckedTables())
	v = v.WithParents(map[string]*KeySet{"people": &back}, key)
	require.Empty(t, v.UncheckedTables())
	got, err := v.Check(context.Background(), child, 0)
	require.NoError(t, err)
	defer got.Good.Release()
	defer got.Bad.Release()
	require.Equal(t, []string{"1 person: no such key in people"}, reasons(got))
}

// TestDuplicatesMatchAModel compares FindDuplicates, on rows cut into blocks at
// random and shuffled, with a map over all rows.
func TestDuplicatesMatchAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 30), 1, 80).Draw(t, "values")
		seen, want := map[int64]bool{}, []int64(nil)
		for row, v := range values {
			if seen[v] {
				want = append(want, int64(row))
			}
			seen[v] = true
		}
		s := arrow.NewSchema([]arrow.Field{{Name: "k", Type: arrow.PrimitiveTypes.Int64}}, nil)
		h, err := NewKeyHasher(s, []string{"k"}, [16]byte{})
		require.NoError(t, err)
		var blocks []*KeyBlock
		for at := 0; at < len(values); {
			n := rapid.IntRange(1, len(values)-at).Draw(t, "cut")
			b := array.NewRecordBuilder(memory.DefaultAllocator, s)
			b.Field(0).(*array.Int64Builder).AppendValues(values[at:at+n], nil)
			block := h.Block(b.NewRecord(), int64(at))
			raw, err := block.MarshalBinary()
			require.NoError(t, err)
			block = new(KeyBlock)
			require.NoError(t, block.UnmarshalBinary(raw))
			blocks = append(blocks, block)
			at += n
		}
		blocks = rapid.Permutation(blocks).Draw(t, "order")
		require.Equal(t, want, FindDuplicates(blocks))
		merged := &KeySet{}
		for _, b := range blocks {
			merged = merged.Merge(NewKeySet(b))
		}
		require.Equal(t, NewKeySet(blocks...).keys, merged.keys)
		require.Len(t, merged.keys, len(seen))
	})
}

// TestSipHashVector is the SipHash-2-4-128 vector of the authors' reference
// code (vectors.h): key 00..0f, empty input and input 00..07.
func TestSipHashVector(t *testing.T) {
	t.Parallel()
	var key [16]byte
	for i := range key {
		key[i] = byte(i)
	}
	lo, hi := siphash.NewKey(key).Sum128(nil)
	require.Equal(t, [2]uint64{0xe6a825ba047f81a3, 0x930255c71472f66d}, [2]uint64{lo, hi})
}

func TestDictionaryColumns(t *testing.T) {
	t.Parallel()
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	s := arrow.NewSchema([]arrow.Field{{Name: "x", Type: typ, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	d := b.Field(0).(*array.BinaryDictionaryBuilder)
	for _, v := range []string{"7", "8", "7", "x"} {
		require.NoError(t, d.AppendString(v))
	}
	d.AppendNull()
	rec := b.NewRecord()
	defer rec.Release()
	got := check(t, Contract{Name: "t", Fields: []Field{nullable("x", "int64")}}, rec, 0)
	require.Equal(t, []string{"3 x: type"}, reasons(got))
	require.JSONEq(t, `[{"x":7},{"x":8},{"x":7},{"x":null}]`, rowsOf(t, got.Good))
	got = check(t, Contract{Name: "t", Fields: []Field{nullable("x", "utf8")}, Constraints: []Constraint{{Field: "x", Set: []string{"7"}}}}, rec, 0)
	require.Equal(t, []string{"1 x: not in the set", "3 x: not in the set"}, reasons(got))
	p := profileOf(t, rec)
	require.Equal(t, int64(3), p.Columns()[0].Distinct)
	require.Equal(t, int64(1), p.Columns()[0].Nulls)
}

func BenchmarkCheckRange(b *testing.B) {
	s := arrow.NewSchema([]arrow.Field{{Name: "age", Type: arrow.PrimitiveTypes.Int64}}, nil)
	rb := array.NewRecordBuilder(memory.DefaultAllocator, s)
	for i := range parallel.BlockRows {
		rb.Field(0).(*array.Int64Builder).Append(int64(i % 130))
	}
	rec := rb.NewRecord()
	v, err := NewValidator(Contract{Name: "t", Fields: []Field{field("age", "int64")}, Constraints: []Constraint{{Field: "age", Range: &Bounds{Min: "0", Max: "128"}}}}, s)
	require.NoError(b, err)
	for b.Loop() {
		got, err := v.Check(context.Background(), rec, 0)
		if err != nil {
			b.Fatal(err)
		}
		got.Good.Release()
		got.Bad.Release()
	}
	b.ReportMetric(float64(b.N)*parallel.BlockRows/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkKeyBlock(b *testing.B) {
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	rb := array.NewRecordBuilder(memory.DefaultAllocator, s)
	for i := range parallel.BlockRows {
		rb.Field(0).(*array.Int64Builder).Append(int64(i))
	}
	rec := rb.NewRecord()
	h, err := NewKeyHasher(s, []string{"id"}, [16]byte{})
	require.NoError(b, err)
	for b.Loop() {
		h.Block(rec, 0)
	}
	b.ReportMetric(float64(b.N)*parallel.BlockRows/b.Elapsed().Seconds(), "rows/s")
}
