package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/synth/planner"
	"github.com/stretchr/testify/require"
)

// writeJobs writes rows in which income depends on age and job; "?" is a null.
func writeJobs(t *testing.T, path string, rows int, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	var b strings.Builder
	b.WriteString("age,job,spend,income\n")
	for range rows {
		age, job := 20+r.IntN(50), []string{"clerk", "nurse", "?"}[r.IntN(3)]
		income := "low"
		if r.Float64() < float64(age)/100+map[string]float64{"nurse": 0.3}[job] {
			income = "high"
		}
		fmt.Fprintf(&b, "%d,%s,%d,%s\n", age, job, 100*age+r.IntN(100_000), income)
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
}

func TestSynthesizeAndEvaluate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	writeJobs(t, at("train.csv"), 2000, 1)
	writeJobs(t, at("holdout.csv"), 1000, 2)

	r := run(t, dir, "", "synthesize", at("train.csv"), at("twin.csv"), "--seed", "3", "--model", at("jobs.model"), "--format", "json")
	require.NoError(t, r.err)
	var doc synthesized
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
	require.EqualValues(t, 2000, doc.Rows)
	require.Empty(t, doc.Generated)
	data, err := os.ReadFile(at("twin.csv"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(data), "age,job,spend,income\n"))
	require.Equal(t, 2001, strings.Count(string(data), "\n"))
	require.Contains(t, string(data), ",,", "nulls stay nulls")

	f, err := os.Open(at("jobs.model"))
	require.NoError(t, err)
	defer f.Close()
	m, err := planner.Open(f)
	require.NoError(t, err)
	require.Equal(t, 4, m.Schema().NumFields())

	again := run(t, dir, "", "synthesize", at("train.csv"), at("again.csv"), "--seed", "3", "--workers", "1")
	require.NoError(t, again.err)
	same, err := os.ReadFile(at("again.csv"))
	require.NoError(t, err)
	require.Equal(t, string(data), string(same), "one seed, one twin")

	require.NoError(t, run(t, dir, "", "synthesize", at("train.csv"), at("small.parquet"), "--rows", "17").err)
	rd, err := files.OpenPath(t.Context(), at("small.parquet"), tabular.ReadOptions{})
	require.NoError(t, err)
	n, err := countRows(t.Context(), rd)
	require.NoError(t, err)
	require.EqualValues(t, 17, n)
	require.Equal(t, "int64", rd.Schema().Field(0).Type.Name())
	require.NoError(t, rd.Close())

	tables := []string{"evaluate", "--train", at("train.csv"), "--holdout", at("holdout.csv"), "--target", "income"}
	r = run(t, dir, "", append(tables, "--synthetic", at("twin.csv"), "--report", at("twin.html"), "--gate", "--format", "json")...)
	require.Contains(t, []int{0, exitRefused}, r.code(), "%v", r.err)
	var e evaluated
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &e))
	require.Equal(t, r.code() == exitRefused, len(e.Refused) > 0)
	require.NotNil(t, e.Utility)
	page, err := os.ReadFile(at("twin.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "<html")

	// The training rows themselves are the worst twin there is.
	r = run(t, dir, "", append(tables, "--synthetic", at("train.csv"), "--gate")...)
	require.Equal(t, exitRefused, r.code())
	require.Contains(t, r.stdout, "held back")
}
