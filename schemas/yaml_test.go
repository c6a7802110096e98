package schemas

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

// golden compares got with testdata/name, or rewrites it under -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// exampleContract uses every part of a contract.
func exampleContract() Contract {
	return Contract{
		Name: "visits", Version: "1.2.0", Description: "Visits to the ward, one row each.",
		Fields: []Field{
			{Name: "visit_id", Type: "int64", Semantic: "record_id", Class: semantic.DirectIdentifier, Confirmed: "author"},
			{Name: "patient_id", Type: "int64", Semantic: "record_id", Class: semantic.DirectIdentifier},
			{Name: "born", Type: "date32", Semantic: "date_of_birth", Class: semantic.QuasiIdentifier, Nullable: true},
			{Name: "arrived", Type: "timestamp[us,UTC]", Class: semantic.QuasiIdentifier},
			{Name: "left", Type: "timestamp[us,UTC]", Class: semantic.QuasiIdentifier, Nullable: true},
			{Name: "ward", Type: "utf8", Class: semantic.None, Description: "Letter of the ward: A, B or C."},
			{Name: "code", Type: "utf8", Class: semantic.Sensitive},
			{Name: "cost", Type: "decimal128(12,2)", Semantic: "money", Class: semantic.Sensitive, Nullable: true},
			{Name: "tags", Type: "list<utf8>", Class: semantic.None, Nullable: true},
			{Name: "place", Type: "struct<lat:float64,lon:float64>", Class: semantic.QuasiIdentifier, Nullable: true},
		},
		PrimaryKey:  []string{"visit_id"},
		ForeignKeys: []ForeignKey{{Fields: []string{"patient_id"}, Table: "patients", References: []string{"id"}}},
		Constraints: []Constraint{
			{Field: "ward", Set: []string{"A", "B", "C"}},
			{Field: "code", Pattern: `[A-Z]\d{2}(\.\d)?`},
			{Field: "cost", Range: &Bounds{Min: "0", Max: "1000000"}},
			{Name: "one visit at a time", Unique: []string{"patient_id", "arrived"}},
			{Compare: &Compare{Left: "arrived", Op: "<=", Right: "left"}},
		},
		OnViolation: Quarantine, MaxQuarantine: 0.05,
	}
}

func TestYAMLRoundTrip(t *testing.T) {
	t.Parallel()
	c := exampleContract()
	require.NoError(t, c.Validate())
	var b bytes.Buffer
	require.NoError(t, c.EncodeYAML(&b))
	golden(t, "contract.yaml", b.Bytes())
	back, err := DecodeYAML(bytes.NewReader(b.Bytes()))
	require.NoError(t, err)
	require.Equal(t, c, back)
}

func TestDecodeYAMLRefuses(t *testing.T) {
	t.Parallel()
	good := "name: t\nfields:\n  - {name: a, type: int64, class: none}\n"
	for name, tc := range map[string]struct{ text, says string }{
		"empty":             {"", "empty"},
		"unknown key":       {good + "colour: red\n", "4:"},
		"unknown field key": {"name: t\nfields:\n  - {name: a, type: int64, class: none, pii: true}\n", "3:"},
		"doubled key":       {good + "name: u\n", "4:"},
		"second document":   {good + "---\n" + good, "second document"},
		"no class":          {"name: t\nfields:\n  - {name: a, type: int64}\n", "fields[0].class"},
		"not YAML":          {"name: [", "1:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := DecodeYAML(strings.NewReader(tc.text))
			require.ErrorIs(t, err, ErrInvalid)
			require.ErrorContains(t, err, tc.says)
		})
	}
	c, err := DecodeYAML(strings.NewReader(good))
	require.NoError(t, err)
	require.Equal(t, "1.0.0", c.Version)
	require.Equal(t, Quarantine, c.OnViolation)
}

func TestValidateListsEverything(t *testing.T) {
	t.Parallel()
	c := Contract{
		Version: "1", OnViolation: "ignore", MaxQuarantine: 2,
		Fields: []Field{
			{Name: "a", Type: "int64", Class: semantic.None, Nullable: true},
			{Name: "a", Type: "int", Class: "pii", Confirmed: "me"},
			{Name: "", Type: "utf8", Class: semantic.None},
			{Name: "_row", Type: "int64", Class: semantic.None},
			{Name: "t", Type: "utf8", Class: semantic.None},
			{Name: "l", Type: "list<int8>", Class: semantic.None},
		},
		PrimaryKey:  []string{"a", "a", "l", "zz"},
		ForeignKeys: []ForeignKey{{}, {Fields: []string{"a"}, Table: "p", References: []string{"x", "y"}}},
		Constraints: []Constraint{
			{Field: "a"},
			{Field: "a", Range: &Bounds{Min: "5", Max: "1"}},
			{Field: "a", Range: &Bounds{Min: "five"}},
			{Field: "a", Range: &Bounds{}},
			{Field: "a", Pattern: "x"},
			{Field: "t", Pattern: "("},
			{Field: "t", Set: []string{}},
			{Field: "a", Set: []string{"1", "b"}},
			{Field: "l", Range: &Bounds{Min: "1"}},
			{Field: "none", Pattern: "x"},
			{Pattern: "x"},
			{Unique: []string{}},
			{Field: "a", Unique: []string{"t"}},
			{Compare: &Compare{Left: "a", Op: "<>", Right: "t"}},
			{Compare: &Compare{Left: "a", Op: "<", Right: "gone"}},
			{Field: "t", Pattern: "x", Set: []string{"a"}},
		},
	}
	err := c.Validate()
	require.ErrorIs(t, err, ErrInvalid)
	golden(t, "violations.txt", []byte(err.Error()+"\n"))
}

func TestJSONSchema(t *testing.T) {
	t.Parallel()
	text, err := JSONSchema()
	require.NoError(t, err)
	golden(t, "contract.schema.json", text)

	doc, err := validator.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := validator.NewCompiler()
	require.NoError(t, compiler.AddResource("contract.json", doc))
	s, err := compiler.Compile("contract.json")
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, exampleContract().EncodeYAML(&b))
	require.NoError(t, s.Validate(yamlAsJSON(t, b.Bytes())))
	require.Error(t, s.Validate(yamlAsJSON(t, append(b.Bytes(), "colour: red\n"...))))
	require.Error(t, s.Validate(yamlAsJSON(t, bytes.Replace(b.Bytes(), []byte("class: sensitive"), []byte("class: secret"), 1))))
}

func yamlAsJSON(t *testing.T, text []byte) any {
	t.Helper()
	raw, err := yaml.YAMLToJSON(text)
	require.NoError(t, err)
	doc, err := validator.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return doc
}

func FuzzDecodeYAML(f *testing.F) {
	f.Add("name: t\nfields:\n  - {name: a, type: int64, class: none}\n")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := DecodeYAML(strings.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		require.NoError(t, c.EncodeYAML(&b))
		_, err = DecodeYAML(&b)
		require.NoError(t, err)
	})
}
