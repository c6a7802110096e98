package schemas

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// rounded is a number of two significant digits, mantissa * 10^exponent with
// 10 <= |mantissa| <= 99, or zero; for dates and timestamps it is a year, with
// exponent 0. Rounding is monotone, so rounded extremes of parts merge to the
// rounded extreme of the whole.
type rounded struct {
	Mantissa int64 `json:"m"`
	Exponent int64 `json:"e"`
}

func (r rounded) compare(o rounded) int {
	if c := cmp.Compare(sign(r.Mantissa), sign(o.Mantissa)); c != 0 || r.Mantissa == 0 {
		return c
	}
	size := cmp.Compare(r.Exponent, o.Exponent)
	if size == 0 {
		return cmp.Compare(r.Mantissa, o.Mantissa)
	}
	return size * sign(r.Mantissa)
}

func sign(v int64) int { return cmp.Compare(v, 0) }

// text writes the number in plain decimal notation.
func (r rounded) text() string {
	if r.Mantissa == 0 {
		return "0"
	}
	digits := strconv.FormatInt(max(r.Mantissa, -r.Mantissa), 10)
	if r.Exponent >= 0 {
		digits += strings.Repeat("0", int(r.Exponent))
	} else {
		n := int(-r.Exponent)
		if len(digits) <= n {
			digits = strings.Repeat("0", n-len(digits)+1) + digits
		}
		digits = strings.TrimRight(strings.TrimRight(digits[:len(digits)-n]+"."+digits[len(digits)-n:], "0"), ".")
	}
	if r.Mantissa < 0 {
		return "-" + digits
	}
	return digits
}

// roundNumber rounds a number in plain decimal notation to two significant
// digits, upwards or downwards.
func roundNumber(text string, up bool) rounded {
	negative := strings.HasPrefix(text, "-")
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return rounded{}
	}
	exponent := int64(len(digits) - len(fraction) - 2)
	digits += "0"
	mantissa, _ := strconv.ParseInt(digits[:2], 10, 64)
	if away := up != negative; away && strings.Trim(digits[2:], "0") != "" {
		if mantissa++; mantissa == 100 {
			mantissa, exponent = 10, exponent+1
		}
	}
	if negative {
		mantissa = -mantissa
	}
	return rounded{mantissa, exponent}
}

// extremes returns the rows that hold the smallest and largest value, and
// whether the values ascend. ok is false for types without an order that is
// kept, and where there is no value.
func extremes(arr arrow.Array) (low, high int, ascending, ok bool) {
	less := lessAt(arr)
	if less == nil {
		return 0, 0, false, false
	}
	ascending = true
	last := -1
	for i := range arr.Len() {
		if arr.IsNull(i) || notFinite(arr, i) {
			continue
		}
		if last < 0 {
			low, high = i, i
		} else {
			if less(i, low) {
				low = i
			}
			if less(high, i) {
				high = i
			}
			ascending = ascending && !less(i, last)
		}
		last = i
	}
	return low, high, ascending, last >= 0
}

func lessAt(arr arrow.Array) func(i, j int) bool {
	switch a := arr.(type) {
	case *array.Int64:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	case *array.Uint8:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	case *array.Uint16:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	case *array.Uint32:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	case *array.Uint64:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	case *array.Float32:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	case *array.Float64:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	case *array.Decimal128:
		return func(i, j int) bool { return a.Value(i).Less(a.Value(j)) }
	case *array.String:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	case *array.LargeString:
		return func(i, j int) bool { return a.Value(i) < a.Value(j) }
	}
	if signedType(arr.DataType()) {
		return func(i, j int) bool { return signedAt(arr, i) < signedAt(arr, j) }
	}
	return nil
}

func notFinite(arr arrow.Array, i int) bool {
	switch a := arr.(type) {
	case *array.Float32:
		v := a.Value(i)
		return v-v != 0
	case *array.Float64:
		v := a.Value(i)
		return v-v != 0
	}
	return false
}
