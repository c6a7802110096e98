package jsonl

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/cell"
)

// decoder appends one JSON value to a builder.
type decoder struct {
	path  string
	build array.Builder
	bad   func(path string, t arrow.DataType) error
	nulls []string

	parse  cell.Parse // leaves
	text   bool       // a leaf that holds any value as text
	object *objectDecoder
	list   array.ListLikeBuilder
	elem   *decoder
}

// objectDecoder fills columns or struct fields by key.
type objectDecoder struct {
	names  []string
	fields []*decoder
	index  map[string]int
	epoch  []int64 // the object in which a field was last filled
	opened int64
}

func newDecoder(path string, b array.Builder, nulls []string, bad func(string, arrow.DataType) error) (*decoder, error) {
	d := &decoder{path: path, build: b, bad: bad, nulls: nulls}
	var err error
	switch b := b.(type) {
	case *array.StructBuilder:
		t := b.Type().(*arrow.StructType)
		fields := make([]*decoder, t.NumFields())
		names := make([]string, t.NumFields())
		for i := range fields {
			names[i] = t.Field(i).Name
			if fields[i], err = newDecoder(path+"."+names[i], b.FieldBuilder(i), nulls, bad); err != nil {
				return nil, err
			}
		}
		d.object = newObjectDecoder(names, fields)
	case *array.MapBuilder, *array.FixedSizeListBuilder:
		return nil, fmt.Errorf("column %q: %w: type %s is not read from JSON", path, tabular.ErrUnsupported, b.Type())
	case array.ListLikeBuilder:
		d.list = b
		d.elem, err = newDecoder(path+"[]", b.ValueBuilder(), nulls, bad)
	default:
		if d.parse, err = cell.Parser(b); err != nil {
			err = fmt.Errorf("column %q: %w", path, err)
		}
		switch b.(type) {
		case *array.StringBuilder, *array.LargeStringBuilder, *array.BinaryDictionaryBuilder:
			d.text = true
		}
	}
	return d, err
}

func newObjectDecoder(names []string, fields []*decoder) *objectDecoder {
	o := &objectDecoder{names: names, fields: fields, index: make(map[string]int, len(names)), epoch: make([]int64, len(names))}
	for i, n := range names {
		o.index[n] = i
	}
	return o
}

// decode reads the object that opens at the current byte; fields it does not
// name become null.
func (o *objectDecoder) decode(p *parser, depth int) error {
	o.opened++
	filled, guess := 0, 0
	for again := p.open('}'); again; {
		k, err := p.key()
		if err != nil {
			return err
		}
		// Lines mostly repeat the order of the line before.
		i, ok := guess, guess < len(o.names) && string(k) == o.names[guess]
		if !ok {
			i, ok = o.index[string(k)]
		}
		if ok {
			if o.epoch[i] == o.opened {
				return errDuplicate
			}
			o.epoch[i] = o.opened
			filled++
			guess = i + 1
			err = o.fields[i].decode(p, depth+1)
		} else {
			_, err = p.skip(depth + 1)
		}
		if err != nil {
			return err
		}
		if again, err = p.more('}'); err != nil {
			return err
		}
	}
	if filled < len(o.fields) {
		for i, f := range o.fields {
			if o.epoch[i] != o.opened {
				f.build.AppendNull()
			}
		}
	}
	return nil
}

func (d *decoder) decode(p *parser, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	c := p.peek()
	switch {
	case c == 'n':
		if err := p.word(wordNull); err != nil {
			return err
		}
		d.build.AppendNull()
		return nil
	case c == '{' && d.object != nil:
		d.build.(*array.StructBuilder).Append(true)
		return d.object.decode(p, depth)
	case c == '[' && d.list != nil:
		d.list.Append(true)
		for again := p.open(']'); again; {
			err := d.elem.decode(p, depth+1)
			if err == nil {
				again, err = p.more(']')
			}
			if err != nil {
				return err
			}
		}
		return nil
	case c == '"':
		s, err := p.str()
		if err != nil {
			return err
		}
		for _, n := range d.nulls {
			if string(s) == n {
				d.build.AppendNull()
				return nil
			}
		}
		return d.leaf(s)
	}
	s, err := p.skip(depth)
	if err != nil {
		return err
	}
	if (c == '{' || c == '[') && !d.text {
		return d.refuse()
	}
	return d.leaf(s)
}

func (d *decoder) leaf(s []byte) error {
	if d.parse != nil && d.parse(s) {
		return nil
	}
	return d.refuse()
}

// refuse reads the value as null when the caller wants that.
func (d *decoder) refuse() error {
	if err := d.bad(d.path, d.build.Type()); err != nil {
		return err
	}
	d.build.AppendNull()
	return nil
}
