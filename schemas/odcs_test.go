package schemas

import (
	"bytes"
	"os"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

func odcsSchema(t *testing.T) *validator.Schema {
	t.Helper()
	raw, err := os.ReadFile("testdata/odcs/odcs-json-schema-v3.1.0.json")
	require.NoError(t, err)
	doc, err := validator.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	c := validator.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("odcs.json", doc))
	s, err := c.Compile("odcs.json")
	require.NoError(t, err)
	return s
}

func TestODCSValidates(t *testing.T) {
	t.Parallel()
	s := odcsSchema(t)
	c := exampleContract()
	c.Constraints = append(c.Constraints, Constraint{Field: "born", Range: &Bounds{Min: "1900-01-01"}}, Constraint{Unique: []string{"code"}}, Constraint{Field: "ward", Range: &Bounds{Min: "A"}})
	c.ForeignKeys = append(c.ForeignKeys,
		ForeignKey{Fields: []string{"ward", "code"}, Table: "wards", References: []string{"letter", "code"}},
		ForeignKey{Fields: []string{"ward"}, Table: "old wards", References: []string{"letter"}})
	out, err := ODCS(c, ODCSServer{Server: "lake", Type: "local", Path: "data/*.parquet", Format: "parquet"})
	require.NoError(t, err)
	golden(t, "visits.odcs.yaml", out)
	require.NoError(t, s.Validate(yamlAsJSON(t, out)))
	for name, edit := range map[string][2]string{
		"unknown key":         {"status: active", "status: active\ncolour: red"},
		"no id":               {"id: urn:contract:visits\n", ""},
		"wrong logical type":  {"logicalType: integer", "logicalType: int64"},
		"unknown server type": {"type: local", "type: floppy"},
	} {
		broken := bytes.Replace(out, []byte(edit[0]), []byte(edit[1]), 1)
		require.NotEqual(t, out, broken, name)
		require.Error(t, s.Validate(yamlAsJSON(t, broken)), name)
	}
	_, err = ODCS(Contract{})
	require.ErrorIs(t, err, ErrInvalid)
}
