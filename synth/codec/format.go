package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// formatVersion is the version of the codec's file form.
const formatVersion = 1

// wireCodec is the file form: JSON.
type wireCodec struct {
	Version int        `json:"version"`
	Schema  wireSchema `json:"schema"`
	Rows    int64      `json:"rows"`
	Columns []column   `json:"columns"`
}

// MarshalBinary writes the codec; Parse is its inverse.
func (c *Codec) MarshalBinary() ([]byte, error) {
	return json.Marshal(wireCodec{Version: formatVersion, Schema: packSchema(c.schema), Rows: c.rows, Columns: c.cols})
}

// Parse reads a codec and checks all of it, so that a damaged or hostile file
// ends in an error here and nowhere later.
func Parse(b []byte) (c *Codec, err error) {
	var w wireCodec
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, errors.New("codec: not valid JSON")
	}
	if w.Version != formatVersion {
		return nil, fmt.Errorf("codec: version %d, this program reads %d", w.Version, formatVersion)
	}
	schema, err := w.Schema.unpack()
	if err != nil {
		return nil, err
	}
	if schema.NumFields() != len(w.Columns) || w.Rows < 1 {
		return nil, fmt.Errorf("codec: %d columns for a schema of %d", len(w.Columns), schema.NumFields())
	}
	c = &Codec{schema: schema, rows: w.Rows, cols: w.Columns}
	for i := range c.cols {
		if err := c.check(i); err != nil {
			return nil, fmt.Errorf("codec: column %d: %w", i+1, err)
		}
	}
	return c, nil
}

// check validates one column of a parsed codec.
func (c *Codec) check(i int) error {
	col := &c.cols[i]
	field := c.schema.Field(i)
	fam := familyOf(field.Type)
	set := 0
	for _, is := range []bool{col.Number != nil, col.Category != nil, col.Generated != nil} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return errors.New("must be exactly one of number, category, generated")
	case col.Name != field.Name:
		return errors.New("its name differs from the schema's")
	case fam == unsupported:
		return fmt.Errorf("type %s: %w", field.Type, ErrUnsupported)
	case col.Number != nil && fam == textual, col.Category != nil && fam != textual:
		return errors.New("its states do not fit its type")
	case col.nulls()+col.values() > maxStates:
		return errors.New("too many states")
	}
	if col.Number != nil {
		if err := col.Number.check(); err != nil {
			return err
		}
	}
	if col.Category != nil {
		if err := col.Category.check(); err != nil {
			return err
		}
	}
	if g := col.Generated; g != nil && g.Keys < 0 {
		return errors.New("negative number of keys")
	}
	return c.checkLink(i)
}

func (c *Codec) checkLink(i int) error {
	col := &c.cols[i]
	if col.Of == 0 {
		return nil
	}
	if col.Of < 1 || col.Of > len(c.cols) || col.Of == i+1 || c.cols[col.Of-1].Of != 0 {
		return errors.New("follows no modelled column")
	}
	src := &c.cols[col.Of-1]
	if src.nulls()+src.values() != len(col.From) {
		return errors.New("its map does not fit the column it follows")
	}
	for _, s := range col.From {
		if int(s) >= col.states() {
			return errors.New("its map leads out of its states")
		}
	}
	return nil
}

func (n *numberCodec) check() error {
	a := &n.Axis
	if a.Step == 0 || a.Decimals < 0 || a.Decimals > maxDecimals || !a.Lattice && a.Step != 1 {
		return errors.New("axis out of range")
	}
	if len(n.Atoms) != len(n.AtomCode) || len(n.Edges) != len(n.BinCode) || len(n.Edges) != len(n.Knots) {
		return errors.New("atoms and bins do not fit their states")
	}
	if !slices.IsSorted(n.Atoms) || !slices.IsSorted(n.Edges) {
		return errors.New("atoms or bins are not in order")
	}
	var seen [maxStates]bool
	for _, code := range slices.Concat(n.AtomCode, n.BinCode) {
		if int(code) >= len(n.Atoms)+len(n.Edges) || seen[code] {
			return errors.New("states are not numbered through")
		}
		seen[code] = true
	}
	for _, p := range slices.Concat(n.Atoms, n.Edges) {
		if p > a.Last {
			return errors.New("a value beyond the axis")
		}
	}
	for _, k := range n.Knots {
		if len(k) < 2 || !slices.IsSorted(k) || k[len(k)-1] > a.Last {
			return errors.New("knots out of order")
		}
	}
	return nil
}

func (c *categoryCodec) check() error {
	if len(c.Tail) != len(c.Weight) || len(c.Tail) > maxTail {
		return errors.New("pool does not fit its weights")
	}
	var total int64
	for _, w := range c.Weight {
		if w <= 0 || w > 1<<62-total {
			return errors.New("pool weight out of range")
		}
		total += w
	}
	return nil
}
