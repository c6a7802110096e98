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
	case from.ID() == arrow.DICTIONARY && arrow.TypeEqual(source, to):
		return func(arr arrow.Array, _ []uint16, _ uint16) arrow.Array {
			return decodeDictionary(arr.(*array.Dictionary))
		}, nil
	case arrow.IsSignedInteger(from.ID()) && arrow.IsSignedInteger(to.ID()):
		return signedToSigned(to), nil
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

// signedToSigned changes the width of signed integers.
func signedToSigned(to arrow.DataType) coercer {
	limit := int64(1)<<(to.(arrow.FixedWidthDataType).BitWidth()-1) - 1
	return func(arr arrow.Array, marks []uint16, code uint16) arrow.Array {
		b := array.NewBuilder(memory.DefaultAllocator, to)
		defer b.Release()
		b.Reserve(arr.Len())
		for i := range arr.Len() {
			if arr.IsNull(i) {
				b.AppendNull()
				continue
			}
			v := signedAt(arr, i)
			if v > limit || v < -limit-1 {
				mark(marks, i, code)
				b.AppendNull()
				continue
			}
			appendSigned(b, v)
		}
		return b.NewArray()
	}
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
