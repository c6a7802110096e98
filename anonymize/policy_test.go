package anonymize

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

func hospital(t *testing.T) Policy {
	t.Helper()
	data, err := os.ReadFile("testdata/hospital.policy.yaml")
	require.NoError(t, err)
	p, err := ParsePolicy(data)
	require.NoError(t, err)
	return p
}

func patients() schemas.Contract {
	return schemas.Contract{
		Name: "patients", Version: "1.0.0", PrimaryKey: []string{"id"},
		Fields: []schemas.Field{
			{Name: "id", Type: "int64", Semantic: "record_id", Class: semantic.None},
			{Name: "given", Type: "utf8", Semantic: "first_name", Class: semantic.DirectIdentifier, Nullable: true},
			{Name: "family", Type: "utf8", Semantic: "last_name", Class: semantic.DirectIdentifier},
			{Name: "mail", Type: "utf8", Semantic: "email", Class: semantic.DirectIdentifier},
			{Name: "phone", Type: "utf8", Semantic: "phone", Class: semantic.DirectIdentifier},
			{Name: "ssn", Type: "utf8", Semantic: "us_ssn", Class: semantic.DirectIdentifier},
			{Name: "born", Type: "date32", Semantic: "birth_date", Class: semantic.QuasiIdentifier},
			{Name: "city", Type: "utf8", Semantic: "city", Class: semantic.QuasiIdentifier},
			{Name: "income", Type: "float64", Semantic: "income", Class: semantic.Sensitive},
			{Name: "note", Type: "utf8", Semantic: "free_text", Class: semantic.Sensitive},
			{Name: "ward", Type: "utf8", Semantic: "category", Class: semantic.None},
			{Name: "mentor_id", Type: "int64", Semantic: "foreign_key", Class: semantic.None, Nullable: true},
		},
		ForeignKeys: []schemas.ForeignKey{{Fields: []string{"mentor_id"}, Table: "patients", References: []string{"id"}}},
	}
}

