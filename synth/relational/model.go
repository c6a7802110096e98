package relational

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/synth/codec"
	"github.com/nocturne-data/nocturne/synth/mixture"
)

// Model draws parents and their children. It is immutable and safe for
// concurrent use: blocks may be drawn on any worker in any order.
type Model struct {
	clusters     *clusters
	parentCodec  *codec.Codec
	parentLatent *mixture.Latent
	counts       *codec.Codec
	childCodec   *codec.Codec
	childLatent  *mixture.Latent
	parentKey    int
	childKey     int
	parents      int64 // real rows
	orphans      int64 // real children without a parent

	parentSampler *mixture.Sampler
	childSampler  *mixture.Sampler
	parentDecoder *codec.Decoder
	countDecoder  *codec.Decoder
	childDecoder  *codec.Decoder
}

func (m *Model) prepare() {
	m.parentSampler = m.parentLatent.NewSampler()
	m.childSampler = m.childLatent.NewSampler()
	m.parentDecoder = m.parentCodec.NewDecoder()
	m.countDecoder = m.counts.NewDecoder()
	m.childDecoder = m.childCodec.NewDecoder()
}

// ParentSchema is the schema of the parents' records.
func (m *Model) ParentSchema() *arrow.Schema { return m.parentCodec.Schema() }

// ChildSchema is the schema of the children's records.
func (m *Model) ChildSchema() *arrow.Schema { return m.childCodec.Schema() }

// Rows is the number of parents the model was fitted on.
func (m *Model) Rows() int64 { return m.parents }

// SampleParents draws rows rows (0..parallel.BlockRows) of block number block.
func (m *Model) SampleParents(ctx context.Context, seed uint64, block, rows int) (arrow.Record, error) {
	rec, _, err := m.drawParents(ctx, seed, block, rows)
	return rec, err
}

// drawParents returns the block with the states behind it.
func (m *Model) drawParents(ctx context.Context, seed uint64, block, rows int) (arrow.Record, [][]uint8, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if rows < 0 || rows > parallel.BlockRows || block < 0 {
		return nil, nil, fmt.Errorf("relational: %d rows of block %d: want 0..%d rows of a block >= 0", rows, block, parallel.BlockRows)
	}
	states, _ := m.parentSampler.Draw(rng.New(seed, "sample/parents", uint64(block)), rows)
	rec, err := m.parentDecoder.Decode(states[:len(m.parentCodec.Modelled())], rows, codec.Place{
		Seed: seed, Block: uint64(block), First: int64(block) * parallel.BlockRows,
	})
	return rec, states, err
}

// SampleChildren draws all children of the parents that SampleParents returns
// for the same arguments, and hands them to emit in batches of at most
// parallel.BlockRows rows, in the order of their parents; children without a
// parent follow. emit does not keep the record. Keys of children are unique
// over all blocks but leave gaps.
func (m *Model) SampleChildren(ctx context.Context, seed uint64, block, parents int, emit func(arrow.Record) error) error {
	rec, states, err := m.drawParents(ctx, seed, block, parents)
	if err != nil {
		return err
	}
	defer rec.Release()
	d := len(m.parentCodec.Modelled())
	class := m.clusters.ofStates(states[:d], parents)
	counts, err := m.drawCounts(states[d:], seed, block, parents)
	if err != nil {
		return err
	}
	b := batch{m: m, seed: seed, block: uint64(block), keys: rec.Column(m.parentKey), emit: emit}
	b.first = int64(block) * m.stride()
	for i, n := range counts {
		for range n {
			if err := b.add(ctx, class[i], int32(i)); err != nil {
				return err
			}
		}
	}
	none := uint8(m.clusters.classes())
	for range m.orphansOf(int64(parents)) {
		if err := b.add(ctx, none, -1); err != nil {
			return err
		}
	}
	return b.flush(ctx)
}

// drawCounts draws each parent's number of children from its state.
func (m *Model) drawCounts(states [][]uint8, seed uint64, block, rows int) ([]int64, error) {
	rec, err := m.countDecoder.Decode(states, rows, codec.Place{Seed: seed ^ countSeed, Block: uint64(block)})
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	out := make([]int64, rows)
	copy(out, rec.Column(0).(*array.Int64).Int64Values())
	return out, nil
}

// countSeed sets the stream of counts apart from that of the parents' columns.
const countSeed = 0x636f756e74

// orphansOf is the number of children without a parent that come with so many
// parents.
func (m *Model) orphansOf(parents int64) int64 {
	if m.parents == 0 {
		return 0
	}
	return m.orphans * parents / m.parents
}

// stride is the number of child keys set aside for a block.
func (m *Model) stride() int64 {
	_, most := m.counts.Range(0)
	return parallel.BlockRows*most + m.orphansOf(parallel.BlockRows) + 1
}

// batch gathers children of one block.
type batch struct {
	m      *Model
	seed   uint64
	block  uint64
	number uint64
	first  int64 // number of the next batch's first child
	keys   arrow.Array
	class  []uint8
	parent []int32
	emit   func(arrow.Record) error
}

func (b *batch) add(ctx context.Context, class uint8, parent int32) error {
	b.class = append(b.class, class)
	b.parent = append(b.parent, parent)
	if len(b.class) == parallel.BlockRows {
		return b.flush(ctx)
	}
	return nil
}

func (b *batch) flush(ctx context.Context) error {
	if len(b.class) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m := b.m
	d := len(m.childCodec.Modelled())
	states, _ := m.childSampler.DrawGiven(rng.New(b.seed, "sample/children", b.block, b.number), d, b.class)
	rec, err := m.childDecoder.Decode(states[:d], len(b.class), codec.Place{
		Seed: b.seed ^ childSeed, Block: b.block<<20 | b.number, First: b.first,
	})
	if err != nil {
		return err
	}
	defer rec.Release()
	keyed, err := b.withKeys(rec)
	if err != nil {
		return err
	}
	defer keyed.Release()
	b.first += int64(len(b.class))
	b.number++
	b.class, b.parent = b.class[:0], b.parent[:0]
	return b.emit(keyed)
}

// childSeed sets the children's streams apart from the parents'.
const childSeed = 0x6368696c64

// withKeys puts the parents' keys into the foreign key column.
func (b *batch) withKeys(rec arrow.Record) (arrow.Record, error) {
	field := rec.Schema().Field(b.m.childKey)
	build := array.NewBuilder(memory.DefaultAllocator, field.Type)
	defer build.Release()
	build.Reserve(len(b.parent))
	for _, p := range b.parent {
		if p < 0 {
			build.AppendNull()
			continue
		}
		if err := build.AppendValueFromString(b.keys.ValueStr(int(p))); err != nil {
			return nil, fmt.Errorf("relational: column %q of type %s cannot hold the parent's key", field.Name, field.Type)
		}
	}
	key := build.NewArray()
	defer key.Release()
	return rec.SetColumn(b.m.childKey, key)
}
