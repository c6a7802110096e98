package activities

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/stretchr/testify/require"
)

const testPolicy = `name: test
version: 1.0.0
linkage: purpose
rules:
  - {name: keys, match: {column: "*_id"}, transform: {name: pseudonym, params: {length: 20}}, why: they join}
  - {name: mail, match: {semantic: email}, transform: {name: pseudonym, params: {length: 20}}, why: it names}
  - {name: direct, match: {class: direct_identifier}, transform: {name: suppress, params: {drop: true}}, why: it names}
  - {name: rest, match: {class: [quasi_identifier, sensitive, none]}, transform: {name: keep}, why: it is learned from}
`

const peopleContract = `name: people
version: 1.0.0
fields:
  - {name: person_id, type: utf8, semantic: record_id, class: direct_identifier}
  - {name: full_name, type: utf8, semantic: full_name, class: direct_identifier}
  - {name: email, type: utf8, semantic: email, class: direct_identifier}
  - {name: city, type: utf8, semantic: category, class: none}
  - {name: score, type: int64, semantic: number, class: none}
primary_key: [person_id]
constraints:
  - {field: score, range: {min: "0"}}
on_violation: quarantine
max_quarantine: 0.5
`

const ordersContract = `name: orders
version: 1.0.0
fields:
  - {name: order_id, type: utf8, semantic: record_id, class: none}
  - {name: person_id, type: utf8, semantic: foreign_key, class: direct_identifier}
  - {name: amount, type: int64, semantic: number, class: none}
primary_key: [order_id]
foreign_keys:
  - {fields: [person_id], table: people, references: [person_id]}
on_violation: quarantine
max_quarantine: 0.5
`

func contract(t *testing.T, text string) *schemas.Contract {
	t.Helper()
	c, err := schemas.DecodeYAML(strings.NewReader(text))
	require.NoError(t, err)
	return &c
}

// house is a store, a Temporal and a folder of sources for one test.
type house struct {
	*Activities

	t    *testing.T
	ctx  context.Context
	dir  string
	fake *fakeTemporal
}

func newHouse(t *testing.T) *house {
	t.Helper()
	st, err := store.Open(context.Background(), "mem://")
	require.NoError(t, err)
	fake := newFakeTemporal()
	dir := t.TempDir()
	a := New(Config{Store: st, Client: fake, Keys: filepath.Join(dir, "keys.json"), MakeKeys: true, Workers: 2})
	t.Cleanup(func() {
		a.indexes.drop()
		require.NoError(t, st.Close())
	})
	return &house{Activities: a, t: t, ctx: context.Background(), dir: dir, fake: fake}
}

var cities = []string{"Berlin", "Lyon", "Oslo", "Porto"}

func person(i int) []string {
	return []string{
		fmt.Sprintf("P%05d", 10000+i), fmt.Sprintf("Quillon Varnsdorfer%03d", i), fmt.Sprintf("quillon.%03d@mailer.example", i),
		cities[i*7%4], fmt.Sprint(i * 37 % 101),
	}
}

var peopleHeader = []string{"person_id", "full_name", "email", "city", "score"}

// csv writes a source file.
func (h *house) csv(name string, header []string, rows [][]string) string {
	path := filepath.Join(h.dir, name)
	f, err := os.Create(path)
	require.NoError(h.t, err)
	defer f.Close()
	require.NoError(h.t, csv.NewWriter(f).WriteAll(append([][]string{header}, rows...)))
	return path
}

func (h *house) people(n int) [][]string {
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = person(i)
	}
	return rows
}

// convert copies a table into another format.
func (h *house) convert(from, to string) string {
	rd, err := files.OpenPath(h.ctx, from, tabular.ReadOptions{})
	require.NoError(h.t, err)
	defer rd.Close()
	path := filepath.Join(h.dir, to)
	w, err := files.CreatePath(h.ctx, path, rd.Schema(), tabular.WriteOptions{})
	require.NoError(h.t, err)
	for {
		rec, err := rd.Next(h.ctx)
		if err != nil {
			break
		}
		require.NoError(h.t, w.Write(h.ctx, rec))
		rec.Release()
	}
	require.NoError(h.t, w.Close())
	return path
}

