package transform

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Cells reads the cells of arr as canonical text: utf8 as it is, integers in
// decimal, floats in the shortest form that reads back equal, booleans as true
// and false, dates as 2006-01-02, timestamps as RFC 3339 in UTC, decimals with
// their scale. The same value has the same text in every integer width, so a
// key joins across types. The returned bytes are valid until the next call with
// the same buf; null cells must not be asked for.
func Cells(arr arrow.Array) (func(i int, buf []byte) []byte, error) {
	switch a := arr.(type) {
	case *array.String:
		return func(i int, _ []byte) []byte { return bytesOf(a.Value(i)) }, nil
	case *array.LargeString:
		return func(i int, _ []byte) []byte { return bytesOf(a.Value(i)) }, nil
	case *array.Binary:
		return func(i int, _ []byte) []byte { return a.Value(i) }, nil
	case *array.FixedSizeBinary:
		return func(i int, _ []byte) []byte { return a.Value(i) }, nil
	case *array.Boolean:
		return func(i int, buf []byte) []byte { return strconv.AppendBool(buf[:0], a.Value(i)) }, nil
	case *array.Int8:
		return intCells(a.Int8Values()), nil
	case *array.Int16:
		return intCells(a.Int16Values()), nil
	case *array.Int32:
		return intCells(a.Int32Values()), nil
	case *array.Int64:
		return intCells(a.Int64Values()), nil
	case *array.Uint8:
		return intCells(a.Uint8Values()), nil
	case *array.Uint16:
		return intCells(a.Uint16Values()), nil
	case *array.Uint32:
		return intCells(a.Uint32Values()), nil
	case *array.Uint64:
		return func(i int, buf []byte) []byte { return strconv.AppendUint(buf[:0], a.Value(i), 10) }, nil
	case *array.Float32:
		return func(i int, buf []byte) []byte { return strconv.AppendFloat(buf[:0], float64(a.Value(i)), 'g', -1, 32) }, nil
	case *array.Float64:
		return func(i int, buf []byte) []byte { return strconv.AppendFloat(buf[:0], a.Value(i), 'g', -1, 64) }, nil
	case *array.Date32:
		return func(i int, buf []byte) []byte { return appendDate(buf[:0], int64(a.Value(i))) }, nil
	case *array.Date64:
		return func(i int, buf []byte) []byte { return appendDate(buf[:0], floorDiv(int64(a.Value(i)), 86_400_000)) }, nil
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		return func(i int, buf []byte) []byte {
			return a.Value(i).ToTime(unit).UTC().AppendFormat(buf[:0], time.RFC3339Nano)
		}, nil
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(i int, buf []byte) []byte { return append(buf[:0], a.Value(i).ToString(scale)...) }, nil
	case *array.Dictionary:
		inner, err := Cells(a.Dictionary())
		if err != nil {
			return nil, err
		}
		return func(i int, buf []byte) []byte { return inner(a.GetValueIndex(i), buf) }, nil
	}
	return nil, fmt.Errorf("type %s has no text form here; suppress the column or keep it", arr.DataType())
}

// hasText tells whether Cells reads type t.
func hasText(t arrow.DataType) bool {
	switch valueType(t).ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.FIXED_SIZE_BINARY, arrow.BOOL,
		arrow.FLOAT32, arrow.FLOAT64, arrow.DATE32, arrow.DATE64, arrow.TIMESTAMP, arrow.DECIMAL128:
		return true
	}
	return arrow.IsInteger(valueType(t).ID())
}

func intCells[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](v []T) func(int, []byte) []byte {
	return func(i int, buf []byte) []byte { return strconv.AppendInt(buf[:0], int64(v[i]), 10) }
}

// bytesOf views a string's bytes; they must not be written.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// stringOf views bytes as a string; they must not change while it is used.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// integers reads an integer array as int64; false for other types and for
// uint64, which does not fit.
func integers(arr arrow.Array) (func(i int) int64, bool) {
	switch a := arr.(type) {
	case *array.Int8:
		return widen(a.Int8Values()), true
	case *array.Int16:
		return widen(a.Int16Values()), true
	case *array.Int32:
		return widen(a.Int32Values()), true
	case *array.Int64:
		return widen(a.Int64Values()), true
	case *array.Uint8:
		return widen(a.Uint8Values()), true
	case *array.Uint16:
		return widen(a.Uint16Values()), true
	case *array.Uint32:
		return widen(a.Uint32Values()), true
	}
	return nil, false
}

func widen[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](v []T) func(int) int64 {
	return func(i int) int64 { return int64(v[i]) }
}

// floorDiv divides towards minus infinity; b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// word reads up to 8 bytes big-endian.
func word(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
