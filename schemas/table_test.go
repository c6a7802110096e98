package schemas

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// table builds a record from JSON lines, one object a row. The types are
// written as in contracts: "name:type".
func table(t testing.TB, columns []string, rows ...string) arrow.Record {
	t.Helper()
	var fields []arrow.Field
	for _, c := range columns {
		name, text, ok := strings.Cut(c, ":")
		require.True(t, ok)
		typ, err := ParseType(text)
		require.NoError(t, err)
		fields = append(fields, arrow.Field{Name: name, Type: typ, Nullable: true})
	}
	s := arrow.NewSchema(fields, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, s, strings.NewReader("["+strings.Join(rows, ",")+"]"))
	require.NoError(t, err)
	t.Cleanup(rec.Release)
	return rec
}

// source reads rec in batches of the given size.
func source(rec arrow.Record, batch int64) tabular.Source {
	return func(context.Context) (tabular.Reader, error) { return &sliceReader{rec: rec, batch: batch}, nil }
}

type sliceReader struct {
	rec   arrow.Record
	batch int64
	at    int64
}

func (r *sliceReader) Schema() *arrow.Schema { return r.rec.Schema() }
func (r *sliceReader) Close() error          { return nil }

func (r *sliceReader) Next(context.Context) (arrow.Record, error) {
	if r.at >= r.rec.NumRows() {
		return nil, io.EOF
	}
	end := min(r.at+r.batch, r.rec.NumRows())
	out := r.rec.NewSlice(r.at, end)
	r.at = end
	return out, nil
}

func rowsOf(t testing.TB, rec arrow.Record) string {
	t.Helper()
	text, err := rec.MarshalJSON()
	require.NoError(t, err)
	return string(text)
}
