package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/spf13/cobra"
)

// tableInput is a table on disk: a file, a folder of part files, a glob, or
// standard input copied to a file that close removes. It can be opened again
// and again.
type tableInput struct {
	path   string
	name   string // of the table: the file's name without its ending
	format string // of its parts
	dir    string // to remove; "" = none
}

// inputFormatFlag adds the flag that says how standard input is written.
func inputFormatFlag(c *cobra.Command, format *string) {
	c.Flags().StringVar(format, "input-format", "csv", "format of standard input: csv, csv.gz, jsonl, parquet, arrow")
}

// openInput finds the table that an argument names.
func openInput(c *cobra.Command, arg, stdinFormat string) (*tableInput, error) {
	in := &tableInput{path: arg, name: tableName(arg)}
	if arg == "-" {
		dir, err := os.MkdirTemp("", "nocturne-input-*")
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		in.dir, in.path, in.name = dir, filepath.Join(dir, "table."+stdinFormat), "table"
		if err := copyToFile(in.path, c.InOrStdin()); err != nil {
			in.close()
			return nil, fmt.Errorf("standard input: %w", err)
		}
	}
	parts, err := files.Parts(in.path)
	if err == nil {
		in.format, _, err = files.Format(parts[0])
	}
	if err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

func copyToFile(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

func (t *tableInput) close() {
	if t.dir != "" {
		_ = os.RemoveAll(t.dir)
	}
}

// open reads the table from its first row.
func (t *tableInput) open(ctx context.Context, opt tabular.ReadOptions) (tabular.Reader, error) {
	return files.OpenPath(ctx, t.path, opt)
}

// source opens the table again and again. What the first opening infers of a
// text format holds for the later ones.
func (t *tableInput) source(ctx context.Context) (tabular.Source, error) {
	rd, err := t.open(ctx, tabular.ReadOptions{})
	if err != nil {
		return nil, err
	}
	schema := rd.Schema()
	if err := rd.Close(); err != nil {
		return nil, err
	}
	if t.format == files.Parquet {
		schema = nil // a file's own types need no help
	}
	return func(ctx context.Context) (tabular.Reader, error) {
		return t.open(ctx, tabular.ReadOptions{Schema: schema})
	}, nil
}

// openFast is open for work that is done once a distinct value: Parquet columns
// of few distinct values come as dictionaries, as long as all parts agree on
// which. Batches are not the house's blocks where parts end in mid-block.
func (t *tableInput) openFast(ctx context.Context, columns []string) (tabular.Reader, error) {
	opt := tabular.ReadOptions{Columns: columns}
	if t.format != files.Parquet {
		return t.open(ctx, opt)
	}
	parts, err := files.Parts(t.path)
	if err != nil {
		return nil, err
	}
	own := parquet.Options{KeepDictionaries: true}
	var first tabular.Reader
	for i, name := range parts {
		rd, err := openParquet(ctx, name, opt, own)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = rd
			defer first.Close()
			continue
		}
		same := tabular.SameSchema(first.Schema(), rd.Schema())
		_ = rd.Close()
		if !same {
			return t.open(ctx, opt)
		}
	}
	sources := make([]tabular.Source, len(parts))
	for i, name := range parts {
		sources[i] = func(ctx context.Context) (tabular.Reader, error) { return openParquet(ctx, name, opt, own) }
	}
	return tabular.Concat(ctx, sources...)
}

// parquetFile closes the file below a reader.
type parquetFile struct {
	tabular.Reader
	file *os.File
}

func (p *parquetFile) Close() error { return errors.Join(p.Reader.Close(), p.file.Close()) }

func openParquet(ctx context.Context, name string, opt tabular.ReadOptions, own parquet.Options) (tabular.Reader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	rd, err := parquet.OpenWith(ctx, tabular.File{Name: name, Body: f, Size: info.Size()}, opt, own)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &parquetFile{rd, f}, nil
}

// tableName is what a table is called after its file: no folder, no endings.
func tableName(path string) string {
	base := filepath.Base(filepath.Clean(path))
	return withoutEndings(base)
}

func withoutEndings(base string) string {
	for {
		ext := filepath.Ext(base)
		if ext == "" || ext == base {
			return base
		}
		if _, _, err := files.Format("x" + ext); err != nil && !strings.EqualFold(ext, ".gz") && !strings.EqualFold(ext, ".zst") {
			return base
		}
		base = strings.TrimSuffix(base, ext)
	}
}

// reopen reads a table that Nocturne has just written: text formats by its
// schema, with empty cells as the only nulls.
func (t *tableInput) reopen(ctx context.Context, schema *arrow.Schema, columns []string) (tabular.Reader, error) {
	if t.format == files.Parquet {
		return t.openFast(ctx, columns)
	}
	return t.open(ctx, tabular.ReadOptions{Schema: plainSchema(schema), Columns: columns, NullMarkers: []string{""}})
}

// plainSchema has the types of the values in the place of dictionaries.
func plainSchema(s *arrow.Schema) *arrow.Schema {
	out := make([]arrow.Field, s.NumFields())
	for i, f := range s.Fields() {
		if d, ok := f.Type.(*arrow.DictionaryType); ok {
			f.Type = d.ValueType
		}
		out[i] = f
	}
	return arrow.NewSchema(out, nil)
}
