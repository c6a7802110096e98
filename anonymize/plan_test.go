package anonymize

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

type testKeys struct{}

func (testKeys) Derive(name string) ([]byte, error) {
	s := sha256.Sum256([]byte(name))
	return s[:], nil
}

func (testKeys) IDs() []string { return []string{"k1"} }

// rows builds a record of a contract from JSON-free text cells; "NULL" is null.
func rows(t *testing.T, c schemas.Contract, lines ...string) arrow.Record {
	t.Helper()
	s, err := c.ArrowSchema()
	require.NoError(t, err)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	for _, l := range lines {
		for i, cell := range strings.Split(l, "|") {
			if cell == "NULL" {
				b.Field(i).AppendNull()
				continue
			}
			require.NoError(t, b.Field(i).AppendValueFromString(cell))
		}
	}
	return b.NewRecord()
}

func patientRows(t *testing.T) arrow.Record {
	return rows(t, patients(),
		"1|Ada|Lovelace|ada@x.org|555-010-0001|123-45-6789|1985-03-02|London|100.5|Ada has a cough, call 5550100001|A|NULL",
		"2|NULL|Hopper|grace@y.org|555-010-0002|223-45-6789|1906-12-09|New York|200|no remarks|B|1",
		"3|Alan|Turing|alan@z.org|555-010-0003|323-45-6789|1912-06-23|London|300|Dr Turing rested|A|1")
}

func TestPlanApply(t *testing.T) {
	t.Parallel()
	p, err := NewPlan(hospital(t), Principal{}, patients(), testKeys{}, PlanOptions{})
	require.NoError(t, err)
	out, err := p.Apply(context.Background(), patientRows(t))
	require.NoError(t, err)
	require.True(t, out.Schema().Equal(p.OutputSchema()))
	require.Empty(t, out.Schema().FieldIndices("ssn"), "dropped")
	col := func(name string) arrow.Array { return out.Column(out.Schema().FieldIndices(name)[0]) }
	require.Equal(t, 3, col("city").NullN(), "unmatched is suppressed")
	require.True(t, col("given").IsNull(1))
	require.Equal(t, "***-***-**01", col("phone").(*array.String).Value(0))
	require.Equal(t, arrow.Date32FromTime(arrow.Date32(0).ToTime().AddDate(15, 0, 0)), col("born").(*array.Date32).Value(0))
	note := col("note").(*array.String)
	require.NotContains(t, note.Value(0), "Ada")
	require.NotContains(t, note.Value(0), "5550100001")
	require.Equal(t, "no remarks", note.Value(1))
	require.NotContains(t, note.Value(2), "Turing")
	require.Equal(t, "B", col("ward").(*array.String).Value(1))
	// The self-reference still points at the same row.
	id, mentor := col("id").(*array.Int64), col("mentor_id").(*array.Int64)
	require.True(t, mentor.IsNull(0))
	require.Equal(t, id.Value(0), mentor.Value(1))
	require.NotEqual(t, int64(1), id.Value(0))

	require.Equal(t, []string{"given", "family", "mail", "phone", "born", "income", "note"}, p.Protected())
	require.Equal(t, []string{"given", "family", "mail", "phone", "ssn"}, p.KnownColumns())
	require.Equal(t, []string{"income", "ward"}, p.Kept())

	// The surrogate address is made of the surrogate name.
	family := strings.ToLower(col("family").(*array.String).Value(0))
	require.Contains(t, col("mail").(*array.String).Value(0), family)
}

