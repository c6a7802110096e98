package jsonl

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
	"github.com/nocturne-data/nocturne/internal/tabular/inflate"
)

const (
	defaultInferRows = 1_000_000
	maxBatchBytes    = 1 << 30 // 32-bit offsets, and memory
)

// Options are what only JSON lines know. The zero value stops at the first
// value that is not of its column's type.
type Options struct {
	// OnBadCell is told of each value that is not of its column's type; such a
	// value reads as null. nil = the first one ends the read with an error that
	// wraps its *BadCell.
	OnBadCell func(BadCell)
	// MaxLineBytes bounds one line, in bytes; 0 = 16 MiB. A longer one ends the
	// read with tabular.ErrCorrupt.
	MaxLineBytes int
}

// BadCell places a value that is not of its column's type. It does not hold
// the value.
type BadCell struct {
	Row      int64  // row of the table, from 0
	Line     int64  // line of the file, from 1
	Name     string // path of keys; [] stands for list elements
	Type     string // the Arrow type expected
	Inferred bool   // the type was inferred from the file's first lines
}

func (b *BadCell) Error() string {
	if b.Inferred {
		return fmt.Sprintf("not a value of type %s, which the lines before it suggested; "+
			"declare the column's type or infer from more rows", b.Type)
	}
	return fmt.Sprintf("not a value of the declared type %s", b.Type)
}

// Open reads f as a table. compression is "", "gzip" or "zstd".
//
// Faults in the bytes match tabular.ErrCorrupt and say the line; a value that
// is not of its column's type is an error that wraps *BadCell.
func Open(ctx context.Context, f tabular.File, compression string, opt tabular.ReadOptions) (tabular.Reader, error) {
	return OpenWith(ctx, f, compression, opt, Options{})
}

// OpenWith is Open with options that only JSON lines have. With opt.Schema
// nothing is inferred: keys that it does not name are left out, and strings
// read as the declared type where they spell a value of it. opt.NullMarkers
// are strings read as null; nil = none.
func OpenWith(ctx context.Context, f tabular.File, compression string, opt tabular.ReadOptions, o Options) (tabular.Reader, error) {
	if o.MaxLineBytes <= 0 {
		o.MaxLineBytes = defaultMaxLine
	}
	r := &reader{file: f.Name, bad: o.OnBadCell, limit: -1, inferred: opt.Schema == nil, batch: opt.BatchRows}
	schema := opt.Schema
	if schema == nil {
		var err error
		if schema, _, err = infer(ctx, f, compression, opt.InferRows, o.MaxLineBytes); err != nil {
			return nil, err
		}
	}
	if err := r.choose(schema, opt); err != nil {
		return nil, err
	}
	if r.batch <= 0 {
		r.batch = parallel.BlockRows
	}
	if opt.Rows != nil {
		r.skip = opt.Rows.First
		if opt.Rows.Count >= 0 {
			r.limit = opt.Rows.Count
		}
	}
	z, err := inflate.Open(f, compression)
	if err != nil {
		return nil, err
	}
	r.stream = z
	r.lines = &lines{name: f.Name, r: z, maxLine: o.MaxLineBytes}
	return r, nil
}

// Describe reports the schema that Open infers, and the number of rows when
// inference saw them all.
func Describe(ctx context.Context, f tabular.File, compression string) (tabular.Info, error) {
	schema, rows, err := infer(ctx, f, compression, 0, defaultMaxLine)
	if err != nil {
		return tabular.Info{}, err
	}
	return tabular.Info{Format: "jsonl", Schema: schema, Rows: rows}, nil
}

// infer returns the schema of f and its number of rows, -1 when it stopped
// before the end.
func infer(ctx context.Context, f tabular.File, compression string, limit int64, maxLine int) (*arrow.Schema, int64, error) {
	z, err := inflate.Open(f, compression)
	if err != nil {
		return nil, 0, err
	}
	defer z.Close()
	if limit <= 0 {
		limit = defaultInferRows
	}
	l := &lines{name: f.Name, r: z, maxLine: maxLine}
	top := newShape()
	var p parser
	rows := int64(0)
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		if rows == limit {
			return arrow.NewSchema(top.columns(), nil), -1, nil
		}
		if rows%1024 == 0 && ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		rows++
		p.reset(line)
		if p.peek() != '{' {
			return nil, 0, l.fault(&p, errNoObject)
		}
		if err := top.observe(&p, 0); err != nil {
			return nil, 0, l.fault(&p, err)
		}
		if p.peek() != 0 || p.p < len(p.b) {
			return nil, 0, l.fault(&p, errRest)
		}
	}
	switch {
	case rows == 0:
		return nil, 0, &tabular.Error{File: f.Name, Kind: tabular.ErrCorrupt, Err: errors.New("the file is empty: no object in it")}
	case len(top.fields) == 0:
		return nil, 0, &tabular.Error{File: f.Name, Err: errNoKeys}
	}
	return arrow.NewSchema(top.columns(), nil), rows, nil
}

