package main

import (
	"path/filepath"
	"testing"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/stretchr/testify/require"
)

// proofOver de-identifies a table into a hidden place and stops before the
// search of what was written.
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
	d.proof, err = newProving(d.plan, ids)
	require.NoError(t, err)
	d.out, err = a.createOutput(c, filepath.Join(dir, t.Name()[len("TestProofInPasses/"):]+".csv"), "")
	require.NoError(t, err)
	t.Cleanup(d.out.abort)
	_, err = d.transform(t.Context(), rd)
	require.NoError(t, err)
	require.NoError(t, d.proof.compared.Result("", nil).Err())
	return d
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