func visits() schemas.Contract {
	return schemas.Contract{
		Name: "visits", Version: "1.0.0",
		Fields: []schemas.Field{
			{Name: "patient_id", Type: "int64", Semantic: "foreign_key", Class: semantic.None},
			{Name: "visited", Type: "date32", Semantic: "date", Class: semantic.QuasiIdentifier},
		},
		ForeignKeys: []schemas.ForeignKey{{Fields: []string{"patient_id"}, Table: "patients", References: []string{"id"}}},
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	p, c := hospital(t), patients()
	nurse := Principal{Purpose: "care", Roles: []string{"nurse"}}
	for _, x := range []struct {
		name      string
		principal Principal
		column    string
		rule      string
		transform string
	}{
		{"exception for a role", nurse, "given", "nurse sees names", "keep"},
		{"role without purpose", Principal{Purpose: "training", Roles: []string{"nurse"}}, "given", "names", "surrogate"},
		{"purpose without role", Principal{Purpose: "care"}, "given", "names", "surrogate"},
		{"regular expression", Principal{}, "mentor_id", "keys", "pseudonym"},
		{"condition with the default purpose", Principal{}, "income", "research keeps sensitive", "keep"},
		{"condition false", nurse, "income", "", "suppress"},
		{"nothing matches", Principal{}, "city", "", "suppress"},
		{"class", Principal{}, "ward", "public", "keep"},
	} {
		f, ok := c.Field(x.column)
		require.True(t, ok)
		d := p.Decide(x.principal, c.Name, f)
		require.Equal(t, x.rule, d.Rule, x.name)
		require.Equal(t, x.transform, d.Transform.Name, x.name)
		require.NotEmpty(t, d.Why, x.name)
	}
}

func TestDecideConflicts(t *testing.T) {
	t.Parallel()
	f := schemas.Field{Name: "city", Type: "utf8", Class: semantic.QuasiIdentifier}
	parse := func(rules string) Policy {
		p, err := ParsePolicy([]byte("name: x\nversion: 1.0.0\nrules:\n" + rules))
		require.NoError(t, err)
		return p
	}
	// Equal criteria: the more protective rule wins, whatever the order.
	p := parse(`
  - {name: a, match: {class: quasi_identifier}, transform: {name: keep}}
  - {name: b, match: {class: [quasi_identifier, sensitive]}, transform: {name: mask}}`)
	require.Equal(t, "b", p.Decide(Principal{}, "t", f).Rule)
	// Other criteria: the order decides.
	p = parse(`
  - {name: a, match: {column: city}, transform: {name: keep}}
  - {name: b, match: {class: quasi_identifier}, transform: {name: suppress}}`)
	require.Equal(t, "a", p.Decide(Principal{}, "t", f).Rule)
	// A condition that cannot be evaluated fails closed.
	p = parse(`
  - {name: a, match: {when: 'principal.attributes["clearance"] == "low"'}, transform: {name: keep}}
  - {name: b, transform: {name: keep}}`)
	d := p.Decide(Principal{}, "t", f)
	require.Equal(t, "suppress", d.Transform.Name)
	require.Contains(t, d.Why, "could not be evaluated")
	require.Equal(t, "keep", p.Decide(Principal{Attributes: map[string]string{"clearance": "high"}}, "t", f).Transform.Name)
	// An invalid policy made by hand suppresses.
	require.Equal(t, "suppress", Policy{Rules: []Rule{{Name: "x"}}}.Decide(Principal{}, "t", f).Transform.Name)
}

func TestParsePolicyReportsAllFaults(t *testing.T) {
	t.Parallel()
	_, err := ParsePolicy([]byte(`
name: x
linkage: some
rules:
  - {name: a, match: {class: secret}, transform: {name: blur}}
  - {name: a, match: {column: "/(/", when: "field.clas == 'x'"}, transform: {name: mask, params: {frist: 1}}}
  - {transform: {name: keep}}
  - {name: c, match: {when: "field.name"}, transform: {name: keep}}
`))
	require.ErrorIs(t, err, ErrPolicy)
	for _, want := range []string{
		"version is required", `linkage "some"`, `match.class "secret"`, `transform "blur"`, "used twice", "match.column", "frist",
		"field.clas", "rules[2]: name is required", "not bool",
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = ParsePolicy([]byte("name: x\nversion: 1.0.0\nrules:\n  - name: a\n    mach: {class: none}\n    transform: {name: keep}\n"))
	require.ErrorIs(t, err, ErrPolicy)
	require.ErrorContains(t, err, "[5:")
	require.ErrorContains(t, err, "mach")
	for _, bad := range []string{"", "[", "name: x\n---\nname: y"} {
		_, err = ParsePolicy([]byte(bad))
		require.ErrorIs(t, err, ErrPolicy, bad)
	}
}

func TestPolicyYAMLReadsBack(t *testing.T) {
	t.Parallel()
	p := hospital(t)
	y, err := p.YAML()
	require.NoError(t, err)
	back, err := ParsePolicy(y)
	require.NoError(t, err)
	p.compiled, back.compiled = nil, nil
	require.Equal(t, p, back)
}

func TestPolicySchemaAcceptsAndRefuses(t *testing.T) {
	t.Parallel()
	raw, err := PolicySchema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("policy.json", doc))
	s, err := c.Compile("policy.json")
	require.NoError(t, err)
	value := func(y []byte) any {
		j, err := yaml.YAMLToJSON(y)
		require.NoError(t, err)
		var v any
		require.NoError(t, json.Unmarshal(j, &v))
		return v
	}
	data, err := os.ReadFile("testdata/hospital.policy.yaml")
	require.NoError(t, err)
	require.NoError(t, s.Validate(value(data)))
	for _, bad := range []string{
		"name: x\nversion: 1.0.0\nrules: [{name: a, transform: {name: mask, params: {frist: 1}}}]",
		"name: x\nversion: 1.0.0\nrules: [{name: a, transform: {name: blur}}]",
		"name: x\nversion: 1.0.0\nrules: [{name: a, match: {class: secret}, transform: {name: keep}}]",
		"name: x\nversion: 1.0.0\nrule: []",
	} {
		require.Error(t, s.Validate(value([]byte(bad))), bad)
	}
}

func FuzzParsePolicy(f *testing.F) {
	data, err := os.ReadFile("testdata/hospital.policy.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("name: x\nversion: 1\nrules: [{name: a, match: {when: 'true'}, transform: {name: keep}}]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePolicy(b)
		if err != nil {
			return
		}
		p.Decide(Principal{Purpose: "x"}, "t", schemas.Field{Name: "c", Class: semantic.None})
	})
}
