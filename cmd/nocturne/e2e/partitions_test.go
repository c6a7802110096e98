package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
)

// TestManyPartitions runs a night over 500 partitions of as many shards: what
// crosses the workflow stays small whatever the number.
func TestManyPartitions(t *testing.T) {
	t.Parallel()
	const rows, partitions = 16 * 520, 500
	var b bytes.Buffer
	b.WriteString("k,v\n")
	for i := range rows {
		b.WriteString("K" + strconv.Itoa(100000+i) + "," + strconv.Itoa(i%97) + "\n")
	}
	path := filepath.Join(t.TempDir(), "narrow.csv")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	s := pipeline.Spec{
		Name: "narrow", Layout: pipeline.Layout{BlockRows: 16, ShardBlocks: 1, Partitions: partitions},
		Synthesis: pipeline.Synthesis{Off: true},
		Policy: `name: narrow
version: 1.0.0
rules:
  - {name: key, match: {column: k}, transform: {name: pseudonym, params: {length: 20}}}
  - {name: value, match: {column: v}, transform: {name: keep}}
`,
		Tables: []pipeline.Table{{
			Name: "narrow", Source: pipeline.Source{Path: path},
			Contract: &schemas.Contract{Name: "narrow", Version: "1.0.0", PrimaryKey: []string{"k"}, Fields: []schemas.Field{
				{Name: "k", Type: "utf8", Semantic: "record_id", Class: "direct_identifier"},
				{Name: "v", Type: "int64", Semantic: "number", Class: "none"},
			}},
		}},
	}
	h := newHome(t)
	h.up(t)
	c := h.client(t)
	started := time.Now()
	out, err := night(t, c, "narrow", workflows.NightInput{Spec: &s})
	require.NoError(t, err)
	took := time.Since(started)
	require.EqualValues(t, rows, out.Protected[0].RowsOut)
	require.Len(t, digests(h.version(t, "narrow")), 520)

	all := payloads(t, c)
	big := largest(all)
	t.Logf("%d partitions took %s; the largest of %d payloads has %d bytes, in %s of %s", partitions, took.Round(10*time.Millisecond), len(all), big.bytes, big.event, big.workflow)
	require.Greater(t, len(all), 2*partitions)
	require.Less(t, big.bytes, 64<<10)
	for _, st := range stagesOf(t, c, "narrow") {
		t.Logf("%-12s %s", st.Name, st.Ended.Sub(st.Started))
	}
}