// spec is a pipeline over one table of people, in blocks of 64 rows and shards
// of two blocks.
func (h *house) spec(path string) pipeline.Spec {
	return pipeline.Spec{
		Name: "test", Policy: testPolicy, Seed: 5,
		Tables:    []pipeline.Table{{Name: "people", Source: pipeline.Source{Path: path}, Contract: contract(h.t, peopleContract)}},
		Layout:    pipeline.Layout{BlockRows: 64, ShardBlocks: 2},
		Synthesis: pipeline.Synthesis{Off: true},
	}.WithDefaults()
}

func (h *house) family(people, orders string) pipeline.Spec {
	s := h.spec(people)
	s.Synthesis.Off = false
	s.Tables = append(s.Tables, pipeline.Table{Name: "orders", Source: pipeline.Source{Path: orders}, Contract: contract(h.t, ordersContract)})
	return s
}

func (h *house) plan(s pipeline.Spec, night string) Plan {
	h.t.Helper()
	h.fake.running[night] = "run of " + night
	p, err := h.Plan(h.ctx, PlanInput{Spec: &s, Date: "2026-11-24", At: time.Now(), Night: night, Run: "run of " + night})
	require.NoError(h.t, err)
	return p
}

func (h *house) ingest(p Plan, table string) (Snapshot, error) {
	out, err := h.Ingest(h.ctx, IngestInput{Plan: p, Tables: []string{table}})
	if err != nil {
		return Snapshot{}, err
	}
	return out.Snapshots[0], nil
}

// decided takes a table as far as its decision and keys.
func (h *house) decided(p Plan, snap Snapshot, parents ...Snapshot) (DecideResult, DetectResult, CheckResult, error) {
	found, err := h.Detect(h.ctx, DetectInput{Plan: p, Snapshot: snap})
	require.NoError(h.t, err)
	d, err := h.Decide(h.ctx, DecideInput{Plan: p, Snapshot: snap, Report: found.Report})
	require.NoError(h.t, err)
	c, err := h.Check(h.ctx, CheckInput{Plan: p, Snapshot: snap, Decision: d.Decision, Parents: parents})
	return d, found, c, err
}

// protect takes a table from its snapshot to a proven artifact, its shards
// shared by so many activities.
func (h *house) protect(p Plan, snap Snapshot, parts int, parents ...Snapshot) (Protected, ProveResult) {
	h.t.Helper()
	d, found, c, err := h.decided(p, snap, parents...)
	require.NoError(h.t, err)
	shards := p.Shards(snap.Rows)
	for i := range parts {
		_, err := h.Protect(h.ctx, ProtectInput{Plan: p, Snapshot: snap, Decision: d.Decision, Broken: c.Broken, First: i * shards / parts, Last: (i + 1) * shards / parts})
		require.NoError(h.t, err)
	}
	out, err := h.Assemble(h.ctx, AssembleInput{Plan: p, Snapshot: snap, Decision: d.Decision, Broken: c.Broken, Shards: shards})
	require.NoError(h.t, err)
	out.Report = found.Report
	proof, err := h.Prove(h.ctx, ProveInput{Plan: p, Protected: out, Last: shards})
	require.NoError(h.t, err)
	return out, proof
}

func kind(err error) string {
	var f interface{ Type() string }
	if as(err, &f) {
		return f.Type()
	}
	return ""
}

// emptyLike writes a Parquet file with the columns of another and no rows.
func (h *house) emptyLike(path string) string {
	rd, err := files.OpenPath(h.ctx, path, tabular.ReadOptions{})
	require.NoError(h.t, err)
	defer rd.Close()
	to := filepath.Join(h.dir, "empty.parquet")
	w, err := files.CreatePath(h.ctx, to, rd.Schema(), tabular.WriteOptions{})
	require.NoError(h.t, err)
	require.NoError(h.t, w.Close())
	return to
}
