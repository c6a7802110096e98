package codec

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Place names a run of synthetic rows: all draws depend on it alone.
type Place struct {
	Seed  uint64
	Block uint64
	First int64 // number of the first row, for keys that count rows
}

// Decoder draws records for states. It is immutable and safe for concurrent
// use.
type Decoder struct {
	codec    *Codec
	nums     []numberDecoder
	cats     []categoryDecoder
	modelled []int
	slot     []int // by column: its place among the modelled ones, or -1
	gender   int   // column of the row's gender, or -1
	born     int
	people   string // locale of the persons; empty when no column needs one
}

// NewDecoder builds the lookup tables of Decode.
func (c *Codec) NewDecoder() *Decoder {
	d := &Decoder{
		codec: c, nums: make([]numberDecoder, len(c.cols)), cats: make([]categoryDecoder, len(c.cols)),
		modelled: c.Modelled(), slot: make([]int, len(c.cols)), gender: -1, born: -1,
	}
	for i := range c.cols {
		col := &c.cols[i]
		d.slot[i] = -1
		switch {
		case col.Number != nil:
			d.nums[i] = col.Number.decoder()
		case col.Category != nil:
			d.cats[i] = col.Category.decoder()
		case personal(col.Generated.Type) && d.people == "":
			d.people = col.Generated.Locale
		}
		switch col.Semantic {
		case "gender", "sex":
			d.gender = i
		case "birth_date", "date_of_birth":
			d.born = i
		}
	}
	for m, i := range d.modelled {
		d.slot[i] = m
	}
	return d
}

// Decode draws the record of rows rows whose modelled columns have the given
// states (as Encode orders them). A state out of range is an error.
func (d *Decoder) Decode(states [][]uint8, rows int, at Place) (arrow.Record, error) {
	if len(states) != len(d.modelled) {
		return nil, fmt.Errorf("codec: %d columns of states, want %d", len(states), len(d.modelled))
	}
	for m, i := range d.modelled {
		if len(states[m]) != rows {
			return nil, fmt.Errorf("codec: column %q has %d states, want %d", d.codec.cols[i].Name, len(states[m]), rows)
		}
		n := d.codec.cols[i].states()
		for _, s := range states[m] {
			if int(s) >= n {
				return nil, fmt.Errorf("codec: column %q has no state %d", d.codec.cols[i].Name, s)
			}
		}
	}
	out := make([]arrow.Array, len(d.codec.cols))
	defer func() {
		for _, a := range out {
			if a != nil {
				a.Release()
			}
		}
	}()
	for i := range d.codec.cols {
		if d.codec.cols[i].Generated == nil {
			out[i] = d.drawn(i, d.statesOf(i, states, rows), rows, at)
		}
	}
	people := d.persons(out, rows, at)
	for i := range d.codec.cols {
		if d.codec.cols[i].Generated == nil {
			continue
		}
		var err error
		if out[i], err = d.generated(i, d.statesOf(i, states, rows), rows, at, people); err != nil {
			return nil, fmt.Errorf("codec: column %q: %w", d.codec.cols[i].Name, err)
		}
	}
	return array.NewRecord(d.codec.schema, out, int64(rows)), nil
}

// statesOf is a column's states: the engine's, a function of another's, or
// nil for a constant column.
func (d *Decoder) statesOf(i int, states [][]uint8, rows int) []uint8 {
	if m := d.slot[i]; m >= 0 {
		return states[m]
	}
	c := &d.codec.cols[i]
	if c.Of == 0 {
		return nil
	}
	src := d.statesOf(c.Of-1, states, rows)
	out := make([]uint8, rows)
	for r, s := range src {
		out[r] = c.From[s]
	}
	return out
}

func (d *Decoder) stream(i int, at Place) *rand.Rand {
	return rng.New(at.Seed, "decode", at.Block, uint64(i))
}

func (d *Decoder) drawn(i int, states []uint8, rows int, at Place) arrow.Array {
	c := &d.codec.cols[i]
	r := d.stream(i, at)
	b := array.NewBuilder(memory.DefaultAllocator, d.codec.schema.Field(i).Type)
	defer b.Release()
	b.Reserve(rows)
	skip := c.nulls()
	constant := c.values() == 0 // nothing but nulls
	for row := range rows {
		s := 0
		if states != nil {
			s = int(states[row])
		}
		switch {
		case constant || s < skip:
			b.AppendNull()
		case c.Number != nil:
			d.nums[i].append(b, r, s-skip)
		default:
			d.cats[i].append(b, r, s-skip)
		}
	}
	return b.NewArray()
}

func (d *Decoder) generated(i int, states []uint8, rows int, at Place, people []semantic.Person) (arrow.Array, error) {
	c := &d.codec.cols[i]
	r := d.stream(i, at)
	b := array.NewBuilder(memory.DefaultAllocator, d.codec.schema.Field(i).Type)
	defer b.Release()
	b.Reserve(rows)
	for row := range rows {
		if states != nil && c.Null && states[row] == 0 {
			b.AppendNull()
			continue
		}
		var p *semantic.Person
		if people != nil {
			p = &people[row]
		}
		if err := c.Generated.append(b, r, at.First+int64(row), p); err != nil {
			return nil, err
		}
	}
	return b.NewArray(), nil
}

// persons draws one person a row, of the row's own gender and birth date, so
// that its names and addresses agree; nil when no column needs one.
func (d *Decoder) persons(out []arrow.Array, rows int, at Place) []semantic.Person {
	if d.people == "" {
		return nil
	}
	r := rng.New(at.Seed, "person", at.Block)
	people := make([]semantic.Person, rows)
	for row := range people {
		var gender, born string
		if d.gender >= 0 && out[d.gender] != nil {
			gender = genderOf(out[d.gender].ValueStr(row))
		}
		if d.born >= 0 {
			if a, ok := out[d.born].(*array.Date32); ok && a.IsValid(row) {
				born = a.Value(row).ToTime().Format(time.DateOnly)
			}
		}
		people[row] = newPerson(r, d.people, gender, born)
	}
	return people
}
