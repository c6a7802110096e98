// Package cell reads and writes single values as text: numbers, dates, times,
// booleans, and Arrow cells as JSON. Text formats share it so that a value
// looks the same in all of them.
//
// Nothing here allocates on the paths that run once a cell.
package cell

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// Number is the form of a decimal literal.
type Number struct {
	Int      int  // digits before the point, without leading zeros
	Frac     int  // digits after the point
	Sig      int  // significant digits: without leading and trailing zeros
	Exp      bool // has an exponent
	Point    bool // has a decimal point
	Neg      bool
	Zero     bool // every digit of the mantissa is 0
	Leading  bool // leading zeros as in 007
	Plus     bool // leading plus sign
	exponent int
}

// ScanNumber reports the form of b: an optional sign, digits with at most one
// point (at least one digit), an optional exponent.
func ScanNumber(b []byte) (Number, bool) {
	var n Number
	i := 0
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		n.Neg, n.Plus = b[i] == '-', b[i] == '+'
		i++
	}
	digits, sig, trailing, first := 0, 0, 0, i
	for ; i < len(b); i++ {
		c := b[i]
		if c == '.' && !n.Point {
			n.Point = true
			if i-first > 1 && b[first] == '0' {
				n.Leading = true
			}
			continue
		}
		if c-'0' > 9 {
			break
		}
		digits++
		if n.Point {
			n.Frac++
		} else if n.Int > 0 || c != '0' {
			n.Int++
		}
		switch {
		case c != '0':
			sig += trailing + 1
			trailing = 0
		case sig > 0:
			trailing++
		}
	}
	if !n.Point && digits > 1 && b[first] == '0' {
		n.Leading = true
	}
	n.Sig, n.Zero = sig, sig == 0
	if digits == 0 {
		return n, false
	}
	if i == len(b) {
		return n, true
	}
	if b[i] != 'e' && b[i] != 'E' {
		return n, false
	}
	n.Exp = true
	i++
	neg := false
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		neg = b[i] == '-'
		i++
	}
	start := i
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		n.exponent = min(n.exponent*10+int(b[i]-'0'), 9999)
	}
	if neg {
		n.exponent = -n.exponent
	}
	return n, i == len(b) && i > start
}

// IsInt says whether n, read from a literal without sign tricks, is an integer
// that int64 holds whatever its digits: at most 18 of them.
func (n Number) IsInt() bool {
	return !n.Point && !n.Exp && n.Int <= 18 && (!n.Neg || !n.Zero)
}

// FloatHolds says whether the float64 nearest to the literal b of form n
// prints back as the same number. Trailing zeros after the point do not count.
// Up to 15 significant digits always survive (IEEE 754 binary64).
func FloatHolds(b []byte, n Number) bool {
	if n.Zero {
		return true
	}
	magnitude := n.exponent + n.Int
	if n.Sig <= 15 && magnitude > -290 && magnitude < 290 {
		return true
	}
	f, err := strconv.ParseFloat(text(b), 64)
	if err != nil || f == 0 || math.IsInf(f, 0) {
		return false
	}
	var a, c [800]byte
	return string(digits(a[:0], b)) == string(digits(c[:0], strconv.AppendFloat(nil, f, 'e', -1, 64)))
}

// digits appends the significant digits of a literal's mantissa.
func digits(dst, b []byte) []byte {
	for _, c := range b {
		if c == 'e' || c == 'E' {
			break
		}
		if c-'0' <= 9 && (c != '0' || len(dst) > 0) {
			dst = append(dst, c)
		}
	}
	for len(dst) > 0 && dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// ParseInt reads an optionally signed run of decimal digits; leading zeros are
// allowed. It fails beyond int64.
func ParseInt(b []byte) (int64, bool) {
	i, neg := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		i = 1
	}
	if i == len(b) {
		return 0, false
	}
	if len(b) > 19 {
		v, err := strconv.ParseInt(text(b), 10, 64)
		return v, err == nil
	}
	var v uint64
	for _, c := range b[i:] {
		d := uint64(c - '0')
		if d > 9 {
			return 0, false
		}
		v = v*10 + d // at most 19 digits: below 2^64
	}
	if neg {
		return -int64(v), v <= 1<<63
	}
	return int64(v), v <= math.MaxInt64
}

