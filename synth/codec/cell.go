package codec

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/float16"
)

// family is how a column's cells are held while they are counted.
type family uint8

const (
	unsupported family = iota
	integer            // value = the integer itself (unsigned ones offset by 2^63)
	floating           // value = the float's bits in sortable order
	textual            // value = the string
)

// familyOf classifies an Arrow type.
func familyOf(t arrow.DataType) family {
	switch t.ID() {
	case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64,
		arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64,
		arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION, arrow.DECIMAL128:
		return integer
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
		return floating
	case arrow.STRING, arrow.LARGE_STRING, arrow.NULL:
		return textual
	case arrow.DICTIONARY:
		if v := t.(*arrow.DictionaryType).ValueType; v.ID() == arrow.STRING || v.ID() == arrow.LARGE_STRING {
			return textual
		}
	}
	return unsupported
}

// checkType refuses types without a codec, with advice.
func checkType(f arrow.Field) error {
	if familyOf(f.Type) != unsupported {
		return nil
	}
	advice := "drop it or cast it to text before synthesis"
	switch f.Type.ID() {
	case arrow.LIST, arrow.LARGE_LIST, arrow.FIXED_SIZE_LIST, arrow.STRUCT, arrow.MAP:
		advice = "flatten it into plain columns, move it to a child table, or drop it"
	case arrow.DICTIONARY:
		advice = "decode its dictionary first"
	}
	return fmt.Errorf("codec: column %q of type %s: %w: %s", f.Name, f.Type, ErrUnsupported, advice)
}

const signBit = uint64(1) << 63

// sortable maps a float to an integer of the same order; -0 counts as 0.
func sortable(v float64) int64 {
	if v == 0 {
		v = 0
	}
	b := math.Float64bits(v)
	if b&signBit != 0 {
		return int64(^b ^ signBit)
	}
	return int64(b)
}

// unsortable is sortable's inverse.
func unsortable(k int64) float64 {
	b := uint64(k)
	if k < 0 {
		b = ^(b ^ signBit)
	}
	return math.Float64frombits(b)
}

// numbers returns a reader of a numeric array's cells as order-preserving
// int64. ok is false for a float that is not finite. The array has no say on
// nulls here.
func numbers(a arrow.Array) (func(i int) (v int64, ok bool), error) {
	switch a := a.(type) {
	case *array.Boolean:
		return func(i int) (int64, bool) {
			if a.Value(i) {
				return 1, true
			}
			return 0, true
		}, nil
	case *array.Int8:
		return signed(a.Int8Values()), nil
	case *array.Int16:
		return signed(a.Int16Values()), nil
	case *array.Int32:
		return signed(a.Int32Values()), nil
	case *array.Int64:
		return signed(a.Int64Values()), nil
	case *array.Uint8:
		return unsigned(a.Uint8Values()), nil
	case *array.Uint16:
		return unsigned(a.Uint16Values()), nil
	case *array.Uint32:
		return unsigned(a.Uint32Values()), nil
	case *array.Uint64:
		return unsigned(a.Uint64Values()), nil
	case *array.Date32:
		return signed(a.Date32Values()), nil
	case *array.Date64:
		return signed(a.Date64Values()), nil
	case *array.Time32:
		return signed(a.Time32Values()), nil
	case *array.Time64:
		return signed(a.Time64Values()), nil
	case *array.Timestamp:
		return signed(a.TimestampValues()), nil
	case *array.Duration:
		return signed(a.DurationValues()), nil
	case *array.Decimal128:
		if err := checkDecimals(a); err != nil {
			return nil, err
		}
		return func(i int) (int64, bool) { return int64(a.Value(i).LowBits()), true }, nil
	case *array.Float16:
		return func(i int) (int64, bool) { return finite(float64(a.Value(i).Float32())) }, nil
	case *array.Float32:
		v := a.Float32Values()
		return func(i int) (int64, bool) { return finite(float64(v[i])) }, nil
	case *array.Float64:
		v := a.Float64Values()
		return func(i int) (int64, bool) { return finite(v[i]) }, nil
	}
	return nil, fmt.Errorf("type %s: %w", a.DataType(), ErrUnsupported)
}

