package pipeline_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

const policy = `name: test
version: 1.0.0
rules:
  - {name: rest, match: {class: none}, transform: {name: keep}, why: it is harmless}
`

func valid() pipeline.Spec {
	return pipeline.Spec{
		Name: "test", Policy: policy,
		Tables: []pipeline.Table{{Name: "people", Source: pipeline.Source{Path: "people.csv"}}},
		Labels: &pipeline.Labels{Queue: "q", Table: "people", Choices: []string{"a", "b"}},
	}.WithDefaults()
}

func TestValidateNamesEveryFault(t *testing.T) {
	t.Parallel()
	require.NoError(t, valid().Validate())
	for want, spoil := range map[string]func(s *pipeline.Spec){
		"name: must be":                     func(s *pipeline.Spec) { s.Name = "Not OK" },
		"tables: at least one":              func(s *pipeline.Spec) { s.Tables = nil },
		"policy: missing":                   func(s *pipeline.Spec) { s.Policy = " " },
		"policy: ":                          func(s *pipeline.Spec) { s.Policy = "rules: 5\n" },
		"tables[0].name: must be":           func(s *pipeline.Spec) { s.Tables[0].Name = "../x" },
		"tables[1].name: used twice":        func(s *pipeline.Spec) { s.Tables = append(s.Tables, s.Tables[0]) },
		"exactly one of path and postgres":  func(s *pipeline.Spec) { s.Tables[0].Source.Postgres = "env:DB" },
		"source: exactly one":               func(s *pipeline.Spec) { s.Tables[0].Source = pipeline.Source{} },
		"so that no password":               func(s *pipeline.Spec) { s.Tables[0].Source = pipeline.Source{Postgres: "postgres://u:p@h/d"} },
		"only allowed in a pipeline file":   func(s *pipeline.Spec) { s.Tables[0].ContractFile = "c.yaml" },
		"layout: block_rows":                func(s *pipeline.Spec) { s.Layout.BlockRows = 3 },
		"layout: block_rows must":           func(s *pipeline.Spec) { s.Layout.Partitions = 5000 },
		"synthesis.holdout":                 func(s *pipeline.Spec) { s.Synthesis.Holdout = 1 },
		"synthesis.rows":                    func(s *pipeline.Spec) { s.Synthesis.Rows = -1 },
		"labels.queue":                      func(s *pipeline.Spec) { s.Labels.Queue = "" },
		"labels.table":                      func(s *pipeline.Spec) { s.Labels.Table = "other" },
		"labels.choices":                    func(s *pipeline.Spec) { s.Labels.Choices = []string{"a"} },
		"labels: budget":                    func(s *pipeline.Spec) { s.Labels.Budget = 6000 },
		"labels.random":                     func(s *pipeline.Spec) { s.Labels.Random = 2 },
		"labels.overlap":                    func(s *pipeline.Spec) { s.Labels.Overlap = 21 },
		"labels.wait":                       func(s *pipeline.Spec) { s.Labels.Wait = "-5m" },
		"labels.scripted":                   func(s *pipeline.Spec) { s.Labels.Scripted = &pipeline.Scripted{Annotators: 1} },
		"schedule.at":                       func(s *pipeline.Spec) { s.Schedule = &pipeline.Schedule{At: "2am", TimeZone: "Etc/UTC"} },
		"schedule.time_zone: must be an IA": func(s *pipeline.Spec) { s.Schedule = &pipeline.Schedule{At: "02:00"} },
	} {
		s := valid()
		spoil(&s)
		err := s.Validate()
		require.ErrorIs(t, err, pipeline.ErrInvalid, want)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "u:p@h", "no password in an error")
	}
	s := valid()
	s.Name, s.Synthesis.Rows = "", -1
	err := s.Validate()
	require.ErrorContains(t, err, "name:")
	require.ErrorContains(t, err, "synthesis.rows", "all faults at once")
}

