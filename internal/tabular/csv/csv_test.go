package csv

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

func file(text string) tabular.File {
	return tabular.File{Name: "t.csv", Body: strings.NewReader(text), Size: int64(len(text))}
}

// readAll reads every row of f as JSON values, one slice a column.
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

// texts returns the cells of column i; null as "<null>".
func texts(recs []arrow.Record, i int) []string {
	out := []string{}
	for _, r := range recs {
		c := r.Column(i)
		for k := range c.Len() {
			if c.IsNull(k) {
				out = append(out, "<null>")
			} else {
				out = append(out, c.ValueStr(k))
			}
		}
	}
	return out
}

func TestDialect(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file, text string
		want       Dialect
		names      []string
		rows       int
	}{
		"comma":               {text: "a,b\n1,2\n", want: Dialect{',', '"', true, false, false}, names: []string{"a", "b"}, rows: 1},
		"semicolon, decimals": {text: "a;b\n1,5;2,5\n1,0;2,0\n", want: Dialect{';', '"', true, false, false}, names: []string{"a", "b"}, rows: 2},
		"tab":                 {text: "a\tb\nx, y\tz\n", want: Dialect{'\t', '"', true, false, false}, names: []string{"a", "b"}, rows: 1},
		"bar":                 {text: "a|b\nx|z\n", want: Dialect{'|', '"', true, false, false}, names: []string{"a", "b"}, rows: 1},
		"no header":           {text: "1,x\n2,y\n", want: Dialect{',', '"', false, false, false}, names: []string{"column_1", "column_2"}, rows: 2},
		"no header, text":     {text: "a,x\nb,x\nc,y\n", want: Dialect{',', '"', false, false, false}, names: []string{"column_1", "column_2"}, rows: 3},
		"header only":         {text: "name,age", want: Dialect{',', '"', true, false, false}, names: []string{"name", "age"}},
		"header named No":     {text: "No,T\n1,2\n", want: Dialect{',', '"', true, false, false}, names: []string{"No", "T"}, rows: 1},
		"BOM and CRLF":        {text: "\xef\xbb\xbfa,b\r\n1,2\r\n\r\n", want: Dialect{',', '"', true, false, false}, names: []string{"a", "b"}, rows: 1},
		"BOM before a quote":  {text: "\xef\xbb\xbf\"a\",b\n1,2\n", want: Dialect{',', '"', true, false, false}, names: []string{"a", "b"}, rows: 1},
		"carriage returns":    {text: "a,b\r1,2\r3,4", want: Dialect{',', '"', true, false, true}, names: []string{"a", "b"}, rows: 2},
		"UCI Adult":           {text: "39, State-gov, 77516\n50, ?, 83311\n", want: Dialect{',', '"', false, true, false}, names: []string{"column_1", "column_2", "column_3"}, rows: 2},
		"single quotes":       {text: "a,b\n'x, y','z'\n'u','v'\n", want: Dialect{',', '\'', true, false, false}, names: []string{"a", "b"}, rows: 2},
		"tsv with quotes":     {file: "t.tsv", text: "a\tb\nhe said \"hi\"\t\"x\" y\n", want: Dialect{'\t', 0, true, false, false}, names: []string{"a", "b"}, rows: 1},
		"prose in one column": {text: "text\nhello, world, all\nbye\n", want: Dialect{0, '"', true, false, false}, names: []string{"text"}, rows: 2},
		"one column":          {text: "n\n1\n\n3\n", want: Dialect{0, '"', true, false, false}, names: []string{"n"}, rows: 3},
		"names mended":        {text: "a,,a,a_2\n1,2,3,4\n", want: Dialect{',', '"', true, false, false}, names: []string{"a", "column_2", "a_3", "a_2"}, rows: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := file(tc.text)
			if tc.file != "" {
				f.Name = tc.file
			}
			require.Equal(t, tc.want, detect(f.Name, []byte(tc.text), true))
			info, err := Describe(context.Background(), f, "")
			require.NoError(t, err)
			require.EqualValues(t, tc.rows, info.Rows)
			for i, n := range tc.names {
				require.Equal(t, n, info.Schema.Field(i).Name)
			}
			_, recs := readAll(t, f, tabular.ReadOptions{}, Options{})
			rows := int64(0)
			for _, r := range recs {
				rows += r.NumRows()
			}
			require.EqualValues(t, tc.rows, rows)
		})
	}
}

