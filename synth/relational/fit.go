package relational

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/codec"
	"github.com/nocturne-data/nocturne/synth/mixture"
)

// Fit learns both tables. Children whose key is null have no parent, and
// neither have those whose key no parent has (a contract should have set these
// aside): they shape the children's mixture, and only the former are drawn
// again.
func Fit(ctx context.Context, parent, child synth.Table, fk schemas.ForeignKey, opt Options) (*Model, error) {
	opt = opt.withDefaults()
	if err := opt.validate(); err != nil {
		return nil, err
	}
	progress := opt.Progress
	if progress == nil {
		progress = func(float64) {}
	}
	parentSchema, err := schemaOf(ctx, parent)
	if err != nil {
		return nil, err
	}
	childSchema, err := schemaOf(ctx, child)
	if err != nil {
		return nil, err
	}
	parentKey, childKey, err := checkKey(parentSchema, childSchema, fk)
	if err != nil {
		return nil, err
	}
	parent.Contract.PrimaryKey = slices.Clone(fk.References)
	cl, err := cluster(ctx, parent, opt)
	if err != nil {
		return nil, fmt.Errorf("relational: parents: %w", err)
	}
	progress(0.2)
	known, err := gather(ctx, parent, parentKey, cl, opt)
	if err != nil {
		return nil, err
	}
	m := &Model{clusters: cl, parentKey: parentKey, childKey: childKey}
	if err := m.fitChildren(ctx, child, known, fk, opt); err != nil {
		return nil, fmt.Errorf("relational: children: %w", err)
	}
	progress(0.6)
	if err := m.fitParents(ctx, parent, known, opt); err != nil {
		return nil, fmt.Errorf("relational: parents: %w", err)
	}
	progress(1)
	m.prepare()
	return m, nil
}

func schemaOf(ctx context.Context, t synth.Table) (*arrow.Schema, error) {
	if t.Rows == nil {
		return nil, errors.New("relational: table has no source")
	}
	r, err := t.Rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("relational: %w", err)
	}
	return r.Schema(), r.Close()
}

// parentsPerClass is the number of parents that a class of them needs.
const (
	parentsPerClass = 100
	maxClasses      = 32
)

// cluster learns the parents' classes.
func cluster(ctx context.Context, t synth.Table, opt Options) (*clusters, error) {
	c, rows, err := mixture.Encode(ctx, t, opt.Codec, opt.FitOptions, nil)
	if err != nil {
		return nil, err
	}
	k := opt.Classes
	if k == 0 {
		k = min(max(rows.Len()/parentsPerClass, 1), maxClasses)
	}
	if len(rows.States) == 0 || k == 1 {
		return newClusters(c, nil), nil
	}
	l, err := mixture.Learn(ctx, rows, mixture.LearnOptions{Seed: opt.Seed, Workers: opt.Workers, Classes: k})
	if err != nil {
		return nil, err
	}
	return newClusters(c, l), nil
}

// fitChildren learns the children's mixture with their parent's class, and
// counts the children of each parent on the way.
func (m *Model) fitChildren(ctx context.Context, t synth.Table, known *parents, fk schemas.ForeignKey, opt Options) error {
	copt := opt.Codec
	copt.Generate = append(slices.Clone(copt.Generate), fk.Fields...)
	none := uint8(m.clusters.classes()) // the class of children without a parent
	var orphans atomic.Int64
	c, rows, err := mixture.Encode(ctx, t, copt, opt.FitOptions, &mixture.Extra{
		States: int(none) + 1,
		Of: func(rec arrow.Record) ([]uint8, error) {
			keys := rec.Column(m.childKey)
			out := make([]uint8, rec.NumRows())
			for i := range out {
				at := known.find(keys, i)
				if at < 0 {
					out[i] = none
					if keys.IsNull(i) {
						orphans.Add(1)
					}
					continue
				}
				out[i] = known.class[at]
				known.children[at].Add(1)
			}
			return out, nil
		},
	})
	if err != nil {
		return err
	}
	m.childCodec = c
	m.orphans = orphans.Load()
	m.childLatent, err = mixture.Learn(ctx, rows, mixture.LearnOptions{Seed: opt.Seed, Workers: opt.Workers})
	return err
}

// countName is the column of the codec of child counts.
const countName = "children"

// fitParents learns the parents' mixture with their number of children.
func (m *Model) fitParents(ctx context.Context, t synth.Table, known *parents, opt Options) error {
	counts, err := countCodec(known, opt.Codec)
	if err != nil {
		return err
	}
	m.counts = counts
	enc := counts.NewEncoder()
	var extra *mixture.Extra
	if states := counts.States(); len(states) == 1 {
		extra = &mixture.Extra{States: states[0], Of: func(rec arrow.Record) ([]uint8, error) {
			keys := rec.Column(known.key)
			n := make([]int64, rec.NumRows())
			for i := range n {
				if at := known.find(keys, i); at >= 0 {
					n[i] = int64(known.children[at].Load())
				}
			}
			one := countRecord(n)
			defer one.Release()
			cols, err := enc.Encode(nil, one)
			if err != nil {
				return nil, err
			}
			return cols[0], nil
		}}
	}
	c, rows, err := mixture.Encode(ctx, t, opt.Codec, opt.FitOptions, extra)
	if err != nil {
		return err
	}
	m.parentCodec = c
	m.parents = c.Rows()
	if len(rows.States) == 0 {
		m.parentLatent = mixture.Single()
		return nil
	}
	m.parentLatent, err = mixture.Learn(ctx, rows, mixture.LearnOptions{Seed: opt.Seed, Workers: opt.Workers})
	return err
}

// countCodec learns the states of "number of children".
func countCodec(known *parents, opt codec.Options) (*codec.Codec, error) {
	opt.Generate = nil
	s, err := codec.NewSummary(countSchema, schemas.Contract{}, opt)
	if err != nil {
		return nil, err
	}
	n := make([]int64, len(known.children))
	for i := range n {
		n[i] = int64(known.children[i].Load())
	}
	rec := countRecord(n)
	defer rec.Release()
	if err := s.Add(rec); err != nil {
		return nil, err
	}
	return s.Codec()
}

var countSchema = arrow.NewSchema([]arrow.Field{{Name: countName, Type: arrow.PrimitiveTypes.Int64}}, nil)

func countRecord(n []int64) arrow.Record {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(n, nil)
	a := b.NewArray()
	defer a.Release()
	return array.NewRecord(countSchema, []arrow.Array{a}, int64(len(n)))
}
