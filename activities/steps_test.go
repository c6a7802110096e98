package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/stretchr/testify/require"
)

func (h *house) orders(people, each int, more ...[]string) string {
	var rows [][]string
	for i := range people {
		for k := range each {
			rows = append(rows, []string{fmt.Sprintf("O%05d", i*each+k), fmt.Sprintf("P%05d", 10000+i), fmt.Sprint(i + k)})
		}
	}
	return h.csv("orders.csv", []string{"order_id", "person_id", "amount"}, append(rows, more...))
}

func TestRowsThatBreakAKeyAreSetAsideWhereverTheyLie(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	people := h.people(200)
	people[150][0] = people[3][0]              // a duplicate in another shard
	people[199][0] = people[198][0]            // and one beside its original
	people[20][4], people[170][4] = "-1", "-5" // out of range
	orders := h.orders(200, 1, []string{"O90000", "P99999", "1"}, []string{"O90001", "P88888", "1"})
	p := h.plan(h.family(h.csv("people.csv", peopleHeader, people), orders), "night")
	ps, err := h.ingest(p, "people")
	require.NoError(t, err)
	os, err := h.ingest(p, "orders")
	require.NoError(t, err)

	_, _, check, err := h.decided(p, ps)
	require.NoError(t, err)
	require.EqualValues(t, 2, check.Duplicates)
	out, proof := h.protect(p, ps, 2)
	require.Equal(t, []int64{200, 196, 4}, []int64{out.RowsIn, out.RowsOut, out.Quarantined})
	require.Positive(t, proof.Values)
	children, _ := h.protect(p, os, 1, ps)
	// Two refer to nobody, two to keys that only duplicates had.
	require.Equal(t, int64(202), children.RowsIn)
	require.Equal(t, int64(4), children.Quarantined)

	keys, err := h.Store.List(h.ctx, "quarantine/")
	require.NoError(t, err)
	require.NotEmpty(t, keys)
	h.noRaw()
}

func TestTooManyBadRowsStopTheTable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	people := h.people(100)
	for i := range 60 {
		people[i][4] = "-1"
	}
	p := h.plan(h.spec(h.csv("people.csv", peopleHeader, people)), "night")
	snap, err := h.ingest(p, "people")
	require.NoError(t, err)
	d, _, c, err := h.decided(p, snap)
	require.NoError(t, err)
	_, err = h.Protect(h.ctx, ProtectInput{Plan: p, Snapshot: snap, Decision: d.Decision, Broken: c.Broken, Last: 1})
	require.Equal(t, TooManyBadRows, kind(err))
	require.NotContains(t, err.Error(), "Quillon")
}

// Two foreign keys to one parent need its keys once; to two keys of it, the
// contract is refused.
func TestTwoReferencesToOneTable(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]string{"same key": "person_id", "another key": "email"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			rows := [][]string{}
			for i := range 50 {
				rows = append(rows, []string{fmt.Sprintf("O%05d", i), person(i)[0], map[string]string{"person_id": person(i + 1)[0], "email": person(i)[2]}[second], "5"})
			}
			s := h.family(h.csv("people.csv", peopleHeader, h.people(51)), h.csv("orders.csv", []string{"order_id", "person_id", "other_id", "amount"}, rows))
			s.Synthesis.Off = true
			c := *s.Tables[1].Contract
			c.Fields = append(c.Fields[:2:2], schemas.Field{Name: "other_id", Type: "utf8", Semantic: "foreign_key", Class: "direct_identifier"}, c.Fields[2])
			c.ForeignKeys = append(c.ForeignKeys, schemas.ForeignKey{Fields: []string{"other_id"}, Table: "people", References: []string{second}})
			s.Tables[1].Contract = &c
			p := h.plan(s, "night")
			ps, err := h.ingest(p, "people")
			require.NoError(t, err)
			os, err := h.ingest(p, "orders")
			require.NoError(t, err)
			if second != "person_id" {
				_, _, _, err := h.decided(p, os, ps)
				require.Equal(t, InvalidSpec, kind(err))
				return
			}
			out, _ := h.protect(p, os, 1, ps)
			require.Zero(t, out.Quarantined)
		})
	}
}

