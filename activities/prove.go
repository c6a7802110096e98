package activities

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/nocturne-data/nocturne/schemas"
)

const proveVersion = 2

// Prove reads the written shards and looks for protected values of the whole
// table: in cells and texts, in statistics, dictionaries and metadata. A hit
// fails the night.
func (a *Activities) Prove(ctx context.Context, in ProveInput) (ProveResult, error) {
	m := &meter{stage: "prove", table: in.Protected.Table, part: fmt.Sprintf("shards %d to %d", in.First, in.Last-1)}
	m.total.Store(in.Protected.RowsOut * int64(in.Last-in.First) / int64(max(1, in.Protected.Shards)))
	var out ProveResult
	err := a.run(ctx, "prove", m, func(ctx context.Context) error {
		var p *proving
		defer func() { p.close() }()
		for shard := in.First; shard < in.Last; shard++ {
			art, built, err := a.Store.Build(ctx, store.Recipe{
				Step: "prove", Version: proveVersion, Part: fmt.Sprintf("%s/%06d", in.Protected.Table, shard),
				Inputs: []store.Digest{in.Protected.Ref.Digest, in.Protected.Decision.Digest, in.Protected.Values.Digest},
			}, func(ctx context.Context, d *store.Draft) error {
				if p == nil {
					var err error
					if p, err = a.newProving(ctx, in); err != nil {
						return err
					}
				}
				r, err := p.shard(ctx, shard, m)
				if err != nil {
					return err
				}
				if err := r.Err(); err != nil {
					return fail(ProofFailed, err)
				}
				d.Stats = r
				return nil
			})
			if err != nil {
				return err
			}
			var r proof.Result
			if err := art.DecodeStats(&r); err != nil {
				return err
			}
			if !built {
				m.add(r.Rows)
			}
			out.Rows += r.Rows
			out.Cells += r.Cells
			out.FalseAlarms += r.Excused + r.Coincidences
			out.Values = max(out.Values, int64(r.Values))
		}
		return nil
	})
	return out, err
}

// proving is what the proof of a table's shards shares.
type proving struct {
	a       *Activities
	in      ProveInput
	plan    *anonymize.Plan
	target  proof.Target
	stats   decided
	keyIDs  []string
	scanned []string // output columns that are searched
	values  *proof.Index
	letGo   func() // of values
}

func (a *Activities) newProving(ctx context.Context, in ProveInput) (*proving, error) {
	s, _, err := a.table(ctx, in.Plan, in.Protected.Table)
	if err != nil {
		return nil, err
	}
	p := &proving{a: a, in: in}
	var c schemas.Contract
	if err := a.readJSON(ctx, in.Protected.Decision, "contract.json", &c); err != nil {
		return nil, err
	}
	if p.plan, err = a.compile(ctx, s, c, nil); err != nil {
		return nil, err
	}
	p.target = proof.Target{Columns: hiddenColumns(p.plan), Coded: p.plan.Coded()}
	set, err := a.keyset(s)
	if err != nil {
		return nil, err
	}
	p.keyIDs = set.IDs()
	m, err := a.Store.Stat(ctx, in.Protected.Decision.Address)
	if err != nil {
		return nil, err
	}
	if err := m.DecodeStats(&p.stats); err != nil {
		return nil, err
	}
	invented := map[string]bool{}
	for _, name := range p.plan.Invented() {
		invented[name] = true
	}
	for _, f := range p.plan.OutputSchema().Fields() {
		if !invented[f.Name] {
			p.scanned = append(p.scanned, f.Name)
		}
	}
	opt, err := a.proofOptions(s)
	if err != nil {
		return nil, err
	}
	p.values, p.letGo, err = a.index(ctx, in.Protected.Values, opt)
	return p, err
}

func (p *proving) close() {
	if p != nil && p.letGo != nil {
		p.letGo()
	}
}

// shard searches one shard for every value of the table.
func (p *proving) shard(ctx context.Context, shard int, m *meter) (proof.Result, error) {
	f, err := p.a.open(ctx, p.in.Protected.Ref, shardName(shard, p.in.Protected.Shards))
	if err != nil {
		return proof.Result{}, err
	}
	defer f.Close()
	sum := proof.NewIndexScanner(p.values, p.target)
	if err := sum.ScanFile(f.File, p.plan.Protected()); err != nil {
		return proof.Result{}, err
	}
	rd, err := parquet.Open(ctx, f.File, tabular.ReadOptions{Columns: p.scanned})
	if err != nil {
		return proof.Result{}, err
	}
	defer rd.Close()
	err = parallel.Stream(ctx, p.a.Workers, rd.Next,
		func(ctx context.Context, i int, rec arrow.Record) (*proof.Scanner, error) {
			defer rec.Release()
			one := proof.NewIndexScanner(p.values, p.target)
			m.add(rec.NumRows())
			return one, one.Scan(ctx, rec, nil, int64(i)*parallel.BlockRows)
		},
		func(_ int, one *proof.Scanner) error { sum.Merge(one); return nil })
	if err != nil {
		return proof.Result{}, err
	}
	return sum.Result(p.stats.Policy, p.keyIDs), nil
}
