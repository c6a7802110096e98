package schemas

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// maxExactFloat64 and maxExactFloat32 bound the integers that a float holds
// exactly together with all their neighbours.
const (
	maxExactFloat64 = 1 << 53
	maxExactFloat32 = 1 << 24
)

// coercer brings a column to the contract's type. Rows whose value would lose
// something get code in marks (unless already marked) and a null.
type coercer func(arr arrow.Array, marks []uint16, code uint16) arrow.Array

// newCoercer returns nil when the types are equal. Text becomes anything it
// spells exactly; integers, floats, decimals and instants change width, unit
// or scale where nothing is lost. Errors match ErrType.
func newCoercer(from, to arrow.DataType) (coercer, error) {
	if arrow.TypeEqual(from, to) {
		return nil, nil
	}
	if from.ID() == arrow.NULL {
		return func(arr arrow.Array, _ []uint16, _ uint16) arrow.Array {
			return array.MakeArrayOfNull(memory.DefaultAllocator, to, arr.Len())
		}, nil
	}
	if sameShape(from, to) {
		return reshape(to), nil
	}
	source := from
	if d, ok := from.(*arrow.DictionaryType); ok {
		source = d.ValueType
	}
	if !flatType(source) || !flatType(to) || !coercible(source, to) {
		return nil, fmt.Errorf("%w: %s cannot become %s without loss", ErrType, describe(from), describe(to))
	}
	if from.ID() == arrow.INT64 && to.ID() == arrow.FLOAT64 {
		return int64ToFloat64, nil
	}
	switch {
	case from.ID() == arrow.FLOAT32 && to.ID() == arrow.FLOAT64:
		return float32ToFloat64, nil
	case from.ID() == arrow.FLOAT64 && to.ID() == arrow.FLOAT32:
		return float64ToFloat32, nil
	}
	put, err := textAppender(to)
	if err != nil {
		return nil, err
	}
	return func(arr arrow.Array, marks []uint16, code uint16) arrow.Array {
		b := array.NewBuilder(memory.DefaultAllocator, to)
		defer b.Release()
		b.Reserve(arr.Len())
		for i := range arr.Len() {
			if arr.IsNull(i) {
				b.AppendNull()
				continue
			}
			text, ok := cellText(arr, i)
			if !ok || !put(b, text) {
				mark(marks, i, code)
				b.AppendNull()
			}
		}
		return b.NewArray()
	}, nil
}

func describe(t arrow.DataType) string {
	if text, err := TypeText(t); err == nil {
		return text
	}
	return t.ID().String()
}

// mark keeps the first reason of a row.
func mark(marks []uint16, i int, code uint16) {
	if marks[i] == 0 {
		marks[i] = code
	}
}

func flatType(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BOOL, arrow.DECIMAL128, arrow.DATE32, arrow.DATE64,
		arrow.TIMESTAMP, arrow.TIME32, arrow.TIME64, arrow.DURATION, arrow.FLOAT32, arrow.FLOAT64:
		return true
	}
	return arrow.IsInteger(t.ID())
}

// coercible tells which pairs can agree at all. Text reads and writes every
// flat type; otherwise the two must be of one family.
func coercible(from, to arrow.DataType) bool {
	if isText(from) || isText(to) {
		return true
	}
	return typeFamily(from) == typeFamily(to)
}

func isText(t arrow.DataType) bool { return t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING }

// typeFamily groups the flat types whose values mean the same kind of thing.
func typeFamily(t arrow.DataType) string {
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING:
		return "text"
	case arrow.BOOL:
		return "bool"
	case arrow.DATE32, arrow.DATE64, arrow.TIMESTAMP:
		return "instant"
	case arrow.TIME32, arrow.TIME64:
		return "time"
	case arrow.DURATION:
		return "duration " + t.(*arrow.DurationType).Unit.String()
	case arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128:
		return "number"
	}
	if arrow.IsInteger(t.ID()) {
		return "number"
	}
	return t.ID().String()
}

func int64ToFloat64(arr arrow.Array, marks []uint16, code uint16) arrow.Array {
	in := arr.(*array.Int64)
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(in.Len())
	for i, v := range in.Int64Values() {
		switch {
		case in.IsNull(i):
			b.UnsafeAppendBoolToBitmap(false)
		case v > maxExactFloat64 || v < -maxExactFloat64:
			mark(marks, i, code)
			b.UnsafeAppendBoolToBitmap(false)
		default:
			b.UnsafeAppend(float64(v))
		}
	}
	return b.NewArray()
}

