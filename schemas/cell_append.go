package schemas

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

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
