package transform

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// GeneralizeParams are the parameters of generalize; exactly one of Width,
// Edges, To and Prefix is given.
type GeneralizeParams struct {
	// Width groups numbers into intervals [k*width+origin, (k+1)*width+origin).
	Width  float64 `json:"width,omitempty"`
	Origin float64 `json:"origin,omitempty"` // default 0
	// Edges groups numbers into the intervals between rising edges; what lies
	// outside gets an open interval.
	Edges []float64 `json:"edges,omitempty"`
	// To truncates dates, and text that starts with an ISO date, to the first
	// day of a year, quarter, month or (ISO) week, or to the day. Text that is
	// no date becomes null.
	To string `json:"to,omitempty" jsonschema:"enum=year,enum=quarter,enum=month,enum=week,enum=day"`
	// Prefix keeps this many leading characters (postcodes, codes).
	Prefix int `json:"prefix,omitempty"`
	// Pad is written for each character that Prefix drops; default "" = none.
	Pad string `json:"pad,omitempty"`
	// Output of Width and Edges: "interval" (text like "[30,40)", default) or
	// "lower" (the lower bound, float64 or the integer column's int64; below
	// the first edge null).
	Output string `json:"output,omitempty" jsonschema:"enum=interval,enum=lower"`
}

func newGeneralize(spec Spec, col Column, _ Keys) (Transform, error) {
	var p GeneralizeParams
	if err := params(spec, &p); err != nil {
		return nil, err
	}
	given := 0
	for _, set := range []bool{p.Width != 0, len(p.Edges) > 0, p.To != "", p.Prefix != 0} {
		if set {
			given++
		}
	}
	if given != 1 {
		return nil, errors.New("give exactly one of the parameters width, edges, to, prefix")
	}
	switch {
	case p.To != "":
		return newTruncation(p, col)
	case p.Prefix != 0:
		return newPrefix(p, col)
	}
	return newIntervals(p, col)
}

func newPrefix(p GeneralizeParams, col Column) (Transform, error) {
	if p.Prefix < 0 || utf8.RuneCountInString(p.Pad) > 1 {
		return nil, errors.New("parameter prefix must be positive and pad at most one character")
	}
	if !hasText(col.Type) {
		return nil, fmt.Errorf("prefix does not apply to type %s", col.Type)
	}
	props := Properties{Deterministic: true, Leaks: []string{"null", "prefix"}}
	if p.Pad != "" {
		props.Leaks = append(props.Leaks, "length")
	}
	m := newTextMap(0, false, func() kernel {
		return func(dst, v []byte) ([]byte, bool) {
			at := 0
			for n := 0; n < p.Prefix && at < len(v); n++ {
				_, size := utf8.DecodeRune(v[at:])
				at += size
			}
			dst = append(dst, v[:at]...)
			if p.Pad != "" {
				for at < len(v) {
					_, size := utf8.DecodeRune(v[at:])
					at += size
					dst = append(dst, p.Pad...)
				}
			}
			return dst, true
		}
	})
	return newElementwise(col, textType(col.Type), props, m.apply), nil
}

func newTruncation(p GeneralizeParams, col Column) (Transform, error) {
	to := period(p.To)
	if !to.valid() {
		return nil, fmt.Errorf("parameter to %q is none of year, quarter, month, week, day", p.To)
	}
	props := Properties{Deterministic: true, FormatPreserving: true, Leaks: []string{"null", "order", "prefix"}}
	t := valueType(col.Type)
	if t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING {
		m := newTextMap(0, false, func() kernel {
			return func(dst, v []byte) ([]byte, bool) {
				days, _, ok := parseDate(v)
				if !ok {
					return dst, false
				}
				return appendDate(dst, to.start(days)), true
			}
		})
		return newElementwise(col, textType(col.Type), props, m.apply), nil
	}
	move, err := dayMover(t)
	if err != nil {
		return nil, err
	}
	return newElementwise(col, t, props, func(arr arrow.Array) (arrow.Array, error) {
		return move(arr, func(_ int, days int64) (int64, bool) { return to.start(days), true }, true), nil
	}), nil
}

// dayMover returns how the days of date and timestamp arrays are rewritten by
// f(row, days since 1970); the time of day is kept unless dropTime.
func dayMover(t arrow.DataType) (func(arr arrow.Array, f func(i int, days int64) (int64, bool), dropTime bool) arrow.Array, error) {
	perDay := int64(1)
	switch t := t.(type) {
	case *arrow.Date32Type:
		return func(arr arrow.Array, f func(int, int64) (int64, bool), _ bool) arrow.Array {
			return moveDays[int32](arr, 1, f, false)
		}, nil
	case *arrow.Date64Type:
		perDay = 86_400_000
	case *arrow.TimestampType:
		perDay = int64(24 * time.Hour / t.Unit.Multiplier())
	default:
		return nil, fmt.Errorf("does not apply to type %s; give dates, timestamps or ISO text", t)
	}
	return func(arr arrow.Array, f func(int, int64) (int64, bool), dropTime bool) arrow.Array {
		return moveDays[int64](arr, perDay, f, dropTime)
	}, nil
}

