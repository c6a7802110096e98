package transform

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// ConstantParams are the parameters of constant.
type ConstantParams struct {
	// Value replaces every value: a string, number or boolean of the column's
	// type. Required. A string for a column that is not text makes it text.
	Value any `json:"value"`
}

func newConstant(spec Spec, col Column, _ Keys) (Transform, error) {
	var p ConstantParams
	if err := params(spec, &p); err != nil {
		return nil, err
	}
	props := Properties{Deterministic: true, Leaks: []string{"null"}}
	switch v := p.Value.(type) {
	case nil:
		return nil, errors.New("parameter value is required")
	case string:
		m := newTextMap(len(v), false, func() kernel {
			return func(dst, _ []byte) ([]byte, bool) { return append(dst, v...), true }
		})
		if !hasText(col.Type) {
			return nil, fmt.Errorf("does not apply to type %s", col.Type)
		}
		return newElementwise(col, textType(col.Type), props, m.apply), nil
	case float64:
		fill, err := numberFill(valueType(col.Type), v)
		if err != nil {
			return nil, err
		}
		return newElementwise(col, valueType(col.Type), props, fill), nil
	case bool:
		if valueType(col.Type).ID() != arrow.BOOL {
			return nil, fmt.Errorf("a boolean value does not fit type %s", col.Type)
		}
		return newElementwise(col, valueType(col.Type), props, func(arr arrow.Array) (arrow.Array, error) {
			b := array.NewBooleanBuilder(memory.DefaultAllocator)
			defer b.Release()
			b.Reserve(arr.Len())
			for i := range arr.Len() {
				if arr.IsNull(i) {
					b.AppendNull()
				} else {
					b.Append(v)
				}
			}
			return b.NewArray(), nil
		}), nil
	}
	return nil, errors.New("parameter value must be a string, a number or a boolean")
}

// numberFill gives a function that fills arrays of type t with v, if v fits.
func numberFill(t arrow.DataType, v float64) (func(arrow.Array) (arrow.Array, error), error) {
	limit := map[arrow.Type][2]float64{
		arrow.INT8: {math.MinInt8, math.MaxInt8}, arrow.INT16: {math.MinInt16, math.MaxInt16},
		arrow.INT32: {math.MinInt32, math.MaxInt32}, arrow.INT64: {-1 << 53, 1 << 53},
		arrow.UINT8: {0, math.MaxUint8}, arrow.UINT16: {0, math.MaxUint16},
		arrow.UINT32: {0, math.MaxUint32}, arrow.UINT64: {0, 1 << 53},
		arrow.FLOAT32: {-math.MaxFloat32, math.MaxFloat32}, arrow.FLOAT64: {-math.MaxFloat64, math.MaxFloat64},
	}
	lim, ok := limit[t.ID()]
	if !ok || v < lim[0] || v > lim[1] || (arrow.IsInteger(t.ID()) && v != math.Trunc(v)) {
		return nil, fmt.Errorf("the number does not fit type %s", t)
	}
	switch t.ID() {
	case arrow.INT8:
		return filler(int8(v)), nil
	case arrow.INT16:
		return filler(int16(v)), nil
	case arrow.INT32:
		return filler(int32(v)), nil
	case arrow.INT64:
		return filler(int64(v)), nil
	case arrow.UINT8:
		return filler(uint8(v)), nil
	case arrow.UINT16:
		return filler(uint16(v)), nil
	case arrow.UINT32:
		return filler(uint32(v)), nil
	case arrow.UINT64:
		return filler(uint64(v)), nil
	case arrow.FLOAT32:
		return filler(float32(v)), nil
	}
	return filler(v), nil
}

func filler[T arrow.FixedWidthType](v T) func(arrow.Array) (arrow.Array, error) {
	return func(arr arrow.Array) (arrow.Array, error) {
		return mapFixed(arr, func(T) T { return v }), nil
	}
}
