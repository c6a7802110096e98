package ipc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// NewWriter returns a writer of the Arrow IPC file format, or with stream of
// the stream format. Records are written as they come, uncompressed, with
// dictionary arrays as their values; rebatch them first where the bytes must
// not depend on batching. opt.Metadata becomes the schema's metadata, in key
// order.
func NewWriter(w io.Writer, schema *arrow.Schema, stream bool, opt tabular.WriteOptions) (tabular.Writer, error) {
	keys := slices.Sorted(maps.Keys(opt.Metadata))
	values := make([]string, len(keys))
	for i, k := range keys {
		values[i] = opt.Metadata[k]
	}
	md := arrow.NewMetadata(keys, values)
	out := &writer{schema: schema, stored: arrow.NewSchema(plainSchema(schema).Fields(), &md)}
	if stream {
		out.w = ipc.NewWriter(w, ipc.WithSchema(out.stored))
		return out, nil
	}
	fw, err := ipc.NewFileWriter(&seekless{w: w}, ipc.WithSchema(out.stored))
	if err != nil {
		return nil, fmt.Errorf("arrow: %w", err)
	}
	out.w = fw
	return out, nil
}

type writer struct {
	schema, stored *arrow.Schema
	w              interface {
		Write(arrow.Record) error
		Close() error
	}
	done bool
}

func (w *writer) Write(_ context.Context, rec arrow.Record) error {
	if w.done {
		return io.ErrClosedPipe
	}
	if !tabular.SameSchema(rec.Schema(), w.schema) {
		return errors.New("arrow: record of another schema than the writer's")
	}
	columns := make([]arrow.Array, rec.NumCols())
	for i, c := range rec.Columns() {
		d, err := plain(c.Data())
		if err != nil {
			return fmt.Errorf("arrow: column %q: %w", rec.ColumnName(i), err)
		}
		columns[i] = array.MakeFromData(d)
		d.Release()
	}
	out := array.NewRecord(w.stored, columns, rec.NumRows())
	defer out.Release()
	for _, c := range columns {
		c.Release()
	}
	if err := w.w.Write(out); err != nil {
		return fmt.Errorf("arrow: %w", err)
	}
	return nil
}

func (w *writer) Close() error {
	if w.done {
		return io.ErrClosedPipe
	}
	w.done = true
	if err := w.w.Close(); err != nil {
		return fmt.Errorf("arrow: %w", err)
	}
	return nil
}

func (w *writer) Abort() { w.done = true }

// seekless gives the file writer the position it asks for without a seekable
// output.
type seekless struct {
	w  io.Writer
	at int64
}

func (s *seekless) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.at += int64(n)
	return n, err
}

func (s *seekless) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("arrow: output that cannot seek")
	}
	return s.at, nil
}