func float32ToFloat64(arr arrow.Array, _ []uint16, _ uint16) arrow.Array {
	in := arr.(*array.Float32)
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(in.Len())
	for i, v := range in.Float32Values() {
		if in.IsNull(i) {
			b.UnsafeAppendBoolToBitmap(false)
			continue
		}
		b.UnsafeAppend(float64(v))
	}
	return b.NewArray()
}

func float64ToFloat32(arr arrow.Array, marks []uint16, code uint16) arrow.Array {
	in := arr.(*array.Float64)
	b := array.NewFloat32Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(in.Len())
	for i, v := range in.Float64Values() {
		switch {
		case in.IsNull(i):
			b.UnsafeAppendBoolToBitmap(false)
		case float64(float32(v)) != v && !math.IsNaN(v):
			mark(marks, i, code)
			b.UnsafeAppendBoolToBitmap(false)
		default:
			b.UnsafeAppend(float32(v))
		}
	}
	return b.NewArray()
}

// textAppender returns the function that parses a text and appends it to a
// builder of type t; it reports false, and appends nothing, when the text does
// not spell a value of t exactly.
func textAppender(t arrow.DataType) (func(b array.Builder, text string) bool, error) {
	switch t := t.(type) {
	case *arrow.StringType:
		return func(b array.Builder, s string) bool { b.(*array.StringBuilder).Append(s); return true }, nil
	case *arrow.LargeStringType:
		return func(b array.Builder, s string) bool { b.(*array.LargeStringBuilder).Append(s); return true }, nil
	case *arrow.BooleanType:
		return func(b array.Builder, s string) bool {
			v, ok := parseBool(s)
			if ok {
				b.(*array.BooleanBuilder).Append(v)
			}
			return ok
		}, nil
	case *arrow.Float32Type:
		return func(b array.Builder, s string) bool {
			v, ok := parseFloat(t, s)
			if ok && wholeBeyond(s, v, maxExactFloat32) {
				return false
			}
			if ok {
				b.(*array.Float32Builder).Append(float32(v))
			}
			return ok
		}, nil
	case *arrow.Float64Type:
		return func(b array.Builder, s string) bool {
			v, ok := parseFloat(t, s)
			if ok && wholeBeyond(s, v, maxExactFloat64) {
				return false
			}
			if ok {
				b.(*array.Float64Builder).Append(v)
			}
			return ok
		}, nil
	case *arrow.Decimal128Type:
		return func(b array.Builder, s string) bool {
			v, ok := parseDecimal(t, s)
			if ok {
				b.(*array.Decimal128Builder).Append(v)
			}
			return ok
		}, nil
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return func(b array.Builder, s string) bool {
			v, ok := parseUnsigned(t, s)
			if ok {
				appendUnsigned(b, v)
			}
			return ok
		}, nil
	}
	if !signedType(t) {
		return nil, fmt.Errorf("%w: %s cannot be read from text", ErrType, describe(t))
	}
	return func(b array.Builder, s string) bool {
		v, ok := parseSigned(t, s)
		if ok {
			appendSigned(b, v)
		}
		return ok
	}, nil
}

// wholeBeyond tells whether s spells an integer so large that v, the nearest
// float, may be another one.
func wholeBeyond(s string, v, limit float64) bool {
	_, whole := integerText(s)
	return whole && math.Abs(v) >= limit
}

// signedType tells whether t is stored as a signed integer.
func signedType(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.DATE32, arrow.DATE64, arrow.TIMESTAMP, arrow.TIME32, arrow.TIME64, arrow.DURATION:
		return true
	}
	return false
}

func appendSigned(b array.Builder, v int64) {
	switch b := b.(type) {
	case *array.Int8Builder:
		b.Append(int8(v))
	case *array.Int16Builder:
		b.Append(int16(v))
	case *array.Int32Builder:
		b.Append(int32(v))
	case *array.Int64Builder:
		b.Append(v)
	case *array.Date32Builder:
		b.Append(arrow.Date32(v))
	case *array.Date64Builder:
		b.Append(arrow.Date64(v))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v))
	case *array.Time32Builder:
		b.Append(arrow.Time32(v))
	case *array.Time64Builder:
		b.Append(arrow.Time64(v))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(v))
	}
}

func appendUnsigned(b array.Builder, v uint64) {
	switch b := b.(type) {
	case *array.Uint8Builder:
		b.Append(uint8(v))
	case *array.Uint16Builder:
		b.Append(uint16(v))
	case *array.Uint32Builder:
		b.Append(uint32(v))
	case *array.Uint64Builder:
		b.Append(v)
	}
}
