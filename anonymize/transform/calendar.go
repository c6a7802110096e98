package transform

// daysOf counts the days from 1970-01-01 to a date of the proleptic Gregorian
// calendar. The year starts in March, so that leap days end it.
func daysOf(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// dateOf undoes daysOf.
func dateOf(days int64) (year, month, day int64) {
	days += 719468
	era := floorDiv(days, 146097)
	doe := days - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// parseDate reads the date that ISO 8601 text starts with ("2006-01-02",
// optionally followed by "T" or a space and a time). rest is what follows.
func parseDate(v []byte) (days int64, rest []byte, ok bool) {
	if len(v) < 10 || v[4] != '-' || v[7] != '-' || (len(v) > 10 && v[10] != 'T' && v[10] != ' ') {
		return 0, nil, false
	}
	year, ok1 := digits(v[:4])
	month, ok2 := digits(v[5:7])
	day, ok3 := digits(v[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, nil, false
	}
	days = daysOf(year, month, day)
	if _, m, d := dateOf(days); m != month || d != day {
		return 0, nil, false
	}
	return days, v[10:], true
}

func digits(v []byte) (n int64, ok bool) {
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// appendDate appends days since 1970 as "2006-01-02". Years beyond four digits
// keep all of theirs.
func appendDate(dst []byte, days int64) []byte {
	y, m, d := dateOf(days)
	dst = appendYear(dst, y)
	return append(dst, '-', byte('0'+m/10), byte('0'+m%10), '-', byte('0'+d/10), byte('0'+d%10))
}

func appendYear(dst []byte, y int64) []byte {
	if y < 0 {
		dst = append(dst, '-')
		y = -y
	}
	if y > 9999 {
		dst = appendYear(dst, y/10)
		return append(dst, byte('0'+y%10))
	}
	return append(dst, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10))
}

// period names a stretch of the calendar.
type period string

const (
	periodYear    period = "year"
	periodQuarter period = "quarter"
	periodMonth   period = "month"
	periodWeek    period = "week" // ISO: Monday first
	periodDay     period = "day"
)

func (p period) valid() bool {
	switch p {
	case periodYear, periodQuarter, periodMonth, periodWeek, periodDay:
		return true
	}
	return false
}

// start returns the first day of the period that days lies in.
func (p period) start(days int64) int64 {
	switch p {
	case periodDay:
		return days
	case periodWeek:
		return days - (days + 3 - floorDiv(days+3, 7)*7) // 1970-01-01 was a Thursday
	}
	y, m, _ := dateOf(days)
	switch p {
	case periodYear:
		m = 1
	case periodQuarter:
		m = (m-1)/3*3 + 1
	}
	return daysOf(y, m, 1)
}
