package schemas

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// The parsers below read one cell of text as a value of a type. They refuse
// whatever the type cannot hold without loss: digits after the point of an
// integer, a leading zero (a postcode, not a number), a fraction of a second
// finer than the unit. Blanks around the value are ignored.

const secondsPerDay = 24 * 60 * 60

// parseSigned reads the types that are stored as signed integers: integers,
// dates, times, timestamps and durations, in the type's own unit.
func parseSigned(t arrow.DataType, s string) (int64, bool) {
	s = strings.TrimSpace(s)
	switch t := t.(type) {
	case *arrow.Date32Type:
		days, ok := parseDate(s)
		return days, ok && days == int64(int32(days))
	case *arrow.Date64Type:
		days, ok := parseDate(s)
		return days * secondsPerDay * 1000, ok
	case *arrow.TimestampType:
		at, ok := parseInstant(s)
		if !ok {
			return 0, false
		}
		return inUnit(at.Unix(), at.Nanosecond(), t.Unit)
	case *arrow.Time32Type:
		return parseTimeOfDay(s, t.Unit)
	case *arrow.Time64Type:
		return parseTimeOfDay(s, t.Unit)
	}
	bits := 64
	if w, ok := t.(arrow.FixedWidthDataType); ok {
		bits = w.BitWidth()
	}
	digits, ok := integerText(s)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, bits)
	return n, err == nil
}

func parseUnsigned(t arrow.DataType, s string) (uint64, bool) {
	digits, ok := integerText(strings.TrimSpace(s))
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, t.(arrow.FixedWidthDataType).BitWidth())
	return n, err == nil
}

// parseFloat reads decimal notation with an optional exponent. Infinities and
// not-a-number have no text form here.
func parseFloat(t arrow.DataType, s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if !numberText(s) {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, t.(arrow.FixedWidthDataType).BitWidth())
	return v, err == nil
}

func parseBool(s string) (value, ok bool) {
	s = strings.TrimSpace(s)
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

// parseDecimal reads plain decimal notation; digits beyond the scale must be
// zeros.
func parseDecimal(t *arrow.Decimal128Type, s string) (decimal128.Num, bool) {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, "eE") || !numberText(s) || !strings.ContainsAny(s, "0123456789") {
		return decimal128.Num{}, false
	}
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > int(t.Scale) {
		return decimal128.Num{}, false
	}
	digits := whole + fraction + strings.Repeat("0", int(t.Scale)-len(fraction))
	if len(strings.TrimLeft(digits, "-0")) > int(t.Precision) {
		return decimal128.Num{}, false
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return decimal128.Num{}, false
	}
	return decimal128.FromBigInt(n), true
}

// integerText strips a fraction of zeros and refuses signs other than minus
// and leading zeros.
func integerText(s string) (string, bool) {
	whole, fraction, pointed := strings.Cut(s, ".")
	if pointed && (fraction == "" || strings.Trim(fraction, "0") != "") {
		return "", false
	}
	digits := strings.TrimPrefix(whole, "-")
	if digits == "" || len(digits) > 1 && digits[0] == '0' || strings.ContainsAny(digits, "+-_") {
		return "", false
	}
	return whole, true
}

func numberText(s string) bool {
	body := strings.TrimPrefix(s, "-")
	if body == "" || body[0] == '+' || len(body) > 1 && body[0] == '0' && '0' <= body[1] && body[1] <= '9' {
		return false
	}
	for i := range len(body) {
		switch c := body[i]; {
		case '0' <= c && c <= '9', c == '.', c == 'e', c == 'E':
		case (c == '-' || c == '+') && i > 0 && (body[i-1] == 'e' || body[i-1] == 'E'):
		default:
			return false
		}
	}
	return true
}

// parseDate reads a date, or an instant that is midnight UTC.
func parseDate(s string) (days int64, ok bool) {
	at, ok := parseInstant(s)
	if !ok || at.Nanosecond() != 0 || at.Unix()%secondsPerDay != 0 {
		return 0, false
	}
	return at.Unix() / secondsPerDay, true
}

// instantLayouts follow ISO 8601 and RFC 3339. A text without an offset is
// taken as UTC. time.Parse accepts a fraction after the seconds by itself.
var instantLayouts = []string{
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04:05Z07", "2006-01-02T15:04", time.DateOnly,
}

func parseInstant(s string) (time.Time, bool) {
	for _, layout := range instantLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func parseTimeOfDay(s string, unit arrow.TimeUnit) (int64, bool) {
	for _, layout := range []string{time.TimeOnly, "15:04"} {
		if at, err := time.Parse(layout, s); err == nil {
			return inUnit(int64(at.Hour()*3600+at.Minute()*60+at.Second()), at.Nanosecond(), unit)
		}
	}
	return 0, false
}

// inUnit counts seconds + nanos in unit; ok is false when that would round or
// overflow.
func inUnit(seconds int64, nanos int, unit arrow.TimeUnit) (int64, bool) {
	perSecond := 1e9 / int64(unit.Multiplier())
	step := int64(unit.Multiplier())
	if int64(nanos)%step != 0 {
		return 0, false
	}
	const limit = 1<<63 - 1
	if seconds > limit/perSecond-1 || seconds < -(limit/perSecond)+1 {
		return 0, false
	}
	return seconds*perSecond + int64(nanos)/step, true
}
