package activities

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/keys"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/nocturne-data/nocturne/schemas"
)

const protectVersion = 1

// A shard artifact holds data.parquet, the de-identified rows of some blocks,
// and values.set, the hashes of the values that must be gone.

// shardStats is its statistics.
type shardStats struct {
	RowsIn   int64            `json:"rows_in"`
	RowsOut  int64            `json:"rows_out"`
	Values   int              `json:"values"` // distinct protected values
	ByReason map[string]int64 `json:"by_reason,omitempty"`
}

// protection is everything that turns a table's blocks into shards.
type protection struct {
	a         *Activities
	in        ProtectInput
	contract  schemas.Contract
	stats     decided
	validator *schemas.Validator
	plan      *anonymize.Plan
	proof     proof.Options
	hidden    []proof.Column
	sealKey   []byte // of the quarantine
}

// Protect reads shards of a snapshot, sets aside the rows that break the
// contract, de-identifies the others and writes them as Parquet. Each shard is
// an artifact of its own: what was finished before a crash stays finished.
func (a *Activities) Protect(ctx context.Context, in ProtectInput) (ProtectResult, error) {
	m := &meter{stage: "de-identify", table: in.Snapshot.Table, part: fmt.Sprintf("shards %d to %d", in.First, in.Last-1)}
	per := int64(in.Plan.Layout.BlockRows) * int64(in.Plan.Layout.ShardBlocks)
	m.total.Store(min(int64(in.Last-in.First)*per, in.Snapshot.Rows))
	var out ProtectResult
	err := a.run(ctx, "de-identify", m, func(ctx context.Context) error {
		var p *protection
		for shard := in.First; shard < in.Last; shard++ {
			r := shardRecipe(in.Plan, in.Snapshot, in.Decision, in.Broken, shard)
			art, built, err := a.Store.Build(ctx, r, func(ctx context.Context, d *store.Draft) error {
				if p == nil {
					var err error
					if p, err = a.newProtection(ctx, in); err != nil {
						return err
					}
				}
				return p.shard(ctx, d, shard, m)
			})
			if err != nil {
				return err
			}
			var s shardStats
			if err := art.DecodeStats(&s); err != nil {
				return err
			}
			if !built {
				m.add(s.RowsIn)
			}
			out.RowsIn += s.RowsIn
			out.RowsOut += s.RowsOut
			out.Quarantined += s.RowsIn - s.RowsOut
		}
		return nil
	})
	return out, err
}

// shardRecipe describes one shard of a table. It names no partition: how the
// shards were spread over activities leaves no trace.
func shardRecipe(p Plan, snap Snapshot, decision, broken store.Ref, shard int) store.Recipe {
	return store.Recipe{
		Step: "protect", Version: protectVersion, Part: fmt.Sprintf("%s/%06d", snap.Table, shard),
		Spec:   map[string]any{"block_rows": p.Layout.BlockRows, "shard_blocks": p.Layout.ShardBlocks},
		Inputs: []store.Digest{snap.Digest, decision.Digest, broken.Digest},
	}
}

func (a *Activities) newProtection(ctx context.Context, in ProtectInput) (*protection, error) {
	s, _, err := a.table(ctx, in.Plan, in.Snapshot.Table)
	if err != nil {
		return nil, err
	}
	p := &protection{a: a, in: in}
	if err := a.readJSON(ctx, in.Decision, "contract.json", &p.contract); err != nil {
		return nil, err
	}
	m, err := a.Store.Stat(ctx, in.Decision.Address)
	if err != nil {
		return nil, err
	}
	if err := m.DecodeStats(&p.stats); err != nil {
		return nil, err
	}
	rd, err := a.openSnapshot(ctx, in.Plan, in.Snapshot, nil, 0, 0)
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	if p.validator, err = schemas.NewValidator(p.contract, rd.Schema()); err != nil {
		return nil, fail(SchemaMismatch, err)
	}
	if err := p.loadBroken(ctx, s); err != nil {
		return nil, err
	}
	if p.plan, err = a.compile(ctx, s, p.contract, p.validator.GoodSchema()); err != nil {
		return nil, err
	}
	if p.proof, err = a.proofOptions(s); err != nil {
		return nil, err
	}
	p.hidden = hiddenColumns(p.plan)
	set, err := a.keyset(s)
	if err != nil {
		return nil, err
	}
	p.sealKey, err = set.Derive("nocturne/quarantine")
	return p, err
}

