package proof_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

type testKeys struct{}

func (testKeys) Derive(name string) ([]byte, error) {
	s := sha256.Sum256([]byte(name))
	return s[:], nil
}

const policy = `
name: p
version: 1.0.0
rules:
  - {name: key, match: {column: id}, transform: {name: pseudonym}}
  - {name: names, match: {semantic: [first_name, last_name, email]}, transform: {name: surrogate}}
  - {name: phone, match: {semantic: phone}, transform: {name: mask, params: {last: 2}}}
  - {name: ssn, match: {semantic: us_ssn}, transform: {name: pseudonym}}
  - {name: account, match: {column: account}, transform: {name: suppress}}
  - {name: note, match: {semantic: free_text}, transform: {name: text}}
  - {name: age, match: {column: age}, transform: {name: suppress}}
  - {name: rest, match: {class: none}, transform: {name: keep}}
`

func contract() schemas.Contract {
	return schemas.Contract{Name: "people", Version: "1.0.0", PrimaryKey: []string{"id"}, Fields: []schemas.Field{
		{Name: "id", Type: "int64", Class: semantic.None},
		{Name: "given", Type: "utf8", Semantic: "first_name", Class: semantic.DirectIdentifier},
		{Name: "family", Type: "utf8", Semantic: "last_name", Class: semantic.DirectIdentifier},
		{Name: "mail", Type: "utf8", Semantic: "email", Class: semantic.DirectIdentifier},
		{Name: "phone", Type: "utf8", Semantic: "phone", Class: semantic.DirectIdentifier},
		{Name: "ssn", Type: "utf8", Semantic: "us_ssn", Class: semantic.DirectIdentifier},
		{Name: "account", Type: "int64", Semantic: "account_id", Class: semantic.DirectIdentifier},
		{Name: "age", Type: "int64", Semantic: "age", Class: semantic.QuasiIdentifier},
		{Name: "city", Type: "utf8", Semantic: "city", Class: semantic.None},
		{Name: "note", Type: "utf8", Semantic: "free_text", Class: semantic.None},
	}}
}

// people generates rows whose values are all valid; notes mention their row's
// person and ordinary words that are also names.
func people(t testing.TB, n int) arrow.Record {
	t.Helper()
	s, err := contract().ArrowSchema()
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	r := rng.New(7, "people")
	draw := func(name string, c semantic.Context) string {
		st, ok := semantic.Lookup(name)
		if !ok {
			t.Fatal(name)
		}
		return st.Generate(r, c)
	}
	for i := range n {
		given, family := draw("first_name", semantic.Context{}), draw("last_name", semantic.Context{})
		person := &semantic.Person{Given: given, Family: family}
		phone := fmt.Sprintf("(%03d) %03d-%04d", 200+r.IntN(700), 200+r.IntN(700), r.IntN(10000))
		b.Field(0).(*array.Int64Builder).Append(int64(700_000 + i))
		b.Field(1).(*array.StringBuilder).Append(given)
		b.Field(2).(*array.StringBuilder).Append(family)
		b.Field(3).(*array.StringBuilder).Append(strings.Split(draw("email", semantic.Context{Person: person}), "@")[0] + fmt.Sprintf("@mail%d.test", i))
		b.Field(4).(*array.StringBuilder).Append(phone)
		b.Field(5).(*array.StringBuilder).Append(draw("us_ssn", semantic.Context{}))
		b.Field(6).(*array.Int64Builder).Append(4_000_000_000 + r.Int64N(1_000_000_000))
		b.Field(7).(*array.Int64Builder).Append(18 + r.Int64N(70))
		b.Field(8).(*array.StringBuilder).Append(draw("city", semantic.Context{}))
		b.Field(9).(*array.StringBuilder).Append(fmt.Sprintf("Patient %s %s called from %s about the will of grace, a young king.", given, family, phone))
	}
	return b.NewRecord()
}

var opt = proof.Options{Key: bytes.Repeat([]byte{7}, 32)}

