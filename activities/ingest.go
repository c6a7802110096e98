package activities

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/internal/tabular/postgres"
)

const ingestVersion = 1

// Ingest takes snapshots of tables. Parquet and Arrow files stay where they are
// and are read in place; text files, which cannot be read from the middle, and
// databases, which change, are copied into sealed blocks. Tables of one
// database come from one repeatable-read snapshot.
func (a *Activities) Ingest(ctx context.Context, in IngestInput) (IngestResult, error) {
	var out IngestResult
	m := &meter{stage: "ingest", table: strings.Join(in.Tables, ", ")}
	err := a.run(ctx, "ingest", m, func(ctx context.Context) error {
		s, err := a.spec(ctx, in.Plan)
		if err != nil {
			return err
		}
		var db *postgres.Snapshot
		for _, name := range in.Tables {
			t, ok := s.Table(name)
			if !ok {
				return fail(InvalidSpec, fmt.Errorf("the pipeline has no table %q", name))
			}
			var snap Snapshot
			if t.Source.Postgres == "" {
				snap, err = a.ingestPath(ctx, in.Plan, s, t, m)
			} else {
				if db == nil {
					if db, err = openDatabase(ctx, t); err != nil {
						return err
					}
					defer db.Close()
				}
				snap, err = a.ingestTable(ctx, in.Plan, s, t, db, m)
			}
			if err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
			out.Snapshots = append(out.Snapshots, snap)
		}
		return nil
	})
	return out, err
}

func openDatabase(ctx context.Context, t pipeline.Table) (*postgres.Snapshot, error) {
	name := strings.TrimPrefix(t.Source.Postgres, "env:")
	dsn := os.Getenv(name)
	if dsn == "" {
		return nil, fail(SourceMissing, fmt.Errorf("environment variable %s is not set on this worker: it must hold the PostgreSQL connection string", name))
	}
	db, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return nil, fail(SourceLost, err)
	}
	return db, nil
}

func (a *Activities) ingestPath(ctx context.Context, p Plan, s pipeline.Spec, t pipeline.Table, m *meter) (Snapshot, error) {
	stamp, paths, err := stampOf(t.Source.Path)
	if err != nil {
		return Snapshot{}, err
	}
	digest, size, err := digestFiles(ctx, paths, m)
	if err != nil {
		return Snapshot{}, err
	}
	info, err := files.DescribePath(ctx, t.Source.Path)
	if err != nil {
		return Snapshot{}, err
	}
	out := Snapshot{Table: t.Name, Rows: info.Rows, Digest: digest, Bytes: size, Stamp: stamp}
	if info.Groups != nil && info.Rows >= 0 {
		m.total.Store(info.Rows)
		m.add(info.Rows)
		return out, nil
	}
	rd, err := files.OpenPath(ctx, t.Source.Path, tabular.ReadOptions{
		Schema: declared(info.Schema, t), BatchRows: p.Layout.BlockRows,
	})
	if err != nil {
		return Snapshot{}, err
	}
	defer rd.Close()
	copied, err := a.copyBlocks(ctx, p, s, t, rd, digest, m)
	if err != nil {
		return Snapshot{}, err
	}
	// The digest was taken before the copy: what changed between them would be
	// remembered under a name that is not its own.
	if err := unchanged(t, stamp); err != nil {
		return Snapshot{}, err
	}
	ref := copied.Ref()
	out.Rows, out.Copy = copied.Rows, &ref
	return out, nil
}

// declared keeps the text of cells that the contract calls text: inference may
// see whole numbers in a column of codes.
func declared(inferred *arrow.Schema, t pipeline.Table) *arrow.Schema {
	fields := append([]arrow.Field(nil), inferred.Fields()...)
	if t.Contract != nil {
		for i, f := range fields {
			if c, ok := t.Contract.Field(f.Name); ok && (c.Type == "utf8" || c.Type == "large_utf8") {
				fields[i].Type = arrow.BinaryTypes.String
			}
		}
	}
	return arrow.NewSchema(fields, nil)
}

func (a *Activities) ingestTable(ctx context.Context, p Plan, s pipeline.Spec, t pipeline.Table, db *postgres.Snapshot, m *meter) (Snapshot, error) {
	rd, err := db.Table(ctx, t.Source.Table, tabular.ReadOptions{BatchRows: p.Layout.BlockRows})
	if err != nil {
		return Snapshot{}, err
	}
	defer rd.Close()
	copied, err := a.copyBlocks(ctx, p, s, t, rd, "", m)
	if err != nil {
		return Snapshot{}, fail(SourceLost, err)
	}
	var stats copyStats
	if err := copied.DecodeStats(&stats); err != nil {
		return Snapshot{}, err
	}
	ref := copied.Ref()
	return Snapshot{Table: t.Name, Rows: copied.Rows, Digest: stats.Content, Bytes: stats.Bytes, Copy: &ref}, nil
}

// copyStats describes a copy by its clear bytes: the sealed ones differ from
// night to night.
type copyStats struct {
	Content store.Digest `json:"content"`
	Bytes   int64        `json:"bytes"`
}

// copyBlocks seals the rows of rd into blocks under the run's key. The copy
// belongs to this run alone, so its recipe names the run.
func (a *Activities) copyBlocks(ctx context.Context, p Plan, s pipeline.Spec, t pipeline.Table, rd tabular.Reader, source store.Digest, m *meter) (store.Manifest, error) {
	key, err := a.key(ctx, p, s)
	if err != nil {
		return store.Manifest{}, err
	}
	schema, err := encodeSchema(rd.Schema())
	if err != nil {
		return store.Manifest{}, err
	}
	recipe := store.Recipe{
		Step: "ingest", Version: ingestVersion, Part: t.Name,
		Spec:   map[string]any{"run": p.Run, "block_rows": p.Layout.BlockRows},
		Inputs: []store.Digest{source},
	}
	addr, err := recipe.Address()
	if err != nil {
		return store.Manifest{}, err
	}
	// Recorded before it is built: Clean then finds it whatever happens.
	if err := a.Store.PutJSON(ctx, snapshotList(p.Name, p.Run)+t.Name+".json", store.Ref{Address: addr}); err != nil {
		return store.Manifest{}, err
	}
	blocks, err := tabular.Rebatch(rd, p.Layout.BlockRows)
	if err != nil {
		return store.Manifest{}, err
	}
	out, _, err := a.Store.Build(ctx, recipe, func(ctx context.Context, d *store.Draft) error {
		if err := d.WriteFile(ctx, "schema.arrow", schema); err != nil {
			return err
		}
		var digests []string
		var stats copyStats
		type sealed struct {
			bytes []byte
			plain store.Digest
			rows  int64
		}
		err := parallel.Stream(ctx, a.Workers, blocks.Next,
			func(_ context.Context, i int, rec arrow.Record) (sealed, error) {
				defer rec.Release()
				b, plain, err := sealBlock(key, t.Name, i, rec)
				return sealed{b, plain, rec.NumRows()}, err
			},
			func(i int, b sealed) error {
				digests = append(digests, string(b.plain))
				d.Rows += b.rows
				stats.Bytes += int64(len(b.bytes))
				m.add(b.rows)
				return d.WriteFile(ctx, blockName(i), b.bytes)
			})
		if err != nil {
			return err
		}
		stats.Content = store.DigestOf(append(digests, string(store.DigestOf(rd.Schema().String())))...)
		d.Stats = stats
		return nil
	})
	return out, err
}
