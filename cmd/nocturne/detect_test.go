package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/stretchr/testify/require"
)

func TestInspectJoinsCountsAndMeanings(t *testing.T) {
	t.Parallel()
	r := run(t, t.TempDir(), "", "inspect", people, people, "--format", "json")
	require.NoError(t, r.err)
	var doc struct {
		Tables []inspectedTable `json:"tables"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
	require.Len(t, doc.Tables, 2)
	got := doc.Tables[0]
	require.Equal(t, "people", got.Table)
	require.EqualValues(t, 10, got.Rows)
	require.Len(t, got.Columns, 11)
	email := got.Columns[2]
	require.Equal(t, "email", email.Semantic)
	require.Equal(t, "direct_identifier", email.Class)
	require.EqualValues(t, 10, email.Distinct)
	require.NotEmpty(t, email.Evidence)
	require.NotContains(t, r.stdout, "example.com", "no value of the data")

	text := run(t, t.TempDir(), "", "inspect", people)
	require.NoError(t, text.err)
	require.Contains(t, text.stdout, "people  csv, 10 rows, 11 columns")
}

func TestDetectNamesTablesByFolderAndFile(t *testing.T) {
	t.Parallel()
	r := run(t, t.TempDir(), "", "detect", people, "--format", "json")
	require.NoError(t, r.err)
	var doc map[string]map[string]detect.Column
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
	require.Equal(t, "national_id", doc["testdata/people"]["ssn"].Semantic)
	require.NoError(t, run(t, t.TempDir(), "", "detect", people).err)
	require.Equal(t, "chinook/Customer", reportName("data/chinook/Customer.csv.gz"))
	require.Equal(t, "people.v2", reportName("people.v2.parquet"))
}

func TestDetectTextKeepsIdsOrderAndCodePoints(t *testing.T) {
	t.Parallel()
	r := run(t, t.TempDir(), "", "detect", "--text", "testdata/texts.jsonl")
	require.NoError(t, r.err)
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	require.Len(t, lines, 3)
	require.Equal(t, `{"id":"b","spans":[]}`, lines[1])
	var third struct {
		ID    int           `json:"id"`
		Spans []detect.Span `json:"spans"`
	}
	require.NoError(t, json.Unmarshal([]byte(lines[2]), &third))
	require.Equal(t, 2, third.ID)
	require.Len(t, third.Spans, 1)
	require.Equal(t, [2]int{4, 24}, [2]int{third.Spans[0].Start, third.Spans[0].End})
}

func TestDetectTextStreamsInOrder(t *testing.T) {
	t.Parallel()
	var in strings.Builder
	for i := range 3*textLines + 7 {
		fmt.Fprintf(&in, "{\"id\":%d,\"text\":\"line\"}\n\n", i)
	}
	for _, workers := range []string{"1", "4"} {
		r := run(t, t.TempDir(), in.String(), "detect", "--text", "-", "--workers", workers)
		require.NoError(t, r.err)
		lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
		require.Len(t, lines, 3*textLines+7)
		for i, l := range lines {
			require.Equal(t, fmt.Sprintf(`{"id":%d,"spans":[]}`, i), l)
		}
	}
}

func TestDraftedPolicyIsOne(t *testing.T) {
	t.Parallel()
	for _, more := range [][]string{nil, {"--contract", contract}} {
		r := run(t, t.TempDir(), "", append([]string{"policy", "draft", people}, more...)...)
		require.NoError(t, r.err)
		p, err := anonymize.ParsePolicy([]byte(r.stdout))
		require.NoError(t, err)
		require.NotEmpty(t, p.Rules)
	}
}

func TestFilesAndFoldersAreOneTable(t *testing.T) {
	t.Parallel()
	home, dir := t.TempDir(), t.TempDir()
	out := filepath.Join(dir, "parts") + "/"
	r := run(t, home, "", "deidentify", people, out, "--policy", "testdata/policy-leaky.yaml", "--no-proof", "--output-format", "csv")
	require.NoError(t, r.err)
	again := run(t, home, "", "inspect", out, "--format", "json")
	require.NoError(t, again.err)
	require.Contains(t, again.stdout, `"table": "parts"`)
}