func target(p *anonymize.Plan) proof.Target {
	var out proof.Target
	for _, f := range p.Hidden() {
		out.Columns = append(out.Columns, proof.Column{Name: f.Name, Semantic: f.Semantic, Direct: f.Class == semantic.DirectIdentifier})
	}
	for _, d := range p.Decisions() {
		if d.Transform.Name == "surrogate" {
			out.Invented = append(out.Invented, d.Field.Name)
		}
	}
	return out
}

type fixture struct {
	in, out arrow.Record
	target  proof.Target
	c       *proof.Collector
}

func setup(t testing.TB, n int) fixture {
	t.Helper()
	pol, err := anonymize.ParsePolicy([]byte(policy))
	require.NoError(t, err)
	p, err := anonymize.NewPlan(pol, anonymize.Principal{}, contract(), testKeys{}, anonymize.PlanOptions{})
	require.NoError(t, err)
	f := fixture{in: people(t, n), target: target(p)}
	f.out, err = p.Apply(context.Background(), f.in)
	require.NoError(t, err)
	f.c, err = proof.NewCollector(opt)
	require.NoError(t, err)
	require.NoError(t, f.c.Add(f.in, f.target.Columns))
	require.NoError(t, f.c.AddPublic(f.in, []string{"city"}))
	return f
}

func (f fixture) scan(t testing.TB, out arrow.Record, compare bool) proof.Result {
	t.Helper()
	s := proof.NewScanner(f.c, f.target)
	in := f.in
	if !compare {
		in = nil
	}
	require.NoError(t, s.Scan(context.Background(), out, in, 0))
	return s.Result("digest", []string{"k1"})
}

func TestCleanTableIsClean(t *testing.T) {
	t.Parallel()
	f := setup(t, 2000)
	r := f.scan(t, f.out, true)
	require.NoError(t, r.Err())
	require.Equal(t, int64(2000), r.Rows)
	require.Greater(t, r.Values, 8000)
	require.Positive(t, r.Coincidences, "surrogate names hit real ones by chance")
	require.Less(t, r.ExpectedFalseAlarms, 1e-6)
	require.Equal(t, "digest", r.PolicyDigest)

	blind := f.scan(t, f.out, false)
	require.ErrorIs(t, blind.Err(), proof.ErrLeak, "fails closed")
	require.Equal(t, []string{"family", "given", "mail"}, blind.Unproven)
	require.Empty(t, blind.Hits)
}

// plant returns rec with one cell of a text or integer column replaced.
func plant(t *testing.T, rec arrow.Record, column string, row int, value string) arrow.Record {
	t.Helper()
	at := rec.Schema().FieldIndices(column)[0]
	b := array.NewBuilder(memory.DefaultAllocator, rec.Column(at).DataType())
	for i := range int(rec.NumRows()) {
		switch {
		case i == row:
			require.NoError(t, b.AppendValueFromString(value))
		case rec.Column(at).IsNull(i):
			b.AppendNull()
		default:
			require.NoError(t, b.AppendValueFromString(rec.Column(at).ValueStr(i)))
		}
	}
	cols := append([]arrow.Array(nil), rec.Columns()...)
	cols[at] = b.NewArray()
	return array.NewRecord(rec.Schema(), cols, rec.NumRows())
}

