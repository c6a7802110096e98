package schemas

import (
	"cmp"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// newRangeRule marks values outside the closed interval. Not-a-number lies
// outside every interval. Text is ordered by its bytes.
func newRangeRule(t arrow.DataType, b Bounds) (columnRule, error) {
	if b.Min == "" && b.Max == "" {
		return nil, fmt.Errorf("the range has neither min nor max")
	}
	switch t := t.(type) {
	case *arrow.Int8Type:
		return signedRange(t, b, func(a arrow.Array) []int8 { return a.(*array.Int8).Int8Values() })
	case *arrow.Int16Type:
		return signedRange(t, b, func(a arrow.Array) []int16 { return a.(*array.Int16).Int16Values() })
	case *arrow.Int32Type:
		return signedRange(t, b, func(a arrow.Array) []int32 { return a.(*array.Int32).Int32Values() })
	case *arrow.Int64Type:
		return signedRange(t, b, func(a arrow.Array) []int64 { return a.(*array.Int64).Int64Values() })
	case *arrow.Date32Type:
		return signedRange(t, b, func(a arrow.Array) []arrow.Date32 { return a.(*array.Date32).Date32Values() })
	case *arrow.Date64Type:
		return signedRange(t, b, func(a arrow.Array) []arrow.Date64 { return a.(*array.Date64).Date64Values() })
	case *arrow.TimestampType:
		return signedRange(t, b, func(a arrow.Array) []arrow.Timestamp { return a.(*array.Timestamp).TimestampValues() })
	case *arrow.Time32Type:
		return signedRange(t, b, func(a arrow.Array) []arrow.Time32 { return a.(*array.Time32).Time32Values() })
	case *arrow.Time64Type:
		return signedRange(t, b, func(a arrow.Array) []arrow.Time64 { return a.(*array.Time64).Time64Values() })
	case *arrow.DurationType:
		return signedRange(t, b, func(a arrow.Array) []arrow.Duration { return a.(*array.Duration).DurationValues() })
	case *arrow.Uint8Type:
		return unsignedRange(t, b, func(a arrow.Array) []uint8 { return a.(*array.Uint8).Uint8Values() })
	case *arrow.Uint16Type:
		return unsignedRange(t, b, func(a arrow.Array) []uint16 { return a.(*array.Uint16).Uint16Values() })
	case *arrow.Uint32Type:
		return unsignedRange(t, b, func(a arrow.Array) []uint32 { return a.(*array.Uint32).Uint32Values() })
	case *arrow.Uint64Type:
		return unsignedRange(t, b, func(a arrow.Array) []uint64 { return a.(*array.Uint64).Uint64Values() })
	case *arrow.Float32Type:
		return floatRange(t, b, func(a arrow.Array) []float32 { return a.(*array.Float32).Float32Values() })
	case *arrow.Float64Type:
		return floatRange(t, b, func(a arrow.Array) []float64 { return a.(*array.Float64).Float64Values() })
	case *arrow.Decimal128Type:
		return decimalRange(t, b)
	case *arrow.StringType, *arrow.LargeStringType:
		return textRange(b)
	}
	return nil, fmt.Errorf("%s has no order", describe(t))
}

// interval holds the ends of a range; an end that is not set is open.
type interval[T any] struct {
	min, max       T
	hasMin, hasMax bool
}

func parseInterval[T any](t arrow.DataType, b Bounds, parse func(string) (T, bool), compare func(a, b T) int) (interval[T], error) {
	var iv interval[T]
	if b.Min != "" {
		if iv.min, iv.hasMin = parse(b.Min); !iv.hasMin {
			return iv, fmt.Errorf("min does not spell a value of %s", describe(t))
		}
	}
	if b.Max != "" {
		if iv.max, iv.hasMax = parse(b.Max); !iv.hasMax {
			return iv, fmt.Errorf("max does not spell a value of %s", describe(t))
		}
	}
	if iv.hasMin && iv.hasMax && compare(iv.min, iv.max) > 0 {
		return iv, fmt.Errorf("min lies above max")
	}
	return iv, nil
}

func orderedRange[T cmp.Ordered](t arrow.DataType, b Bounds, parse func(string) (T, bool), values func(arrow.Array) []T) (columnRule, error) {
	iv, err := parseInterval(t, b, parse, cmp.Compare[T])
	if err != nil {
		return nil, err
	}
	return func(arr arrow.Array, marks []uint16, code uint16) {
		nulls := arr.NullN() > 0
		for i, v := range values(arr) {
			if iv.hasMin && !(v >= iv.min) || iv.hasMax && !(v <= iv.max) {
				if !nulls || arr.IsValid(i) {
					mark(marks, i, code)
				}
			}
		}
	}, nil
}

func signedRange[T ~int8 | ~int16 | ~int32 | ~int64](t arrow.DataType, b Bounds, values func(arrow.Array) []T) (columnRule, error) {
	return orderedRange(t, b, func(s string) (T, bool) { v, ok := parseSigned(t, s); return T(v), ok }, values)
}

func unsignedRange[T ~uint8 | ~uint16 | ~uint32 | ~uint64](t arrow.DataType, b Bounds, values func(arrow.Array) []T) (columnRule, error) {
	return orderedRange(t, b, func(s string) (T, bool) { v, ok := parseUnsigned(t, s); return T(v), ok }, values)
}

func floatRange[T ~float32 | ~float64](t arrow.DataType, b Bounds, values func(arrow.Array) []T) (columnRule, error) {
	return orderedRange(t, b, func(s string) (T, bool) { v, ok := parseFloat(t, s); return T(v), ok }, values)
}

func decimalRange(t *arrow.Decimal128Type, b Bounds) (columnRule, error) {
	iv, err := parseInterval(t, b, func(s string) (decimal128.Num, bool) { return parseDecimal(t, s) }, decimal128.Num.Cmp)
	if err != nil {
		return nil, err
	}
	return func(arr arrow.Array, marks []uint16, code uint16) {
		for i, v := range arr.(*array.Decimal128).Values() {
			if (iv.hasMin && v.Cmp(iv.min) < 0 || iv.hasMax && v.Cmp(iv.max) > 0) && arr.IsValid(i) {
				mark(marks, i, code)
			}
		}
	}, nil
}

func textRange(b Bounds) (columnRule, error) {
	iv, err := parseInterval(arrow.BinaryTypes.String, b, func(s string) (string, bool) { return s, true }, cmp.Compare[string])
	if err != nil {
		return nil, err
	}
	return func(arr arrow.Array, marks []uint16, code uint16) {
		eachText(arr, func(i int, v string) {
			if iv.hasMin && v < iv.min || iv.hasMax && v > iv.max {
				mark(marks, i, code)
			}
		})
	}, nil
}
