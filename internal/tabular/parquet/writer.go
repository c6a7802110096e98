package parquet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"

	"github.com/apache/arrow/go/v17/arrow"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
)

// writer cuts the rows into row groups of a fixed size and encodes each by a
// parquet-go row group of its own, so that the bytes depend on the rows alone.
type writer struct {
	schema  *arrow.Schema
	out     *outSchema
	sink    *sink
	opt     tabular.WriteOptions
	codec   compress.Codec
	file    *pq.GenericWriter[any] // nil until the first row group
	parts   [][]arrow.Array        // the current row group's arrays by column
	rows    int
	pending []*pendingGroup // row groups being encoded, in file order
	err     error
}

// pendingGroup is a row group on its way.
type pendingGroup struct {
	group *pq.ConcurrentRowGroupWriter
	done  chan error
}

// NewWriter returns a writer of Parquet with Zstandard pages. Row groups have
// opt.RowGroupRows rows; one of them and opt.Workers-1 more are in memory. The
// bytes are a function of the schema, the rows, their order and opt without
// Workers. It fails with ErrUnsupported for a type that Parquet cannot hold.
// Dictionary arrays are written as their values.
func NewWriter(w io.Writer, schema *arrow.Schema, opt tabular.WriteOptions) (tabular.Writer, error) {
	return newWriter(w, schema, opt, &zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1})
}

func newWriter(w io.Writer, schema *arrow.Schema, opt tabular.WriteOptions, codec compress.Codec) (*writer, error) {
	out, err := newOutSchema(schema, opt.Protected)
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	if opt.RowGroupRows <= 0 {
		opt.RowGroupRows = 2 * parallel.BlockRows
	}
	return &writer{
		schema: schema, out: out, sink: &sink{w: w}, opt: opt, codec: codec,
		parts: make([][]arrow.Array, schema.NumFields()),
	}, nil
}

func (w *writer) Write(ctx context.Context, rec arrow.Record) error {
	if w.err != nil {
		return w.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !tabular.SameSchema(rec.Schema(), w.schema) {
		return errors.New("parquet: record of another schema than the writer's")
	}
	for at := int64(0); at < rec.NumRows(); {
		n := min(rec.NumRows()-at, int64(w.opt.RowGroupRows-w.rows))
		part := rec.NewSlice(at, at+n)
		for i, c := range part.Columns() {
			c.Retain()
			w.parts[i] = append(w.parts[i], c)
		}
		part.Release()
		at += n
		if w.rows += int(n); w.rows == w.opt.RowGroupRows {
			if w.err = w.flush(); w.err != nil {
				return w.err
			}
		}
	}
	return nil
}

// open starts the file. Encodings are chosen by the first row group.
func (w *writer) open() error {
	if w.file != nil {
		return nil
	}
	if err := chooseEncodings(w.out.leaves, w.out.columns, w.parts); err != nil {
		return err
	}
	metadata := maps.Clone(w.opt.Metadata)
	if len(w.out.hints) > 0 {
		if metadata == nil {
			metadata = map[string]string{}
		}
		metadata[hintsKey] = w.out.hintsJSON()
	}
	options := []pq.WriterOption{
		pq.NewSchema("schema", w.out.root),
		&pq.WriterConfig{
			CreatedBy: "nocturne", KeyValueMetadata: metadata, Compression: w.codec,
			PageBufferSize: pageBytes, DictionaryMaxBytes: dictionaryBytes,
		},
		pq.DataPageStatistics(false),
		pq.WriteBufferSize(0), // the sink must see every byte before the footer
	}
	for _, l := range w.out.leaves {
		if l.hidden || l.unbound {
			options = append(options, pq.SkipPageBounds(l.path...))
		}
	}
	w.file = pq.NewGenericWriter[any](w.sink, options...)
	return nil
}

// flush encodes the current row group, here or on a goroutine of its own.
func (w *writer) flush() error {
	if err := w.open(); err != nil {
		return err
	}
	if w.rows == 0 {
		return nil
	}
	e := &pendingGroup{group: w.file.BeginRowGroup(), done: make(chan error, 1)}
	parts := w.parts
	w.parts, w.rows = make([][]arrow.Array, len(parts)), 0
	w.pending = append(w.pending, e)
	if w.opt.Workers <= 1 {
		e.done <- w.encode(e.group, parts)
		return w.commit()
	}
	go func() { e.done <- w.encode(e.group, parts) }()
	for len(w.pending) >= w.opt.Workers {
		if err := w.commit(); err != nil {
			return err
		}
	}
	return nil
}

// commit waits for the oldest row group and writes it.
func (w *writer) commit() error {
	e := w.pending[0]
	w.pending = w.pending[1:]
	if err := <-e.done; err != nil {
		return err
	}
	if _, err := e.group.Commit(); err != nil {
		return fmt.Errorf("parquet: writing a row group: %w", err)
	}
	return nil
}

func (w *writer) encode(g *pq.ConcurrentRowGroupWriter, parts [][]arrow.Array) (err error) {
	name := ""
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("parquet: column %q: encoder gave up", name)
			if re, ok := p.(runtime.Error); ok {
				err = fmt.Errorf("parquet: column %q: %w", name, re)
			}
		}
		for _, column := range parts {
			for _, a := range column {
				a.Release()
			}
		}
	}()
	s := shredder{buf: make([]pq.Value, 0, maxValues)}
	for i, l := range w.out.leaves {
		name = dotted(l.path)
		s.leaf, s.out = l, g.ColumnWriters()[i]
		if err := s.write(parts[w.out.columns[i]]); err != nil {
			return fmt.Errorf("parquet: column %q: %w", name, err)
		}
		// Encoding and compressing here, column by column, keeps only packed
		// pages of the columns already done.
		if err := s.out.Flush(); err != nil {
			return fmt.Errorf("parquet: column %q: %w", name, err)
		}
	}
	return nil
}

func (w *writer) Close() error {
	if w.err != nil {
		return w.err
	}
	w.err = w.close()
	if w.err == nil {
		w.err = io.ErrClosedPipe
		return nil
	}
	return w.err
}

func (w *writer) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	for len(w.pending) > 0 {
		if err := w.commit(); err != nil {
			return err
		}
	}
	w.sink.hold = true
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("parquet: writing the footer: %w", err)
	}
	if err := w.sink.finish(w.out.leaves); err != nil {
		return fmt.Errorf("parquet: writing the footer: %w", err)
	}
	return nil
}

// Abort waits for row groups under way and drops everything.
func (w *writer) Abort() {
	for _, e := range w.pending {
		<-e.done
	}
	w.pending = nil
	for i, column := range w.parts {
		for _, a := range column {
			a.Release()
		}
		w.parts[i] = nil
	}
	if w.err == nil {
		w.err = io.ErrClosedPipe
	}
}
