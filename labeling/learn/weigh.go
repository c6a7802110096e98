package learn

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/internal/det"
)

// weigh turns counts into TF-IDF (sublinear term frequency, smoothed inverse
// document frequency: Manning, Raghavan & Schütze 2008, section 6.4) of length
// one. Features that occur in one row of the pool only are dropped: nothing can
// be learnt from them for other rows.
func (e *Encoder) weigh(c *column) {
	n, sum := 0, 0.0
	for _, f := range e.cells {
		df := float64(c.df[f.index])
		if df < 2 && e.rows > 1 {
			continue
		}
		v := sublinear(f.value) * (1 + det.Log((1+e.rows)/(1+df)))
		e.cells[n] = cell{f.index, v}
		sum += float64(v * v)
		n++
	}
	e.cells = e.cells[:n]
	if sum == 0 {
		return
	}
	length := math.Sqrt(sum)
	for i := range e.cells {
		e.cells[i].value /= length
	}
}

// numeric tells whether a type is read as a number.
func numeric(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64,
		arrow.FLOAT32, arrow.FLOAT64, arrow.DATE32, arrow.DATE64, arrow.TIMESTAMP, arrow.TIME32, arrow.TIME64, arrow.DECIMAL128:
		return true
	}
	return false
}

// numbers returns a getter of a numeric array's values.
func numbers(a arrow.Array) (func(int) float64, error) {
	switch a := a.(type) {
	case *array.Int8:
		return cast(a.Int8Values()), nil
	case *array.Int16:
		return cast(a.Int16Values()), nil
	case *array.Int32:
		return cast(a.Int32Values()), nil
	case *array.Int64:
		return cast(a.Int64Values()), nil
	case *array.Uint8:
		return cast(a.Uint8Values()), nil
	case *array.Uint16:
		return cast(a.Uint16Values()), nil
	case *array.Uint32:
		return cast(a.Uint32Values()), nil
	case *array.Uint64:
		return cast(a.Uint64Values()), nil
	case *array.Float32:
		return cast(a.Float32Values()), nil
	case *array.Float64:
		return cast(a.Float64Values()), nil
	case *array.Date32:
		return cast(a.Date32Values()), nil
	case *array.Date64:
		return cast(a.Date64Values()), nil
	case *array.Timestamp:
		return cast(a.TimestampValues()), nil
	case *array.Time32:
		return cast(a.Time32Values()), nil
	case *array.Time64:
		return cast(a.Time64Values()), nil
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(i int) float64 { return a.Value(i).ToFloat64(scale) }, nil
	}
	return nil, fmt.Errorf("type %s is not the number that the schema said", a.DataType())
}

func cast[T ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64](v []T) func(int) float64 {
	return func(i int) float64 { return float64(v[i]) }
}

// texts returns a getter of an array's values as text.
func texts(a arrow.Array) func(int) string {
	switch a := a.(type) {
	case *array.String:
		return a.Value
	case *array.LargeString:
		return a.Value
	case *array.Dictionary:
		values := texts(a.Dictionary())
		return func(i int) string { return values(a.GetValueIndex(i)) }
	}
	return a.ValueStr
}