// A parent's key hashes are of use under one keyset alone.
func TestChecksOfAnotherKeysetAreNotReused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.plan(h.family(h.csv("people.csv", peopleHeader, h.people(60)), h.orders(60, 1)), "night")
	ps, err := h.ingest(p, "people")
	require.NoError(t, err)
	os, err := h.ingest(p, "orders")
	require.NoError(t, err)
	first, _ := h.protect(p, os, 1, ps)
	h.Keys = h.dir + "/other.json"
	require.NoError(t, h.Clean(h.ctx, CleanInput{Plan: p})) // the run key was sealed under the old keyset
	q := h.plan(h.family(h.dir+"/people.csv", h.dir+"/orders.csv"), "next night")
	ps, err = h.ingest(q, "people")
	require.NoError(t, err)
	os, err = h.ingest(q, "orders")
	require.NoError(t, err)
	second, _ := h.protect(q, os, 1, ps)
	require.Zero(t, second.Quarantined)
	require.NotEqual(t, first.Ref.Digest, second.Ref.Digest)
}

// The published bytes do not depend on how shards were spread over activities.
func TestPartitionsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	digests := map[store.Digest]bool{}
	var set string
	for i, parts := range []int{1, 3} {
		h := newHouse(t)
		if i == 0 {
			set = h.Keys
		}
		h.Keys = set
		s := h.spec(h.csv("people.csv", peopleHeader, h.people(700)))
		s.Layout.Partitions = parts
		p := h.plan(s, "night")
		snap, err := h.ingest(p, "people")
		require.NoError(t, err)
		out, _ := h.protect(p, snap, parts)
		require.Equal(t, 6, out.Shards)
		digests[out.Ref.Digest] = true
	}
	require.Len(t, digests, 1)
}

// A table that still holds a name must not pass: the proof reads what was
// written.
func TestProofFindsAPlantedName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.plan(h.spec(h.csv("people.csv", peopleHeader, h.people(100))), "night")
	snap, err := h.ingest(p, "people")
	require.NoError(t, err)
	out, _ := h.protect(p, snap, 1)
	m, err := h.Store.Stat(h.ctx, out.Ref.Address)
	require.NoError(t, err)

	// The same artifact with one cell of one shard replaced.
	rd, err := h.openProtected(h.ctx, out, 0, 1)
	require.NoError(t, err)
	defer rd.Close()
	rec, err := rd.Next(h.ctx)
	require.NoError(t, err)
	defer rec.Release()
	bad := replaceCell(rec, "city", 7, person(7)[1])
	defer bad.Release()
	art, _, err := h.Store.Build(h.ctx, store.Recipe{Step: "tampered"}, func(ctx ctx, d *store.Draft) error {
		w, err := d.Create(ctx, shardName(0, 1))
		require.NoError(t, err)
		pw, err := parquet.NewWriter(w, bad.Schema(), writeOptions)
		require.NoError(t, err)
		require.NoError(t, pw.Write(ctx, bad))
		require.NoError(t, pw.Close())
		require.NoError(t, w.Close())
		for _, f := range m.Files {
			if f.Name != shardName(0, 1) {
				require.NoError(t, d.Adopt(ctx, f.Name, f))
			}
		}
		d.Stats = m.Stats
		return nil
	})
	require.NoError(t, err)
	out.Ref = art.Ref()
	_, err = h.Prove(h.ctx, ProveInput{Plan: p, Protected: out, Last: 1})
	require.Equal(t, ProofFailed, kind(err), "%v", err)
	require.NotContains(t, err.Error(), "Quillon")
	require.NotContains(t, err.Error(), "Varnsdorfer")
}

func TestSplitPutsChildrenWithTheirParents(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.family(h.csv("people.csv", peopleHeader, h.people(200)), h.orders(200, 3))
	p := h.plan(s, "night")
	ps, err := h.ingest(p, "people")
	require.NoError(t, err)
	os, err := h.ingest(p, "orders")
	require.NoError(t, err)
	people, _ := h.protect(p, ps, 1)
	orders, _ := h.protect(p, os, 1, ps)

	sides := map[bool]map[string]bool{}
	for _, holdout := range []bool{false, true} {
		sides[holdout] = h.keysOn(people, holdout)
		for k := range h.keysOn(orders, holdout) {
			require.True(t, sides[holdout][k], "an order is on the side of its person")
		}
	}
	require.Len(t, sides[false], 200-len(sides[true]), "the sides cover the table")
	for k := range sides[true] {
		require.False(t, sides[false][k], "and do not overlap")
	}
	// 200 draws at 0.2: outside 15..70 once in more than 10^5 seeds, and the seed
	// is fixed.
	require.Greater(t, len(sides[true]), 15)
	require.Less(t, len(sides[true]), 70)
}

