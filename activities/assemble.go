package activities

import (
	"context"
	"fmt"

	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

const assembleVersion = 1

// A protected table is an artifact that adopts the shards' files under the
// names they are published with, and the hashes of the values that must be gone.

func shardName(i, n int) string { return fmt.Sprintf("train-%05d-of-%05d.parquet", i, n) }

// valuesName is the set of one shard; valuesFile the same in the table.
const valuesName = "values.set"

func valuesFile(i int) string { return fmt.Sprintf("values-%05d.set", i) }

// tableStats is the statistics of a protected table.
type tableStats struct {
	shardStats
	How []string `json:"how"`
}

// Assemble puts the shards of a table together. It finds them by their recipes,
// so their number never crosses the workflow.
func (a *Activities) Assemble(ctx context.Context, in AssembleInput) (Protected, error) {
	m := &meter{stage: "de-identify", table: in.Snapshot.Table}
	var out Protected
	err := a.run(ctx, "assemble", m, func(ctx context.Context) error {
		shards := make([]store.Manifest, in.Shards)
		inputs := make([]store.Digest, in.Shards)
		for i := range shards {
			var err error
			if shards[i], err = a.Store.Find(ctx, shardRecipe(in.Plan, in.Snapshot, in.Decision, in.Broken, i)); err != nil {
				return fmt.Errorf("shard %d: %w", i, err)
			}
			inputs[i] = shards[i].Digest()
		}
		dm, err := a.Store.Stat(ctx, in.Decision.Address)
		if err != nil {
			return err
		}
		var d decided
		if err := dm.DecodeStats(&d); err != nil {
			return err
		}
		art, _, err := a.Store.Build(ctx, store.Recipe{Step: "assemble", Version: assembleVersion, Part: in.Snapshot.Table, Inputs: append(inputs, in.Decision.Digest)},
			func(ctx context.Context, draft *store.Draft) error {
				return a.assemble(ctx, draft, shards, how(d))
			})
		if err != nil {
			return err
		}
		var st tableStats
		if err := art.DecodeStats(&st); err != nil {
			return err
		}
		index, err := a.indexValues(ctx, in, shards, inputs)
		if err != nil {
			return err
		}
		out = Protected{
			Table: in.Snapshot.Table, Ref: art.Ref(), Decision: in.Decision, Values: index.Ref(), RowsIn: st.RowsIn, RowsOut: st.RowsOut,
			Quarantined: st.RowsIn - st.RowsOut, Shards: in.Shards, How: st.How,
		}
		return nil
	})
	return out, err
}

func (a *Activities) assemble(ctx context.Context, d *store.Draft, shards []store.Manifest, how []string) error {
	stats := tableStats{How: how}
	stats.ByReason = map[string]int64{}
	for i, m := range shards {
		data, ok := m.File("data.parquet")
		if !ok {
			return fmt.Errorf("shard %d has no data", i)
		}
		if err := d.Adopt(ctx, shardName(i, len(shards)), data); err != nil {
			return err
		}
		values, ok := m.File(valuesName)
		if !ok {
			return fmt.Errorf("shard %d has no values", i)
		}
		if err := d.Adopt(ctx, valuesFile(i), values); err != nil {
			return err
		}
		var s shardStats
		if err := m.DecodeStats(&s); err != nil {
			return err
		}
		stats.RowsIn += s.RowsIn
		stats.RowsOut += s.RowsOut
		stats.Values += s.Values
		for reason, n := range s.ByReason {
			stats.ByReason[reason] += n
		}
	}
	d.Rows, d.Stats = stats.RowsOut, stats
	return nil
}

// openProtected reads shards first to last-1 of a de-identified table.
func (a *Activities) openProtected(ctx context.Context, p Protected, first, last int) (tabular.Reader, error) {
	return a.openShards(ctx, p.Ref, first, last, p.Shards)
}

// openShards reads Parquet files of an artifact one after the other.
func (a *Activities) openShards(ctx context.Context, ref store.Ref, first, last, n int) (tabular.Reader, error) {
	parts := make([]tabular.Source, 0, last-first)
	for i := first; i < last; i++ {
		parts = append(parts, func(ctx context.Context) (tabular.Reader, error) {
			f, err := a.open(ctx, ref, shardName(i, n))
			if err != nil {
				return nil, err
			}
			rd, err := parquet.Open(ctx, f.File, tabular.ReadOptions{})
			if err != nil {
				f.Close()
				return nil, err
			}
			return closing{rd, f}, nil
		})
	}
	return tabular.Concat(ctx, parts...)
}

// closing closes a file together with the reader over it.
type closing struct {
	tabular.Reader
	file *store.OpenFile
}

func (c closing) Close() error {
	err := c.Reader.Close()
	if e := c.file.Close(); err == nil {
		err = e
	}
	return err
}
