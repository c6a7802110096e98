package activities

import (
	"errors"
	"io"
	"os"
	"testing"

	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/stretchr/testify/require"
)

func (h *house) positions(p Plan, snap Snapshot, columns []string, first, count int64) (rows int64, batches []int64) {
	h.t.Helper()
	rd, err := h.openSnapshot(h.ctx, p, snap, columns, first, count)
	require.NoError(h.t, err)
	defer rd.Close()
	if columns != nil {
		require.Equal(h.t, len(columns), rd.Schema().NumFields())
	}
	for {
		rec, err := rd.Next(h.ctx)
		if errors.Is(err, io.EOF) {
			return rows, batches
		}
		require.NoError(h.t, err)
		rows += rec.NumRows()
		batches = append(batches, rec.NumRows())
		rec.Release()
	}
}

// Whatever the format, a snapshot gives the same rows in the same blocks.
func TestSnapshotsOfEveryFormat(t *testing.T) {
	t.Parallel()
	for name, copied := range map[string]bool{"people.csv": true, "people.csv.gz": true, "people.jsonl": true, "people.parquet": false, "people.arrow": false, "parts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			from := h.csv("source.csv", peopleHeader, h.people(200))
			path := h.dir + "/" + name
			if name == "parts" {
				require.NoError(t, os.Mkdir(path, 0o700))
				h.convert(h.csv("a.csv", peopleHeader, h.people(70)), "parts/a.parquet")
				h.convert(h.csv("b.csv", peopleHeader, h.people(200)[70:]), "parts/b.parquet")
			} else {
				path = h.convert(from, name)
			}
			p := h.plan(h.spec(path), "night")
			snap, err := h.ingest(p, "people")
			require.NoError(t, err)
			require.EqualValues(t, 200, snap.Rows)
			require.Equal(t, copied, snap.Copy != nil)
			for _, c := range []struct {
				first, count int64
				want         []int64
			}{{0, -1, []int64{64, 64, 64, 8}}, {64, 128, []int64{64, 64}}, {128, 128, []int64{64, 8}}, {192, -1, []int64{8}}, {0, 0, nil}} {
				_, got := h.positions(p, snap, nil, c.first, c.count)
				require.Equal(t, c.want, got)
			}
			rows, _ := h.positions(p, snap, []string{"score", "person_id"}, 64, 64)
			require.EqualValues(t, 64, rows)
		})
	}
}

func TestEmptyTablesGoThroughTheNight(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"people.csv", "people.parquet"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			path := h.csv("people.csv", peopleHeader, nil)
			if name != "people.csv" {
				path = h.convert(h.csv("one.csv", peopleHeader, h.people(1)), name)
				// A file of that schema without rows.
				path = h.emptyLike(path)
			}
			p := h.plan(h.spec(path), "night")
			snap, err := h.ingest(p, "people")
			require.NoError(t, err)
			require.Zero(t, snap.Rows)
			out, _ := h.protect(p, snap, 1)
			require.Zero(t, out.RowsOut)
			require.Equal(t, 1, out.Shards)
		})
	}
}

func TestChangedSourceIsNoticed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.convert(h.csv("source.csv", peopleHeader, h.people(200)), "people.parquet")
	p := h.plan(h.spec(path), "night")
	snap, err := h.ingest(p, "people")
	require.NoError(t, err)

	rd, err := h.openSnapshot(h.ctx, p, snap, nil, 0, -1)
	require.NoError(t, err)
	defer rd.Close()
	rec, err := rd.Next(h.ctx)
	require.NoError(t, err)
	rec.Release()
	require.NoError(t, os.WriteFile(path, []byte("other"), 0o600))
	for err == nil { // while it is read
		_, err = rd.Next(h.ctx)
	}
	require.Equal(t, SourceChanged, kind(temporalError(err)), "%v", err)

	_, err = h.Detect(h.ctx, DetectInput{Plan: p, Snapshot: snap}) // before it is opened
	require.Equal(t, SourceChanged, kind(err))
}

func TestSourceFaults(t *testing.T) {
	t.Parallel()
	const secret = "quillon.secret@mailer.example"
	for name, c := range map[string]struct {
		file, text, want string
	}{
		"missing":           {"none.csv", "", SourceMissing},
		"truncated gzip":    {"people.csv.gz", "\x1f\x8b\x08\x00\x00", SourceCorrupt},
		"ragged":            {"people.csv", "person_id,full_name,email,city,score\nP1,a," + secret + "\nP2,b,c,d,5,6,7\n", SourceCorrupt},
		"not parquet":       {"people.parquet", "PAR1 " + secret + " PAR1", SourceCorrupt},
		"json lines broken": {"people.jsonl", `{"person_id":"` + secret + "\n", SourceCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			path := h.dir + "/" + c.file
			if c.text != "" {
				require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			}
			p := h.plan(h.spec(path), "night")
			_, err := h.ingest(p, "people")
			require.Equal(t, c.want, kind(err), "%v", err)
			require.ErrorContains(t, err, c.file)
			require.NotContains(t, err.Error(), secret)
		})
	}
}

// What is copied is sealed, and Clean takes it with its key.
func TestCopiesAreSealedAndGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.plan(h.spec(h.csv("people.csv", peopleHeader, h.people(200))), "night")
	snap, err := h.ingest(p, "people")
	require.NoError(t, err)
	h.noRaw()
	again, err := h.ingest(p, "people") // a retry
	require.NoError(t, err)
	require.Equal(t, snap, again)
	for range 2 { // twice changes nothing
		require.NoError(t, h.Clean(h.ctx, CleanInput{Plan: p}))
	}
	_, err = h.Store.Stat(h.ctx, snap.Copy.Address)
	require.ErrorIs(t, err, store.ErrNotFound)
	for _, prefix := range []string{"runs/", "nights/"} {
		keys, err := h.Store.List(h.ctx, prefix)
		require.NoError(t, err)
		require.Empty(t, keys)
	}
}

// noRaw searches all that the store holds for the made-up names and addresses.
func (h *house) noRaw() {
	h.t.Helper()
	keys, err := h.Store.List(h.ctx, "")
	require.NoError(h.t, err)
	for _, k := range keys {
		data, err := h.Store.Get(h.ctx, k)
		require.NoError(h.t, err)
		for _, raw := range []string{"Quillon", "Varnsdorfer", "mailer.example", "P10"} {
			require.NotContains(h.t, string(data), raw, "%s holds %q", k, raw)
			require.NotContains(h.t, k, raw)
		}
	}
}
