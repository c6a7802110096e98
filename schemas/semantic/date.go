package semantic

import (
	"strconv"
	"strings"
	"time"
)

// ParseDate reads a calendar date in the everyday numeric forms (2006-01-02,
// 2006/1/2, 20060102, 1/2/2006, 2.1.2006, 2006年1月2日) and with month names
// (2 Jan 2006, January 2, 2006), with a time of day behind it or not. When day
// and month cannot be told apart it reads month first. Years run from 1800 to
// 2200.
func ParseDate(v string) (time.Time, bool) { return parseDate(v) }

func parseDate(v string) (time.Time, bool) {
	if len(v) < 6 || len(v) > 40 {
		return time.Time{}, false
	}
	if allDigits(v) {
		if len(v) != 8 {
			return time.Time{}, false
		}
		return ymd(v[:4], v[4:6], v[6:])
	}
	if i := strings.IndexAny(v, "T "); i >= 8 && i+5 <= len(v) && isDigit(v[0]) && isDigit(v[i-1]) && isDigit(v[i+1]) && strings.IndexByte(v[i:], ':') > 0 {
		if !clock(v[i+1:]) {
			return time.Time{}, false
		}
		v = v[:i]
	}
	if strings.HasSuffix(v, "日") {
		f := strings.FieldsFunc(v, func(c rune) bool { return c == '年' || c == '月' || c == '日' })
		if len(f) != 3 {
			return time.Time{}, false
		}
		return ymd(f[0], f[1], f[2])
	}
	var part [3]string
	n, start := 0, 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && strings.IndexByte("-/. ,", v[i]) < 0 {
			continue
		}
		if i > start {
			if n == 3 {
				return time.Time{}, false
			}
			part[n] = v[start:i]
			n++
		}
		start = i + 1
	}
	if n != 3 {
		return time.Time{}, false
	}
	if m := monthOf(part[0]); m > 0 {
		return ymd(part[2], strconv.Itoa(m), strings.TrimRight(part[1], "stndrh"))
	}
	if m := monthOf(part[1]); m > 0 {
		if len(part[0]) == 4 {
			return ymd(part[0], strconv.Itoa(m), part[2])
		}
		return ymd(century(part[2]), strconv.Itoa(m), strings.TrimRight(part[0], "stndrh"))
	}
	if strings.IndexByte(v, ' ') >= 0 {
		return time.Time{}, false
	}
	if len(part[0]) == 4 {
		return ymd(part[0], part[1], part[2])
	}
	if len(part[2]) == 2 && strings.IndexByte(v, '.') >= 0 && len(v) < 8 {
		return time.Time{}, false
	}
	y := century(part[2])
	if t, ok := ymd(y, part[0], part[1]); ok && strings.IndexByte(v, '.') < 0 {
		return t, true
	}
	if t, ok := ymd(y, part[1], part[0]); ok {
		return t, true
	}
	return ymd(y, part[0], part[1])
}

// century widens a two-digit year: 30 and above belong to the last century.
func century(y string) string {
	if len(y) != 2 || !allDigits(y) {
		return y
	}
	if y >= "30" {
		return "19" + y
	}
	return "20" + y
}

func ymd(ys, ms, ds string) (time.Time, bool) {
	if len(ys) != 4 || len(ms) > 2 || len(ds) > 2 || !allDigits(ys) || !allDigits(ms) || !allDigits(ds) {
		return time.Time{}, false
	}
	y, m, d := num([]byte(ys)), num([]byte(ms)), num([]byte(ds))
	if y < 1800 || y > 2200 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return time.Time{}, false
	}
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC), true
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// clock tells whether v starts with a time of day.
func clock(v string) bool {
	for i := 0; i < len(v); i++ {
		if !isDigit(v[i]) && strings.IndexByte(":.+-ZzAPMapm ", v[i]) < 0 {
			return false
		}
	}
	return len(v) >= 4
}

var months = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// monthOf reads an English month name or its first three letters; 0 = none.
func monthOf(s string) int {
	if len(s) < 3 || len(s) > 9 || !isAlpha(s[0]) {
		return 0
	}
	l := strings.ToLower(s)
	for i, m := range months {
		if l == m || l == m[:3] || (l == "sept" && i == 8) {
			return i + 1
		}
	}
	return 0
}
