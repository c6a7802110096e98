package cell

// Days from the civil calendar follow the proleptic Gregorian rule of
// ISO 8601 with years 0001 to 9999.

// DateOrder is the order of day, month and year in a date.
type DateOrder uint8

// The orders in which dates are read.
const (
	YMD DateOrder = iota // 2026-11-24
	DMY                  // 24/11/2026
	MDY                  // 11/24/2026
)

const (
	minYear = 1
	maxYear = 9999
	dayUS   = 24 * 3600 * 1_000_000
)

// days counts days from 1970-01-01 to the first of March-based civil date; it
// fails for days that do not exist.
func days(y, m, d int) (int32, bool) {
	if y < minYear || y > maxYear || m < 1 || m > 12 || d < 1 || d > monthLength(y, m) {
		return 0, false
	}
	if m <= 2 { // years begin in March so that the leap day is the last
		y--
		m += 12
	}
	return int32(365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 719469), true
}

func monthLength(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// civil is the inverse of days; it also knows days before year 1 and after
// 9999.
func civil(n int64) (y, m, d int) {
	z := n + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = int(doy - (153*mp+2)/5 + 1)
	m = int(mp + 3)
	y = int(yoe + era*400)
	if m > 12 {
		m -= 12
		y++
	}
	return y, m, d
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// digits2 reads two digits.
func digits2(b []byte) (int, bool) {
	a, c := b[0]-'0', b[1]-'0'
	return int(a)*10 + int(c), a <= 9 && c <= 9
}

func digits4(b []byte) (int, bool) {
	a, ok := digits2(b)
	c, ok2 := digits2(b[2:])
	return a*100 + c, ok && ok2
}

// ParseISODate reads YYYY-MM-DD as days since 1970-01-01.
func ParseISODate(b []byte) (int32, bool) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	y, ok1 := digits4(b)
	m, ok2 := digits2(b[5:])
	d, ok3 := digits2(b[8:])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return days(y, m, d)
}

// ParseDate reads a date of three numbers in the given order, parted by sep,
// with a four-digit year and one or two digits for day and month.
func ParseDate(b []byte, order DateOrder, sep byte) (int32, bool) {
	var part [3]int
	var width [3]int
	k := 0
	for _, c := range b {
		switch {
		case c-'0' <= 9:
			part[k] = part[k]*10 + int(c-'0')
			width[k]++
			if width[k] > 4 {
				return 0, false
			}
		case c == sep && k < 2:
			k++
		default:
			return 0, false
		}
	}
	y, m, d := 0, 1, 2
	switch order {
	case DMY:
		y, m, d = 2, 1, 0
	case MDY:
		y, m, d = 2, 0, 1
	}
	if k != 2 || width[y] != 4 || width[m] < 1 || width[m] > 2 || width[d] < 1 || width[d] > 2 {
		return 0, false
	}
	return days(part[y], part[m], part[d])
}

// ParseTime reads HH:MM[:SS[.ffffff]] as microseconds since midnight. Further
// digits of the fraction are accepted only when they are zero.
func ParseTime(b []byte) (int64, bool) {
	if len(b) < 5 || b[2] != ':' {
		return 0, false
	}
	h, ok1 := digits2(b)
	m, ok2 := digits2(b[3:])
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, false
	}
	us := int64(h*60+m) * 60_000_000
	if len(b) == 5 {
		return us, true
	}
	if len(b) < 8 || b[5] != ':' {
		return 0, false
	}
	s, ok := digits2(b[6:])
	if !ok || s > 59 {
		return 0, false
	}
	us += int64(s) * 1_000_000
	if len(b) == 8 {
		return us, true
	}
	if b[8] != '.' || len(b) == 9 {
		return 0, false
	}
	unit := int64(100_000)
	for _, c := range b[9:] {
		if c-'0' > 9 || (unit == 0 && c != '0') {
			return 0, false
		}
		us += int64(c-'0') * unit
		unit /= 10
	}
	return us, true
}

// ParseTimestamp reads an ISO 8601 date and time, parted by T or a space, with
// an optional zone (Z, ±HH, ±HHMM, ±HH:MM), as microseconds since
// 1970-01-01T00:00:00 (of UTC where there is a zone).
func ParseTimestamp(b []byte) (us int64, zoned, ok bool) {
	if len(b) < 16 || (b[10] != 'T' && b[10] != ' ') {
		return 0, false, false
	}
	day, ok := ParseISODate(b[:10])
	if !ok {
		return 0, false, false
	}
	clock, offset := b[11:], int64(0)
	for i := 5; i < len(clock); i++ {
		c := clock[i]
		if c != 'Z' && c != '+' && c != '-' {
			continue
		}
		zoned = true
		if offset, ok = parseOffset(clock[i:]); !ok {
			return 0, false, false
		}
		clock = clock[:i]
		break
	}
	t, ok := ParseTime(clock)
	return int64(day)*dayUS + t - offset, zoned, ok
}

// parseOffset reads a zone designator as microseconds east of UTC.
func parseOffset(b []byte) (int64, bool) {
	if b[0] == 'Z' {
		return 0, len(b) == 1
	}
	rest := b[1:]
	if len(rest) == 5 && rest[2] == ':' {
		rest = []byte{rest[0], rest[1], rest[3], rest[4]}
	}
	if len(rest) != 2 && len(rest) != 4 {
		return 0, false
	}
	h, ok := digits2(rest)
	m := 0
	if ok && len(rest) == 4 {
		m, ok = digits2(rest[2:])
	}
	if !ok || h > 15 || m > 59 {
		return 0, false
	}
	us := int64(h*60+m) * 60_000_000
	if b[0] == '-' {
		us = -us
	}
	return us, true
}

// ParseBool reads true, false, yes, no, t, f, y or n in any case.
func ParseBool(b []byte) (v, ok bool) {
	switch {
	case equalFold(b, "true"), equalFold(b, "yes"), equalFold(b, "t"), equalFold(b, "y"):
		return true, true
	case equalFold(b, "false"), equalFold(b, "no"), equalFold(b, "f"), equalFold(b, "n"):
		return false, true
	}
	return false, false
}
