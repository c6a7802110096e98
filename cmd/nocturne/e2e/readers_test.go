package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/nocturne-data/nocturne/workflows"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// TestReaders opens a published version by the programs its users have.
func TestReaders(t *testing.T) {
	t.Parallel()
	h := sharedHome(t)
	python := os.Getenv("NOCTURNE_PYTHON")
	if python == "" {
		t.Skip("NOCTURNE_PYTHON is not set: it names a Python with pyarrow, duckdb, polars, datasets and mlcroissant (make test sets it)")
	}
	s := cut(t, "readers", 1500)
	s.Layout.BlockRows, s.Layout.ShardBlocks = 512, 1
	_, err := night(t, h.client(t), "readers", workflows.NightInput{Spec: &s})
	require.NoError(t, err)
	v := h.version(t, "readers")
	folder := h.path("store", "datasets", "readers", v.Version)

	run := func(t *testing.T, args ...string) {
		t.Helper()
		cmd := exec.Command(python, args...)
		cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_DATASETS_OFFLINE=1", "HF_HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	t.Run("pyarrow, DuckDB, Polars, datasets", func(t *testing.T) {
		t.Parallel()
		run(t, "testdata/readers.py", folder, t.TempDir(), "people", "people_twin", "contacts", "contacts_twin")
	})
	t.Run("mlcroissant", func(t *testing.T) {
		t.Parallel()
		run(t, "-m", "mlcroissant.scripts.validate", "--jsonld", filepath.Join(folder, "croissant.json"))
	})
	t.Run("ODCS", func(t *testing.T) {
		t.Parallel()
		raw, err := os.ReadFile("../../../schemas/testdata/odcs/odcs-json-schema-v3.1.0.json")
		require.NoError(t, err)
		doc, err := validator.UnmarshalJSON(bytes.NewReader(raw))
		require.NoError(t, err)
		c := validator.NewCompiler()
		c.AssertFormat()
		require.NoError(t, c.AddResource("odcs.json", doc))
		schema, err := c.Compile("odcs.json")
		require.NoError(t, err)
		checked := 0
		for _, f := range v.Files {
			if !strings.HasSuffix(f.Name, ".odcs.yaml") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(f.Name)))
			require.NoError(t, err)
			asJSON, err := yaml.YAMLToJSON(text)
			require.NoError(t, err)
			doc, err := validator.UnmarshalJSON(bytes.NewReader(asJSON))
			require.NoError(t, err)
			require.NoError(t, schema.Validate(doc), f.Name)
			checked++
		}
		require.Equal(t, 4, checked)
	})
}
