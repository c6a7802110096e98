package activities

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/keys"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
)

// A copied snapshot is an artifact of blocks, each an Arrow stream sealed under
// the run's key. The key lies in the store sealed under the pipeline's keyset
// and is deleted when the night ends, which makes the copies unreadable even
// where their bytes linger.

func runKey(name, run string) string       { return "runs/" + name + "/" + run + "/key" }
func snapshotList(name, run string) string { return "runs/" + name + "/" + run + "/snapshots/" }

// runRecordKey is where it stands which night a run belongs to.
func runRecordKey(name, run string) string { return "runs/" + name + "/" + run + "/night.json" }

func blockName(i int) string { return fmt.Sprintf("block-%06d.arrow.sealed", i) }

// key returns the run's key, made on first use.
func (a *Activities) key(ctx context.Context, p Plan, s pipeline.Spec) ([]byte, error) {
	set, err := a.keyset(s)
	if err != nil {
		return nil, err
	}
	master, err := set.Derive("nocturne/run-key")
	if err != nil {
		return nil, fail(KeyMissing, err)
	}
	aad := []byte(p.Run)
	at := runKey(p.Name, p.Run)
	sealed, err := a.Store.Get(ctx, at)
	if errors.Is(err, store.ErrNotFound) {
		fresh := make([]byte, keys.SecretBytes)
		_, _ = rand.Read(fresh) // never fails since Go 1.24
		if sealed, err = keys.Seal(master, fresh, aad); err != nil {
			return nil, err
		}
		created, err := a.Store.PutNew(ctx, at, sealed)
		if err != nil {
			return nil, err
		}
		if created {
			return fresh, nil
		}
		sealed, err = a.Store.Get(ctx, at)
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	return keys.Open(master, sealed, aad)
}

// sealBlock encodes and seals one block; plain is the digest of its clear
// bytes.
func sealBlock(key []byte, table string, i int, rec arrow.Record) (sealed []byte, plain store.Digest, err error) {
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(rec.Schema()))
	if err := w.Write(rec); err != nil {
		return nil, "", fmt.Errorf("encode block %d: %w", i, err)
	}
	if err := w.Close(); err != nil {
		return nil, "", fmt.Errorf("encode block %d: %w", i, err)
	}
	sum := sha256.Sum256(b.Bytes())
	sealed, err = keys.Seal(key, b.Bytes(), blockAAD(table, i))
	return sealed, store.Digest(hex.EncodeToString(sum[:])), err
}

func blockAAD(table string, i int) []byte { return fmt.Appendf(nil, "%s/%d", table, i) }

// sealedReader streams blocks first to last-1 of a copied snapshot.
type sealedReader struct {
	a      *Activities
	m      store.Manifest
	key    []byte
	table  string
	schema *arrow.Schema
	next   int
	last   int
}

func (r *sealedReader) Schema() *arrow.Schema { return r.schema }
func (r *sealedReader) Close() error          { return nil }

func (r *sealedReader) Next(ctx context.Context) (arrow.Record, error) {
	if r.next >= r.last {
		return nil, io.EOF
	}
	rec, err := r.block(ctx, r.next)
	r.next++
	return rec, err
}

func (r *sealedReader) block(ctx context.Context, i int) (arrow.Record, error) {
	e, ok := r.m.File(blockName(i))
	if !ok {
		return nil, fmt.Errorf("snapshot of %s has no block %d", r.table, i)
	}
	f, err := r.a.Store.OpenEntry(ctx, e)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sealed, err := io.ReadAll(f.Reader())
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s, block %d: %w", r.table, i, err)
	}
	clear, err := keys.Open(r.key, sealed, blockAAD(r.table, i))
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s, block %d: %w", r.table, i, err)
	}
	rd, err := ipc.NewReader(bytes.NewReader(clear))
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s, block %d: %w", r.table, i, err)
	}
	defer rd.Release()
	if !rd.Next() {
		return nil, fmt.Errorf("snapshot of %s, block %d: empty", r.table, i)
	}
	rec := rd.Record()
	rec.Retain()
	return rec, nil
}