func moveDays[T int32 | int64](arr arrow.Array, perDay int64, f func(int, int64) (int64, bool), dropTime bool) arrow.Array {
	in := arrow.GetValues[T](arr.Data(), 1)
	out := make([]T, arr.Len())
	var lost []int
	for i, v := range in {
		if arr.IsNull(i) {
			continue
		}
		days := floorDiv(int64(v), perDay)
		moved, ok := f(i, days)
		if !ok {
			lost = append(lost, i)
			continue
		}
		rest := int64(v) - days*perDay
		if dropTime {
			rest = 0
		}
		out[i] = T(moved*perDay + rest)
	}
	return withNulls(fixed(arr, arr.DataType(), out), lost)
}

func newIntervals(p GeneralizeParams, col Column) (Transform, error) {
	var errs []error
	if p.Width != 0 && !(p.Width > 0 && p.Width <= math.MaxFloat64) {
		errs = append(errs, errors.New("parameter width must be positive"))
	}
	if len(p.Edges) > 0 && (!slices.IsSorted(p.Edges) || len(slices.Compact(slices.Clone(p.Edges))) != len(p.Edges)) {
		errs = append(errs, errors.New("parameter edges must rise"))
	}
	if p.Output != "" && p.Output != "interval" && p.Output != "lower" {
		errs = append(errs, fmt.Errorf("parameter output %q is none of interval, lower", p.Output))
	}
	t := valueType(col.Type)
	if !isNumber(t) {
		errs = append(errs, fmt.Errorf("intervals do not apply to type %s; numbers only", col.Type))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	props := Properties{Deterministic: true, Leaks: []string{"null", "order", "range"}}
	bounds := p.bounds
	if p.Output == "lower" {
		return newElementwise(col, arrow.PrimitiveTypes.Float64, props, func(arr arrow.Array) (arrow.Array, error) {
			get := floats(arr)
			out := make([]float64, arr.Len())
			var lost []int
			for i := range out {
				if arr.IsValid(i) {
					if out[i], _ = bounds(get(i)); math.IsInf(out[i], 0) || math.IsNaN(out[i]) {
						out[i] = 0
						lost = append(lost, i)
					}
				}
			}
			return withNulls(fixed(arr, arrow.PrimitiveTypes.Float64, out), lost), nil
		}), nil
	}
	return newElementwise(col, arrow.BinaryTypes.String, props, func(arr arrow.Array) (arrow.Array, error) {
		get := floats(arr)
		out := newTextOut[int32](arr, 10*arr.Len())
		for i := range arr.Len() {
			if arr.IsValid(i) {
				if x := get(i); math.IsNaN(x) {
					out.put(i, nil, false)
				} else {
					out.data = appendInterval(out.data, x, bounds)
				}
			}
			out.end(i)
		}
		return out.finish()
	}), nil
}

// bounds returns the interval that x lies in; an open end is infinite.
func (p GeneralizeParams) bounds(x float64) (lo, hi float64) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return x, x
	}
	if p.Width > 0 {
		k := math.Floor((x - p.Origin) / p.Width)
		return float64(k*p.Width) + p.Origin, float64((k+1)*p.Width) + p.Origin
	}
	i, found := slices.BinarySearch(p.Edges, x)
	if found {
		i++
	}
	lo, hi = math.Inf(-1), math.Inf(1)
	if i > 0 {
		lo = p.Edges[i-1]
	}
	if i < len(p.Edges) {
		hi = p.Edges[i]
	}
	return lo, hi
}

func appendInterval(dst []byte, x float64, bounds func(float64) (float64, float64)) []byte {
	lo, hi := bounds(x)
	switch {
	case math.IsInf(lo, -1):
		return appendNumber(append(dst, '<'), hi)
	case math.IsInf(hi, 1):
		return appendNumber(append(dst, ">="...), lo)
	}
	dst = appendNumber(append(dst, '['), lo)
	dst = appendNumber(append(dst, ','), hi)
	return append(dst, ')')
}

// appendNumber writes whole numbers without an exponent.
func appendNumber(dst []byte, x float64) []byte {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.AppendInt(dst, int64(x), 10)
	}
	return strconv.AppendFloat(dst, x, 'g', -1, 64)
}

func isNumber(t arrow.DataType) bool {
	return arrow.IsInteger(t.ID()) || t.ID() == arrow.FLOAT32 || t.ID() == arrow.FLOAT64 || t.ID() == arrow.DECIMAL128
}

// floats reads a number array as float64.
func floats(arr arrow.Array) func(i int) float64 {
	switch a := arr.(type) {
	case *array.Float64:
		return a.Value
	case *array.Float32:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Uint64:
		return func(i int) float64 { return float64(a.Value(i)) }
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(i int) float64 { return a.Value(i).ToFloat64(scale) }
	}
	get, _ := integers(arr)
	return func(i int) float64 { return float64(get(i)) }
}