func TestLoadTakesEverythingInAndMakesPathsAbsolute(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write("policy.yaml", policy)
	write("people.yaml", "name: people\nversion: 1.0.0\nfields:\n  - {name: id, type: utf8, class: none}\n")
	s, err := pipeline.Load(write("p.yaml", `name: test
policy: policy.yaml
keys: keys.json
tables:
  - {name: people, source: {path: data/people.csv}, contract_file: people.yaml}
`))
	require.NoError(t, err)
	require.Equal(t, policy, s.Policy)
	require.Equal(t, filepath.Join(dir, "keys.json"), s.Keys)
	require.Equal(t, filepath.Join(dir, "data", "people.csv"), s.Tables[0].Source.Path)
	require.Equal(t, "people", s.Tables[0].Contract.Name)
	require.Empty(t, s.Tables[0].ContractFile)
	require.Equal(t, 65536, s.Layout.BlockRows)

	for name, text := range map[string]string{
		"unknown field":   "name: test\npolicy: policy.yaml\ntabels: []\n",
		"no such policy":  "name: test\npolicy: none.yaml\ntables: []\n",
		"no contract":     "name: test\npolicy: policy.yaml\ntables: [{name: a, source: {path: x.csv}, contract_file: none.yaml}]\n",
		"two contracts":   "name: test\npolicy: policy.yaml\ntables: [{name: a, source: {path: x.csv}, contract_file: people.yaml, contract: {name: a}}]\n",
		"not YAML":        "name: [\n",
		"library panics":  "tables:\n  - !!\n",
		"library panics2": "tables: !!seq\n",
		"wrong type":      "name: test\ntables: 5\n",
		"empty":           "",
	} {
		_, err := pipeline.Load(write(strings.ReplaceAll(name, " ", "-")+".yaml", text))
		require.ErrorIs(t, err, pipeline.ErrInvalid, name)
		require.ErrorContains(t, err, ".yaml", name)
	}
	_, err = pipeline.Load(filepath.Join(dir, "missing.yaml"))
	require.ErrorIs(t, err, pipeline.ErrInvalid)
}

// Pipeline files come from people: whatever they hold, an error comes back and
// never a panic.
func FuzzLoad(f *testing.F) {
	f.Add("name: test\npolicy: |\n  name: x\ntables:\n  - !!\n")
	f.Add("tables: !!seq\n")
	f.Add("labels: {queue: q, table: t, choices: [a, b]}\nschedule: {at: '02:00'}\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, fmt.Sprintf("%x.yaml", len(text)))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := pipeline.Load(path); err != nil {
			require.ErrorIs(t, err, pipeline.ErrInvalid)
		}
	})
}

func TestDecodeRefusesUnknownFieldsWithAnExample(t *testing.T) {
	t.Parallel()
	_, err := pipeline.Decode([]byte(`{"naem":"x"}`))
	require.ErrorIs(t, err, pipeline.ErrInvalid)
	require.ErrorContains(t, err, pipeline.Example)
}

func TestDefaultsLeaveTheirArgumentAlone(t *testing.T) {
	t.Parallel()
	s := pipeline.Spec{Name: "x", Labels: &pipeline.Labels{}, Tables: []pipeline.Table{{Name: "t", Source: pipeline.Source{Postgres: "env:DB"}}}}
	d := s.WithDefaults()
	require.Equal(t, "t", d.Tables[0].Source.Table)
	require.Equal(t, 100, d.Labels.Budget)
	require.Equal(t, 25, d.Labels.Batch)
	require.Empty(t, s.Tables[0].Source.Table)
	require.Zero(t, s.Labels.Budget)
	require.Equal(t, d, d.WithDefaults())
}

func TestJSONSchemaGolden(t *testing.T) {
	t.Parallel()
	got, err := pipeline.JSONSchema()
	require.NoError(t, err)
	const golden = "testdata/pipeline.schema.json"
	if *update {
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got)+"\n", "go test ./activities/pipeline -update rewrites it")
}
