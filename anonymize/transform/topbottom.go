package transform

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
)

// TopBottomParams are the parameters of top_bottom; at least one limit.
type TopBottomParams struct {
	Bottom *float64 `json:"bottom,omitempty"` // smaller values become this
	Top    *float64 `json:"top,omitempty"`    // greater values become this
}

// newTopBottom codes extreme numbers by the limit, as HIPAA's "90 or older"
// asks for ages (45 CFR 164.514(b)(2)(i)(C)).
func newTopBottom(spec Spec, col Column, _ Keys) (Transform, error) {
	var p TopBottomParams
	if err := params(spec, &p); err != nil {
		return nil, err
	}
	lo, hi := math.Inf(-1), math.Inf(1)
	if p.Bottom != nil {
		lo = *p.Bottom
	}
	if p.Top != nil {
		hi = *p.Top
	}
	t := valueType(col.Type)
	var errs []error
	switch {
	case p.Bottom == nil && p.Top == nil:
		errs = append(errs, errors.New("give the parameter top, bottom or both"))
	case lo > hi:
		errs = append(errs, errors.New("parameter bottom is above top"))
	}
	apply := clampers(t, lo, hi)
	if apply == nil {
		errs = append(errs, fmt.Errorf("does not apply to type %s; integers and floats only", col.Type))
	}
	for _, limit := range []*float64{p.Bottom, p.Top} {
		if limit == nil || apply == nil {
			continue
		}
		if _, err := numberFill(t, *limit); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return newElementwise(col, t, Properties{
		Deterministic: true, FormatPreserving: true,
		Leaks: []string{"equality", "null", "order", "range"},
	}, apply), nil
}

func clampers(t arrow.DataType, lo, hi float64) func(arrow.Array) (arrow.Array, error) {
	switch t.ID() {
	case arrow.INT8:
		return clamper[int8](lo, hi, math.MinInt8, math.MaxInt8)
	case arrow.INT16:
		return clamper[int16](lo, hi, math.MinInt16, math.MaxInt16)
	case arrow.INT32:
		return clamper[int32](lo, hi, math.MinInt32, math.MaxInt32)
	case arrow.INT64:
		return clamper[int64](lo, hi, math.MinInt64, math.MaxInt64)
	case arrow.UINT8:
		return clamper[uint8](lo, hi, 0, math.MaxUint8)
	case arrow.UINT16:
		return clamper[uint16](lo, hi, 0, math.MaxUint16)
	case arrow.UINT32:
		return clamper[uint32](lo, hi, 0, math.MaxUint32)
	case arrow.UINT64:
		return clamper[uint64](lo, hi, 0, math.MaxUint64)
	case arrow.FLOAT32:
		return clamper[float32](lo, hi, float32(math.Inf(-1)), float32(math.Inf(1)))
	case arrow.FLOAT64:
		return clamper[float64](lo, hi, math.Inf(-1), math.Inf(1))
	}
	return nil
}

// clamper limits values to [lo, hi]; an infinite limit is T's own.
func clamper[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64](lo, hi float64, least, most T) func(arrow.Array) (arrow.Array, error) {
	if !math.IsInf(lo, -1) {
		least = T(lo)
	}
	if !math.IsInf(hi, 1) {
		most = T(hi)
	}
	return func(arr arrow.Array) (arrow.Array, error) {
		return mapFixed(arr, func(v T) T { return min(max(v, least), most) }), nil
	}
}