// loadBroken tells the validator about duplicates and parents' keys.
func (p *protection) loadBroken(ctx context.Context, s pipeline.Spec) error {
	var duplicates [][]int64
	for i := range p.validator.Unique() {
		data, err := p.a.readFile(ctx, p.in.Broken, duplicatesFile(i))
		if err != nil {
			return err
		}
		rows := make([]int64, len(data)/8)
		if err := binary.Read(bytes.NewReader(data), binary.BigEndian, rows); err != nil {
			return err
		}
		duplicates = append(duplicates, rows)
	}
	if len(duplicates) > 0 {
		p.validator = p.validator.WithDuplicates(duplicates)
	}
	sets := map[string]*schemas.KeySet{}
	for _, table := range p.validator.UncheckedTables() {
		data, err := p.a.readFile(ctx, p.in.Broken, parentFile(table))
		if err != nil {
			return err
		}
		k := &schemas.KeySet{}
		if err := k.UnmarshalBinary(data); err != nil {
			return err
		}
		sets[table] = k
	}
	if len(sets) == 0 {
		return nil
	}
	key, err := p.a.hashKey(s, "nocturne/keys")
	if err != nil {
		return err
	}
	p.validator = p.validator.WithParents(sets, key)
	return nil
}

func (a *Activities) proofOptions(s pipeline.Spec) (proof.Options, error) {
	set, err := a.keyset(s)
	if err != nil {
		return proof.Options{}, err
	}
	key, err := set.Derive("nocturne/proof")
	return proof.Options{Key: key}, err
}

func hiddenColumns(plan *anonymize.Plan) []proof.Column {
	var out []proof.Column
	for _, f := range plan.Hidden() {
		out = append(out, proof.Column{Name: f.Name, Semantic: f.Semantic, Direct: f.Class == "direct_identifier"})
	}
	return out
}

// done is one block after all was done to it.
type done struct {
	rows    int64
	out     arrow.Record
	bad     []byte // sealed rows for the quarantine; nil = none
	reasons map[string]int64
	values  *proof.Collector
}

// shard builds one shard artifact.
func (p *protection) shard(ctx context.Context, d *store.Draft, shard int, m *meter) error {
	size := int64(p.in.Plan.Layout.BlockRows)
	per := size * int64(p.in.Plan.Layout.ShardBlocks)
	firstRow := int64(shard) * per
	rd, err := p.a.openSnapshot(ctx, p.in.Plan, p.in.Snapshot, nil, firstRow, per)
	if err != nil {
		return err
	}
	defer rd.Close()
	file, err := d.Create(ctx, "data.parquet")
	if err != nil {
		return err
	}
	w, err := parquet.NewWriter(file, p.plan.OutputSchema(), tabular.WriteOptions{
		Protected: p.plan.Protected(), Workers: p.a.Workers,
		Metadata: map[string]string{"nocturne.contract": p.contract.Name + " " + p.contract.Version, "nocturne.policy": p.stats.Policy},
	})
	if err != nil {
		return err
	}
	defer w.Abort()
	values, err := proof.NewCollector(p.proof)
	if err != nil {
		return err
	}
	stats := shardStats{ByReason: map[string]int64{}}
	err = parallel.Stream(ctx, p.a.Workers, rd.Next,
		func(ctx context.Context, i int, rec arrow.Record) (done, error) {
			defer rec.Release()
			return p.block(ctx, rec, firstRow+int64(i)*size)
		},
		func(i int, b done) error {
			defer b.out.Release()
			stats.RowsIn += b.rows
			stats.RowsOut += b.out.NumRows()
			for reason, n := range b.reasons {
				stats.ByReason[reason] += n
			}
			m.add(b.rows)
			if b.bad != nil {
				if err := p.a.Store.Put(ctx, p.quarantineKey(shard, i), b.bad); err != nil {
					return err
				}
			}
			if err := p.checkShare(stats); err != nil {
				return err
			}
			if err := values.Merge(b.values); err != nil {
				return err
			}
			return w.Write(ctx, b.out)
		})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	stats.Values = values.Values()
	d.Rows, d.Stats = stats.RowsOut, stats
	return d.WriteFile(ctx, valuesName, values.Marshal())
}