func (h *house) keysOn(p Protected, holdout bool) map[string]bool {
	var c schemas.Contract
	require.NoError(h.t, h.readJSON(h.ctx, p.Decision, "output.json", &c))
	rd, err := h.openProtected(h.ctx, p, 0, p.Shards)
	require.NoError(h.t, err)
	side := newSplit(5, 0.2, c).side(rd, holdout)
	defer side.Close()
	out := map[string]bool{}
	for {
		rec, err := side.Next(h.ctx)
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(h.t, err)
		col := rec.Column(rec.Schema().FieldIndices("person_id")[0])
		for i := range col.Len() {
			out[col.ValueStr(i)] = true
		}
		rec.Release()
	}
}

func TestInferredContractIsKeptAndUndecidedColumnsAskedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rows := h.people(200)
	header := append([]string{}, peopleHeader...)
	header[3] = "zq" // nothing says what this is
	for i := range rows {
		rows[i][3] = fmt.Sprintf("%x", i*7919%65536)
	}
	s := h.spec(h.csv("people.csv", header, rows))
	s.Tables[0].Contract = nil
	p := h.plan(s, "night")
	snap, err := h.ingest(p, "people")
	require.NoError(t, err)
	_, found, _, err := h.decided(p, snap)
	require.NoError(t, err)
	require.Positive(t, found.Unsure)

	var kept schemas.Contract
	require.NoError(t, h.Store.GetJSON(h.ctx, inferredKey("test", "people"), &kept))
	f, ok := kept.Field("zq")
	require.True(t, ok)
	require.Empty(t, f.Class, "nobody has decided")

	second, err := h.Detect(h.ctx, DetectInput{Plan: p, Snapshot: snap})
	require.NoError(t, err)
	require.Equal(t, found.Unsure, second.Unsure, "people are asked again")
	require.NoError(t, h.Store.PutJSON(h.ctx, answersKey("test", "people"), map[string]columnAnswer{"zq": {Semantic: "category", Class: "none"}}))
	d, err := h.Decide(h.ctx, DecideInput{Plan: p, Snapshot: snap, Report: second.Report})
	require.NoError(t, err)
	var c schemas.Contract
	require.NoError(t, h.readJSON(h.ctx, d.Decision, "contract.json", &c))
	f, _ = c.Field("zq")
	require.Equal(t, "label_queue", f.Confirmed)
	require.Equal(t, "none", string(f.Class))

	// What is stored about the table names columns, not people.
	for _, ref := range []store.Ref{second.Report, d.Decision} {
		m, err := h.Store.Stat(h.ctx, ref.Address)
		require.NoError(t, err)
		for _, e := range m.Files {
			data, err := h.Store.Get(h.ctx, e.Key)
			require.NoError(t, err)
			require.NotContains(t, string(data), "Quillon")
			require.NotContains(t, string(data), "P10")
		}
	}
}

func TestOutputContractPromisesWhatIsLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.plan(h.spec(h.csv("people.csv", peopleHeader, h.people(100))), "night")
	snap, err := h.ingest(p, "people")
	require.NoError(t, err)
	d, _, _, err := h.decided(p, snap)
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 2}, []int{d.Protected, d.Suppressed, d.Kept})
	var c schemas.Contract
	require.NoError(t, h.readJSON(h.ctx, d.Decision, "output.json", &c))
	require.NoError(t, c.WithDefaults().Validate())
	require.Equal(t, []string{"person_id"}, c.PrimaryKey)
	_, ok := c.Field("full_name")
	require.False(t, ok, "dropped")
	mail, _ := c.Field("email")
	require.Equal(t, "code", mail.Semantic)
	require.Equal(t, "quasi_identifier", string(mail.Class))
	require.Len(t, c.Constraints, 1)
}

