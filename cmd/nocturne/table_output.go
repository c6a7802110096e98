package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/spf13/cobra"
)

// partRows is how many rows go to one file of an output folder.
const partRows = 16 * parallel.BlockRows

// tableOutput is a table being written: a file, a folder of part files, or
// standard output. Its bytes lie in a hidden folder beside the place until
// publish, so that nothing half-written or unproven is ever seen there.
type tableOutput struct {
	arg    string
	dir    string // hidden folder
	work   string // what is written: a file or a folder in dir
	folder bool
	format string // ending of part files
	stdout io.Writer
}

func outputFormatFlag(c *cobra.Command, format *string) {
	c.Flags().StringVar(format, "output-format", "", "format of standard output (default csv) or of the files of an output folder (default parquet)")
}

// createOutput prepares the output that an argument names. A name that ends in
// a slash, an existing folder and a name without an ending are folders.
func (a *app) createOutput(c *cobra.Command, arg, format string) (*tableOutput, error) {
	o := &tableOutput{arg: arg, format: format, stdout: c.OutOrStdout()}
	parent, base := filepath.Dir(filepath.Clean(arg)), filepath.Base(filepath.Clean(arg))
	switch info, err := os.Stat(arg); {
	case arg == "-":
		if a.format == "json" {
			return nil, usageError{errors.New("--format json and the table both want standard output: give OUT a file name")}
		}
		if format == "" {
			o.format = files.CSV
		}
		parent, base = "", "table."+o.format
		if _, _, err := files.Format(base); err != nil {
			return nil, usageError{fmt.Errorf("--output-format: %w", err)}
		}
	case err == nil && info.IsDir(), strings.HasSuffix(arg, "/"), filepath.Ext(base) == "":
		o.folder = true
		if format == "" {
			o.format = files.Parquet
		}
		if _, _, err := files.Format("part." + o.format); err != nil {
			return nil, usageError{fmt.Errorf("--output-format: %w", err)}
		}
		if entries, err := os.ReadDir(arg); err == nil && len(entries) > 0 {
			return nil, usageError{fmt.Errorf("folder %s is not empty: name a new one", arg)}
		}
	default:
		if _, _, err := files.Format(base); err != nil {
			return nil, usageError{err}
		}
	}
	if parent != "" {
		if _, err := os.Stat(parent); err != nil {
			return nil, usageError{fmt.Errorf("the folder of %s does not exist: create it first", arg)}
		}
	}
	dir, err := os.MkdirTemp(parent, ".nocturne-*")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", arg, err)
	}
	o.dir, o.work = dir, filepath.Join(dir, base)
	if o.folder {
		if err := os.Mkdir(o.work, 0o755); err != nil {
			o.abort()
			return nil, fmt.Errorf("%s: %w", arg, err)
		}
	}
	return o, nil
}

// writer starts the table.
func (o *tableOutput) writer(ctx context.Context, schema *arrow.Schema, opt tabular.WriteOptions) (tabular.Writer, error) {
	if !o.folder {
		return files.CreatePath(ctx, o.work, schema, opt)
	}
	w := &partWriter{dir: o.work, ending: o.format, schema: schema, opt: opt}
	return w, w.next(ctx)
}

// ending is the format of the files that are written.
func (o *tableOutput) ending() string {
	name := o.work
	if o.folder {
		name = "part." + o.format
	}
	format, _, err := files.Format(name)
	if err != nil {
		return ""
	}
	return format
}

// publish moves what was written to its place.
func (o *tableOutput) publish() error {
	defer o.abort()
	if o.arg == "-" {
		f, err := os.Open(o.work)
		if err != nil {
			return err
		}
		w := bufio.NewWriterSize(o.stdout, 1<<16)
		_, err = io.Copy(w, f)
		return errors.Join(err, w.Flush(), f.Close())
	}
	if o.folder {
		_ = os.Remove(o.arg) // an empty folder makes room
	}
	if err := os.Rename(o.work, filepath.Clean(o.arg)); err != nil {
		return fmt.Errorf("%s: %w", o.arg, err)
	}
	return nil
}

// abort removes what was not published.
func (o *tableOutput) abort() { _ = os.RemoveAll(o.dir) }

// partWriter spreads rows over files of partRows rows.
type partWriter struct {
	dir, ending string
	schema      *arrow.Schema
	opt         tabular.WriteOptions
	w           tabular.Writer
	parts       int
	rows        int64 // in the current part
}

func (p *partWriter) next(ctx context.Context) error {
	if p.w != nil {
		if err := p.w.Close(); err != nil {
			return err
		}
	}
	var err error
	p.w, err = files.CreatePath(ctx, filepath.Join(p.dir, fmt.Sprintf("part-%05d.%s", p.parts, p.ending)), p.schema, p.opt)
	p.parts++
	p.rows = 0
	return err
}

// Write implements tabular.Writer.
func (p *partWriter) Write(ctx context.Context, rec arrow.Record) error {
	for at := int64(0); at < rec.NumRows(); {
		if p.rows == partRows {
			if err := p.next(ctx); err != nil {
				return err
			}
		}
		n := min(rec.NumRows()-at, partRows-p.rows)
		part := rec.NewSlice(at, at+n)
		err := p.w.Write(ctx, part)
		part.Release()
		if err != nil {
			return err
		}
		at += n
		p.rows += n
	}
	return nil
}

// Close implements tabular.Writer.
func (p *partWriter) Close() error { return p.w.Close() }

// Abort implements tabular.Writer.
func (p *partWriter) Abort() {
	if p.w != nil {
		p.w.Abort()
	}
}
