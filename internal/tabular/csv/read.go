package csv

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/cell"
	"github.com/nocturne-data/nocturne/internal/tabular/inflate"
)

// maxBatchBytes keeps the 32-bit offsets of string columns from overflowing
// and a batch from outgrowing memory.
const maxBatchBytes = 1 << 30

// Open reads f as a table. compression is "", "gzip" or "zstd".
//
// Faults in the bytes match tabular.ErrCorrupt and say the line; a cell that
// is no value of its column's type is an error that wraps *BadCell.
func Open(ctx context.Context, f tabular.File, compression string, opt tabular.ReadOptions) (tabular.Reader, error) {
	return OpenWith(ctx, f, compression, opt, Options{})
}

// OpenWith is Open with options that only delimited text has.
//
// With opt.Schema, columns are found by name under a header (others are left
// out) and by position without one, and are read as the declared types.
func OpenWith(ctx context.Context, f tabular.File, compression string, opt tabular.ReadOptions, o Options) (tabular.Reader, error) {
	o = o.withDefaults()
	l, err := inspect(ctx, f, compression, opt, o)
	if err != nil {
		return nil, err
	}
	r := &reader{file: f.Name, layout: l, bad: o.OnBadCell, limit: -1, inferred: opt.Schema == nil}
	if err := r.choose(opt); err != nil {
		return nil, err
	}
	if r.batch = opt.BatchRows; r.batch <= 0 {
		r.batch = parallel.BlockRows
	}
	if r.stream, err = inflate.Open(f, compression); err != nil {
		return nil, err
	}
	r.s = newScanner(f.Name, r.stream, l.dialect, o.MaxRecordBytes)
	if r.width, err = l.readHeader(r.s); err != nil {
		r.stream.Close()
		return nil, err
	}
	r.pending = !l.dialect.Header
	if opt.Rows != nil {
		r.skip = opt.Rows.First
		if opt.Rows.Count >= 0 {
			r.limit = opt.Rows.Count
		}
	}
	return r, nil
}

// Describe reports the schema that Open infers, and the number of rows when
// inference saw them all.
func Describe(ctx context.Context, f tabular.File, compression string) (tabular.Info, error) {
	l, err := inspect(ctx, f, compression, tabular.ReadOptions{}, Options{}.withDefaults())
	if err != nil {
		return tabular.Info{}, err
	}
	return tabular.Info{Format: "csv", Schema: l.schema(), Rows: l.rows}, nil
}

type reader struct {
	file     string
	layout   *layout
	bad      func(BadCell)
	inferred bool
	schema   *arrow.Schema
	targets  []target
	batch    int

	stream  io.ReadCloser
	s       *scanner
	width   int
	pending bool  // the first record is a row and already split
	row     int64 // rows read so far
	skip    int64 // rows before the first wanted
	limit   int64 // rows still wanted; -1 = all
	err     error // ends the read
}

// target is one column of the output.
type target struct {
	source int // field of the record
	field  arrow.Field
	form   *dateForm
	nulls  nulls
	typed  bool // quoted empty cells are null
	build  array.Builder
	parse  cell.Parse
}

// choose fixes the output's columns.
func (r *reader) choose(opt tabular.ReadOptions) error {
	source := make(map[string]int, len(r.layout.names))
	for i, n := range r.layout.names {
		source[n] = i
	}
	fields := r.layout.schema().Fields()
	if opt.Schema != nil {
		fields = opt.Schema.Fields()
		if !r.layout.dialect.Header {
			if len(fields) != len(r.layout.names) {
				return &tabular.Error{File: r.file, Err: fmt.Errorf(
					"no header and %d columns where %d are declared", len(r.layout.names), len(fields))}
			}
			clear(source)
			for i, f := range fields {
				source[f.Name] = i
			}
		}
	}
	if opt.Columns != nil {
		byName := make(map[string]arrow.Field, len(fields))
		for _, f := range fields {
			byName[f.Name] = f
		}
		chosen := make([]arrow.Field, len(opt.Columns))
		for i, n := range opt.Columns {
			f, ok := byName[n]
			if !ok {
				return r.missing(n)
			}
			chosen[i] = f
		}
		fields = chosen
	}
	for _, f := range fields {
		i, ok := source[f.Name]
		if !ok {
			return r.missing(f.Name)
		}
		typed := !holdsEmpty(f.Type)
		t := target{source: i, field: f, form: r.layout.columns[i].form, nulls: r.layout.columns[i].nulls, typed: typed}
		if typed && opt.Schema != nil {
			t.nulls.emptyToo = true
			for m := range t.nulls.known {
				t.nulls.known[m] = true
			}
		}
		r.targets = append(r.targets, t)
	}
	var md *arrow.Metadata
	if opt.Schema != nil {
		m := opt.Schema.Metadata()
		md = &m
	}
	r.schema = arrow.NewSchema(fields, md)
	return r.build()
}

