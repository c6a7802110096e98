package csv

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/tabular/cell"
)

// kind is a set of types that can hold a cell.
type kind uint32

const (
	kindInt kind = 1 << iota
	kindFloat
	kindDecimal
	kindTrueFalse
	kindYesNo
	kindTF
	kindISODate
	kindYMDSlash
	kindDMYSlash
	kindDMYDot
	kindDMYDash
	kindMDYSlash
	kindMDYDash
	kindTimestamp
	kindZoned
	allKinds kind = 1<<iota - 1
)

const (
	numbers = kindInt | kindFloat | kindDecimal
	bools   = kindTrueFalse | kindYesNo | kindTF
)

// kindsOf returns the types that can hold the text b without changing it; 0 =
// only text.
func kindsOf(b []byte) kind {
	if len(b) == 0 {
		return 0
	}
	switch c := b[0]; {
	case c-'0' <= 9 || c == '-' || c == '.':
		if k := numberKinds(b); k != 0 {
			return k
		}
		return calendarKinds(b)
	case len(b) <= 9:
		if cell.IsInf(b) {
			return kindFloat
		}
		return boolKinds(b)
	}
	return 0
}

func boolKinds(b []byte) kind {
	if _, ok := cell.ParseBool(b); !ok {
		return 0
	}
	switch c := b[0] | 0x20; {
	case len(b) == 1 && (c == 't' || c == 'f'):
		return kindTF
	case len(b) == 1:
		return 0 // y and n alone are more often initials or codes
	case c == 'y' || c == 'n':
		return kindYesNo
	}
	return kindTrueFalse
}

func numberKinds(b []byte) kind {
	n, ok := cell.ScanNumber(b)
	if !ok || n.Leading || n.Plus {
		return 0
	}
	if !n.Point && !n.Exp && n.Int > 18 {
		return 0
	}
	var k kind
	if n.IsInt() {
		k |= kindInt
	}
	if cell.FloatHolds(b, n) {
		k |= kindFloat
	}
	if !n.Exp && !(n.Neg && n.Zero) {
		k |= kindDecimal
	}
	return k
}

func calendarKinds(b []byte) kind {
	if len(b) >= 16 {
		if _, zoned, ok := cell.ParseTimestamp(b); ok {
			if zoned {
				return kindZoned
			}
			return kindTimestamp
		}
		return 0
	}
	if len(b) < 8 || len(b) > 10 {
		return 0
	}
	if _, ok := cell.ParseISODate(b); ok {
		return kindISODate
	}
	var k kind
	for _, f := range dateForms {
		if _, ok := cell.ParseDate(b, f.order, f.sep); ok {
			k |= f.kind
		}
	}
	return k
}

// dateForm is a spelling of dates other than ISO 8601.
type dateForm struct {
	kind  kind
	order cell.DateOrder
	sep   byte
}

var dateForms = []dateForm{
	{kindYMDSlash, cell.YMD, '/'},
	{kindDMYSlash, cell.DMY, '/'},
	{kindDMYDot, cell.DMY, '.'},
	{kindDMYDash, cell.DMY, '-'},
	{kindMDYSlash, cell.MDY, '/'},
	{kindMDYDash, cell.MDY, '-'},
}

// column gathers what one pass learns about a column.
type column struct {
	name       string
	kinds      kind
	bare       int64 // unquoted cells that are no marker
	quoted     int64 // quoted cells, not empty
	needless   bool  // a quoted cell that did not need its quotes
	twoLetters bool  // every other cell is two upper-case letters
	number     bool  // some cell is a finite number
	yes, no    bool
	intDigits  int // widest integer part and fraction, for decimals
	fracDigits int
	markers    [markerCount]int64
	own        nulls // the caller's markers, when given
}

func newColumn(name string, markers []string) *column {
	c := &column{name: name, kinds: allKinds, twoLetters: true}
	if markers != nil {
		c.own = nulls{listed: markers, useList: true, emptyToo: true}
	}
	return c
}