func signed[T ~int8 | ~int16 | ~int32 | ~int64](v []T) func(int) (int64, bool) {
	return func(i int) (int64, bool) { return int64(v[i]), true }
}

func unsigned[T ~uint8 | ~uint16 | ~uint32 | ~uint64](v []T) func(int) (int64, bool) {
	return func(i int) (int64, bool) { return int64(uint64(v[i]) ^ signBit), true }
}

func finite(v float64) (int64, bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, false
	}
	return sortable(v), true
}

// checkDecimals refuses decimals beyond 18 digits, which no int64 holds.
func checkDecimals(a *array.Decimal128) error {
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		if v := a.Value(i); v.HighBits() != int64(v.LowBits())>>63 {
			return fmt.Errorf("%w: a decimal of more than 18 digits; cast the column to float64", ErrUnsupported)
		}
	}
	return nil
}

// appendNumber writes an order-preserving value back in the builder's type.
func appendNumber(b array.Builder, v int64) {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v != 0)
	case *array.Int8Builder:
		b.Append(int8(v))
	case *array.Int16Builder:
		b.Append(int16(v))
	case *array.Int32Builder:
		b.Append(int32(v))
	case *array.Int64Builder:
		b.Append(v)
	case *array.Uint8Builder:
		b.Append(uint8(uint64(v) ^ signBit))
	case *array.Uint16Builder:
		b.Append(uint16(uint64(v) ^ signBit))
	case *array.Uint32Builder:
		b.Append(uint32(uint64(v) ^ signBit))
	case *array.Uint64Builder:
		b.Append(uint64(v) ^ signBit)
	case *array.Date32Builder:
		b.Append(arrow.Date32(v))
	case *array.Date64Builder:
		b.Append(arrow.Date64(v))
	case *array.Time32Builder:
		b.Append(arrow.Time32(v))
	case *array.Time64Builder:
		b.Append(arrow.Time64(v))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(v))
	case *array.Decimal128Builder:
		b.Append(decimal128.FromI64(v))
	case *array.Float16Builder:
		b.Append(float16.New(float32(unsortable(v))))
	case *array.Float32Builder:
		b.Append(float32(unsortable(v)))
	case *array.Float64Builder:
		b.Append(unsortable(v))
	default:
		b.AppendNull()
	}
}

// appendNaN writes a number that is none; types without one get a null.
func appendNaN(b array.Builder) {
	switch b := b.(type) {
	case *array.Float32Builder:
		b.Append(float32(math.NaN()))
	case *array.Float64Builder:
		b.Append(math.NaN())
	default:
		b.AppendNull()
	}
}

// texts returns a reader of a textual array's cells, and for dictionaries the
// index behind each cell.
type texts struct {
	value func(i int) string
	index func(i int) int // nil unless dictionary encoded
	dict  int             // size of the dictionary
}

func textsOf(a arrow.Array) (texts, error) {
	switch a := a.(type) {
	case *array.String:
		return texts{value: a.Value}, nil
	case *array.LargeString:
		return texts{value: a.Value}, nil
	case *array.Null:
		return texts{value: func(int) string { return "" }}, nil
	case *array.Dictionary:
		inner, err := textsOf(a.Dictionary())
		if err != nil {
			return texts{}, err
		}
		return texts{value: inner.value, index: a.GetValueIndex, dict: a.Dictionary().Len()}, nil
	}
	return texts{}, fmt.Errorf("type %s: %w", a.DataType(), ErrUnsupported)
}

// appendText writes a string in the builder's type; other types get a null.
func appendText(b array.Builder, s string) {
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(s)
	case *array.LargeStringBuilder:
		b.Append(s)
	case *array.BinaryDictionaryBuilder:
		if err := b.AppendString(s); err != nil {
			b.AppendNull()
		}
	default:
		b.AppendNull()
	}
}
