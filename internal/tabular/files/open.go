package files

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/csv"
	"github.com/nocturne-data/nocturne/internal/tabular/ipc"
	"github.com/nocturne-data/nocturne/internal/tabular/jsonl"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

// Open opens one file by the format of its name.
func Open(ctx context.Context, f tabular.File, opt tabular.ReadOptions) (tabular.Reader, error) {
	format, compression, err := Format(f.Name)
	if err != nil {
		return nil, err
	}
	return OpenAs(ctx, f, format, compression, opt)
}

// OpenAs opens one file as a format, whatever its name.
func OpenAs(ctx context.Context, f tabular.File, format, compression string, opt tabular.ReadOptions) (tabular.Reader, error) {
	switch format {
	case CSV, TSV:
		return csv.Open(ctx, f, compression, opt)
	case JSONL:
		return jsonl.Open(ctx, f, compression, opt)
	case Arrow:
		return ipc.Open(ctx, f, compression, opt)
	default:
		return parquet.Open(ctx, f, opt)
	}
}

// OpenPath opens the table at path: a file, a folder of part files or a glob.
// Parts are one table, their rows numbered across them in name order; the
// first part's types hold for all. Batches have exactly opt.BatchRows rows but
// for the last, also across parts. A missing path matches tabular.ErrMissing.
func OpenPath(ctx context.Context, path string, opt tabular.ReadOptions) (tabular.Reader, error) {
	names, err := Parts(path)
	if err != nil {
		return nil, err
	}
	if len(names) == 1 {
		return openFile(ctx, names[0], opt)
	}
	inner := opt
	inner.Rows = nil
	if opt.Rows != nil {
		var passed int64
		if names, passed, err = passParts(ctx, names, opt.Rows.First); err != nil {
			return nil, err
		}
		opt.Rows = &tabular.Range{First: max(opt.Rows.First, 0) - passed, Count: opt.Rows.Count}
	}
	sources := make([]tabular.Source, len(names))
	for i, name := range names {
		sources[i] = func(ctx context.Context) (tabular.Reader, error) { return openFile(ctx, name, inner) }
	}
	r, err := tabular.Concat(ctx, sources...)
	if err != nil {
		return nil, err
	}
	if inner.Schema == nil {
		// The sources of the later parts see this: text is read as the first
		// part's types, not inferred anew.
		inner.Schema = r.Schema()
	}
	if opt.Rows != nil {
		r = tabular.Slice(r, *opt.Rows)
	}
	rows := opt.BatchRows
	if rows <= 0 {
		rows = parallel.BlockRows
	}
	return tabular.Rebatch(r, rows)
}

// passParts leaves out leading parts that end before row first, where their
// row counts are known without reading them. It keeps the last part, for its
// schema.
func passParts(ctx context.Context, names []string, first int64) ([]string, int64, error) {
	var passed int64
	for len(names) > 1 {
		format, _, err := Format(names[0])
		if err != nil || (format != Parquet && format != Arrow) {
			return names, passed, err
		}
		info, err := describeFile(ctx, names[0])
		if err != nil || info.Rows < 0 || passed+info.Rows > first {
			return names, passed, err
		}
		passed += info.Rows
		names = names[1:]
	}
	return names, passed, nil
}

func openFile(ctx context.Context, path string, opt tabular.ReadOptions) (tabular.Reader, error) {
	f, closer, err := opened(path)
	if err != nil {
		return nil, err
	}
	r, err := Open(ctx, f, opt)
	if err != nil {
		_ = closer.Close()
		return nil, err
	}
	return &owning{Reader: r, body: closer}, nil
}

// owning closes the file under a reader with it.
type owning struct {
	tabular.Reader
	body io.Closer
}

func (o *owning) Close() error { return errors.Join(o.Reader.Close(), o.body.Close()) }

// OpenInput opens standard input as a table of the given format, such as "csv"
// or "jsonl.gz". Formats with random access and type inference need the whole
// of it, so it is first copied to a temporary file that Close removes.
func OpenInput(ctx context.Context, in io.Reader, format string, opt tabular.ReadOptions) (tabular.Reader, error) {
	format, compression, err := known(format)
	if err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp("", "nocturne-input-*")
	if err != nil {
		return nil, &tabular.Error{File: "standard input", Err: plainCause(err)}
	}
	spool := &spooled{File: tmp}
	size, err := io.Copy(tmp, in)
	if err != nil {
		_ = spool.Close()
		return nil, &tabular.Error{File: "standard input", Err: plainCause(err)}
	}
	r, err := OpenAs(ctx, tabular.File{Name: "standard input", Body: tmp, Size: size}, format, compression, opt)
	if err != nil {
		_ = spool.Close()
		return nil, err
	}
	return &owning{Reader: r, body: spool}, nil
}

type spooled struct{ *os.File }

func (s *spooled) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }
