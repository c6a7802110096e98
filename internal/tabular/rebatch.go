package tabular

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Rebatch yields the rows of r in batches of exactly rows rows, the last one
// possibly shorter, whatever r's own batches are. Block numbers then depend on
// the position of a row alone. Batches of the right size pass through without
// a copy. Closing it closes r. rows must be positive.
func Rebatch(r Reader, rows int) (Reader, error) {
	if rows <= 0 {
		return nil, fmt.Errorf("tabular: batches of %d rows", rows)
	}
	return &rebatcher{src: r, want: int64(rows)}, nil
}

type rebatcher struct {
	src  Reader
	want int64
	held []arrow.Record // less than want rows in all
	rows int64
	done bool
}

func (b *rebatcher) Schema() *arrow.Schema { return b.src.Schema() }

func (b *rebatcher) Close() error {
	b.drop()
	return b.src.Close()
}

func (b *rebatcher) drop() {
	for _, rec := range b.held {
		rec.Release()
	}
	b.held, b.rows = nil, 0
}

func (b *rebatcher) Next(ctx context.Context) (arrow.Record, error) {
	for b.rows < b.want && !b.done {
		rec, err := b.src.Next(ctx)
		if err == io.EOF {
			b.done = true
			break
		}
		if err != nil {
			return nil, err
		}
		if rec.NumRows() == 0 {
			rec.Release()
			continue
		}
		b.held = append(b.held, rec)
		b.rows += rec.NumRows()
	}
	if b.rows == 0 {
		return nil, io.EOF
	}
	return b.take(min(b.want, b.rows))
}

// take removes the first n of the held rows.
func (b *rebatcher) take(n int64) (arrow.Record, error) {
	var parts []arrow.Record
	for left := n; left > 0; {
		first := b.held[0]
		if first.NumRows() <= left {
			parts = append(parts, first)
			b.held = b.held[1:]
			left -= first.NumRows()
			continue
		}
		parts = append(parts, first.NewSlice(0, left))
		b.held[0] = first.NewSlice(left, first.NumRows())
		first.Release()
		left = 0
	}
	b.rows -= n
	if len(parts) == 1 {
		return parts[0], nil
	}
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	return concatenate(b.src.Schema(), parts, n)
}

func concatenate(schema *arrow.Schema, parts []arrow.Record, rows int64) (arrow.Record, error) {
	columns := make([]arrow.Array, schema.NumFields())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	pieces := make([]arrow.Array, len(parts))
	for i := range columns {
		for k, p := range parts {
			pieces[k] = p.Column(i)
		}
		var err error
		if columns[i], err = array.Concatenate(pieces, memory.DefaultAllocator); err != nil {
			return nil, fmt.Errorf("tabular: column %q: %w", schema.Field(i).Name, err)
		}
	}
	return array.NewRecord(schema, columns, rows), nil
}