func TestPlanKeepsJoinsAndIntervals(t *testing.T) {
	t.Parallel()
	related := map[string]schemas.Contract{"patients": patients(), "visits": visits()}
	plan := func(pr Principal, c schemas.Contract) *Plan {
		p, err := NewPlan(hospital(t), pr, c, testKeys{}, PlanOptions{Related: related})
		require.NoError(t, err)
		return p
	}
	v := rows(t, visits(), "3|2024-01-01", "1|2024-01-05", "3|2024-03-01", "9|2024-02-01")
	people, err := plan(Principal{}, patients()).Apply(context.Background(), patientRows(t))
	require.NoError(t, err)
	seen, err := plan(Principal{}, visits()).Apply(context.Background(), v)
	require.NoError(t, err)
	before := join(patientRows(t).Column(0).(*array.Int64), v.Column(0).(*array.Int64))
	after := join(people.Column(0).(*array.Int64), seen.Column(0).(*array.Int64))
	require.Len(t, before, 3)
	require.Equal(t, before, after)

	days := seen.Column(1).(*array.Date32)
	require.Equal(t, arrow.Date32(60), days.Value(2)-days.Value(0), "one patient's interval")
	require.NotEqual(t, v.Column(1).(*array.Date32).Value(0), days.Value(0))

	// The move belongs to the patient, not to whoever has the same number
	// elsewhere.
	require.Equal(t, "patients.id", plan(Principal{}, visits()).Decisions()[1].Transform.Params["key"])

	// Another purpose cannot be joined, unless the policy links all.
	other, err := plan(Principal{Purpose: "care"}, visits()).Apply(context.Background(), v)
	require.NoError(t, err)
	require.Empty(t, join(people.Column(0).(*array.Int64), other.Column(0).(*array.Int64)))
	linked := hospital(t)
	linked.Linkage = "all"
	var both []*array.Int64
	for _, purpose := range []string{"care", "training"} {
		p, err := NewPlan(linked, Principal{Purpose: purpose}, visits(), testKeys{}, PlanOptions{Related: related})
		require.NoError(t, err)
		out, err := p.Apply(context.Background(), v)
		require.NoError(t, err)
		both = append(both, out.Column(0).(*array.Int64))
	}
	require.True(t, array.Equal(both[0], both[1]))
}

// On random schemas (chains, composite and self-referencing keys, mixed types)
// the pairs of rows that join are the same before and after.
func TestJoinsSurviveOnRandomSchemas(t *testing.T) {
	t.Parallel()
	policy, err := ParsePolicy([]byte("name: j\nversion: 1.0.0\nrules: [{name: all, transform: {name: pseudonym}}]"))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		tables := rapid.IntRange(1, 4).Draw(t, "tables")
		width := rapid.IntRange(1, 2).Draw(t, "key columns")
		typ := rapid.SampledFrom([]string{"int64", "utf8"}).Draw(t, "type")
		related := map[string]schemas.Contract{}
		data, parent := map[string]arrow.Record{}, map[string]string{}
		for i := range tables {
			c := schemas.Contract{Name: fmt.Sprintf("t%d", i), Version: "1.0.0"}
			var key, ref []string
			for k := range width {
				key, ref = append(key, fmt.Sprintf("k%d", k)), append(ref, fmt.Sprintf("f%d", k))
			}
			for _, n := range append(append([]string(nil), key...), ref...) {
				c.Fields = append(c.Fields, schemas.Field{Name: n, Type: typ, Class: semantic.None})
			}
			c.PrimaryKey = key
			p := fmt.Sprintf("t%d", rapid.IntRange(0, i).Draw(t, "parent")) // itself at the last
			parent[c.Name] = p
			c.ForeignKeys = []schemas.ForeignKey{{Fields: ref, Table: p, References: key}}
			related[c.Name] = c
			s, err := c.ArrowSchema()
			if err != nil {
				t.Fatal(err)
			}
			b := array.NewRecordBuilder(memory.DefaultAllocator, s)
			for range rapid.IntRange(0, 6).Draw(t, "rows") {
				for j := range c.Fields {
					if err := b.Field(j).AppendValueFromString(fmt.Sprint(rapid.IntRange(-2, 4).Draw(t, "cell"))); err != nil {
						t.Fatal(err)
					}
				}
			}
			data[c.Name] = b.NewRecord()
		}
		for name, c := range related {
			p := parent[name]
			before := joinRows(data[name], data[p], width)
			after := joinRows(treated(t, policy, c, related, data[name]), treated(t, policy, related[p], related, data[p]), width)
			if fmt.Sprint(before) != fmt.Sprint(after) {
				t.Fatalf("%s -> %s: %v became %v", name, p, before, after)
			}
		}
	})
}

