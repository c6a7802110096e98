package schemas

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// compareOps says which orderings satisfy an operator.
var compareOps = map[string]func(order int) bool{
	"<":  func(o int) bool { return o < 0 },
	"<=": func(o int) bool { return o <= 0 },
	"=":  func(o int) bool { return o == 0 },
	"!=": func(o int) bool { return o != 0 },
	">=": func(o int) bool { return o >= 0 },
	">":  func(o int) bool { return o > 0 },
}

// comparer orders the cells of two columns at one row, neither being null.
// comparable is false where a value is not a number.
type comparer func(left, right arrow.Array, i int) (order int, comparable bool)

// newComparer returns the comparer of two types of one family. Numbers of
// different types are compared by value, exactly.
func newComparer(left, right arrow.DataType) (comparer, error) {
	if !flatType(left) || !flatType(right) || typeFamily(left) != typeFamily(right) {
		return nil, fmt.Errorf("%s and %s cannot be compared", describe(left), describe(right))
	}
	switch {
	case left.ID() == arrow.INT64 && right.ID() == arrow.INT64:
		return func(l, r arrow.Array, i int) (int, bool) {
			return cmp.Compare(l.(*array.Int64).Value(i), r.(*array.Int64).Value(i)), true
		}, nil
	case left.ID() == arrow.FLOAT64 && right.ID() == arrow.FLOAT64:
		return func(l, r arrow.Array, i int) (int, bool) {
			a, b := l.(*array.Float64).Value(i), r.(*array.Float64).Value(i)
			return cmp.Compare(a, b), a == a && b == b
		}, nil
	case isText(left):
		return compareTexts, nil
	case arrow.TypeEqual(left, right) && signedType(left):
		return func(l, r arrow.Array, i int) (int, bool) { return cmp.Compare(signedAt(l, i), signedAt(r, i)), true }, nil
	case typeFamily(left) == "number":
		return compareNumbers, nil
	case typeFamily(left) == "bool":
		return func(l, r arrow.Array, i int) (int, bool) {
			return strings.Compare(fmt.Sprint(l.(*array.Boolean).Value(i)), fmt.Sprint(r.(*array.Boolean).Value(i))), true
		}, nil
	}
	return compareMoments, nil
}

func compareTexts(l, r arrow.Array, i int) (int, bool) {
	a, _ := cellText(l, i)
	b, _ := cellText(r, i)
	return strings.Compare(a, b), true
}

func compareNumbers(l, r arrow.Array, i int) (int, bool) {
	a, ok1 := rational(l, i)
	b, ok2 := rational(r, i)
	if !ok1 || !ok2 {
		return 0, false
	}
	return a.Cmp(b), true
}

// rational returns the exact value of a number cell.
func rational(arr arrow.Array, i int) (*big.Rat, bool) {
	switch a := arr.(type) {
	case *array.Float64:
		v := new(big.Rat).SetFloat64(a.Value(i))
		return v, v != nil
	case *array.Float32:
		v := new(big.Rat).SetFloat64(float64(a.Value(i)))
		return v, v != nil
	}
	text, _ := cellText(arr, i)
	return new(big.Rat).SetString(text)
}

// compareMoments orders dates, timestamps and times of different units.
func compareMoments(l, r arrow.Array, i int) (int, bool) {
	s1, n1 := moment(l, i)
	s2, n2 := moment(r, i)
	if c := cmp.Compare(s1, s2); c != 0 {
		return c, true
	}
	return cmp.Compare(n1, n2), true
}

// moment splits an instant or a time of day into seconds and nanoseconds.
func moment(arr arrow.Array, i int) (seconds, nanos int64) {
	v := signedAt(arr, i)
	switch t := arr.DataType().(type) {
	case *arrow.Date32Type:
		return v * secondsPerDay, 0
	case *arrow.Date64Type:
		return splitUnit(v, arrow.Millisecond)
	case *arrow.TimestampType:
		return splitUnit(v, t.Unit)
	case *arrow.Time32Type:
		return splitUnit(v, t.Unit)
	case *arrow.Time64Type:
		return splitUnit(v, t.Unit)
	}
	return v, 0
}

func splitUnit(v int64, unit arrow.TimeUnit) (seconds, nanos int64) {
	step := int64(unit.Multiplier())
	perSecond := int64(1e9) / step
	seconds = v / perSecond
	if v%perSecond < 0 {
		seconds--
	}
	return seconds, (v - seconds*perSecond) * step
}

// signedAt reads any column that is stored as signed integers.
func signedAt(arr arrow.Array, i int) int64 {
	switch a := arr.(type) {
	case *array.Int8:
		return int64(a.Value(i))
	case *array.Int16:
		return int64(a.Value(i))
	case *array.Int32:
		return int64(a.Value(i))
	case *array.Int64:
		return a.Value(i)
	case *array.Date32:
		return int64(a.Value(i))
	case *array.Date64:
		return int64(a.Value(i))
	case *array.Timestamp:
		return int64(a.Value(i))
	case *array.Time32:
		return int64(a.Value(i))
	case *array.Time64:
		return int64(a.Value(i))
	case *array.Duration:
		return int64(a.Value(i))
	}
	return 0
}