func TestPlantedLeaksAreCaught(t *testing.T) {
	t.Parallel()
	f := setup(t, 500)
	raw := func(column string, row int) string {
		return f.in.Column(f.in.Schema().FieldIndices(column)[0]).ValueStr(row)
	}
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
	}
	for _, c := range []struct {
		name, column string
		value        string
		kind         string
	}{
		{"whole e-mail in another column", "ssn", raw("mail", 3), "cell"},
		{"e-mail in capitals", "ssn", strings.ToUpper(raw("mail", 3)), "cell"},
		{"e-mail inside a text", "note", "write to <" + raw("mail", 4) + ">, please do", "phrase"},
		{"e-mail glued to text", "city", "xx" + raw("mail", 4) + "yy", "substring"},
		{"phone as it was", "phone", raw("phone", 17), "unchanged"},
		{"phone, digits only, in a text", "note", "call " + digits(raw("phone", 5)) + " soon or late", "phrase"},
		{"phone with a country code", "note", "call +1" + digits(raw("phone", 5)) + " soon or late", "phrase"},
		{"phone with other separators", "note", "call " + strings.NewReplacer("(", "", ") ", ".", "-", ".").Replace(raw("phone", 6)) + " soon or late", "phrase"},
		{"ssn without dashes", "city", digits(raw("ssn", 7)), "cell"},
		{"ssn in a text", "note", "the number " + raw("ssn", 7) + " was given", "phrase"},
		{"account number in a kept column", "city", raw("account", 8), "cell"},
		{"account number in its own column", "account", raw("account", 9), "cell"},
		{"key in its own column", "id", raw("id", 17), "unchanged"},
		{"given name unchanged", "given", raw("given", 17), "unchanged"},
		{"family name unchanged, other case", "family", strings.ToUpper(raw("family", 17)), "unchanged"},
		{"own family name in the text", "note", "then mrs " + strings.ToLower(raw("family", 17)) + " left us", "own"},
		{"quasi-identifier in its own column", "age", raw("age", 17), "unchanged"},
		{"quasi-identifier of another row", "age", raw("age", 18), "cell"},
		{"another person's full name", "note", "seen with " + raw("given", 30) + " " + rare(t, f, "family") + " at noon", "word"},
	} {
		out := plant(t, f.out, c.column, 17, c.value)
		r := f.scan(t, out, true)
		require.ErrorIs(t, r.Err(), proof.ErrLeak, c.name)
		found := false
		for _, h := range r.Hits {
			require.Equal(t, c.column, h.Column, c.name)
			require.Equal(t, int64(17), h.Row, c.name)
			found = found || h.Kind == c.kind
		}
		require.True(t, found, "%s: %v", c.name, r.Hits)
		require.NotContains(t, r.Err().Error(), c.value, "the error shows no value")
	}
}

func TestNearMissesAreNoLeaks(t *testing.T) {
	t.Parallel()
	c, err := proof.NewCollector(opt)
	require.NoError(t, err)
	s := arrow.NewSchema([]arrow.Field{{Name: "v", Type: arrow.BinaryTypes.String}, {Name: "n", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	b.Field(0).(*array.StringBuilder).AppendValues([]string{"19850302", "5550100", "12345678", "abc"}, nil)
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"Zimborski", "Grace", "Zimb", "Tolvaldsen"}, nil)
	require.NoError(t, c.Add(b.NewRecord(), []proof.Column{{Name: "v", Direct: true}, {Name: "n", Semantic: "last_name", Direct: true}}))
	hits := func(v string) []proof.Hit {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		b.Append(v)
		out := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "out", Type: arrow.BinaryTypes.String}}, nil), []arrow.Array{b.NewArray()}, 1)
		sc := proof.NewScanner(c, proof.Target{})
		require.NoError(t, sc.Scan(context.Background(), out, nil, 0))
		return sc.Result("", nil).Hits
	}
	for name, v := range map[string]string{
		"digits inside a longer number": "a7198503021 code", "a longer number ends so": "919850302", "a name inside a word": "Zimborskian Tolvaldsenism",
		"an ordinary word": "by the Grace of all", "a lower-case word": "the zimb is a fruit here", "a short value": "abc", "another value": "Zimborsky",
	} {
		require.Empty(t, hits(v), name)
	}
	for name, v := range map[string]string{
		"digits as a word": "code 19850302.", "digits beside letters": "id:19850302a", "a name as a word": "by Zimborski's hand", "a short name": "ask Zimb today now", "case": "ASK TOLVALDSEN TODAY",
	} {
		require.Len(t, hits(v), 1, name)
	}
}

