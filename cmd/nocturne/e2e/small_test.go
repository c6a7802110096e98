package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// small is a pipeline of one little table in a folder of its own, as people
// write them: pipeline, contract, policy, data.
type small struct {
	name, dir string
	pipeline  string
	contract  string
	policy    string
	data      map[string][]byte // file name -> contents
}

const smallRows = 300

func newSmall(t testing.TB, name string) *small {
	t.Helper()
	return &small{
		name: name, dir: t.TempDir(),
		pipeline: `name: NAME
seed: 5
tables:
  - name: visitors
    source: {path: visitors.csv}
    contract_file: contract.yaml
policy: policy.yaml
synthesis: {off: true}
`,
		contract: `name: visitors
version: 1.0.0
fields:
  - {name: visitor_id, type: utf8, semantic: record_id, class: direct_identifier}
  - {name: email, type: utf8, semantic: email, class: direct_identifier}
  - {name: age, type: int64, semantic: age, class: quasi_identifier}
  - {name: city, type: utf8, semantic: city, class: quasi_identifier, nullable: true}
primary_key: [visitor_id]
constraints:
  - {field: age, range: {min: "0", max: "120"}}
`,
		policy: `name: visitors-training
version: 1.0.0
rules:
  - {name: codes, match: {class: direct_identifier}, transform: {name: pseudonym, params: {length: 20}}}
  - {name: rest, match: {class: [quasi_identifier, none]}, transform: {name: keep}}
`,
		data: map[string][]byte{"visitors.csv": visitors(nil)},
	}
}

// visitors is a table of smallRows rows; change edits the cells of a row.
func visitors(change func(row int, cells []string) []string) []byte {
	var b bytes.Buffer
	b.WriteString("visitor_id,email,age,city\n")
	for i := range smallRows {
		cells := []string{fmt.Sprintf("V%05d", i), fmt.Sprintf("visitor%d@mail.example", i), fmt.Sprint(18 + i%60), []string{"Oslo", "Lima", "Kyoto"}[i%3]}
		if change != nil {
			cells = change(i, cells)
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	return b.Bytes()
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// write lays the pipeline out and returns the path of its file.
func (s *small) write(t testing.TB) string {
	t.Helper()
	put := func(name string, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, name), data, 0o600))
	}
	put("pipeline.yaml", []byte(strings.ReplaceAll(s.pipeline, "NAME", s.name)))
	put("contract.yaml", []byte(s.contract))
	put("policy.yaml", []byte(s.policy))
	for name, data := range s.data {
		put(name, data)
	}
	return filepath.Join(s.dir, "pipeline.yaml")
}

// source names another file.
func (s *small) source(file string) {
	s.pipeline = strings.ReplaceAll(s.pipeline, "visitors.csv", file)
}