func treated(t *rapid.T, policy Policy, c schemas.Contract, related map[string]schemas.Contract, rec arrow.Record) arrow.Record {
	p, err := NewPlan(policy, Principal{}, c, testKeys{}, PlanOptions{Related: related})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Apply(context.Background(), rec)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// joinRows lists the pairs (child, parent) whose foreign key columns equal the
// key columns; the key columns come first.
func joinRows(child, parent arrow.Record, width int) (out [][2]int) {
	for i := range int(child.NumRows()) {
		for j := range int(parent.NumRows()) {
			equal := true
			for k := range width {
				equal = equal && child.Column(width+k).ValueStr(i) == parent.Column(k).ValueStr(j)
			}
			if equal {
				out = append(out, [2]int{i, j})
			}
		}
	}
	return out
}

// join lists the pairs of row numbers with equal keys.
func join(a, b *array.Int64) (out [][2]int) {
	for i := range a.Len() {
		for j := range b.Len() {
			if a.Value(i) == b.Value(j) {
				out = append(out, [2]int{i, j})
			}
		}
	}
	return out
}

func TestKeyRoot(t *testing.T) {
	t.Parallel()
	c := func(name string, fks ...schemas.ForeignKey) schemas.Contract {
		return schemas.Contract{Name: name, ForeignKeys: fks}
	}
	fk := func(field, table, ref string) schemas.ForeignKey {
		return schemas.ForeignKey{Fields: []string{field, "k2"}, Table: table, References: []string{ref, "r2"}}
	}
	related := map[string]schemas.Contract{
		"a": c("a", fk("x", "b", "y")), "b": c("b", fk("y", "c", "z")), "c": c("c"),
		"p": c("p", fk("x", "q", "x")), "q": c("q", fk("x", "p", "x")), "s": c("s", fk("boss", "s", "id")),
	}
	require.Equal(t, "c.z", keyRoot(related["a"], "x", related), "a chain")
	require.Equal(t, "b.y", keyRoot(related["a"], "x", nil), "as far as it is known")
	require.Equal(t, "c.r2", keyRoot(related["b"], "k2", related), "composite keys")
	require.Equal(t, "p.x", keyRoot(related["p"], "x", related), "a circle")
	require.Equal(t, "p.x", keyRoot(related["q"], "x", related), "from its other side")
	require.Equal(t, "s.id", keyRoot(related["s"], "boss", related), "self-reference")
}

func TestPlanWithDictionarySchema(t *testing.T) {
	t.Parallel()
	rec := patientRows(t)
	fields := rec.Schema().Fields()
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	b := array.NewDictionaryBuilder(memory.DefaultAllocator, dict)
	require.NoError(t, b.AppendArray(rec.Column(2)))
	cols := append([]arrow.Array(nil), rec.Columns()...)
	fields[2].Type, cols[2] = dict, b.NewArray()
	fields = append(fields, arrow.Field{Name: "unknown", Type: arrow.BinaryTypes.String})
	cols = append(cols, rec.Column(1))
	coded := array.NewRecord(arrow.NewSchema(fields, nil), cols, 3)
	p, err := NewPlan(hospital(t), Principal{}, patients(), testKeys{}, PlanOptions{Schema: coded.Schema()})
	require.NoError(t, err)
	out, err := p.Apply(context.Background(), coded)
	require.NoError(t, err)
	require.Empty(t, out.Schema().FieldIndices("unknown"), "what the contract does not know is not passed on")
	plain, err := NewPlan(hospital(t), Principal{}, patients(), testKeys{}, PlanOptions{})
	require.NoError(t, err)
	want, err := plain.Apply(context.Background(), rec)
	require.NoError(t, err)
	got := out.Column(2).(*array.Dictionary)
	for i := range 3 {
		require.Equal(t, want.Column(2).ValueStr(i), got.Dictionary().ValueStr(got.GetValueIndex(i)))
	}
	_, err = plain.Apply(context.Background(), coded)
	require.ErrorContains(t, err, "built for", "a schema that was not planned is refused")
}

func TestPlanFaults(t *testing.T) {
	t.Parallel()
	_, err := NewPlan(hospital(t), Principal{}, patients(), nil, PlanOptions{})
	require.ErrorContains(t, err, `column "id"`)
	require.ErrorContains(t, err, `column "mail"`, "all faults at once")
	p, err := NewPlan(hospital(t), Principal{}, patients(), testKeys{}, PlanOptions{})
	require.NoError(t, err)
	_, err = p.Apply(context.Background(), rows(t, visits(), "1|2024-01-01"))
	require.ErrorContains(t, err, "0 times")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = p.Apply(ctx, patientRows(t))
	require.ErrorIs(t, err, context.Canceled)
}

func TestDigestFollowsItsParts(t *testing.T) {
	t.Parallel()
	digest := func(mut func(*Policy, *Principal, *schemas.Contract)) string {
		p, pr, c := hospital(t), Principal{}, patients()
		mut(&p, &pr, &c)
		plan, err := NewPlan(p, pr, c, testKeys{}, PlanOptions{})
		require.NoError(t, err)
		return plan.Digest()
	}
	base := digest(func(*Policy, *Principal, *schemas.Contract) {})
	require.Equal(t, base, digest(func(*Policy, *Principal, *schemas.Contract) {}))
	seen := map[string]bool{base: true}
	for i, mut := range []func(*Policy, *Principal, *schemas.Contract){
		func(p *Policy, _ *Principal, _ *schemas.Contract) { p.Version = "1.2.1" },
		func(_ *Policy, pr *Principal, _ *schemas.Contract) { pr.Purpose = "care" },
		func(_ *Policy, _ *Principal, c *schemas.Contract) { c.Fields[10].Nullable = true },
	} {
		d := digest(mut)
		require.False(t, seen[d], i)
		seen[d] = true
	}
}

func TestExplainGolden(t *testing.T) {
	t.Parallel()
	e, err := Explain(hospital(t), Principal{}, patients(), PlanOptions{})
	require.NoError(t, err)
	golden(t, "explain.txt", e.Text())
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p, err := ParsePolicy([]byte(`
name: x
version: 1.0.0
rules:
  - {name: typo, match: {column: incom}, transform: {name: keep}}
  - {name: odd, match: {semantic: shoe_size}, transform: {name: keep}}
  - {name: key, match: {column: id}, transform: {name: mask}}
  - {name: foreign, match: {column: mentor_id}, transform: {name: pseudonym}}
  - {name: impossible, match: {column: ward}, transform: {name: generalize, params: {width: 3}}}
  - {name: tie1, match: {semantic: city}, transform: {name: mask, params: {first: 1}}}
  - {name: tie2, match: {semantic: city}, transform: {name: mask, params: {first: 2}}}
  - {name: names, match: {class: direct_identifier}, transform: {name: keep}}
`))
	require.NoError(t, err)
	f, err := Check(p, Principal{}, patients(), false, PlanOptions{})
	require.NoError(t, err)
	all := fmt.Sprint(f)
	for _, want := range []string{
		`error: rule "typo", column "incom": the contract has no such column`,
		`"shoe_size"`,
		`warning: rule "key", column "id": mask does not keep`,
		`is treated by pseudonym but the key it references, patients.id, by mask`,
		`error: rule "impossible", column "ward"`,
		`rule "tie2" disagrees`,
		`column "mail": a direct identifier is kept readable`,
		`column "note": no rule matches`,
		`error: rule "foreign", column "mentor_id": pseudonym needs keys`,
	} {
		require.Contains(t, all, want)
	}
	f, err = Check(hospital(t), Principal{}, visits(), true, PlanOptions{Related: map[string]schemas.Contract{"patients": patients()}})
	require.NoError(t, err)
	require.Empty(t, f, "both ends of the join agree")
}

func TestDraftGolden(t *testing.T) {
	t.Parallel()
	c := patients()
	report := detect.Report{Table: "patients", Columns: []detect.Column{{Name: "ward", Unsure: true}}}
	p, text, err := Draft(c, report)
	require.NoError(t, err)
	golden(t, "draft.yaml", string(text))
	_, err = NewPlan(p, Principal{}, c, testKeys{}, PlanOptions{})
	require.NoError(t, err)
	ward, _ := c.Field("ward")
	require.Equal(t, "suppress", p.Decide(Principal{}, c.Name, ward).Transform.Name)

	c.Fields[4].Type = "int64" // a phone number that a surrogate cannot replace
	c.Fields[0].Name = "we/ird*id: \"x\""
	c.PrimaryKey = []string{c.Fields[0].Name}
	c.ForeignKeys = nil
	p, _, err = Draft(c, detect.Report{})
	require.NoError(t, err)
	require.Equal(t, "pseudonym", p.Decide(Principal{}, c.Name, c.Fields[0]).Transform.Name)
	require.Equal(t, "suppress", p.Decide(Principal{}, c.Name, c.Fields[4]).Transform.Name)
}

func TestDiff(t *testing.T) {
	t.Parallel()
	before := hospital(t)
	after := hospital(t)
	after.Rules = append([]Rule(nil), after.Rules...)
	after.Rules[3].Transform.Name, after.Rules[3].Transform.Params = "keep", nil
	changes, err := Diff(before, after, patients(), Principals(before, after))
	require.NoError(t, err)
	require.Len(t, changes, len(Principals(before, after)))
	require.Equal(t, "less", changes[0].Direction)
	require.Equal(t, "for purpose training: patients.phone becomes LESS protected: mask -> keep", changes[0].String())
	same, err := Diff(before, before, patients(), Principals(before))
	require.NoError(t, err)
	require.Empty(t, same)
}