// rare returns a name that no excuse covers: found by asking the proof.
func rare(t *testing.T, f fixture, column string) string {
	t.Helper()
	arr := f.in.Column(f.in.Schema().FieldIndices(column)[0])
	for i := range arr.Len() {
		if v := arr.ValueStr(i); len(v) > 5 && f.scan(t, plant(t, f.out, "note", 1, "met "+v+" then"), true).Err() != nil {
			return v
		}
	}
	t.Fatal("no rare name")
	return ""
}

func TestUnusedDictionaryEntriesLeak(t *testing.T) {
	t.Parallel()
	f := setup(t, 50)
	mail := f.in.Column(3).ValueStr(9)
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	values := array.NewStringBuilder(memory.DefaultAllocator)
	values.AppendValues([]string{"clean", mail}, nil)
	idx := array.NewInt8Builder(memory.DefaultAllocator)
	for range 50 {
		idx.Append(0)
	}
	col := array.NewDictionaryArray(dt, idx.NewArray(), values.NewArray())
	out := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "x", Type: dt}}, nil), []arrow.Array{col}, 50)
	r := f.scan(t, out, true)
	require.Equal(t, []proof.Hit{{Column: "x", Kind: "cell", Count: 1, Row: -1}}, r.Hits)
}

func TestNestedValuesLeak(t *testing.T) {
	t.Parallel()
	f := setup(t, 3)
	b := array.NewListBuilder(memory.DefaultAllocator, arrow.BinaryTypes.String)
	for i := range 3 {
		b.Append(true)
		b.ValueBuilder().(*array.StringBuilder).Append(f.in.Column(3).ValueStr(i))
	}
	col := b.NewArray()
	out := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "x", Type: col.DataType()}}, nil), []arrow.Array{col}, 3)
	require.Equal(t, []proof.Hit{{Column: "x", Kind: "cell", Count: 3, Row: -1}}, f.scan(t, out, true).Hits)
}

func TestMergeMarshalShards(t *testing.T) {
	t.Parallel()
	f := setup(t, 400)
	collect := func(o proof.Options, parts ...[2]int64) *proof.Collector {
		all, err := proof.NewCollector(o)
		require.NoError(t, err)
		for _, p := range parts {
			c, err := proof.NewCollector(o)
			require.NoError(t, err)
			require.NoError(t, c.Add(f.in.NewSlice(p[0], p[1]), f.target.Columns))
			require.NoError(t, c.AddPublic(f.in.NewSlice(p[0], p[1]), []string{"city"}))
			require.NoError(t, all.Merge(c))
		}
		return all
	}
	whole := f.c.Marshal()
	require.Equal(t, whole, collect(opt, [2]int64{0, 400}).Marshal())
	require.Equal(t, whole, collect(opt, [2]int64{300, 400}, [2]int64{0, 100}, [2]int64{100, 300}).Marshal(), "any grouping, any order")
	back, err := proof.Unmarshal(whole, opt)
	require.NoError(t, err)
	require.Equal(t, whole, back.Marshal())
	for i := 0; i < len(whole); i += 997 {
		_, err = proof.Unmarshal(whole[:i], opt)
		require.Error(t, err)
	}

	small := opt
	small.MaxValues = 300
	c, err := proof.NewCollector(small)
	require.NoError(t, err)
	require.ErrorIs(t, c.Add(f.in, f.target.Columns), proof.ErrFull)
	leak := plant(t, f.out, "city", 5, f.in.Column(3).ValueStr(6))
	small.Shards = 16
	var sum proof.Result
	for i := range small.Shards {
		small.Shard = i
		c := collect(small, [2]int64{0, 400})
		s := proof.NewScanner(c, f.target)
		require.NoError(t, s.Scan(context.Background(), leak, f.in, 0))
		if i == 0 {
			sum = s.Result("d", nil)
		} else {
			sum = sum.Join(s.Result("d", nil))
		}
	}
	one := f.scan(t, leak, true)
	require.Equal(t, one.Hits, sum.Hits)
	require.Equal(t, one.Values, sum.Values)
	require.Equal(t, one.Rows, sum.Rows)
}

