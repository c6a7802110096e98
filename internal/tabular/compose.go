package tabular

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Project yields the named columns of r in the order of names; nil names yield
// all. Closing it closes r. Formats that can leave columns unread take
// ReadOptions.Columns instead.
func Project(r Reader, names []string) (Reader, error) {
	if names == nil {
		return r, nil
	}
	p := &projector{src: r, index: make([]int, len(names))}
	fields := make([]arrow.Field, len(names))
	seen := map[string]bool{}
	for i, name := range names {
		at := r.Schema().FieldIndices(name)
		switch {
		case len(at) == 0:
			return nil, fmt.Errorf("tabular: no column %q", name)
		case len(at) > 1 || seen[name]:
			return nil, fmt.Errorf("tabular: column %q is not there just once", name)
		}
		seen[name] = true
		p.index[i], fields[i] = at[0], r.Schema().Field(at[0])
	}
	md := r.Schema().Metadata()
	p.schema = arrow.NewSchema(fields, &md)
	return p, nil
}

type projector struct {
	src    Reader
	schema *arrow.Schema
	index  []int
}

func (p *projector) Schema() *arrow.Schema { return p.schema }
func (p *projector) Close() error          { return p.src.Close() }

func (p *projector) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := p.src.Next(ctx)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	columns := make([]arrow.Array, len(p.index))
	for i, at := range p.index {
		columns[i] = rec.Column(at)
	}
	return array.NewRecord(p.schema, columns, rec.NumRows()), nil
}

// Slice yields the rows of r in rows, by reading and dropping those before.
// Closing it closes r.
func Slice(r Reader, rows Range) Reader {
	return &slicer{src: r, skip: max(rows.First, 0), left: rows.Count}
}

type slicer struct {
	src  Reader
	skip int64
	left int64 // < 0 = to the end
}

func (s *slicer) Schema() *arrow.Schema { return s.src.Schema() }
func (s *slicer) Close() error          { return s.src.Close() }

func (s *slicer) Next(ctx context.Context) (arrow.Record, error) {
	for s.left != 0 {
		rec, err := s.src.Next(ctx)
		if err != nil {
			return nil, err
		}
		n := rec.NumRows()
		if n <= s.skip {
			s.skip -= n
			rec.Release()
			continue
		}
		from, to := s.skip, n
		if s.left > 0 {
			to = min(to, from+s.left)
			s.left -= to - from
		}
		s.skip = 0
		if from == 0 && to == n {
			return rec, nil
		}
		out := rec.NewSlice(from, to)
		rec.Release()
		return out, nil
	}
	return nil, io.EOF
}

// Concat yields the rows of several tables of one schema one after another: a
// table kept as part files. Parts are opened when their turn comes and closed
// when it ends; the first is opened at once, for its schema. A part of another
// schema is an error that names both types. It fails without parts.
func Concat(ctx context.Context, parts ...Source) (Reader, error) {
	if len(parts) == 0 {
		return nil, errors.New("tabular: no parts")
	}
	first, err := parts[0](ctx)
	if err != nil {
		return nil, err
	}
	return &concat{schema: first.Schema(), open: first, rest: parts[1:]}, nil
}

type concat struct {
	schema *arrow.Schema
	open   Reader
	rest   []Source
	part   int
}

func (c *concat) Schema() *arrow.Schema { return c.schema }

func (c *concat) Next(ctx context.Context) (arrow.Record, error) {
	for c.open != nil {
		rec, err := c.open.Next(ctx)
		if err != io.EOF {
			return rec, err
		}
		if err := c.advance(ctx); err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

func (c *concat) advance(ctx context.Context) error {
	err := c.open.Close()
	c.open = nil
	if err != nil || len(c.rest) == 0 {
		return err
	}
	if c.open, err = c.rest[0](ctx); err != nil {
		c.open = nil
		return err
	}
	c.rest = c.rest[1:]
	c.part++
	if err := differs(c.schema, c.open.Schema()); err != nil {
		return fmt.Errorf("tabular: part %d: %w", c.part, err)
	}
	return nil
}

func (c *concat) Close() error {
	c.rest = nil
	if c.open == nil {
		return nil
	}
	err := c.open.Close()
	c.open = nil
	return err
}

// differs says how a part's schema departs from the first part's.
func differs(first, other *arrow.Schema) error {
	if SameSchema(first, other) {
		return nil
	}
	for i, f := range first.Fields() {
		if i >= other.NumFields() || other.Field(i).Name != f.Name {
			return fmt.Errorf("column %q of the first part is not at its place", f.Name)
		}
		if g := other.Field(i); !SameField(f, g) {
			return fmt.Errorf("column %q is %s (nullable %t), in the first part %s (nullable %t)", f.Name, g.Type, g.Nullable, f.Type, f.Nullable)
		}
	}
	return fmt.Errorf("column %q is not in the first part", other.Field(first.NumFields()).Name)
}
