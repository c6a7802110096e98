package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/stretchr/testify/require"
)

// proofOver de-identifies a table into a hidden place, with a part of protected
// values for each block, and stops before the search of what was written.
func proofOver(t *testing.T, dir, path string) *deidentification {
	t.Helper()
	home := withKeys(t)
	a := &app{home: home, format: "text"}
	c := newRoot()
	in, err := openInput(c, path, "")
	require.NoError(t, err)
	d := &deidentification{in: in, workers: 2}
	d.contract, _, err = safeContract(t.Context(), in)
	require.NoError(t, err)
	p, err := loadPolicy(policy)
	require.NoError(t, err)
	set, ids, err := a.keysFor("")
	require.NoError(t, err)
	rd, err := d.rows(t.Context(), false)
	require.NoError(t, err)
	defer rd.Close()
	d.plan, err = anonymize.NewPlan(p, anonymize.Principal{Purpose: "training"}, d.contract, set, anonymize.PlanOptions{Schema: rd.Schema()})
	require.NoError(t, err)
	d.out, err = a.createOutput(c, filepath.Join(dir, filepath.Base(t.Name())+".csv"), "")
	require.NoError(t, err)
	t.Cleanup(d.out.abort)
	d.proof, err = newProving(d.plan, ids, d.out.dir)
	require.NoError(t, err)
	t.Cleanup(d.proof.close)
	d.proof.values.per = 1
	_, err = d.transform(t.Context(), rd)
	require.NoError(t, err)
	require.NoError(t, d.proof.compared.Result("", nil).Err())
	return d
}

func TestProofOverSeveralParts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := filepath.Join(dir, "in.csv")
	writePeople(t, in, 2*parallel.BlockRows+100)
	source, err := os.ReadFile(in)
	require.NoError(t, err)
	lines := strings.Split(string(source), "\n")
	for name, row := range map[string]int{ // whose e-mail address is given away by row 10
		"clean": 0, "leak-from-the-first-part": 4_000, "leak-from-the-last-part": 2*parallel.BlockRows + 50,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := proofOver(t, dir, in)
			require.Len(t, d.proof.values.sizes, 3)
			require.Len(t, hidden(t, d.out.dir, 0o600), 1, "the parts")
			if row > 0 {
				// No comparison within the row can see it.
				data, err := os.ReadFile(d.out.work)
				require.NoError(t, err)
				written := strings.Split(string(data), "\n")
				cells := strings.Split(written[10], ",")
				cells[1] = strings.Split(lines[row], ",")[1]
				written[10] = strings.Join(cells, ",")
				require.NoError(t, os.WriteFile(d.out.work, []byte(strings.Join(written, "\n")), 0o600))
			}
			r, err := d.prove(t.Context())
			require.NoError(t, err)
			require.Greater(t, r.Values, 2*parallel.BlockRows, "values of all parts")
			require.EqualValues(t, 2*parallel.BlockRows+100, r.Rows)
			if row == 0 {
				require.NoError(t, r.Err())
			} else {
				require.Equal(t, []proof.Hit{{Column: "email", Kind: "cell", Count: 1, Row: 9}}, r.Hits)
			}
			require.Len(t, hidden(t, d.out.dir, 0o600), 1, "the index")
			d.proof.close()
			require.Empty(t, hidden(t, d.out.dir, 0o600))
		})
	}
}

// hidden names the hidden files of a folder, which all must have the mode.
func hidden(t *testing.T, dir string, mode os.FileMode) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			info, err := e.Info()
			require.NoError(t, err)
			require.Equal(t, mode, info.Mode().Perm())
			names = append(names, e.Name())
		}
	}
	return names
}

func TestStoppedProofLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := filepath.Join(dir, "in.csv")
	writePeople(t, in, 5_000)
	d := proofOver(t, dir, in)
	ctx, stop := context.WithCancel(t.Context())
	stop() // as Ctrl-C does
	_, err := d.prove(ctx)
	require.ErrorIs(t, err, context.Canceled)
	d.proof.close()
	require.Empty(t, hidden(t, d.out.dir, 0o600))
	d.out.abort()
	require.Empty(t, hidden(t, dir, 0o600), "nor the folder they were in")
}

func TestReopenedTextKeepsItsTypes(t *testing.T) {
	t.Parallel()
	in := &tableInput{path: people, format: "csv"}
	rd, err := in.open(t.Context(), tabular.ReadOptions{})
	require.NoError(t, err)
	schema := rd.Schema()
	require.NoError(t, rd.Close())
	again, err := in.reopen(t.Context(), schema, []string{"age", "city"})
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, 2, again.Schema().NumFields())
	require.Equal(t, "int64", again.Schema().Field(0).Type.Name())
}
