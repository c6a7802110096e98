package files

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/csv"
	"github.com/nocturne-data/nocturne/internal/tabular/ipc"
	"github.com/nocturne-data/nocturne/internal/tabular/jsonl"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

// NewWriter returns a writer of a format and compression ("", "gzip", "zstd")
// onto w. Close ends the compression but does not close w.
func NewWriter(w io.Writer, format, compression string, schema *arrow.Schema, opt tabular.WriteOptions) (tabular.Writer, error) {
	if format == Parquet {
		if compression != "" {
			return nil, errors.New("files: Parquet is compressed within")
		}
		return parquet.NewWriter(w, schema, opt)
	}
	var layer io.WriteCloser
	switch compression {
	case "":
	case "gzip":
		layer = gzip.NewWriter(w)
	case "zstd":
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			return nil, err
		}
		layer = z
	default:
		return nil, fmt.Errorf("files: unknown compression %q", compression)
	}
	if layer != nil {
		w = layer
	}
	var out tabular.Writer
	var err error
	switch format {
	case CSV:
		out, err = csv.NewWriter(w, schema, opt)
	case TSV:
		err = &tabular.Error{File: "table.tsv", Kind: tabular.ErrUnsupported, Err: errors.New("tab-separated text is read but not written; write .csv")}
	case JSONL:
		out, err = jsonl.NewWriter(w, schema, opt)
	case Arrow:
		// A compressed file cannot be read from its end.
		out, err = ipc.NewWriter(w, schema, layer != nil, opt)
	default:
		err = fmt.Errorf("files: unknown format %q", format)
	}
	if err != nil || layer == nil {
		return out, err
	}
	return &layered{Writer: out, layer: layer}, nil
}

// layered ends the compression after the format.
type layered struct {
	tabular.Writer
	layer io.WriteCloser
}

func (l *layered) Close() error {
	if err := l.Writer.Close(); err != nil {
		return err
	}
	return l.layer.Close()
}

// CreatePath returns a writer to the file at path, in the format of its name.
// The bytes go to a hidden temporary file in the same folder, which Close
// syncs and renames; until then, and after an error or Abort, path is as it
// was. The folder must exist.
func CreatePath(_ context.Context, path string, schema *arrow.Schema, opt tabular.WriteOptions) (tabular.Writer, error) {
	format, compression, err := Format(path)
	if err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, writeFault(path, err)
	}
	c := &created{path: path, tmp: tmp, buf: bufio.NewWriterSize(tmp, 1<<20)}
	if c.w, err = NewWriter(c.buf, format, compression, schema, opt); err != nil {
		c.discard()
		return nil, &tabular.Error{File: path, Err: err}
	}
	return c, nil
}

// NewOutput returns a writer of a format such as "csv" or "jsonl.gz" onto
// standard output.
func NewOutput(w io.Writer, format string, schema *arrow.Schema, opt tabular.WriteOptions) (tabular.Writer, error) {
	format, compression, err := known(format)
	if err != nil {
		return nil, err
	}
	buf := bufio.NewWriterSize(w, 1<<16)
	out, err := NewWriter(buf, format, compression, schema, opt)
	if err != nil {
		return nil, err
	}
	return &buffered{Writer: out, buf: buf}, nil
}

type buffered struct {
	tabular.Writer
	buf *bufio.Writer
}

func (b *buffered) Close() error {
	if err := b.Writer.Close(); err != nil {
		return err
	}
	return b.buf.Flush()
}

type created struct {
	path string
	tmp  *os.File // nil once closed or dropped
	buf  *bufio.Writer
	w    tabular.Writer
	err  error
}

func (c *created) Write(ctx context.Context, rec arrow.Record) error {
	if c.tmp == nil {
		return c.ended()
	}
	if err := c.w.Write(ctx, rec); err != nil {
		return c.fail(err)
	}
	return nil
}

func (c *created) Close() error {
	if c.tmp == nil {
		return c.ended()
	}
	for _, step := range []func() error{
		c.w.Close, c.buf.Flush, func() error { return c.tmp.Chmod(0o644) }, c.tmp.Sync, c.tmp.Close,
		func() error { return os.Rename(c.tmp.Name(), c.path) },
	} {
		if err := step(); err != nil {
			return c.fail(err)
		}
	}
	c.tmp = nil
	return nil
}

func (c *created) ended() error {
	if c.err != nil {
		return c.err
	}
	return &tabular.Error{File: c.path, Err: io.ErrClosedPipe}
}

func (c *created) fail(err error) error {
	c.err = writeFault(c.path, err)
	c.Abort()
	return c.err
}

func (c *created) Abort() {
	if c.tmp == nil {
		return
	}
	c.w.Abort()
	c.discard()
}

func (c *created) discard() {
	_ = c.tmp.Close()
	_ = os.Remove(c.tmp.Name())
	c.tmp = nil
}

// writeFault says what to do about the faults that a disk has.
func writeFault(path string, err error) error {
	e := &tabular.Error{File: path, Err: err}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Err = fmt.Errorf("the disk is full; nothing was left at this path: free space and run again: %w", plainCause(err))
	case errors.Is(err, os.ErrNotExist):
		e.Kind, e.Err = tabular.ErrMissing, errors.New("its folder does not exist; create it first")
	case errors.Is(err, os.ErrPermission):
		e.Err = errors.New("no permission to write there")
	}
	return e
}