func TestTinyTablesAreLearnedAndMeasured(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 2, 5, 200} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			s := h.spec(h.csv("people.csv", peopleHeader, h.people(rows)))
			s.Synthesis.Off = false
			p := h.plan(s, "night")
			snap, err := h.ingest(p, "people")
			require.NoError(t, err)
			out, _ := h.protect(p, snap, 1)
			fit, err := h.Fit(h.ctx, FitInput{Plan: p, Tables: []Protected{out}})
			if err != nil {
				require.NotContains(t, err.Error(), "Quillon")
				require.Less(t, rows, 200)
				return
			}
			twin, err := h.Sample(h.ctx, SampleInput{Plan: p, Tables: []Protected{out}, Models: fit.Models})
			require.NoError(t, err)
			require.EqualValues(t, rows, twin.Twins[0].Rows)
			e, err := h.Evaluate(h.ctx, EvaluateInput{Plan: p, Protected: out, Twin: twin.Twins[0]})
			if err != nil {
				require.NotContains(t, err.Error(), "Quillon")
				// The keyset, and so the side of a row, is drawn anew: a handful may all
				// fall on one side, 200 do with probability 0.8^200.
				require.Less(t, rows, 200)
				return
			}
			require.NotEmpty(t, e.Verdict)
		})
	}
}

func TestPublishIsRepeatableAndThePointerComesLast(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.plan(h.spec(h.csv("people.csv", peopleHeader, h.people(100))), "night")
	snap, err := h.ingest(p, "people")
	require.NoError(t, err)
	out, proven := h.protect(p, snap, 1)
	in := PublishInput{Plan: p, Protected: []Protected{out}, Proofs: []ProveResult{proven}}

	// Another night has taken the pipeline: nothing becomes visible.
	h.fake.running["night"] = "closed run of night"
	q := h.plan(h.spec(h.dir+"/people.csv"), "other")
	_, err = h.Publish(h.ctx, in)
	require.Equal(t, AlreadyRunning, kind(err))
	_, err = h.Store.Get(h.ctx, LatestKey("test"))
	require.ErrorIs(t, err, store.ErrNotFound)

	in.Plan = q
	first, err := h.Publish(h.ctx, in)
	require.NoError(t, err)
	again, err := h.Publish(h.ctx, in)
	require.NoError(t, err)
	require.Equal(t, first, again)
	var v Version
	require.NoError(t, h.Store.GetJSON(h.ctx, LatestKey("test"), &v))
	require.Equal(t, first.Version, v.Version)
	require.NoError(t, h.Clean(h.ctx, CleanInput{Plan: q}))
	require.NoError(t, h.Clean(h.ctx, CleanInput{Plan: p}))
	h.noRaw()

	// Another title is another version, though the rows are the same.
	s := h.spec(h.dir + "/people.csv")
	s.Title = "Renamed"
	in.Plan = h.plan(s, "third")
	third, err := h.Publish(h.ctx, in)
	require.NoError(t, err)
	require.NotEqual(t, first.Version, third.Version)

	// A sweep keeps what versions were made from, at any distance, and all that
	// is young.
	require.NoError(t, h.Clean(h.ctx, CleanInput{Plan: in.Plan}))
	swept, err := h.Sweep(h.ctx)
	require.NoError(t, err)
	require.Zero(t, swept.Removed)
	roots, err := h.publishedArtifacts(h.ctx)
	require.NoError(t, err)
	live, err := h.Store.Reach(h.ctx, roots)
	require.NoError(t, err)
	_, err = h.Store.Collect(h.ctx, live, time.Now().Add(time.Hour))
	require.NoError(t, err)
	for _, a := range append(roots, out.Ref.Address, out.Decision.Address, out.Report.Address) {
		_, err := h.Store.Stat(h.ctx, a)
		require.NoError(t, err)
	}
	_, err = h.Store.Find(h.ctx, shardRecipe(p, snap, out.Decision, h.broken(p, snap), 0))
	require.NoError(t, err, "shards are what the table was made from")
}

// broken finds the check of a table again.
func (h *house) broken(p Plan, snap Snapshot) store.Ref {
	_, _, c, err := h.decided(p, snap)
	require.NoError(h.t, err)
	return c.Broken
}

func TestErrorsBecomeTheTypesThatRetriesGoBy(t *testing.T) {
	t.Parallel()
	for _, c := range errorCases {
		got := temporalError(place("step", &meter{table: "people", part: "shard 1"}, c.err))
		if c.want == "cancelled" {
			require.ErrorIs(t, got, context.Canceled)
			continue
		}
		require.Equal(t, c.want, kind(got), "%v", c.err)
		var app interface{ NonRetryable() bool }
		require.ErrorAs(t, got, &app)
		require.Equal(t, c.final, app.NonRetryable(), "%v", c.err)
		require.True(t, strings.HasPrefix(got.Error(), "step people, shard 1: "), got.Error())
	}
	require.NoError(t, temporalError(nil))
}
