package codec

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Encoder maps records to states. It holds lookup tables; one Encoder may be
// used by several goroutines.
type Encoder struct {
	codec *Codec
	cats  []categoryEncoder // by column
	cols  []int
}

// NewEncoder returns an encoder of all modelled columns.
func (c *Codec) NewEncoder() *Encoder { return c.encoder(c.Modelled()) }

func (c *Codec) encoder(cols []int) *Encoder {
	e := &Encoder{codec: c, cats: make([]categoryEncoder, len(c.cols)), cols: cols}
	for i := range c.cols {
		if c.cols[i].Category != nil {
			e.cats[i] = c.cols[i].Category.encoder()
		}
	}
	return e
}

// Encode appends the states of rec's rows to dst, one slice for each modelled
// column, and returns it; dst may be nil.
func (e *Encoder) Encode(dst [][]uint8, rec arrow.Record) ([][]uint8, error) {
	if int(rec.NumCols()) != len(e.codec.cols) {
		return nil, fmt.Errorf("codec: record has %d columns, want %d", rec.NumCols(), len(e.codec.cols))
	}
	if dst == nil {
		dst = make([][]uint8, len(e.cols))
	}
	for m, i := range e.cols {
		a := rec.Column(i)
		if !arrow.TypeEqual(a.DataType(), e.codec.schema.Field(i).Type) {
			return nil, fmt.Errorf("codec: column %q is %s, want %s", e.codec.cols[i].Name, a.DataType(), e.codec.schema.Field(i).Type)
		}
		var err error
		if dst[m], err = e.column(dst[m], i, a); err != nil {
			return nil, fmt.Errorf("codec: column %q: %w", e.codec.cols[i].Name, err)
		}
	}
	return dst, nil
}

func (e *Encoder) column(dst []uint8, i int, a arrow.Array) ([]uint8, error) {
	c := &e.codec.cols[i]
	skip := c.nulls()
	switch {
	case c.Number != nil:
		value, err := numbers(a)
		if err != nil {
			return nil, err
		}
		for r := range a.Len() {
			if a.IsNull(r) {
				dst = append(dst, 0)
				continue
			}
			dst = append(dst, uint8(skip+c.Number.encode(value(r))))
		}
	case c.Category != nil:
		t, err := textsOf(a)
		if err != nil {
			return nil, err
		}
		var byIndex []uint8
		if t.index != nil {
			byIndex = make([]uint8, t.dict)
			for k := range byIndex {
				byIndex[k] = uint8(skip + e.cats[i].encode(t.value(k)))
			}
		}
		for r := range a.Len() {
			switch {
			case isNull(a, r):
				dst = append(dst, 0)
			case byIndex != nil:
				dst = append(dst, byIndex[t.index(r)])
			default:
				dst = append(dst, uint8(skip+e.cats[i].encode(t.value(r))))
			}
		}
	default:
		for r := range a.Len() {
			if isNull(a, r) {
				dst = append(dst, 0)
			} else {
				dst = append(dst, uint8(skip))
			}
		}
	}
	return dst, nil
}
