package mixture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/codec"
)

const (
	// defaultMaxRows and maxCells bound the states held in memory.
	defaultMaxRows = 2_000_000
	maxCells       = 512 << 20
)

// Extra is a column that the table does not have and the model shall: the
// class of a row's parent, the number of its children.
type Extra struct {
	States int // 2..256
	// Of returns the states of a record's rows; it is called once for each
	// record, by several goroutines.
	Of func(rec arrow.Record) ([]uint8, error)
}

// Encode learns a table's codec in one pass over its rows and encodes them in
// a second one. Of more than opt.MaxRows rows (or 512 MiB of states) whole
// blocks drawn at random are kept; the codec sees all rows. extra, if not nil,
// becomes the last column of the rows.
func Encode(ctx context.Context, t synth.Table, copt codec.Options, opt synth.FitOptions, extra *Extra) (*codec.Codec, Rows, error) {
	c, err := learnCodec(ctx, t, copt, opt.Workers)
	if err != nil {
		return nil, Rows{}, err
	}
	limit := opt.MaxRows
	if limit <= 0 {
		limit = defaultMaxRows
	}
	all := c.Modelled()
	if len(all) > 0 {
		limit = min(limit, maxCells/int64(len(all)))
	}
	keep := keptBlocks(c.Rows(), limit, opt.Seed)
	links, codes, err := encodeRows(ctx, t, c, keep, opt.Workers, extra)
	if err != nil {
		return nil, Rows{}, err
	}
	linked := links.Codec()
	states, modelled := linked.States(), linked.Modelled()
	if extra != nil {
		states = append(states, extra.States)
		all, modelled = append(all, -1), append(modelled, -1)
	}
	return linked, Rows{States: states, Codes: dropColumns(codes, all, modelled)}, nil
}

// learnCodec fills one summary a worker and merges them.
func learnCodec(ctx context.Context, t synth.Table, copt codec.Options, workers int) (*codec.Codec, error) {
	var pool *pool[*codec.Summary]
	err := Scan(ctx, t, workers, func(schema *arrow.Schema) (err error) {
		pool, err = newPool(workers, func() (*codec.Summary, error) { return codec.NewSummary(schema, t.Contract, copt) })
		return err
	}, func(_ int64, rec arrow.Record) (struct{}, error) {
		s := pool.take()
		defer pool.give(s)
		return struct{}{}, s.Add(rec)
	}, func(struct{}) {})
	if err != nil {
		return nil, err
	}
	s, err := merged(pool)
	if err != nil {
		return nil, err
	}
	return s.Codec()
}

// encodeRows encodes the rows of the kept blocks, and looks for links between
// columns in all rows.
func encodeRows(ctx context.Context, t synth.Table, c *codec.Codec, keep func(block int64) bool, workers int, extra *Extra) (*codec.Links, []uint8, error) {
	enc := c.NewEncoder()
	pool, err := newPool(workers, func() (*codec.Links, error) { return c.NewLinks(), nil })
	if err != nil {
		return nil, nil, err
	}
	var codes []uint8
	err = Scan(ctx, t, workers, func(schema *arrow.Schema) error {
		if !schema.Equal(c.Schema()) {
			return errors.New("the table changed between two readings")
		}
		return nil
	}, func(first int64, rec arrow.Record) ([]uint8, error) {
		l := pool.take()
		defer pool.give(l)
		if err := l.Add(rec); err != nil {
			return nil, err
		}
		cols, err := enc.Encode(nil, rec)
		if err != nil {
			return nil, err
		}
		if extra != nil {
			states, err := extra.Of(rec)
			if err != nil {
				return nil, err
			}
			cols = append(cols, states)
		}
		return interleave(cols, first, int(rec.NumRows()), keep), nil
	}, func(part []uint8) { codes = append(codes, part...) })
	if err != nil {
		return nil, nil, err
	}
	links, err := merged(pool)
	return links, codes, err
}

// interleave writes the kept rows one after another.
func interleave(cols [][]uint8, first int64, rows int, keep func(int64) bool) []uint8 {
	out := make([]uint8, 0, rows*len(cols))
	for r := range rows {
		if !keep((first + int64(r)) / parallel.BlockRows) {
			continue
		}
		for _, col := range cols {
			out = append(out, col[r])
		}
	}
	return out
}

// keptBlocks chooses as many whole blocks as limit allows, at least one.
func keptBlocks(rows, limit int64, seed uint64) func(int64) bool {
	if rows <= limit {
		return func(int64) bool { return true }
	}
	blocks := int((rows + parallel.BlockRows - 1) / parallel.BlockRows)
	want := max(int(limit/parallel.BlockRows), 1)
	kept := make([]bool, blocks)
	for _, b := range rng.New(seed, "mixture/blocks").Perm(blocks)[:min(want, blocks)] {
		kept[b] = true
	}
	return func(b int64) bool { return b < int64(blocks) && kept[b] }
}

// dropColumns keeps the columns to of rows whose columns are from.
func dropColumns(codes []uint8, from, to []int) []uint8 {
	if len(from) == len(to) || len(from) == 0 {
		return codes
	}
	at := make([]int, len(to))
	for i, c := range to {
		at[i] = slices.Index(from, c)
	}
	out := codes[:0] // never ahead of what is read
	for r := 0; r < len(codes); r += len(from) {
		for _, a := range at {
			out = append(out, codes[r+a])
		}
	}
	return slices.Clip(out)
}

// Scan streams the table's records through f on several workers and hands the
// results to emit in order. first is the number of the record's first row.
func Scan[T any](
	ctx context.Context, t synth.Table, workers int, open func(*arrow.Schema) error,
	f func(first int64, rec arrow.Record) (T, error), emit func(T),
) (err error) {
	r, err := t.Rows(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := open(r.Schema()); err != nil {
		return err
	}
	type part struct {
		first int64
		rec   arrow.Record
	}
	var rows int64
	return parallel.Stream(ctx, workers, func(ctx context.Context) (part, error) {
		rec, err := r.Next(ctx)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				err = fmt.Errorf("read rows: %w", err)
			}
			return part{}, err
		}
		p := part{rows, rec}
		rows += rec.NumRows()
		return p, nil
	}, func(_ context.Context, _ int, p part) (T, error) {
		defer p.rec.Release()
		return f(p.first, p.rec)
	}, func(_ int, v T) error {
		emit(v)
		return nil
	})
}

// pool hands each worker a summary of its own.
type pool[T synth.Summary] struct {
	free chan T
	n    int
}

func newPool[T synth.Summary](workers int, make1 func() (T, error)) (*pool[T], error) {
	p := &pool[T]{n: parallel.Workers(workers)}
	p.free = make(chan T, p.n)
	for range p.n {
		s, err := make1()
		if err != nil {
			return nil, err
		}
		p.free <- s
	}
	return p, nil
}

func (p *pool[T]) take() T  { return <-p.free }
func (p *pool[T]) give(s T) { p.free <- s }

// merged merges the pool's summaries; all must be back.
func merged[T synth.Summary](p *pool[T]) (T, error) {
	sum := p.take()
	for range p.n - 1 {
		if err := sum.Merge(p.take()); err != nil {
			return sum, err
		}
	}
	return sum, nil
}
