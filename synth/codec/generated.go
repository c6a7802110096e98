package codec

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// generatedCodec makes a column's values without having seen any.
type generatedCodec struct {
	// Sequence numbers the rows from 1: keys that must be unique.
	Sequence bool `json:"sequence,omitempty"`
	// Keys > 0 draws whole numbers from 1..Keys: foreign keys to a table that
	// is not at hand.
	Keys   int64  `json:"keys,omitempty"`
	Type   string `json:"type,omitempty"` // name of a semantic type
	Locale string `json:"locale,omitempty"`
}

func newGenerated(c schemas.Contract, f schemas.Field, s *columnSummary, opt Options) *generatedCodec {
	g := &generatedCodec{Type: f.Semantic, Locale: opt.Locale, Sequence: isUnique(c, f.Name)}
	if g.Locale == "" {
		g.Locale = "en_US"
		if s.Han > 0 {
			g.Locale = "zh_CN"
		}
	}
	switch {
	case f.Semantic == "record_id" || f.Semantic == "row_number":
		g.Sequence = true
	case s.num != nil:
		g.Keys = min(s.num.distinct(), 1<<31-1)
	case s.text != nil && g.Type == "":
		g.Type = "free_text"
	}
	return g
}

// keyWidth is the number of digits of generated text keys.
const keyWidth = 10

// append writes the value of row number row (from 0 over the whole table).
func (g *generatedCodec) append(b array.Builder, r *rand.Rand, row int64, p *semantic.Person) error {
	switch b := b.(type) {
	case *array.StringBuilder, *array.LargeStringBuilder, *array.BinaryDictionaryBuilder:
		appendText(b, g.text(r, row, p))
		return nil
	case *array.BooleanBuilder:
		b.Append(r.Uint64()&1 == 1)
		return nil
	}
	v, ok := g.number(b.Type(), r, row, p)
	if !ok {
		b.AppendNull()
		return nil
	}
	if !holds(b.Type(), v) {
		return fmt.Errorf("key of row %d does not fit %s; use a wider type", row+1, b.Type())
	}
	switch b.Type().ID() {
	case arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		v = int64(uint64(v) ^ signBit)
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
		v = sortable(float64(v))
	}
	appendNumber(b, v)
	return nil
}

func (g *generatedCodec) text(r *rand.Rand, row int64, p *semantic.Person) string {
	if g.Sequence {
		s := strconv.FormatInt(row+1, 10)
		if len(s) < keyWidth {
			s = strings.Repeat("0", keyWidth-len(s)) + s
		}
		return s
	}
	if g.Keys > 0 {
		return strconv.FormatInt(1+r.Int64N(g.Keys), 10)
	}
	if t, ok := semantic.Lookup(g.Type); ok && t.Generate != nil {
		return t.Generate(r, semantic.Context{Locale: g.Locale, Person: p})
	}
	return opaque(r)
}

// opaque is a random token for identifiers of unknown kind.
func opaque(r *rand.Rand) string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	var b [12]byte
	x := r.Uint64()
	for i := range b {
		b[i] = letters[x&31]
		x >>= 5
	}
	return string(b[:])
}

// number is the generated value of a column that is not text, in the units of
// its type.
func (g *generatedCodec) number(t arrow.DataType, r *rand.Rand, row int64, p *semantic.Person) (int64, bool) {
	if g.Sequence {
		return row + 1, true
	}
	if g.Keys > 0 {
		return 1 + r.Int64N(g.Keys), true
	}
	st, ok := semantic.Lookup(g.Type)
	if !ok || st.Generate == nil {
		return 1 + r.Int64N(1<<31-1), isPlainNumber(t)
	}
	text := st.Generate(r, semantic.Context{Locale: g.Locale, Person: p})
	if isPlainNumber(t) {
		v, err := strconv.ParseInt(digits(text), 10, 64)
		return v, err == nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, false
	}
	return fromTime(t, day)
}

func isPlainNumber(t arrow.DataType) bool {
	return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID()) || t.ID() == arrow.DECIMAL128
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func fromTime(t arrow.DataType, day time.Time) (int64, bool) {
	switch t := t.(type) {
	case *arrow.Date32Type:
		return int64(arrow.Date32FromTime(day)), true
	case *arrow.Date64Type:
		return int64(arrow.Date64FromTime(day)), true
	case *arrow.TimestampType:
		ts, err := arrow.TimestampFromTime(day, t.Unit)
		return int64(ts), err == nil
	}
	return 0, false
}

// holds tells whether an integer type can hold v >= 0.
func holds(t arrow.DataType, v int64) bool {
	switch t.ID() {
	case arrow.INT8:
		return v < 1<<7
	case arrow.UINT8:
		return v < 1<<8
	case arrow.INT16:
		return v < 1<<15
	case arrow.UINT16:
		return v < 1<<16
	case arrow.INT32, arrow.DATE32:
		return v < 1<<31
	case arrow.UINT32:
		return v < 1<<32
	}
	return true
}

// personal tells whether a semantic type reads the row's person.
func personal(name string) bool {
	switch name {
	case "email", "first_name", "last_name", "middle_name", "full_name", "person_name", "given_name", "family_name", "username", "free_text":
		return true
	}
	return false
}

// newPerson draws the names of a row's person.
func newPerson(r *rand.Rand, locale, gender, born string) semantic.Person {
	p := semantic.Person{Gender: gender, Born: born}
	p.Given = firstOf(r, semantic.Context{Locale: locale, Person: &semantic.Person{Gender: gender}}, "first_name", "given_name")
	p.Family = firstOf(r, semantic.Context{Locale: locale}, "last_name", "family_name")
	return p
}

func firstOf(r *rand.Rand, c semantic.Context, names ...string) string {
	for _, n := range names {
		if t, ok := semantic.Lookup(n); ok && t.Generate != nil {
			return t.Generate(r, c)
		}
	}
	return ""
}

// genderOf reads a gender as people write it.
func genderOf(v string) string {
	switch folded(v) {
	case "f", "female", "woman", "w", "女", "女性":
		return "female"
	case "m", "male", "man", "男", "男性":
		return "male"
	}
	return ""
}
