package jsonl

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

func file(text string) tabular.File {
	return tabular.File{Name: "t.jsonl", Body: strings.NewReader(text), Size: int64(len(text))}
}

func readAll(t testing.TB, f tabular.File, opt tabular.ReadOptions, o Options) (*arrow.Schema, []arrow.Record) {
	t.Helper()
	r, err := OpenWith(context.Background(), f, "", opt, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	var out []arrow.Record
	for {
		rec, err := r.Next(context.Background())
		if err == io.EOF {
			return r.Schema(), out
		}
		require.NoError(t, err)
		out = append(out, rec)
	}
}

// written returns the lines that NewWriter makes of the records.
func written(t testing.TB, schema *arrow.Schema, recs []arrow.Record) string {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, schema, tabular.WriteOptions{})
	require.NoError(t, err)
	for _, r := range recs {
		require.NoError(t, w.Write(context.Background(), r))
	}
	require.NoError(t, w.Close())
	return buf.String()
}

// TestInference gives the values of key v, line by line; what they are written
// as afterwards is want, or the values themselves.
func TestInference(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values []string
		typ    string
		want   []string
	}{
		"int":                {values: []string{"1", "-2", "null"}, typ: "int64"},
		"beyond 2^53":        {values: []string{"9007199254740993", "9223372036854775807"}, typ: "int64"},
		"beyond int64":       {values: []string{"9223372036854775808"}, typ: "decimal(38, 0)"},
		"beyond decimal":     {values: []string{strings.Repeat("9", 40)}, typ: "utf8", want: []string{`"` + strings.Repeat("9", 40) + `"`}},
		"int and float":      {values: []string{"1", "2.5"}, typ: "float64", want: []string{"1.0", "2.5"}},
		"2^53+1 and float":   {values: []string{"9007199254740993", "2.5"}, typ: "decimal(38, 1)", want: []string{"9007199254740993.0", "2.5"}},
		"long decimals":      {values: []string{"0.12345678901234567891"}, typ: "decimal(38, 20)"},
		"overflowing":        {values: []string{"1e400"}, typ: "utf8", want: []string{`"1e400"`}},
		"negative zero":      {values: []string{"-0"}, typ: "float64", want: []string{"-0.0"}},
		"number and string":  {values: []string{"1.50", `"x"`}, typ: "utf8", want: []string{`"1.50"`, `"x"`}},
		"bool and number":    {values: []string{"true", "1"}, typ: "utf8", want: []string{`"true"`, `"1"`}},
		"bool":               {values: []string{"true", "false"}, typ: "bool"},
		"digits stay string": {values: []string{`"007"`, `"12"`}, typ: "utf8"},
		"date":               {values: []string{`"2020-02-29"`}, typ: "date32"},
		"timestamp":          {values: []string{`"2020-02-29T01:02:03Z"`}, typ: "timestamp[us, tz=UTC]"},
		"date and word":      {values: []string{`"2020-02-29"`, `"soon"`}, typ: "utf8"},
		"only nulls":         {values: []string{"null"}, typ: "utf8"},
		"list":               {values: []string{"[1,null]", "[]", "null"}, typ: "list<item: int64, nullable>"},
		"list union":         {values: []string{"[1]", `["a"]`}, typ: "list<item: utf8, nullable>", want: []string{`["1"]`, `["a"]`}},
		"struct": {
			values: []string{`{"a":1}`, `{"b":"x","a":2.5}`, "null"}, typ: "struct<a: float64, b: utf8>",
			want: []string{`{"a":1.0,"b":null}`, `{"a":2.5,"b":"x"}`, "null"},
		},
		"list of structs":   {values: []string{`[{"a":1},{"a":null}]`}, typ: "list<item: struct<a: int64>, nullable>"},
		"object and scalar": {values: []string{`{"a": 1}`, "2"}, typ: "utf8", want: []string{`"{\"a\": 1}"`, `"2"`}},
		"object and list":   {values: []string{`{"a":1}`, "[2]"}, typ: "utf8", want: []string{`"{\"a\":1}"`, `"[2]"`}},
		"empty object":      {values: []string{`{}`}, typ: "utf8", want: []string{`"{}"`}},
		"escapes":           {values: []string{`"a\"\\\/\n\u00e9\ud83d\ude00"`}, typ: "utf8", want: []string{`"a\"\\/\né😀"`}},
		"lone surrogate":    {values: []string{`"\ud800x"`}, typ: "utf8", want: []string{`"` + "\ufffd" + `x"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, lines := "", ""
			want := tc.want
			if want == nil {
				want = tc.values
			}
			for i, v := range tc.values {
				text += `{"k":0,"v":` + v + "}\r\n\n"
				lines += `{"k":0,"v":` + want[i] + "}\n"
			}
			schema, recs := readAll(t, file(text), tabular.ReadOptions{}, Options{})
			require.Equal(t, tc.typ, schema.Field(1).Type.String())
			require.Equal(t, lines, written(t, schema, recs))
		})
	}
}

func TestMissingKeysAreNullAndOrderIsFree(t *testing.T) {
	t.Parallel()
	schema, recs := readAll(t, file("\xef\xbb\xbf{\"a\":1}\n{\"b\":\"x\",\"a\":2}\n{}\n"), tabular.ReadOptions{}, Options{})
	require.Equal(t, "{\"a\":1,\"b\":null}\n{\"a\":2,\"b\":\"x\"}\n{\"a\":null,\"b\":null}\n", written(t, schema, recs))
	info, err := Describe(context.Background(), file("{\"a\":1}\n"), "")
	require.NoError(t, err)
	require.EqualValues(t, 1, info.Rows)
}

func TestInferenceRefusesDuplicateKeys(t *testing.T) {
	t.Parallel()
	_, err := Describe(context.Background(), file("{\"a\":1}\n{\"a\":1,\"a\":1}\n"), "")
	require.ErrorIs(t, err, tabular.ErrCorrupt)
	require.ErrorContains(t, err, "line 2")
}

func TestWideObjectsReadAsText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range maxKeys + 10 {
		b.WriteString(`{"m":{"k` + strconv.Itoa(i) + `":1,"z":2}}` + "\n")
	}
	schema, recs := readAll(t, file(b.String()), tabular.ReadOptions{}, Options{})
	require.Equal(t, "utf8", schema.Field(0).Type.String())
	require.Equal(t, `{"k0":1,"z":2}`, recs[0].Column(0).(*array.String).Value(0))
}

const secret = "S3cretValue"

func TestErrorsSayWhereAndHoldNoValue(t *testing.T) {
	t.Parallel()
	declared := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, nil)
	for name, tc := range map[string]struct {
		text, place string
		opt         tabular.ReadOptions
		o           Options
	}{
		"empty":           {text: " \n\n", place: "empty"},
		"cut off":         {text: "{\"a\":1}\n{\"a\":\"" + secret, place: "line 2"},
		"no object":       {text: "{\"a\":1}\n\"" + secret + "\"\n", place: "line 2, byte 1"},
		"an array":        {text: "[{\"a\":1}]", place: "line 1"},
		"two objects":     {text: "{\"a\":1} {\"a\":1}\n", place: "line 1, byte 9"},
		"duplicate":       {text: "{\"a\":1,\"b\":2,\"a\":\"" + secret + "\"}\n", place: "line 1"},
		"nested twice":    {text: "{\"a\":{\"x\":1,\"x\":2}}\n", place: "line 1"},
		"deep":            {text: "{\"a\":" + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", place: "deeper"},
		"not UTF-8":       {text: "{\"a\":1}\n{\"a\":\"" + secret + "\xff\"}\n", place: "line 2"},
		"control byte":    {text: "{\"a\":\"" + secret + "\x01\"}\n", place: "line 1"},
		"long line":       {text: "{\"a\":\"" + strings.Repeat(secret, 1000) + "\"}\n", o: Options{MaxLineBytes: 1000}, place: "line 1"},
		"declared type":   {text: "{\"a\":1}\n{\"a\":\"" + secret + "\"}\n", opt: tabular.ReadOptions{Schema: declared}, place: `line 2, column "a"`},
		"late type":       {text: "{\"a\":1}\n{\"a\":\"" + secret + "\"}\n", opt: tabular.ReadOptions{InferRows: 1}, place: `line 2, column "a"`},
		"late duplicate":  {text: "{\"a\":1}\n{\"a\":2,\"a\":3}\n", opt: tabular.ReadOptions{InferRows: 1}, place: `line 2`},
		"leading zero":    {text: "{\"a\":01}\n", place: "line 1"},
		"bare word":       {text: "{\"a\":nul}\n", place: "line 1"},
		"trailing comma":  {text: "{\"a\":1,}\n", place: "line 1"},
		"unquoted key":    {text: "{a:1}\n", place: "line 1"},
		"broken escape":   {text: "{\"a\":\"\\x\"}\n", place: "line 1"},
		"broken unicode":  {text: "{\"a\":\"\\u12g4\"}\n", place: "line 1"},
		"unclosed object": {text: "{\"a\":{\"b\":1}\n", place: "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := OpenWith(context.Background(), file(tc.text), "", tc.opt, tc.o)
			for err == nil {
				_, err = r.Next(context.Background())
				require.NotErrorIs(t, err, io.EOF, "the fault went unnoticed")
			}
			require.ErrorIs(t, err, tabular.ErrCorrupt)
			require.ErrorContains(t, err, tc.place)
			require.NotContains(t, err.Error(), secret)
		})
	}
}

func TestBadCellsAreReportedAndRead(t *testing.T) {
	t.Parallel()
	declared := arrow.NewSchema([]arrow.Field{
		{Name: "a", Type: arrow.PrimitiveTypes.Int8},
		{Name: "s", Type: arrow.StructOf(arrow.Field{Name: "b", Type: arrow.ListOf(arrow.FixedWidthTypes.Boolean)})},
	}, nil)
	var bad []BadCell
	schema, recs := readAll(t, file(`{"a":300,"x":1,"s":{"b":[true,"maybe"]}}`+"\n\n"+`{"a":"7","s":[1]}`),
		tabular.ReadOptions{Schema: declared}, Options{OnBadCell: func(b BadCell) { bad = append(bad, b) }})
	require.Equal(t, "{\"a\":null,\"s\":{\"b\":[true,null]}}\n{\"a\":7,\"s\":null}\n", written(t, schema, recs))
	require.Equal(t, []BadCell{
		{Row: 0, Line: 1, Name: "a", Type: "int8"},
		{Row: 0, Line: 1, Name: "s.b[]", Type: "bool"},
		{Row: 1, Line: 3, Name: "s", Type: declared.Field(1).Type.String()},
	}, bad)
}

func TestProjectionRangeAndBatches(t *testing.T) {
	t.Parallel()
	text := ""
	for i := range 10 {
		text += `{"a":` + strconv.Itoa(i) + `,"b":[1,{"c":"}"}],"c":null}` + "\n"
	}
	schema, recs := readAll(t, file(text), tabular.ReadOptions{
		Columns: []string{"a"}, Rows: &tabular.Range{First: 2, Count: 3}, BatchRows: 2,
	}, Options{})
	require.Len(t, recs, 2)
	require.Equal(t, "{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n", written(t, schema, recs))
}

func anyJSON(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64().AsAny(), rapid.String().AsAny(),
		rapid.SampledFrom([]string{"2020-01-01", "", "\u2028", "\x00\"\\"}).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(leaves...)
	}
	return rapid.OneOf(append(leaves,
		rapid.SliceOfN(anyJSON(depth-1), 0, 3).AsAny(),
		rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "é"}), anyJSON(depth-1), 0, 3).AsAny())...)
}

// TestWhatIsWrittenReadsBack: reading is idempotent through the writer, for
// any mixture of kinds.
func TestWhatIsWrittenReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var in bytes.Buffer
		for _, v := range rapid.SliceOfN(anyJSON(3), 1, 6).Draw(rt, "values") {
			line, err := json.Marshal(map[string]any{"v": v, "k": 1})
			require.NoError(rt, err)
			in.Write(append(line, '\n'))
		}
		schema, recs := readAll(t, file(in.String()), tabular.ReadOptions{}, Options{})
		out := written(t, schema, recs)
		_, again := readAll(t, file(out), tabular.ReadOptions{Schema: schema}, Options{})
		require.Equal(rt, out, written(t, schema, again))
	})
}

// FuzzParse holds the parser against encoding/json: both accept the same
// lines, and agree on every string and number.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"a":1}`, `[1,2.5e-3,"x\u00e9\ud83d\ude00\ud800",{"b":null,"c":[true,false]}]`, `"\\\"\/\b\f\n\r\t"`, `-0.0E+1`, ` { } `, `[`, `01`, `"` + "\x01" + `"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.Count(s, "[")+strings.Count(s, "{") > maxDepth {
			return
		}
		var p parser
		p.reset([]byte(s))
		raw, err := p.skip(0)
		ok := err == nil && p.peek() == 0 && p.p == len(s)
		require.Equal(t, json.Valid([]byte(s)), ok, "%q", s)
		if !ok {
			return
		}
		require.Equal(t, strings.TrimSpace(s), string(raw))
		switch raw[0] {
		case '"':
			var want string
			require.NoError(t, json.Unmarshal(raw, &want))
			p.reset(raw)
			got, err := p.str()
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		case '{':
			r, err := Open(context.Background(), file(strings.ReplaceAll(s, "\n", " ")), "", tabular.ReadOptions{})
			if err == nil {
				_, err = r.Next(context.Background())
				require.NoError(t, err)
			}
		}
	})
}

func benchText() (string, int64) {
	var b strings.Builder
	const rows = 20_000
	for i := range rows {
		b.WriteString(`{"id":` + strconv.Itoa(i*37) + `,"name":"Person Number","city":"Amsterdam","born":"1980-01-02","amount":` +
			strconv.Itoa(i) + `.25,"tags":["a","b"],"address":{"street":"Main Street 1","zip":"01234"},"note":"called about the invoice"}` + "\n")
	}
	return b.String(), rows
}

func BenchmarkRead(b *testing.B) {
	text, rows := benchText()
	for b.Loop() {
		r, err := Open(context.Background(), file(text), "", tabular.ReadOptions{})
		require.NoError(b, err)
		for {
			rec, err := r.Next(context.Background())
			if err != nil {
				break
			}
			rec.Release()
		}
		r.Close()
	}
	b.SetBytes(int64(len(text)))
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWrite(b *testing.B) {
	text, rows := benchText()
	schema, recs := readAll(b, file(text), tabular.ReadOptions{}, Options{})
	for b.Loop() {
		w, err := NewWriter(io.Discard, schema, tabular.WriteOptions{})
		require.NoError(b, err)
		for _, r := range recs {
			require.NoError(b, w.Write(context.Background(), r))
		}
		require.NoError(b, w.Close())
	}
	b.SetBytes(int64(len(text)))
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
