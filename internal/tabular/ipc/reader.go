package ipc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/inflate"
)

// Open opens an Arrow file or stream, told apart by its first bytes.
// compression is that around the whole file: "", "gzip" or "zstd". Dictionary
// arrays are read as their values. Batches have exactly opt.BatchRows rows but
// for the last; memory is bounded by the stored batches and these. Batches
// before opt.Rows are passed without decoding.
func Open(ctx context.Context, f tabular.File, compression string, opt tabular.ReadOptions) (tabular.Reader, error) {
	r, err := open(f, compression)
	if err != nil {
		return nil, err
	}
	var out tabular.Reader = r
	if opt.Rows != nil {
		r.frames.skip = max(opt.Rows.First, 0)
		out = &ranged{reader: r, first: r.frames.skip, count: opt.Rows.Count}
	}
	rows := opt.BatchRows
	if rows <= 0 {
		rows = parallel.BlockRows
	}
	if out, err = tabular.Project(out, opt.Columns); err == nil {
		out, err = tabular.Rebatch(out, rows)
	}
	if err == nil && opt.Schema != nil {
		for _, have := range out.Schema().Fields() {
			want, ok := opt.Schema.FieldsByName(have.Name)
			if ok && len(want) == 1 && !arrow.TypeEqual(want[0].Type, have.Type) {
				err = fmt.Errorf("column %q is %s, declared %s", have.Name, have.Type, want[0].Type)
			}
		}
	}
	if err != nil {
		_ = r.Close()
		return nil, &tabular.Error{File: f.Name, Err: err}
	}
	return out, nil
}

// Describe reads the schema and the batches' headers, but no data where the
// file is not compressed.
func Describe(ctx context.Context, f tabular.File, compression string) (tabular.Info, error) {
	r, err := open(f, compression)
	if err != nil {
		return tabular.Info{}, err
	}
	defer r.Close()
	info := tabular.Info{Format: "arrow", Schema: r.schema, Groups: []int64{}}
	for {
		if err := ctx.Err(); err != nil {
			return tabular.Info{}, err
		}
		meta, err := r.frames.metadata()
		if errors.Is(err, io.EOF) {
			return info, nil
		}
		var m message
		if err == nil {
			m, err = parseMessage(meta)
		}
		if err == nil {
			err = discard(r.frames.r, m.bodyLength)
		}
		if err != nil {
			return tabular.Info{}, r.placed(err)
		}
		if m.isBatch() {
			info.Rows += m.rows
			info.Groups = append(info.Groups, m.rows)
		}
	}
}

type reader struct {
	name   string
	body   io.Closer
	frames *frames
	in     *ipc.Reader
	schema *arrow.Schema
	batch  int
	err    error
}

func open(f tabular.File, compression string) (r *reader, err error) {
	r = &reader{name: f.Name}
	defer r.caught(&err)
	var src io.Reader
	if compression != "" {
		z, err := inflate.Open(f, compression)
		if err != nil {
			return nil, err
		}
		r.body, src = z, z
	}
	fail := func(err error) (*reader, error) {
		_ = r.Close()
		return nil, r.placed(err)
	}
	if compression == "" {
		if src, err = messagesOf(f); err != nil {
			return fail(err)
		}
	}
	if r.frames, err = openFrames(src); err != nil {
		return fail(err)
	}
	if r.in, err = ipc.NewReaderFromMessageReader(r.frames, ipc.WithAllocator(&bounded{frames: r.frames})); err != nil {
		return fail(err)
	}
	r.schema = plainSchema(r.in.Schema())
	return r, nil
}

func (r *reader) Schema() *arrow.Schema { return r.schema }

func (r *reader) Close() error {
	r.err = io.ErrClosedPipe
	if r.body != nil {
		return r.body.Close()
	}
	return nil
}

func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rec, err := r.next()
	if err != nil {
		r.err = err
	}
	return rec, err
}

func (r *reader) next() (rec arrow.Record, err error) {
	defer r.caught(&err)
	in, err := r.in.Read()
	if err != nil {
		if errors.Is(err, io.EOF) && r.frames.err == nil {
			return nil, io.EOF
		}
		if r.frames.err != nil {
			err = r.frames.err
		}
		return nil, r.placed(err)
	}
	if in.NumRows() > math.MaxInt32 || (in.NumCols() == 0 && in.NumRows() > 0) {
		return nil, r.placed(errors.New("a row count that no columns bear out"))
	}
	columns := make([]arrow.Array, in.NumCols())
	for i, c := range in.Columns() {
		if err := check(c.Data()); err != nil {
			return nil, r.placed(fmt.Errorf("column %q: %w", in.ColumnName(i), err))
		}
		if c.Len() != int(in.NumRows()) {
			return nil, r.placed(fmt.Errorf("column %q: %w", in.ColumnName(i), errBuffers))
		}
		d, err := plain(c.Data())
		if err != nil {
			return nil, r.placed(fmt.Errorf("column %q: %w", in.ColumnName(i), err))
		}
		columns[i] = array.MakeFromData(d)
		d.Release()
	}
	rec = array.NewRecord(r.schema, columns, in.NumRows())
	for _, c := range columns {
		c.Release()
	}
	r.batch++
	return rec, nil
}

func (r *reader) placed(err error) error {
	var te *tabular.Error
	if errors.As(err, &te) {
		return te
	}
	kind := tabular.ErrCorrupt
	if errors.Is(err, tabular.ErrUnsupported) {
		kind = nil
	}
	return &tabular.Error{File: r.name, Place: fmt.Sprintf("batch %d", r.batch), Kind: kind, Err: err}
}

func (r *reader) caught(err *error) {
	p := recover()
	if p == nil {
		return
	}
	cause := errors.New("decoder gave up")
	if re, ok := p.(runtime.Error); ok {
		cause = fmt.Errorf("decoder gave up: %w", re)
	}
	*err = &tabular.Error{File: r.name, Place: fmt.Sprintf("batch %d", r.batch), Kind: tabular.ErrCorrupt, Err: cause}
}

// ranged cuts a row range out of a reader whose frames pass whole batches
// before it. How many rows they passed is known after the first read.
type ranged struct {
	*reader
	first, count int64
	cut          tabular.Reader
}

func (r *ranged) Next(ctx context.Context) (arrow.Record, error) {
	if r.cut == nil {
		rec, err := r.reader.Next(ctx)
		if err != nil {
			return nil, err
		}
		// The frames still want to skip what is left of First.
		left := r.frames.skip
		r.frames.skip = 0
		r.cut = tabular.Slice(&pushed{reader: r.reader, rec: rec}, tabular.Range{First: left, Count: r.count})
	}
	return r.cut.Next(ctx)
}

// pushed yields a record that was already read, then the rest.
type pushed struct {
	*reader
	rec arrow.Record
}

func (p *pushed) Next(ctx context.Context) (arrow.Record, error) {
	if rec := p.rec; rec != nil {
		p.rec = nil
		return rec, nil
	}
	return p.reader.Next(ctx)
}