// TestInference gives one column a table: its cells and what it must read as.
func TestInference(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header string
		cells  []string
		typ    string
		want   []string // nil = cells
	}{
		"int":                      {cells: []string{"1", "-2", "0"}, typ: "int64"},
		"leading zero is text":     {cells: []string{"007", "12"}, typ: "utf8"},
		"plus sign is text":        {cells: []string{"+15550100", "+15550101"}, typ: "utf8"},
		"18 digits":                {cells: []string{"999999999999999999"}, typ: "int64"},
		"19 digits are text":       {cells: []string{"1000000000000000000", "1"}, typ: "utf8"},
		"zip by name":              {header: "zip", cells: []string{"90210", "10001"}, typ: "utf8"},
		"ZipCode by name":          {header: "ZipCode", cells: []string{"90210", "10001"}, typ: "utf8"},
		"gzip is no zip":           {header: "gzip_ratio", cells: []string{"3", "4"}, typ: "int64"},
		"grouped phone":            {cells: []string{"555-0100", "555-0101"}, typ: "utf8"},
		"float":                    {cells: []string{"1", "2.5", "1e3", ".5"}, typ: "float64", want: []string{"1", "2.5", "1000", "0.5"}},
		"money keeps value":        {cells: []string{"1.50", "2.00"}, typ: "float64", want: []string{"1.5", "2"}},
		"17 digits that round":     {cells: []string{"0.12345678901234567891"}, typ: "decimal(38, 20)"},
		"0.1 in 17 digits":         {cells: []string{"0.10000000000000001"}, typ: "decimal(38, 17)"},
		"scientific, inexact":      {cells: []string{"1.2345678901234567891e10"}, typ: "utf8"},
		"40 digits":                {cells: []string{"1234567890123456789.123456789012345678901"}, typ: "utf8"},
		"inf among floats":         {cells: []string{"1.5", "inf"}, typ: "float64", want: []string{"1.5", "+Inf"}},
		"inf alone":                {cells: []string{"inf"}, typ: "utf8"},
		"thousands are text":       {cells: []string{`"1,234"`}, typ: "utf8", want: []string{"1,234"}},
		"bool":                     {cells: []string{"true", "False"}, typ: "bool", want: []string{"true", "false"}},
		"yes no":                   {cells: []string{"yes", "no"}, typ: "bool", want: []string{"true", "false"}},
		"t f":                      {cells: []string{"t", "f"}, typ: "bool", want: []string{"true", "false"}},
		"F alone is a gender":      {cells: []string{"F", "F"}, typ: "utf8"},
		"mixed words":              {cells: []string{"yes", "false"}, typ: "utf8"},
		"0 1 are numbers":          {cells: []string{"0", "1"}, typ: "int64"},
		"date":                     {cells: []string{"2024-02-29", "1969-12-31"}, typ: "date32"},
		"no such day":              {cells: []string{"2023-02-29"}, typ: "utf8"},
		"day first":                {cells: []string{"3/4/2020", "31/12/2020"}, typ: "date32", want: []string{"2020-04-03", "2020-12-31"}},
		"month first":              {cells: []string{"3/4/2020", "12/31/2020"}, typ: "date32", want: []string{"2020-03-04", "2020-12-31"}},
		"ambiguous order":          {cells: []string{"3/4/2020", "5/6/2020"}, typ: "utf8"},
		"contradicting order":      {cells: []string{"31/1/2020", "1/31/2020"}, typ: "utf8"},
		"two-digit year":           {cells: []string{"31/12/20"}, typ: "utf8"},
		"day.month.year":           {cells: []string{"3.4.2020"}, typ: "date32", want: []string{"2020-04-03"}},
		"timestamp":                {cells: []string{"2020-01-02 03:04:05.25", "2020-01-02T03:04"}, typ: "timestamp[us]", want: []string{"2020-01-02 03:04:05.25Z", "2020-01-02 03:04:00Z"}},
		"zoned":                    {cells: []string{"2020-01-02T03:04:05+01:00", "2020-01-02T03:04:05Z"}, typ: "timestamp[us, tz=UTC]", want: []string{"2020-01-02 02:04:05Z", "2020-01-02 03:04:05Z"}},
		"some zoned":               {cells: []string{"2020-01-02T03:04:05", "2020-01-02T03:04:05Z"}, typ: "utf8"},
		"nanoseconds would round":  {cells: []string{"2020-01-02T03:04:05.123456789"}, typ: "utf8"},
		"? in numbers":             {cells: []string{"1", "?", ""}, typ: "int64", want: []string{"1", "<null>", "<null>"}},
		"dash in numbers":          {cells: []string{"1", "-", "2"}, typ: "int64", want: []string{"1", "<null>", "2"}},
		"? in text":                {cells: []string{"Private", "?"}, typ: "utf8", want: []string{"Private", "<null>"}},
		"quoted NA is a word":      {cells: []string{`"NA"`, "NA", "Oslo"}, typ: "utf8", want: []string{"NA", "<null>", "Oslo"}},
		"Namibia":                  {cells: []string{"NO", "NA", "SE"}, typ: "utf8"},
		"None in text":             {cells: []string{"Basic", "None"}, typ: "utf8"},
		"None beside quoted text":  {cells: []string{`"Basic"`, "None"}, typ: "utf8", want: []string{"Basic", "<null>"}},
		"? and - are ambiguous":    {cells: []string{"a", "?", "-"}, typ: "utf8"},
		"empty string is not null": {cells: []string{"a", `""`, ""}, typ: "utf8", want: []string{"a", "", "<null>"}},
		"quoted empty in numbers":  {cells: []string{`1`, `""`}, typ: "int64", want: []string{"1", "<null>"}},
		"nothing but nulls":        {cells: []string{"NA", "NA"}, typ: "utf8", want: []string{"<null>", "<null>"}},
		"doubled quotes":           {cells: []string{`"a ""b"" c"`, `"""` + `"""`}, typ: "utf8", want: []string{`a "b" c`, `""`}},
		"newline in a cell":        {cells: []string{"\"a\r\nb\"", "c"}, typ: "utf8", want: []string{"a\r\nb", "c"}},
		"bare quote in a cell":     {cells: []string{`5'4" tall`}, typ: "utf8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := tc.header
			if h == "" {
				h = "v"
			}
			text := "key," + h + "\n"
			for i, c := range tc.cells {
				text += "k" + strconv.Itoa(i) + "," + c + "\n"
			}
			schema, recs := readAll(t, file(text), tabular.ReadOptions{}, Options{})
			require.Equal(t, tc.typ, schema.Field(1).Type.String())
			want := tc.want
			if want == nil {
				want = tc.cells
			}
			got := texts(recs, 1)
			require.Equal(t, want, got)
		})
	}
}

