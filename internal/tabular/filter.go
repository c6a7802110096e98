package tabular

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Filter returns the rows of rec for which keep says so, in order. It joins the
// runs of rows to keep, so it is fast where few rows go or few stay.
func Filter(rec arrow.Record, keep func(row int) bool) (arrow.Record, error) {
	type run struct{ from, to int64 }
	var runs []run
	var rows int64
	n := int(rec.NumRows())
	for i := 0; i < n; i++ {
		if !keep(i) {
			continue
		}
		from := i
		for i < n && keep(i) {
			i++
		}
		runs = append(runs, run{int64(from), int64(i)})
		rows += int64(i - from)
	}
	switch {
	case len(runs) == 0:
		return rec.NewSlice(0, 0), nil
	case rows == int64(n):
		rec.Retain()
		return rec, nil
	}
	cols := make([]arrow.Array, rec.NumCols())
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	parts := make([]arrow.Array, len(runs))
	for c := range cols {
		for i, r := range runs {
			parts[i] = array.NewSlice(rec.Column(c), r.from, r.to)
		}
		joined, err := array.Concatenate(parts, memory.DefaultAllocator)
		for _, p := range parts {
			p.Release()
		}
		if err != nil {
			return nil, fmt.Errorf("filter column %q: %w", rec.ColumnName(c), err)
		}
		cols[c] = joined
	}
	return array.NewRecord(rec.Schema(), cols, rows), nil
}