// add looks at one cell.
func (c *column) add(b []byte, quoted, special bool) {
	if quoted {
		if len(b) == 0 {
			return
		}
		c.quoted++
		c.needless = c.needless || !special
	} else {
		if c.own.useList {
			if c.own.has(b) {
				return
			}
		} else if m := markerIndex(b); m >= 0 {
			c.markers[m]++
			return
		}
		c.bare++
	}
	if c.twoLetters {
		c.twoLetters = len(b) == 2 && upper(b[0]) && upper(b[1])
	}
	if c.kinds == 0 {
		return
	}
	if c.kinds = c.kinds & kindsOf(b); c.kinds == 0 {
		return
	}
	if c.kinds&numbers != 0 && !cell.IsInf(b) {
		c.number = true
		if n, ok := cell.ScanNumber(b); ok {
			c.intDigits, c.fracDigits = max(c.intDigits, n.Int), max(c.fracDigits, n.Frac)
		}
	}
	if c.kinds&bools != 0 {
		v, _ := cell.ParseBool(b)
		c.yes, c.no = c.yes || v, c.no || !v
	}
}

// resolved is what a column turned out to be.
type resolved struct {
	typ   arrow.DataType
	form  *dateForm // how its dates are spelled; nil = ISO 8601
	nulls nulls
}

// resolve decides the type. selective says that the file quotes some columns
// and leaves others bare.
func (c *column) resolve(selective bool) (arrow.DataType, *dateForm) {
	k := c.kinds
	if c.bare+c.quoted == 0 {
		return arrow.BinaryTypes.String, nil
	}
	if selective && c.bare == 0 && c.needless {
		k &^= numbers | bools
	}
	if namesCode(c.name) {
		k &^= kindInt | kindDecimal | kindFloat
	}
	switch {
	case k&kindInt != 0:
		return arrow.PrimitiveTypes.Int64, nil
	case k&kindFloat != 0 && c.number:
		return arrow.PrimitiveTypes.Float64, nil
	case k&kindDecimal != 0 && c.intDigits+c.fracDigits <= 38:
		// Full precision: the type then depends on the scale alone, which is
		// steadier from one night's file to the next.
		return &arrow.Decimal128Type{Precision: 38, Scale: int32(c.fracDigits)}, nil
	case k&(kindTrueFalse|kindYesNo) != 0, k&kindTF != 0 && c.yes && c.no:
		return arrow.FixedWidthTypes.Boolean, nil
	case k&kindISODate != 0:
		return arrow.FixedWidthTypes.Date32, nil
	case k&kindTimestamp != 0:
		return &arrow.TimestampType{Unit: arrow.Microsecond}, nil
	case k&kindZoned != 0:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, nil
	}
	if f := onlyForm(k); f != nil {
		return arrow.FixedWidthTypes.Date32, f
	}
	return arrow.BinaryTypes.String, nil
}

// onlyForm returns the one spelling left, or nil when none or several are.
func onlyForm(k kind) *dateForm {
	var only *dateForm
	for i := range dateForms {
		if k&dateForms[i].kind == 0 {
			continue
		}
		if only != nil {
			return nil
		}
		only = &dateForms[i]
	}
	return only
}

// resolveAll decides types and null markers of all columns of a file.
func resolveAll(columns []*column, markers []string) []resolved {
	never, always := false, false
	for _, c := range columns {
		never = never || (c.quoted == 0 && c.bare > 0)
		always = always || (c.bare == 0 && c.needless)
	}
	out := make([]resolved, len(columns))
	var sure [markerCount]bool
	for i, c := range columns {
		out[i].typ, out[i].form = c.resolve(never && always)
		if out[i].typ.ID() == arrow.STRING {
			continue
		}
		for m, n := range c.markers {
			sure[m] = sure[m] || n > 0
		}
	}
	for i, c := range columns {
		typed := out[i].typ.ID() != arrow.STRING
		if markers != nil {
			out[i].nulls = nulls{listed: markers, useList: true, emptyToo: typed}
		} else {
			out[i].nulls = nulls{known: c.nullMarkers(typed, &sure)}
		}
	}
	return out
}