func TestScannersMerge(t *testing.T) {
	t.Parallel()
	f := setup(t, 100)
	leak := plant(t, plant(t, f.out, "city", 5, f.in.Column(3).ValueStr(6)), "city", 70, f.in.Column(3).ValueStr(7))
	a, b := proof.NewScanner(f.c, f.target), proof.NewScanner(f.c, f.target)
	require.NoError(t, a.Scan(context.Background(), leak.NewSlice(50, 100), f.in.NewSlice(50, 100), 50))
	require.NoError(t, b.Scan(context.Background(), leak.NewSlice(0, 50), f.in.NewSlice(0, 50), 0))
	a.Merge(b)
	require.Equal(t, f.scan(t, leak, true), a.Result("digest", []string{"k1"}))
}

func TestScanFile(t *testing.T) {
	t.Parallel()
	f := setup(t, 100)
	mail := f.in.Column(3).ValueStr(2)
	type row struct {
		Mail string `parquet:"mail"`
		City string `parquet:"city"`
	}
	write := func(opts ...parquet.WriterOption) tabular.File {
		var buf bytes.Buffer
		w := parquet.NewGenericWriter[row](&buf, opts...)
		_, err := w.Write([]row{{"hidden", "x"}, {mail, "y"}})
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return tabular.File{Name: "t.parquet", Body: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len())}
	}
	kinds := func(file tabular.File) map[string]string {
		s := proof.NewScanner(f.c, f.target)
		require.NoError(t, s.ScanFile(file, []string{"mail"}))
		out := map[string]string{}
		for _, h := range s.Result("", nil).Hits {
			out[h.Column] += h.Kind + " "
		}
		return out
	}
	got := kinds(write(parquet.BloomFilters(parquet.SplitBlockFilter(10, "mail")), parquet.Compression(&parquet.Snappy)))
	require.Contains(t, got["mail"], "statistics")
	require.Contains(t, got["mail"], "bloom_filter")
	got = kinds(write(parquet.KeyValueMetadata("owner", "see "+mail), parquet.SkipPageBounds("mail")))
	require.NotEmpty(t, got["footer of t.parquet"])
	require.Empty(t, kinds(tabular.File{Name: "t.csv", Body: strings.NewReader("a,b\n1,2\n"), Size: 8}))
	require.NotEmpty(t, kinds(tabular.File{Name: "t.arrow", Body: strings.NewReader("a,b\n1," + mail), Size: int64(6 + len(mail))}))

	s := proof.NewScanner(f.c, f.target)
	broken := []byte("PAR1 and nothing else PAR1")
	require.ErrorIs(t, s.ScanFile(tabular.File{Name: "b", Body: bytes.NewReader(broken), Size: int64(len(broken))}, nil), tabular.ErrCorrupt)
}

func FuzzUnmarshal(f *testing.F) {
	c, err := proof.NewCollector(opt)
	if err != nil {
		f.Fatal(err)
	}
	if err := c.Add(people(f, 5), []proof.Column{{Name: "mail", Semantic: "email", Direct: true}}); err != nil {
		f.Fatal(err)
	}
	f.Add(c.Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := proof.Unmarshal(b, opt)
		if err != nil {
			return
		}
		s := proof.NewScanner(c, proof.Target{})
		_ = s.ScanBytes("b", b)
	})
}

func BenchmarkProof(b *testing.B) {
	f := setup(b, 20000)
	b.Run("collect", func(b *testing.B) {
		for b.Loop() {
			c, _ := proof.NewCollector(opt)
			if err := c.Add(f.in, f.target.Columns); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*20/b.Elapsed().Seconds(), "krows/s")
	})
	for _, compare := range []bool{true, false} {
		b.Run(fmt.Sprintf("scan/compare=%v", compare), func(b *testing.B) {
			for b.Loop() {
				f.scan(b, f.out, compare)
			}
			b.ReportMetric(float64(b.N)*20/b.Elapsed().Seconds(), "krows/s")
		})
	}
}
