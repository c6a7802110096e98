package schemas

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/nocturne-data/nocturne/internal/siphash"
)

// columnProfile is the summary of one column.
type columnProfile struct {
	name, typ string
	nulls     int64
	empty     int64
	lengths   extent
	whole     int64
	scale     int64
	ascending int64 // blocks within which the values ascend
	low, high *rounded
	distinct  sketch
	values    map[uint64]*valueSupport // nil = too many or too long
}

// extent is a smallest and largest length; Max < Min = none seen.
type extent struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

var noExtent = extent{Min: math.MaxInt64, Max: -1}

func (e extent) add(n int64) extent { return extent{min(e.Min, n), max(e.Max, n)} }

// valueSupport counts one value; its text is known once a block supports it.
type valueSupport struct {
	rows  int64
	text  string
	known bool
}

func newColumnProfile(name, typ string) *columnProfile {
	return &columnProfile{name: name, typ: typ, lengths: noExtent, distinct: newSketch(), values: map[uint64]*valueSupport{}}
}

// blockValue counts a value within one block.
type blockValue struct {
	rows  int64
	first int // a row that holds it
}

func (c *columnProfile) add(arr arrow.Array, key siphash.Key, minSupport int64) {
	if d, ok := arr.(*array.Dictionary); ok {
		plain := decodeDictionary(d)
		defer plain.Release()
		arr = plain
	}
	c.nulls += int64(arr.NullN())
	if arr.DataType().ID() == arrow.NULL {
		return
	}
	c.addHashes(arr, key, minSupport)
	c.addLengths(arr)
	c.addFractions(arr)
	c.addExtremes(arr)
}

func (c *columnProfile) addHashes(arr arrow.Array, key siphash.Key, minSupport int64) {
	block := map[uint64]blockValue{}
	if c.values == nil || !categorical(arr.DataType()) {
		c.values, block = nil, nil
	}
	buf := make([]byte, 0, 64)
	for i := range arr.Len() {
		if arr.IsNull(i) {
			continue
		}
		buf = appendCell(buf[:0], arr, i)
		h, _ := key.Sum128(buf)
		c.distinct.add(h, 1)
		if block == nil {
			continue
		}
		v, seen := block[h]
		if !seen {
			if v.first = i; len(block) == maxValues || len(buf) > maxValueBytes+3 {
				c.values, block = nil, nil
				continue
			}
		}
		v.rows++
		block[h] = v
	}
	for h, v := range block {
		s := c.values[h]
		if s == nil {
			s = &valueSupport{}
			c.values[h] = s
		}
		s.rows += v.rows
		if v.rows >= minSupport && !s.known {
			s.text, s.known = cellText(arr, v.first)
		}
	}
	c.boundValues()
}

func (c *columnProfile) boundValues() {
	if len(c.values) > maxValues {
		c.values = nil
	}
}

// categorical tells which types may have a value set.
func categorical(t arrow.DataType) bool {
	return isText(t) || arrow.IsInteger(t.ID()) || t.ID() == arrow.BOOL
}

func (c *columnProfile) addLengths(arr arrow.Array) {
	if !isText(arr.DataType()) {
		return
	}
	eachText(arr, func(_ int, v string) {
		if v == "" {
			c.empty++
		}
		c.lengths = c.lengths.add(int64(utf8.RuneCountInString(v)))
	})
}

func (c *columnProfile) addFractions(arr arrow.Array) {
	width := 64
	var at func(i int) float64
	switch a := arr.(type) {
	case *array.Float64:
		at = a.Value
	case *array.Float32:
		at, width = func(i int) float64 { return float64(a.Value(i)) }, 32
	default:
		return
	}
	var buf []byte
	for i := range arr.Len() {
		if arr.IsNull(i) || notFinite(arr, i) {
			continue
		}
		v := at(i)
		if v == math.Trunc(v) {
			c.whole++
			continue
		}
		buf = strconv.AppendFloat(buf[:0], v, 'f', -1, width)
		c.scale = max(c.scale, int64(len(buf)-slices.Index(buf, '.')-1))
	}
}

func (c *columnProfile) addExtremes(arr arrow.Array) {
	low, high, ascending, ok := extremes(arr)
	if !ok {
		return
	}
	if ascending {
		c.ascending++
	}
	switch typeFamily(arr.DataType()) {
	case "text", "time":
	case "instant":
		from, _ := moment(arr, low)
		to, _ := moment(arr, high)
		c.enclose(&rounded{Mantissa: yearOf(from)}, &rounded{Mantissa: yearOf(to)})
	default:
		from, _ := cellText(arr, low)
		to, _ := cellText(arr, high)
		a, b := roundNumber(from, false), roundNumber(to, true)
		c.enclose(&a, &b)
	}
}

func (c *columnProfile) enclose(low, high *rounded) {
	if low != nil && (c.low == nil || low.compare(*c.low) < 0) {
		c.low = low
	}
	if high != nil && (c.high == nil || high.compare(*c.high) > 0) {
		c.high = high
	}
}

func (c *columnProfile) merge(o *columnProfile) {
	c.nulls += o.nulls
	c.empty += o.empty
	c.whole += o.whole
	c.scale = max(c.scale, o.scale)
	c.ascending += o.ascending
	c.lengths = extent{min(c.lengths.Min, o.lengths.Min), max(c.lengths.Max, o.lengths.Max)}
	c.enclose(o.low, o.high)
	c.distinct.merge(&o.distinct)
	if c.values == nil || o.values == nil {
		c.values = nil
		return
	}
	for h, v := range o.values {
		s := c.values[h]
		if s == nil {
			s = &valueSupport{}
			c.values[h] = s
		}
		s.rows += v.rows
		if v.known {
			s.text, s.known = v.text, true
		}
	}
	c.boundValues()
}

func (c *columnProfile) summary(rows, blocks int64) Column {
	out := Column{
		Name: c.name, Type: c.typ, Rows: rows, Nulls: c.nulls, Empty: c.empty, Distinct: c.distinct.distinct(), Exact: c.distinct.exact(),
		Unique: c.distinct.unique(), Sorted: blocks > 0 && c.ascending == blocks, Whole: c.whole, Scale: c.scale,
	}
	if c.lengths.Max >= 0 {
		out.MinLength, out.MaxLength = c.lengths.Min, c.lengths.Max
	}
	if c.low != nil {
		out.Min, out.Max = c.boundTexts()
	}
	for _, v := range c.values {
		if !v.known {
			out.Values = nil
			break
		}
		out.Values = append(out.Values, ValueCount{v.text, v.rows})
	}
	slices.SortFunc(out.Values, func(a, b ValueCount) int { return cmp.Compare(a.Value, b.Value) })
	return out
}

// boundTexts writes the extremes in the column's own type. A timestamp's upper
// end is the first instant of the year after.
func (c *columnProfile) boundTexts() (low, high string) {
	year := func(y int64, rest string) string {
		if y < 1 || y > 9998 {
			return "" // has no ISO text of four digits: an open end
		}
		text := strconv.FormatInt(y, 10)
		return strings.Repeat("0", 4-len(text)) + text + rest
	}
	switch {
	case strings.HasPrefix(c.typ, "date"):
		return year(c.low.Mantissa, "-01-01"), year(c.high.Mantissa, "-12-31")
	case strings.HasPrefix(c.typ, "timestamp"):
		return year(c.low.Mantissa, "-01-01T00:00:00Z"), year(c.high.Mantissa+1, "-01-01T00:00:00Z")
	}
	return c.low.text(), c.high.text()
}
