package cell

import (
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// AppendFloat appends the shortest decimal that reads back as v, as Python's
// repr writes it: no exponent for magnitudes in [1e-4, 1e16), at least one
// digit after the point, "inf", "-inf", "nan". bits is 32 or 64.
func AppendFloat(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "nan"...)
	case math.IsInf(v, 1):
		return append(dst, "inf"...)
	case math.IsInf(v, -1):
		return append(dst, "-inf"...)
	}
	if a := math.Abs(v); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(dst, v, 'e', -1, bits)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'f', -1, bits)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// AppendDate appends days since 1970-01-01 as YYYY-MM-DD.
func AppendDate(dst []byte, day int64) []byte {
	y, m, d := civil(day)
	dst = appendYear(dst, y)
	dst = append(dst, '-')
	dst = append2(dst, m)
	dst = append(dst, '-')
	return append2(dst, d)
}

// appendYear writes four digits, or the signed expanded form of ISO 8601
// outside 0000 to 9999.
func appendYear(dst []byte, y int) []byte {
	if y < 0 || y > maxYear {
		if y < 0 {
			dst, y = append(dst, '-'), -y
		} else {
			dst = append(dst, '+')
		}
		for width := 100_000; width > y && width > 1_000; width /= 10 {
			dst = append(dst, '0')
		}
		return strconv.AppendInt(dst, int64(y), 10)
	}
	return append2(append2(dst, y/100), y%100)
}

func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// perSecond returns how many ticks of unit make a second, and the digits that
// a full fraction has.
func perSecond(unit arrow.TimeUnit) (int64, int) {
	switch unit {
	case arrow.Second:
		return 1, 0
	case arrow.Millisecond:
		return 1_000, 3
	case arrow.Microsecond:
		return 1_000_000, 6
	default:
		return 1_000_000_000, 9
	}
}

// AppendTimestamp appends v ticks of unit since 1970 as YYYY-MM-DDTHH:MM:SS
// with the fraction in groups of three digits where it is not zero, and Z if
// zoned.
func AppendTimestamp(dst []byte, v int64, unit arrow.TimeUnit, zoned bool) []byte {
	per, _ := perSecond(unit)
	day := floorDiv(v, 86_400*per)
	dst = AppendDate(dst, day)
	dst = append(dst, 'T')
	dst = AppendTime(dst, v-day*86_400*per, unit)
	if zoned {
		dst = append(dst, 'Z')
	}
	return dst
}

// AppendTime appends v ticks of unit since midnight as HH:MM:SS with the
// fraction in groups of three digits where it is not zero.
func AppendTime(dst []byte, v int64, unit arrow.TimeUnit) []byte {
	per, width := perSecond(unit)
	s, frac := v/per, v%per
	dst = append2(dst, int(s/3600))
	dst = append(dst, ':')
	dst = append2(dst, int(s/60%60))
	dst = append(dst, ':')
	dst = append2(dst, int(s%60))
	if frac == 0 {
		return dst
	}
	for frac%1000 == 0 {
		frac /= 1000
		width -= 3
	}
	dst = append(dst, '.')
	for unit := int64(math.Pow10(width - 1)); unit > 0; unit /= 10 {
		dst = append(dst, byte('0'+frac/unit%10))
	}
	return dst
}

// AppendDecimal appends the decimal128 v with scale digits after the point.
func AppendDecimal(dst []byte, v decimal128.Num, scale int32) []byte {
	if v.Sign() < 0 {
		dst = append(dst, '-')
		v = v.Negate()
	}
	var buf [40]byte
	i := len(buf)
	hi, lo := uint64(v.HighBits()), v.LowBits()
	for hi != 0 || lo != 0 {
		var rem uint64
		hi, lo, rem = divMod10(hi, lo)
		i--
		buf[i] = byte('0' + rem)
	}
	num := buf[i:]
	if scale <= 0 {
		if len(num) == 0 {
			return append(dst, '0')
		}
		dst = append(dst, num...)
		for ; scale < 0; scale++ {
			dst = append(dst, '0')
		}
		return dst
	}
	whole := len(num) - int(scale)
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, num...)
	}
	dst = append(dst, num[:whole]...)
	dst = append(dst, '.')
	return append(dst, num[whole:]...)
}