// ParseUint reads an unsigned run of decimal digits.
func ParseUint(b []byte) (uint64, bool) {
	v, err := strconv.ParseUint(text(b), 10, 64)
	return v, err == nil
}

// ParseFloat reads a decimal literal, inf, infinity or nan in any case, to
// the nearest value of the given size (32 or 64 bits). It fails where the
// magnitude overflows, and on forms that only Go knows (hex, underscores).
func ParseFloat(b []byte, bits int) (float64, bool) {
	if _, ok := ScanNumber(b); !ok && !IsInf(b) && !isNaN(b) {
		return 0, false
	}
	v, err := strconv.ParseFloat(text(b), bits)
	return v, err == nil
}

// IsInf says whether b spells an infinity: inf or infinity, any case, signed.
func IsInf(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	return equalFold(b, "inf") || equalFold(b, "infinity")
}

func isNaN(b []byte) bool { return equalFold(b, "nan") }

// ParseDecimal reads a decimal literal as an unscaled decimal128 of the given
// precision and scale. It fails where digits would be lost.
func ParseDecimal(b []byte, precision, scale int32) (decimal128.Num, bool) {
	n, ok := ScanNumber(b)
	if !ok {
		return decimal128.Num{}, false
	}
	if n.Exp {
		return parseScientific(b, n, precision, scale)
	}
	return unscaled(b, n.Neg, precision, scale, 0)
}

func parseScientific(b []byte, n Number, precision, scale int32) (decimal128.Num, bool) {
	if n.exponent < -80 || n.exponent > 80 {
		return decimal128.Num{}, n.Zero
	}
	for i, c := range b {
		if c == 'e' || c == 'E' {
			b = b[:i]
			break
		}
	}
	return unscaled(b, n.Neg, precision, scale, n.exponent)
}

// unscaled turns the mantissa b times 10^exp into an integer count of
// 10^-scale.
func unscaled(b []byte, neg bool, precision, scale int32, exp int) (decimal128.Num, bool) {
	var hi, lo uint64
	frac, point, count := 0, false, 0
	keep := int(scale) + exp // fraction digits of the mantissa that are kept
	for _, c := range b {
		switch {
		case c == '.':
			point = true
			continue
		case c-'0' > 9:
			continue
		}
		if point {
			frac++
			if frac > keep {
				if c != '0' {
					return decimal128.Num{}, false
				}
				continue
			}
		}
		if count > 0 || c != '0' {
			count++
		}
		if count > 38 {
			return decimal128.Num{}, false
		}
		hi, lo = mulAdd10(hi, lo, uint64(c-'0'))
	}
	drop := 0 // integer digits below the scale, for negative keep
	if keep < 0 {
		drop = -keep
	}
	for range drop {
		var rem uint64
		hi, lo, rem = divMod10(hi, lo)
		if rem != 0 {
			return decimal128.Num{}, false
		}
		if count > 0 {
			count--
		}
	}
	for frac = min(frac, max(keep, 0)); frac < keep; frac++ {
		if count > 0 {
			count++
		}
		if count > 38 {
			return decimal128.Num{}, false
		}
		hi, lo = mulAdd10(hi, lo, 0)
	}
	if count > int(precision) {
		return decimal128.Num{}, false
	}
	v := decimal128.New(int64(hi), lo)
	if neg {
		v = v.Negate()
	}
	return v, true
}

// text views b as a string for the length of a call.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// equalFold compares b with a lower-case ASCII word.
func equalFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c|0x20 != word[i] {
			return false
		}
	}
	return true
}