// holdsEmpty says whether an empty cell can be a value of type t.
func holdsEmpty(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY:
		return true
	}
	return false
}

func (r *reader) missing(name string) error {
	return &tabular.Error{
		File: r.file, Place: fmt.Sprintf("column %q", name),
		Err: errors.New("not in the file; check the header, or the declared names"),
	}
}

// build makes the builders of all targets.
func (r *reader) build() error {
	for i := range r.targets {
		t := &r.targets[i]
		t.build = array.NewBuilder(memory.DefaultAllocator, t.field.Type)
		parse, err := cell.Parser(t.build)
		if err != nil {
			return &tabular.Error{File: r.file, Place: fmt.Sprintf("column %q", t.field.Name), Err: err}
		}
		t.parse = parse
		if b, ok := t.build.(*array.Date32Builder); ok && t.form != nil {
			form := *t.form
			t.parse = func(s []byte) bool {
				v, ok := cell.ParseDate(s, form.order, form.sep)
				if !ok {
					return parse(s)
				}
				b.Append(arrow.Date32(v))
				return true
			}
		}
	}
	return nil
}

func (r *reader) Schema() *arrow.Schema { return r.schema }

func (r *reader) Close() error {
	for i := range r.targets {
		if b := r.targets[i].build; b != nil {
			b.Release()
			r.targets[i].build = nil
		}
	}
	if r.err == nil {
		r.err = errors.New("csv: read after Close")
	}
	return r.stream.Close()
}

func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	rows, err := r.fill(ctx)
	if err != nil && (!errors.Is(err, io.EOF) || rows == 0) {
		r.err = err
		return nil, err
	}
	columns := make([]arrow.Array, len(r.targets))
	for i := range r.targets {
		columns[i] = r.targets[i].build.NewArray()
	}
	rec := array.NewRecord(r.schema, columns, int64(rows))
	for _, c := range columns {
		c.Release()
	}
	r.err = err // io.EOF after a short last batch
	return rec, nil
}

// fill appends up to a batch of rows to the builders.
func (r *reader) fill(ctx context.Context) (int, error) {
	rows, size, reserved := 0, 0, 0
	for rows < r.batch {
		if r.limit == 0 {
			return rows, io.EOF
		}
		if r.pending {
			r.pending = false
		} else if err := r.s.next(); err != nil {
			return rows, err
		}
		if err := r.s.checkWidth(r.width); err != nil {
			return rows, err
		}
		if r.row%1024 == 0 && ctx.Err() != nil {
			return rows, ctx.Err()
		}
		r.row++
		if r.row <= r.skip {
			continue
		}
		if rows == reserved {
			reserved = r.reserve(rows)
		}
		if err := r.add(); err != nil {
			return rows, err
		}
		rows++
		if r.limit > 0 {
			r.limit--
		}
		if size += r.s.raw; size > maxBatchBytes {
			return rows, r.s.corrupt(r.s.line, fmt.Errorf(
				"a batch of %d rows exceeds %d bytes; read in smaller batches", r.batch, maxBatchBytes))
		}
	}
	return rows, nil
}

// reserve makes room for as many rows again, so that short tables stay small
// and long ones are not checked row by row.
func (r *reader) reserve(rows int) int {
	more := min(max(1024, rows), r.batch-rows)
	for i := range r.targets {
		r.targets[i].build.Reserve(more)
	}
	return rows + more
}

// add appends the current record.
func (r *reader) add() error {
	s := r.s
	for i := range r.targets {
		t := &r.targets[i]
		f := &s.fields[t.source]
		b := s.buf[f.start:f.end]
		if !f.quoted && t.nulls.has(b) || f.quoted && len(b) == 0 && t.typed {
			t.build.AppendNull()
			continue
		}
		if t.parse(b) {
			continue
		}
		cell := BadCell{
			Row: r.row - 1, Line: s.line, Column: t.source, Name: t.field.Name,
			Type: t.field.Type.String(), Inferred: r.inferred,
		}
		if r.bad == nil {
			return &tabular.Error{
				File: r.file, Kind: tabular.ErrCorrupt, Err: &cell,
				Place: fmt.Sprintf("line %d, column %d (%q)", s.line, t.source+1, t.field.Name),
			}
		}
		r.bad(cell)
		t.build.AppendNull()
	}
	return nil
}
