package cell

import (
	"math"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// JSON returns the JSON form (RFC 8259) of arr's values: numbers and decimals
// as numbers, lists as arrays, structs as objects in field order, everything
// else as a string of its Text form. Nulls inside are null; floats without a
// JSON form (NaN, infinities) are null too.
func JSON(arr arrow.Array) (Append, error) {
	switch a := arr.(type) {
	case *array.Null:
		return func(dst []byte, _ int) []byte { return append(dst, "null"...) }, nil
	case *array.Float32:
		return jsonFloat(func(i int) float64 { return float64(a.Value(i)) }, 32), nil
	case *array.Float64:
		return jsonFloat(a.Value, 64), nil
	case *array.String:
		return func(dst []byte, i int) []byte { return AppendJSONString(dst, a.Value(i)) }, nil
	case *array.LargeString:
		return func(dst []byte, i int) []byte { return AppendJSONString(dst, a.Value(i)) }, nil
	case *array.Dictionary:
		values, err := JSON(a.Dictionary())
		if err != nil {
			return nil, err
		}
		return func(dst []byte, i int) []byte { return values(dst, a.GetValueIndex(i)) }, nil
	case *array.Map:
		return jsonList(a) // as a list of {key, value}: keys need not be strings
	case array.ListLike:
		return jsonList(a)
	case *array.Struct:
		return jsonStruct(a)
	}
	plain, err := Text(arr)
	if err != nil {
		return nil, err
	}
	switch arr.DataType().ID() {
	case arrow.BOOL, arrow.DECIMAL128, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64,
		arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return plain, nil
	}
	return func(dst []byte, i int) []byte { // dates, times and base64 need no escapes
		return append(plain(append(dst, '"'), i), '"')
	}, nil
}

func jsonFloat(value func(int) float64, bits int) Append {
	return func(dst []byte, i int) []byte {
		v := value(i)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(dst, "null"...)
		}
		return AppendFloat(dst, v, bits)
	}
}

func jsonList(a array.ListLike) (Append, error) {
	values := a.ListValues()
	elem, err := JSON(values)
	if err != nil {
		return nil, err
	}
	return func(dst []byte, i int) []byte {
		dst = append(dst, '[')
		start, end := a.ValueOffsets(i)
		for k := start; k < end; k++ {
			if k > start {
				dst = append(dst, ',')
			}
			dst = orNull(dst, values, elem, int(k))
		}
		return append(dst, ']')
	}, nil
}

func jsonStruct(a *array.Struct) (Append, error) {
	t := a.DataType().(*arrow.StructType)
	keys := make([][]byte, t.NumFields())
	fields := make([]Append, t.NumFields())
	for k := range fields {
		var err error
		if fields[k], err = JSON(a.Field(k)); err != nil {
			return nil, err
		}
		keys[k] = append(AppendJSONString(nil, t.Field(k).Name), ':')
	}
	return func(dst []byte, i int) []byte {
		dst = append(dst, '{')
		for k, f := range fields {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, keys[k]...)
			dst = orNull(dst, a.Field(k), f, i)
		}
		return append(dst, '}')
	}, nil
}

func orNull(dst []byte, a arrow.Array, f Append, i int) []byte {
	if a.IsNull(i) {
		return append(dst, "null"...)
	}
	return f(dst, i)
}

// AppendJSONString appends s quoted; only what JSON requires is escaped.
// Bytes that are not UTF-8 become U+FFFD.
func AppendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
