package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/stretchr/testify/require"
)

func deidentifyJSON(t *testing.T, home string, args ...string) (deidentified, ran) {
	t.Helper()
	r := run(t, home, "", append([]string{"deidentify", "--format", "json"}, args...)...)
	var doc deidentified
	if r.stdout != "" {
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
	}
	return doc, r
}

func TestDeidentifyProvesAndPublishes(t *testing.T) {
	t.Parallel()
	home, dir := withKeys(t), t.TempDir()
	for _, name := range []string{"safe.parquet", "safe.csv.gz", "safe.jsonl", "safe"} {
		out := filepath.Join(dir, name)
		doc, r := deidentifyJSON(t, home, people, out, "--policy", policy, "--contract", contract, "--purpose", "training")
		require.NoError(t, r.err, name)
		require.EqualValues(t, 10, doc.RowsOut)
		require.NotNil(t, doc.Proof)
		require.NoError(t, doc.Proof.Err())
		require.Positive(t, doc.Proof.Values)
		rd, err := files.OpenPath(t.Context(), out, tabular.ReadOptions{})
		require.NoError(t, err)
		require.False(t, rd.Schema().HasField("full_name"))
		require.NoError(t, rd.Close())
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 4, "nothing hidden stays behind")
}

func TestDeidentifyFailsClosed(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "leaky.csv")
	require.NoError(t, os.WriteFile(out, []byte("before\n"), 0o600))
	doc, r := deidentifyJSON(t, t.TempDir(), people, out, "--policy", "testdata/policy-leaky.yaml", "--contract", contract)
	require.Equal(t, exitFailed, r.code())
	require.ErrorContains(t, r.err, `column "full_name"`)
	require.NotContains(t, r.err.Error(), "Hartwell")
	require.NotEmpty(t, doc.Proof.Hits)
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "before\n", string(data), "OUT stays as it was")

	_, r = deidentifyJSON(t, t.TempDir(), people, out, "--policy", "testdata/policy-leaky.yaml", "--contract", contract, "--no-proof")
	require.NoError(t, r.err, "whoever asks for no proof gets none")
}

func TestDeidentifySetsBadRowsAside(t *testing.T) {
	t.Parallel()
	home, dir := withKeys(t), t.TempDir()
	data, err := os.ReadFile(people)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var b strings.Builder
	b.WriteString(lines[0] + "\n")
	for i := range 4 {
		for _, l := range lines[1:] {
			_, rest, _ := strings.Cut(l, ",")
			fmt.Fprintf(&b, "%d,%s\n", 1000+b.Len()+i, rest)
		}
	}
	b.WriteString(lines[1] + "\n" + lines[1] + "\n") // a key twice
	in, bad := filepath.Join(dir, "people.csv"), filepath.Join(dir, "bad.csv")
	require.NoError(t, os.WriteFile(in, []byte(b.String()), 0o600))
	doc, r := deidentifyJSON(t, home, in, filepath.Join(dir, "out.parquet"), "--policy", policy, "--contract", contract, "--purpose", "training", "--quarantine", bad)
	require.NoError(t, r.err)
	require.EqualValues(t, 42, doc.RowsIn)
	require.EqualValues(t, 41, doc.RowsOut)
	require.Len(t, doc.Quarantined, 1)
	info, err := os.Stat(bad)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "bad rows are raw")
}

func TestDeidentifyDoesNotDependOnWorkers(t *testing.T) {
	t.Parallel()
	home, dir := withKeys(t), t.TempDir()
	in := filepath.Join(dir, "in.csv")
	writePeople(t, in, 150_000)
	var digests []string
	for _, workers := range []string{"1", "3"} {
		out := filepath.Join(dir, "out"+workers+".parquet")
		_, r := deidentifyJSON(t, home, in, out, "--policy", policy, "--workers", workers, "--no-proof")
		require.NoError(t, r.err)
		data, err := os.ReadFile(out)
		require.NoError(t, err)
		digests = append(digests, fmt.Sprintf("%x", sha256.Sum256(data)))
	}
	require.Equal(t, digests[0], digests[1], "equal bytes")
}

// writePeople writes a table with the columns that the policy names.
func writePeople(t *testing.T, path string, rows int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("person_id,email,phone,city\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,user%d.%x@example.com,(212) 555-%04d,%s\n", i, i, r.Uint32(), r.IntN(10_000), []string{"Boston", "Denver"}[i%2])
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
}