// openSnapshot reads rows of a snapshot in blocks. first is a multiple of the
// plan's block size; count < 0 means up to the end.
func (a *Activities) openSnapshot(ctx context.Context, p Plan, snap Snapshot, columns []string, first, count int64) (tabular.Reader, error) {
	s, t, err := a.table(ctx, p, snap.Table)
	if err != nil {
		return nil, err
	}
	size := int64(p.Layout.BlockRows)
	if snap.Copy == nil {
		if err := unchanged(t, snap.Stamp); err != nil {
			return nil, err
		}
		rd, err := files.OpenPath(ctx, t.Source.Path, tabular.ReadOptions{
			Columns: columns, BatchRows: int(size), Rows: &tabular.Range{First: first, Count: count},
		})
		if err != nil {
			return nil, err
		}
		return watched{rd, t, snap.Stamp}, nil
	}
	key, err := a.key(ctx, p, s)
	if err != nil {
		return nil, err
	}
	m, err := a.Store.Stat(ctx, snap.Copy.Address)
	if err != nil {
		return nil, err
	}
	end := snap.Rows
	if count >= 0 {
		end = min(end, first+count)
	}
	r := &sealedReader{a: a, m: m, key: key, table: snap.Table, next: int(first / size), last: int((end + size - 1) / size)}
	if r.schema, err = a.snapshotSchema(ctx, m); err != nil {
		return nil, err
	}
	if columns == nil {
		return r, nil
	}
	return tabular.Project(r, columns)
}

// snapshotSchema reads the schema that stands beside the blocks: a snapshot of
// an empty table has no block to take it from.
func (a *Activities) snapshotSchema(ctx context.Context, m store.Manifest) (*arrow.Schema, error) {
	data, err := a.readFile(ctx, m.Ref(), "schema.arrow")
	if err != nil {
		return nil, err
	}
	rd, err := ipc.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("snapshot schema: %w", err)
	}
	defer rd.Release()
	return rd.Schema(), nil
}

func encodeSchema(s *arrow.Schema) ([]byte, error) {
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(s))
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return b.Bytes(), nil
}

// watched looks once more, at the end, whether the files it read are still the
// same: what was made of other bytes must not be kept under their digest.
type watched struct {
	tabular.Reader
	table pipeline.Table
	stamp string
}

func (w watched) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := w.Reader.Next(ctx)
	if err == nil {
		return rec, nil
	}
	// A reader that fails on changing files should say why.
	if changed := unchanged(w.table, w.stamp); changed != nil {
		return nil, changed
	}
	return nil, err
}

// unchanged fails when a table's files are no longer those that were stamped.
func unchanged(t pipeline.Table, stamp string) error {
	now, _, err := stampOf(t.Source.Path)
	if err != nil {
		return err
	}
	if now != stamp {
		return fail(SourceChanged, fmt.Errorf("the files of table %s changed while the night was reading them: run the night again", t.Name))
	}
	return nil
}

// stampOf is a cheap fingerprint of the files behind a path: names, sizes and
// times of change. paths are the files in the order in which they are read.
func stampOf(path string) (stamp string, paths []string, err error) {
	if paths, err = files.Parts(path); err != nil {
		return "", nil, err
	}
	h := sha256.New()
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return "", nil, &tabular.Error{File: p, Kind: tabular.ErrMissing, Err: err}
		}
		fmt.Fprintf(h, "%s %d %d\n", filepath.Base(p), st.Size(), st.ModTime().UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)), paths, nil
}

// digestFiles is the content digest of files read one after the other.
func digestFiles(ctx context.Context, paths []string, m *meter) (store.Digest, int64, error) {
	sort.Strings(paths)
	var parts []string
	var total int64
	buf := make([]byte, 1<<20)
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			return "", 0, &tabular.Error{File: p, Kind: tabular.ErrMissing, Err: err}
		}
		h := sha256.New()
		n, err := io.CopyBuffer(h, ctxReader{ctx, f}, buf)
		_ = f.Close()
		if err != nil {
			return "", 0, fmt.Errorf("%s: %w", p, err)
		}
		total += n
		parts = append(parts, hex.EncodeToString(h.Sum(nil)))
	}
	return store.DigestOf(parts...), total, nil
}

// ctxReader stops reading when the context ends.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (r ctxReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