func TestQuotedColumnsOfASelectiveFileAreText(t *testing.T) {
	t.Parallel()
	schema, _ := readAll(t, file("n,code,ok,day\n1,\"123\",\"yes\",\"2020-01-01\"\n2,\"456\",\"no\",\"2020-01-02\"\n"),
		tabular.ReadOptions{}, Options{})
	types := []string{}
	for _, f := range schema.Fields() {
		types = append(types, f.Type.String())
	}
	require.Equal(t, []string{"int64", "utf8", "utf8", "date32"}, types)
}

const secret = "S3cretValue"

func TestErrorsSayWhereAndHoldNoValue(t *testing.T) {
	t.Parallel()
	declared := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}, {Name: "b", Type: arrow.BinaryTypes.String}}, nil)
	for name, tc := range map[string]struct {
		text    string
		opt     tabular.ReadOptions
		o       Options
		place   string
		corrupt bool
	}{
		"empty file":      {text: "", place: "empty", corrupt: true},
		"only blanks":     {text: "\n\r\n \n", place: "empty", corrupt: true},
		"ragged":          {text: "a,b\n1,2\n" + secret + ",2,3\n", place: "line 3", corrupt: true},
		"ragged header":   {text: "a,b\n1\n" + secret + "\n3\n", place: "line 2", corrupt: true},
		"ragged late":     {text: "a,b\n" + strings.Repeat("1,\"x\ny\"\n", 500) + secret + "\n", place: "line 1002", corrupt: true},
		"open quote":      {text: "a,b\n1,2\n3,\"" + secret + "\n4,5\n", place: "line 3", corrupt: true},
		"after the quote": {text: "a,b\n1,\"x\" " + secret + "\n", place: "line 2", corrupt: true},
		"latin-1":         {text: "a,b\n1,x\n2," + secret + "\xe9\n", place: "line 3", corrupt: true},
		"NUL":             {text: "a,b\n1,x\n2," + secret + "\x00\n", place: "line 3", corrupt: true},
		"endless record":  {text: "a,b\n1,\"" + strings.Repeat(secret, 200_000) + "\"\n", o: Options{MaxRecordBytes: 1 << 20}, place: "line 2", corrupt: true},
		"declared type":   {text: "a,b\n1,x\n" + secret + ",y\n", opt: tabular.ReadOptions{Schema: declared}, place: `line 3, column 1 ("a")`, corrupt: true},
		"late type":       {text: "a,b\n1,x\n" + secret + ",y\n", opt: tabular.ReadOptions{InferRows: 1}, place: `line 3, column 1 ("a")`, corrupt: true},
		"no such column":  {text: "a,b\n1,x\n", opt: tabular.ReadOptions{Columns: []string{"c"}}, place: `column "c"`},
		"declared absent": {text: "a,c\n1,x\n", opt: tabular.ReadOptions{Schema: declared}, place: `column "b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := OpenWith(context.Background(), file(tc.text), "", tc.opt, tc.o)
			for err == nil {
				_, err = r.Next(context.Background())
				require.NotErrorIs(t, err, io.EOF, "the fault went unnoticed")
			}
			require.ErrorContains(t, err, tc.place)
			require.ErrorContains(t, err, "t.csv")
			require.NotContains(t, err.Error(), secret)
			require.Equal(t, tc.corrupt, errorsIs(err, tabular.ErrCorrupt), "%v", err)
			if r != nil {
				_, again := r.Next(context.Background())
				require.Equal(t, err, again, "an error must stay")
			}
		})
	}
}

func TestBadCellsAreReportedAndRead(t *testing.T) {
	t.Parallel()
	declared := arrow.NewSchema([]arrow.Field{
		{Name: "b", Type: arrow.FixedWidthTypes.Date32},
		{Name: "a", Type: arrow.PrimitiveTypes.Int8},
	}, nil)
	var bad []BadCell
	_, recs := readAll(t, file("a,x,b\n1,.,2020-01-01\n300,.,NA\n3,.,soon\n"),
		tabular.ReadOptions{Schema: declared, BatchRows: 2}, Options{OnBadCell: func(b BadCell) { bad = append(bad, b) }})
	require.Equal(t, []string{"2020-01-01", "<null>", "<null>"}, texts(recs, 0))
	require.Equal(t, []string{"1", "<null>", "3"}, texts(recs, 1))
	require.Equal(t, []BadCell{
		{Row: 1, Line: 3, Column: 0, Name: "a", Type: "int8"},
		{Row: 2, Line: 4, Column: 2, Name: "b", Type: "date32"},
	}, bad)
}

func TestProjectionRangeAndBatches(t *testing.T) {
	t.Parallel()
	text := "a,b,c\n"
	for i := range 10 {
		text += strconv.Itoa(i) + ",x" + strconv.Itoa(i) + ",z\n"
	}
	schema, recs := readAll(t, file(text), tabular.ReadOptions{
		Columns: []string{"b", "a"}, Rows: &tabular.Range{First: 2, Count: 5}, BatchRows: 2,
	}, Options{})
	require.Equal(t, "b", schema.Field(0).Name)
	require.Equal(t, []string{"x2", "x3", "x4", "x5", "x6"}, texts(recs, 0))
	require.Equal(t, []string{"2", "3", "4", "5", "6"}, texts(recs, 1))
	require.Len(t, recs, 3)
}

func TestOwnNullMarkersReplaceTheKnown(t *testing.T) {
	t.Parallel()
	_, recs := readAll(t, file("a,b\n1,NA\n-9,x\n"), tabular.ReadOptions{NullMarkers: []string{"-9"}}, Options{})
	require.Equal(t, []string{"1", "<null>"}, texts(recs, 0))
	require.Equal(t, []string{"NA", "x"}, texts(recs, 1))
}

func TestRecordsSurviveAnyBufferBorder(t *testing.T) {
	t.Parallel()
	row := "1,\"a \"\"b\"\"\r\nc\",x y\r\n"
	text := "n,t,u\r\n" + strings.Repeat(row, 3*bufferBytes/len(row)/2)
	_, recs := readAll(t, file(text), tabular.ReadOptions{}, Options{})
	rows := int64(0)
	for _, r := range recs {
		rows += r.NumRows()
		for i := range int(r.NumRows()) {
			require.Equal(t, "a \"b\"\r\nc", r.Column(1).(*array.String).Value(i))
		}
	}
	require.EqualValues(t, 3*bufferBytes/len(row)/2, rows)
}

func TestDetectionSurvivesACutCharacter(t *testing.T) {
	t.Parallel()
	for pad := range 4 {
		text := "a;b" + strings.Repeat("x", pad) + "\n" + strings.Repeat(strings.Repeat("漢", 700)+";é\n", 200)
		d := detect("t.csv", []byte(text)[:sampleBytes], false)
		require.Equal(t, Dialect{';', '"', true, false, false}, d)
	}
}

func TestWriterGolden(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "t, text", Type: arrow.BinaryTypes.String},
		{Name: "f", Type: arrow.PrimitiveTypes.Float64},
		{Name: "d", Type: arrow.FixedWidthTypes.Date32},
		{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
		{Name: "m", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}},
		{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[
		{"t, text":"plain","f":1,"d":"2020-02-29","ts":"2020-01-02T03:04:05.250Z","m":"12.50","l":[1,null]},
		{"t, text":"","f":0.1,"d":null,"ts":"1969-12-31T23:59:59Z","m":"-0.05","l":[]},
		{"t, text":null,"f":1e16,"d":"0001-01-01","ts":null,"m":null,"l":null},
		{"t, text":"a \"b\",\nc","f":0.00001,"d":"9999-12-31","ts":null,"m":"0.00","l":null},
		{"t, text":"NA","f":123456789.125,"d":null,"ts":null,"m":null,"l":null},
		{"t, text":" x","f":-0.0001,"d":null,"ts":null,"m":null,"l":null}]`))
	require.NoError(t, err)
	var buf bytes.Buffer
	w, err := NewWriter(&buf, schema, tabular.WriteOptions{})
	require.NoError(t, err)
	require.NoError(t, w.Write(context.Background(), rec))
	require.NoError(t, w.Close())
	require.Equal(t, `"t, text",f,d,ts,m,l
plain,1.0,2020-02-29,2020-01-02T03:04:05.250Z,12.50,"[1,null]"
"",0.1,,1969-12-31T23:59:59Z,-0.05,[]
,1e+16,0001-01-01,,,
"a ""b"",
c",1e-05,9999-12-31,,0.00,
"NA",123456789.125,,,,
" x",-0.0001,,,,
`, buf.String())
}

func TestWriterStopsAfterAbort(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, nil), tabular.WriteOptions{})
	require.NoError(t, err)
	w.Abort()
	require.Error(t, w.Close())
	require.Zero(t, buf.Len())
}
