// Package tabular holds the types through which rows move: a Reader streams
// Arrow record batches out of something, a Writer takes them in.
//
// Formats live in the packages below this one (csv, jsonl, ipc, parquet,
// postgres); package files opens and creates any of them by name. Memory is
// bounded by the batches in flight: no reader holds a whole table.
package tabular

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
)

// Reader streams the rows of one table as record batches.
//
// Next returns io.EOF after the last batch. The caller owns the returned
// record and releases it; it stays valid after the following Next. A Reader is
// not safe for concurrent use.
type Reader interface {
	Schema() *arrow.Schema
	Next(ctx context.Context) (arrow.Record, error)
	Close() error
}

// Writer takes record batches of one schema.
//
// Close completes the output; nothing is promised about the bytes before it
// returns nil. Abort drops what was written and is safe after Close. The
// caller keeps ownership of the record. A Writer is not safe for concurrent
// use.
type Writer interface {
	Write(ctx context.Context, rec arrow.Record) error
	Close() error
	Abort()
}

// Source opens the same rows again and again: fitting needs several passes.
// Each call returns a new Reader at the first row.
type Source func(ctx context.Context) (Reader, error)

// File is a run of bytes with a name. Formats that need random access
// (Parquet, Arrow IPC files) read Body directly; streaming formats read it
// from the start.
type File struct {
	Name string // shown in errors; its ending gives the format
	Body io.ReaderAt
	Size int64 // bytes
}

// Reader returns a sequential reader over the whole file.
func (f File) Reader() *io.SectionReader { return io.NewSectionReader(f.Body, 0, f.Size) }

// Range selects rows [First, First+Count) of a table. Count < 0 means up to
// the end.
type Range struct {
	First int64
	Count int64
}

// ReadOptions says how to read a table. The zero value reads every column and
// row in batches of parallel.BlockRows.
type ReadOptions struct {
	Columns   []string      // projection in this order; nil = all
	Rows      *Range        // nil = all rows; formats without random access skip
	BatchRows int           // rows a batch; 0 = parallel.BlockRows (65,536)
	Schema    *arrow.Schema // declared types; nil = the file's own, or inferred
	// NullMarkers are the cell texts read as null in text formats;
	// nil = detected from "", NA, N/A, NULL, null, NaN, nan, \N, ?, None, -.
	NullMarkers []string
	// InferRows is how many rows type inference looks at in text formats;
	// 0 = all rows up to 1,000,000 in one cheap pass.
	InferRows int64
}

// WriteOptions says how to write a table. The zero value is right for public
// columns.
type WriteOptions struct {
	// Protected names columns whose values must not be repeated outside the
	// data pages: no statistics, page bounds, dictionaries or bloom filters.
	Protected []string
	// RowGroupRows is the number of rows in a Parquet row group;
	// 0 = parallel.BlockRows * 2.
	RowGroupRows int
	// Metadata is the file's key-value metadata.
	Metadata map[string]string
	// Workers encode row groups; 0 or 1 = the caller's goroutine alone. The
	// bytes do not depend on it.
	Workers int
}

// Info describes a stored table without reading its rows where the format
// allows it.
type Info struct {
	Format string        // "parquet", "csv", "jsonl", "arrow", "postgres"
	Schema *arrow.Schema // as it would be read
	Rows   int64         // -1 = unknown until read
	Groups []int64       // rows of each independently readable group; nil = one stream
}