// block checks, de-identifies and remembers one block.
func (p *protection) block(ctx context.Context, rec arrow.Record, firstRow int64) (done, error) {
	checked, err := p.validator.Check(ctx, rec, firstRow)
	if err != nil {
		return done{}, err
	}
	defer checked.Good.Release()
	defer checked.Bad.Release()
	out := done{rows: rec.NumRows(), reasons: map[string]int64{}}
	for _, r := range checked.Reasons {
		out.reasons[r.Text]++
	}
	if checked.Bad.NumRows() > 0 {
		if out.bad, err = p.sealBad(checked.Bad, firstRow); err != nil {
			return done{}, err
		}
	}
	if out.values, err = proof.NewCollector(p.proof); err != nil {
		return done{}, err
	}
	if err := out.values.Add(checked.Good, p.hidden); err != nil {
		return done{}, err
	}
	if err := out.values.AddPublic(checked.Good, p.plan.Kept()); err != nil {
		return done{}, err
	}
	if out.out, err = p.plan.Apply(ctx, checked.Good); err != nil {
		return done{}, fail(PolicyViolation, err)
	}
	return out, p.compare(ctx, out, checked.Good, firstRow)
}

// compare holds the block's output against its input, row by row: it finds
// every unchanged cell, and it is the only proof of invented values, which hit
// other people's real ones by chance. The rest of the proof reads what was
// written, with the values of the whole table.
func (p *protection) compare(ctx context.Context, b done, in arrow.Record, firstRow int64) error {
	scan := proof.NewScanner(b.values, proof.Target{Columns: p.hidden, Invented: p.plan.Invented(), Coded: p.plan.Coded()})
	if err := scan.Compare(ctx, b.out, in, firstRow); err != nil {
		return err
	}
	if err := scan.Result(p.stats.Policy, nil).Err(); err != nil {
		return fail(ProofFailed, err)
	}
	return nil
}

// sealBad encrypts rows for the quarantine: they are raw.
func (p *protection) sealBad(bad arrow.Record, firstRow int64) ([]byte, error) {
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(bad.Schema()))
	if err := errors.Join(w.Write(bad), w.Close()); err != nil {
		return nil, fmt.Errorf("quarantine: %w", err)
	}
	return keys.Seal(p.sealKey, b.Bytes(), fmt.Appendf(nil, "%s/%d", p.in.Snapshot.Table, firstRow))
}

// quarantineKey is where the rows set aside from one block lie.
func (p *protection) quarantineKey(shard, block int) string {
	return fmt.Sprintf("quarantine/%s/%s/%s/%06d-%03d.arrow.sealed", p.in.Plan.Name, p.in.Snapshot.Table, p.in.Plan.Date, shard, block)
}

// checkShare stops as soon as the rows set aside are more than the contract
// allows of this shard.
func (p *protection) checkShare(s shardStats) error {
	bad := s.RowsIn - s.RowsOut
	c := p.validator.Contract()
	if bad == 0 || c.OnViolation != schemas.Stop && float64(bad) <= c.MaxQuarantine*float64(s.RowsIn) {
		return nil
	}
	reasons := maps.Clone(s.ByReason)
	return fail(TooManyBadRows, fmt.Errorf("%d of the first %d rows of table %s break its contract %v; the contract allows a share of %g: mend the source or the contract",
		bad, s.RowsIn, p.in.Snapshot.Table, reasons, c.MaxQuarantine))
}