type reader struct {
	file     string
	bad      func(BadCell)
	inferred bool
	schema   *arrow.Schema
	columns  *objectDecoder
	batch    int

	stream io.ReadCloser
	lines  *lines
	p      parser
	row    int64
	skip   int64
	limit  int64
	err    error
}

// choose fixes the output's columns and makes their decoders.
func (r *reader) choose(schema *arrow.Schema, opt tabular.ReadOptions) error {
	fields := schema.Fields()
	if opt.Columns != nil {
		chosen := make([]arrow.Field, len(opt.Columns))
		for i, n := range opt.Columns {
			at := schema.FieldIndices(n)
			if len(at) == 0 {
				return &tabular.Error{
					File: r.file, Place: fmt.Sprintf("column %q", n),
					Err: errors.New("not in the file; check the keys, or the declared names"),
				}
			}
			chosen[i] = fields[at[0]]
		}
		fields = chosen
	}
	md := schema.Metadata()
	r.schema = arrow.NewSchema(fields, &md)
	names, decoders := make([]string, len(fields)), make([]*decoder, len(fields))
	for i, f := range fields {
		d, err := newDecoder(f.Name, array.NewBuilder(memory.DefaultAllocator, f.Type), opt.NullMarkers, r.refuse)
		if err != nil {
			return &tabular.Error{File: r.file, Err: err}
		}
		names[i], decoders[i] = f.Name, d
	}
	r.columns = newObjectDecoder(names, decoders)
	return nil
}

func (r *reader) refuse(path string, t arrow.DataType) error {
	b := BadCell{Row: r.row - 1, Line: r.lines.number, Name: path, Type: t.String(), Inferred: r.inferred}
	if r.bad == nil {
		return &tabular.Error{
			File: r.file, Place: fmt.Sprintf("line %d, column %q", b.Line, path), Kind: tabular.ErrCorrupt, Err: &b,
		}
	}
	r.bad(b)
	return nil
}

func (r *reader) Schema() *arrow.Schema { return r.schema }

func (r *reader) Close() error {
	if r.err == nil {
		r.err = errors.New("jsonl: read after Close")
	}
	for _, d := range r.columns.fields {
		d.build.Release()
	}
	r.columns.fields = nil
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
	columns := make([]arrow.Array, len(r.columns.fields))
	for i, d := range r.columns.fields {
		columns[i] = d.build.NewArray()
	}
	rec := array.NewRecord(r.schema, columns, int64(rows))
	for _, c := range columns {
		c.Release()
	}
	r.err = err
	return rec, nil
}

func (r *reader) fill(ctx context.Context) (int, error) {
	rows, size := 0, 0
	for rows < r.batch {
		if r.limit == 0 {
			return rows, io.EOF
		}
		line, err := r.lines.next()
		if err != nil {
			return rows, err
		}
		if r.row%1024 == 0 && ctx.Err() != nil {
			return rows, ctx.Err()
		}
		r.row++
		r.p.reset(line)
		if r.p.peek() != '{' {
			return rows, r.lines.fault(&r.p, errNoObject)
		}
		if r.row <= r.skip {
			_, err = r.p.skip(0)
		} else {
			err = r.columns.decode(&r.p, 0)
		}
		if err != nil {
			var placed *tabular.Error
			if errors.As(err, &placed) {
				return rows, err
			}
			return rows, r.lines.fault(&r.p, err)
		}
		if r.p.peek() != 0 || r.p.p < len(line) {
			return rows, r.lines.fault(&r.p, errRest)
		}
		if r.row <= r.skip {
			continue
		}
		rows++
		if r.limit > 0 {
			r.limit--
		}
		if size += len(line); size > maxBatchBytes {
			return rows, r.lines.corrupt(fmt.Errorf(
				"a batch of %d rows exceeds %d bytes; read in smaller batches", r.batch, maxBatchBytes))
		}
	}
	return rows, nil
}
