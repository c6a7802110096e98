package tabular

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
)

// FromRecords returns a Reader over records in memory. It retains them until
// Close; the caller keeps its own reference. It fails if a record has another
// schema.
func FromRecords(schema *arrow.Schema, recs ...arrow.Record) (Reader, error) {
	for i, rec := range recs {
		if !SameSchema(schema, rec.Schema()) {
			return nil, fmt.Errorf("tabular: record %d has another schema", i)
		}
	}
	r := &memoryReader{schema: schema, recs: make([]arrow.Record, len(recs))}
	for i, rec := range recs {
		rec.Retain()
		r.recs[i] = rec
	}
	return r, nil
}

type memoryReader struct {
	schema *arrow.Schema
	recs   []arrow.Record
	at     int
}

func (r *memoryReader) Schema() *arrow.Schema { return r.schema }

func (r *memoryReader) Next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.at == len(r.recs) {
		return nil, io.EOF
	}
	rec := r.recs[r.at]
	rec.Retain()
	r.at++
	return rec, nil
}

func (r *memoryReader) Close() error {
	for _, rec := range r.recs {
		rec.Release()
	}
	r.recs, r.at = nil, 0
	return nil
}

// Collect reads a table to its end. The caller releases the records. It is
// for tables known to be small: nothing bounds its memory.
func Collect(ctx context.Context, r Reader) ([]arrow.Record, error) {
	var recs []arrow.Record
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return recs, nil
		}
		if err != nil {
			for _, rec := range recs {
				rec.Release()
			}
			return nil, err
		}
		recs = append(recs, rec)
	}
}

// Copy writes all rows of r to w and returns their number. It closes neither.
func Copy(ctx context.Context, w Writer, r Reader) (int64, error) {
	var rows int64
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		err = w.Write(ctx, rec)
		rows += rec.NumRows()
		rec.Release()
		if err != nil {
			return rows, err
		}
	}
}
