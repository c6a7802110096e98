package jsonl

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/cell"
)

const flushBytes = 256 << 10

var (
	errClosed  = errors.New("jsonl: write after Close")
	errAborted = errors.New("jsonl: the output was aborted")
)

// NewWriter writes record batches to w as one object a line, keys in the
// schema's order, nulls as null, values as cell.JSON writes them. It does not
// compress and does not close w. The bytes depend on the values alone.
func NewWriter(w io.Writer, schema *arrow.Schema, _ tabular.WriteOptions) (tabular.Writer, error) {
	wr := &writer{w: w, schema: schema}
	seen := map[string]bool{}
	for i, f := range schema.Fields() {
		probe := array.MakeArrayOfNull(memory.DefaultAllocator, f.Type, 0)
		_, err := cell.JSON(probe)
		probe.Release()
		if err == nil && seen[f.Name] {
			err = errors.New("the name occurs twice")
		}
		if err != nil {
			return nil, fmt.Errorf("jsonl: column %q: %w", f.Name, err)
		}
		seen[f.Name] = true
		open := byte(',')
		if i == 0 {
			open = '{'
		}
		wr.keys = append(wr.keys, append(cell.AppendJSONString([]byte{open}, f.Name), ':'))
	}
	if len(wr.keys) == 0 {
		return nil, fmt.Errorf("jsonl: %w: a table without columns", tabular.ErrUnsupported)
	}
	return wr, nil
}

type writer struct {
	w      io.Writer
	schema *arrow.Schema
	keys   [][]byte
	buf    []byte
	rows   int64
	err    error
}

func (w *writer) Write(ctx context.Context, rec arrow.Record) error {
	if w.err != nil {
		return w.err
	}
	if int(rec.NumCols()) != len(w.keys) {
		return errors.New("jsonl: the record's columns are not those the writer was made for")
	}
	arrays := rec.Columns()
	columns := make([]cell.Append, len(arrays))
	for i, a := range arrays {
		if f := w.schema.Field(i); rec.ColumnName(i) != f.Name || !arrow.TypeEqual(a.DataType(), f.Type) {
			return errors.New("jsonl: the record's columns are not those the writer was made for")
		}
		var err error
		if columns[i], err = cell.JSON(a); err != nil {
			return fmt.Errorf("jsonl: column %q: %w", rec.ColumnName(i), err)
		}
	}
	for row := range int(rec.NumRows()) {
		for i, f := range columns {
			w.buf = append(w.buf, w.keys[i]...)
			if arrays[i].IsNull(row) {
				w.buf = append(w.buf, "null"...)
			} else {
				w.buf = f(w.buf, row)
			}
		}
		w.buf = append(w.buf, '}', '\n')
		if len(w.buf) >= flushBytes {
			if err := w.flush(ctx); err != nil {
				return err
			}
		}
	}
	w.rows += rec.NumRows()
	return nil
}

func (w *writer) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := w.w.Write(w.buf); err != nil {
		w.err = fmt.Errorf("jsonl: writing after row %d: %w", w.rows, err)
		return w.err
	}
	w.buf = w.buf[:0]
	return nil
}

func (w *writer) Close() error {
	if w.err != nil {
		if errors.Is(w.err, errClosed) {
			return nil
		}
		return w.err
	}
	err := w.flush(context.Background())
	if err == nil {
		w.err = errClosed
	}
	return err
}

func (w *writer) Abort() {
	if w.err == nil {
		w.err, w.buf = errAborted, nil
	}
}
