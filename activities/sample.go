package activities

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/nocturne-data/nocturne/synth/planner"
	"github.com/nocturne-data/nocturne/synth/relational"
)

const sampleVersion = 1

// twinBlocks is how many blocks of a twin go to one Parquet file.
const twinBlocks = 8

// twinStats is the statistics of a twin.
type twinStats struct {
	Shards int `json:"shards"`
}

// Sample draws the twins of a family. Each block has a stream of its own, so
// the rows do not depend on who draws them.
func (a *Activities) Sample(ctx context.Context, in SampleInput) (SampleResult, error) {
	m := &meter{stage: "sample", table: in.Tables[0].Table}
	var out SampleResult
	err := a.run(ctx, "sample", m, func(ctx context.Context) error {
		s, err := a.spec(ctx, in.Plan)
		if err != nil {
			return err
		}
		rows := s.Synthesis.Rows
		if rows == 0 {
			rows = in.Tables[0].RowsOut
		}
		m.total.Store(rows)
		d := &drawing{a: a, in: in, seed: s.Seed, rows: rows, m: m}
		for i, t := range in.Tables {
			art, _, err := a.Store.Build(ctx, store.Recipe{
				Step: "sample", Version: sampleVersion, Part: t.Table, Inputs: []store.Digest{in.Models.Digest},
				Spec: map[string]any{"seed": s.Seed, "rows": rows},
			}, func(ctx context.Context, draft *store.Draft) error { return d.draw(ctx, draft, i) })
			if err != nil {
				return err
			}
			out.Twins = append(out.Twins, Twin{Table: t.Table, Ref: art.Ref(), Rows: art.Rows})
		}
		return nil
	})
	return out, err
}

// drawing draws the tables of one family, opening its model once.
type drawing struct {
	a    *Activities
	in   SampleInput
	seed uint64
	rows int64
	m    *meter
	from *sampler
}

// sampler draws one block of one of the family's tables.
type sampler struct {
	schema []*arrow.Schema
	block  func(ctx context.Context, table, block, rows int, emit func(arrow.Record) error) error
}

func (d *drawing) open(ctx context.Context) error {
	if d.from != nil {
		return nil
	}
	f, err := d.a.open(ctx, d.in.Models, modelFile)
	if err != nil {
		return err
	}
	defer f.Close()
	if len(d.in.Tables) == 1 {
		model, err := planner.Open(f.Reader())
		if err != nil {
			return err
		}
		d.from = &sampler{schema: []*arrow.Schema{model.Schema()}, block: func(ctx context.Context, _, block, rows int, emit func(arrow.Record) error) error {
			rec, err := model.SampleBlock(ctx, d.seed, block, rows)
			if err != nil {
				return err
			}
			defer rec.Release()
			return emit(rec)
		}}
		return nil
	}
	model, err := relational.Open(f.Reader())
	if err != nil {
		return err
	}
	d.from = &sampler{schema: []*arrow.Schema{model.ParentSchema(), model.ChildSchema()}, block: func(ctx context.Context, table, block, rows int, emit func(arrow.Record) error) error {
		if table == 1 {
			return model.SampleChildren(ctx, d.seed, block, rows, emit)
		}
		rec, err := model.SampleParents(ctx, d.seed, block, rows)
		if err != nil {
			return err
		}
		defer rec.Release()
		return emit(rec)
	}}
	return nil
}

// draw writes the twin of one table, a file every twinBlocks blocks of the
// family's first table.
func (d *drawing) draw(ctx context.Context, draft *store.Draft, table int) error {
	if err := d.open(ctx); err != nil {
		return err
	}
	blocks := int((d.rows + parallel.BlockRows - 1) / parallel.BlockRows)
	shards := max(1, (blocks+twinBlocks-1)/twinBlocks)
	for shard := range shards {
		first, last := shard*twinBlocks, min(blocks, (shard+1)*twinBlocks)
		n, err := d.shard(ctx, draft, table, shardName(shard, shards), first, last)
		if err != nil {
			return err
		}
		draft.Rows += n
	}
	draft.Stats = twinStats{Shards: shards}
	return nil
}

func (d *drawing) shard(ctx context.Context, draft *store.Draft, table int, name string, first, last int) (int64, error) {
	file, err := draft.Create(ctx, name)
	if err != nil {
		return 0, err
	}
	w, err := parquet.NewWriter(file, d.from.schema[table], tabular.WriteOptions{Workers: d.a.Workers})
	if err != nil {
		return 0, err
	}
	defer w.Abort()
	var total int64
	err = parallel.Ordered(ctx, last-first, d.a.Workers,
		func(ctx context.Context, i int) ([]arrow.Record, error) {
			var recs []arrow.Record
			rows := min(parallel.BlockRows, d.rows-int64(first+i)*parallel.BlockRows)
			err := d.from.block(ctx, table, first+i, int(rows), func(rec arrow.Record) error {
				rec.Retain()
				recs = append(recs, rec)
				return nil
			})
			return recs, err
		},
		func(i int, recs []arrow.Record) error {
			for _, rec := range recs {
				total += rec.NumRows()
				err := w.Write(ctx, rec)
				rec.Release()
				if err != nil {
					return err
				}
			}
			if table == 0 {
				d.m.add(min(parallel.BlockRows, d.rows-int64(first+i)*parallel.BlockRows))
			}
			return nil
		})
	if err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return total, file.Close()
}

// openTwin reads a twin from its first row.
func (a *Activities) openTwin(ctx context.Context, t Twin) (tabular.Reader, error) {
	m, err := a.Store.Stat(ctx, t.Ref.Address)
	if err != nil {
		return nil, err
	}
	var s twinStats
	if err := m.DecodeStats(&s); err != nil {
		return nil, err
	}
	return a.openShards(ctx, t.Ref, 0, s.Shards, s.Shards)
}
