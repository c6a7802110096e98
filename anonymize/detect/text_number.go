package detect

import (
	"strings"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

var (
	phoneCues = wordSet("phone telephone tel mobile cell cellphone call calls called calling fax reach dial text sms whatsapp number contact phones hotline ring registered")
	cardCues  = wordSet("card credit visa mastercard amex debit cc discover maestro")
	dateCues  = wordSet("in since until from before after during by of year circa between born early late summer spring winter autumn fall")
	ageUnits  = wordSet("years year yrs yr yo y.o")
)

const maxNumberTokens = 24

// numbers reads runs of digits with their separators and decides what each
// is: date, address of a machine, card, national number, phone.
func (d *document) numbers() {
	for i := 0; i < len(d.tokens); i++ {
		t := &d.tokens[i]
		if d.taken[i] {
			continue
		}
		switch {
		case t.kind == mixedToken:
			d.mixed(i)
		case t.kind == digitToken || (t.kind == punctToken && (t.punct == '+' || t.punct == '(') && d.numberFollows(i)):
			i = d.numberAt(i)
		case t.is(isMonth) && t.is(isCap):
			d.monthAt(i)
		case t.is(isWeekday) && t.is(isCap):
			d.add(i, i+1, "date", .6)
		}
	}
}

// numberFollows tells whether a digit follows token i, over a plus sign or not.
func (d *document) numberFollows(i int) bool {
	if i+2 < len(d.tokens) && d.tokens[i].punct == '(' && d.tokens[i+1].punct == '+' {
		i++
	}
	return i+1 < len(d.tokens) && d.tokens[i+1].kind == digitToken
}

// numberAt reads the longest number expression from token i and returns the
// last token it used.
func (d *document) numberAt(i int) int {
	j, digits, depth := i, 0, 0
	last := i // last token that may end the number
scan:
	for ; j < len(d.tokens) && j-i < maxNumberTokens && !d.taken[j]; j++ {
		t := &d.tokens[j]
		if j > i && t.is(lineBefore) {
			break
		}
		switch {
		case t.kind == digitToken:
			digits += t.end - t.start
			last = j
		case t.kind == punctToken && strings.IndexByte("-./()+:", t.punct) >= 0:
			if t.punct == '(' {
				depth++
			}
			if t.punct == ')' {
				depth--
			}
			if depth < 0 || (t.punct == '.' && j+1 < len(d.tokens) && d.tokens[j+1].is(spaceBefore)) {
				break scan
			}
		default:
			break scan
		}
	}
	if digits == 0 {
		return i
	}
	if last == i {
		d.plain(i, digits)
		return i
	}
	// The longest prefix that is something wins.
	for k := last; k > i; k-- {
		if d.tokens[k].kind == digitToken && d.expression(i, k) {
			return k
		}
	}
	if d.tokens[i].kind == digitToken {
		d.plain(i, d.tokens[i].end-d.tokens[i].start)
	}
	return i
}

// expression decides tokens i..k as one number; false = nothing known.
func (d *document) expression(i, k int) bool {
	v := d.s[d.tokens[i].start:d.tokens[k].end]
	if len(v) > 48 {
		return false
	}
	end := k + 1
	digits := 0
	for m := range len(v) {
		if v[m] >= '0' && v[m] <= '9' {
			digits++
		}
	}
	switch {
	case ipv4Type.Match(v):
		d.claim(i, end, "ip_address", .97)
	case isDateForm(v):
		if end+4 < len(d.tokens) && d.tokens[end].kind == digitToken && d.tokens[end+1].punct == ':' {
			end = d.clockEnd(end)
		}
		d.claim(i, end, "date", .9)
	case strings.IndexByte(v, ':') >= 0:
		if n := strings.IndexByte(v, ' '); n > 0 && isDateForm(v[:n]) {
			d.claim(i, end, "date", .9)
			return true
		}
		return false
	case ssnType.Match(v) && len(v) == 11:
		p := .9
		if !ssnType.Valid(v) {
			p = .7
		}
		d.claim(i, end, "us_ssn", p)
	case cardType.Match(v) && (cardType.Valid(v) || d.cue(i, 6, cardCues)):
		d.claim(i, end, "credit_card", .95)
	case digits >= 11 && semantic.StrongScheme(semantic.NationalScheme(v)):
		d.claim(i, end, "national_id", .9)
	case d.phoneLike(i, k, v, digits):
		return true
	default:
		return false
	}
	return true
}

// phoneLike weighs shape and cue words.
func (d *document) phoneLike(i, k int, v string, digits int) bool {
	if digits < 7 || digits > 15 || !phoneType.Match(v) || strings.Contains(v, "  ") {
		return false
	}
	groups, shortest, longest, run, seps := 0, 99, 0, 0, 0
	for m := 0; m <= len(v); m++ {
		if m < len(v) && v[m] >= '0' && v[m] <= '9' {
			run++
			continue
		}
		if m < len(v) && v[m] != ' ' {
			seps++
		}
		if run > 0 {
			groups++
			shortest, longest = min(shortest, run), max(longest, run)
		}
		run = 0
	}
	if i > 0 && !d.tokens[i].is(spaceBefore) {
		if p := d.tokens[i-1].punct; p == '$' || p == '#' || p == 0x80 {
			return false
		}
	}
	p := .5
	cue := d.cue(i, 6, phoneCues)
	switch {
	case v[0] == '+' || strings.HasPrefix(v, "00"):
		p = .95
	case strings.IndexByte(v, '(') >= 0:
		p = .9
	case cue:
		p = .9
	case groups >= 3 && v[0] == '0':
		p = .85
	case groups >= 3 && longest <= 4 && digits >= 8:
		p = .75
	case groups == 2 && digits >= 9:
		p = .6
	case groups == 2 && digits == 7 && seps > 0:
		p = .6
	case groups >= 3:
		p = .6
	case groups == 2 && digits <= 8 && seps == 0:
		p = .35 // as likely two numbers side by side
	}
	if groups >= 2 && shortest == 1 && v[0] != '+' && v[0] != '1' && v[0] != '(' && !cue {
		p = .35
	}
	if p < .4 {
		return false
	}
	end := k + 1
	// An extension: x4587, ext. 12
	if end < len(d.tokens) && d.tokens[end].kind == mixedToken && d.tokens[end].lower[:min(1, len(d.tokens[end].lower))] == "x" {
		end++
	} else if end+1 < len(d.tokens) && (d.tokens[end].lower == "ext" || d.tokens[end].lower == "extension" || d.tokens[end].lower == "x") {
		for m := end + 1; m < min(end+3, len(d.tokens)); m++ {
			if d.tokens[m].kind == digitToken {
				end = m + 1
				break
			}
		}
	}
	d.claim(i, end, "phone", p)
	return true
}

func isDateForm(v string) bool {
	if len(v) < 8 || strings.IndexByte(v, '(') >= 0 {
		return false
	}
	_, ok := semantic.ParseDate(v)
	return ok && strings.ContainsAny(v, "-/.")
}

// clockEnd extends a date over "12:45:18".
func (d *document) clockEnd(i int) int {
	for i+2 < len(d.tokens) && d.tokens[i+1].punct == ':' && d.tokens[i+2].kind == digitToken {
		i += 2
	}
	return i + 1
}

// plain decides an unbroken run of digits.
func (d *document) plain(i, n int) {
	t := &d.tokens[i]
	v := d.s[t.start:t.end]
	if i > 0 && !t.is(spaceBefore) && (d.tokens[i-1].punct == '$' || d.tokens[i-1].punct == 0x80) {
		return
	}
	switch {
	case n <= 3 && d.ageAt(i, v):
	case n == 4 && v >= "1900" && v < "2036":
		d.yearAt(i)
	case n == 18 && cnIDType.Valid(v):
		d.claim(i, i+1, "national_id", .99)
	case n >= 12 && n <= 19 && cardType.Match(v) && cardType.Valid(v):
		d.claim(i, i+1, "credit_card", .95)
	case n >= 12 && n <= 19 && (cardType.Match(v) || n >= 15) && d.cue(i, 8, cardCues):
		d.claim(i, i+1, "credit_card", .85)
	case n == 11 && v[0] == '1' && v[1] >= '3' && (d.cue(i, 6, phoneCues) || d.nearHan(i)):
		d.claim(i, i+1, "phone", .9)
	case n >= 7 && n <= 15 && d.cue(i, 5, phoneCues):
		d.claim(i, i+1, "phone", .8)
	case n == 8 && isCompactDate(v):
		d.add(i, i+1, "date", .45)
	case n >= 10 && n <= 12 && semantic.NationalScheme(v) != "":
		d.add(i, i+1, "national_id", .55)
	case n == 10 || n == 11:
		d.add(i, i+1, "phone", .5)
	case n >= 12:
		d.add(i, i+1, "account_id", .5)
	}
}

func isCompactDate(v string) bool {
	t, ok := semantic.ParseDate(v)
	return ok && t.Year() > 1900 && t.Year() < 2040
}

func (d *document) nearHan(i int) bool {
	return i > 0 && (d.tokens[i-1].kind == hanToken || (i > 1 && d.tokens[i-2].kind == hanToken)) || i+1 < len(d.tokens) && d.tokens[i+1].kind == hanToken
}

// ageAt knows "36 year old", "aged 42", "age: 7", "63-year-old", "42岁".
func (d *document) ageAt(i int, v string) bool {
	if len(v) == 3 && v > "125" {
		return false
	}
	j := i + 1
	if j < len(d.tokens) && d.tokens[j].punct == '-' {
		j++
	}
	if j < len(d.tokens) && ageUnits[d.tokens[j].lower] {
		k := j + 1
		for k < len(d.tokens) && (d.tokens[k].punct == '-' || d.tokens[k].punct == '.') {
			k++
		}
		if k < len(d.tokens) && (d.tokens[k].lower == "old" || (d.tokens[k].lower == "of" && k+1 < len(d.tokens) && d.tokens[k+1].lower == "age")) || d.tokens[j].lower == "yo" {
			d.claim(i, i+1, "age", .95)
			return true
		}
	}
	if j+2 < len(d.tokens) && d.tokens[j].lower == "y" && d.tokens[j+1].punct == '/' && d.tokens[j+2].lower == "o" {
		d.claim(i, i+1, "age", .95)
		return true
	}
	if j < len(d.tokens) && d.tokens[j].kind == hanToken && strings.HasPrefix(d.s[d.tokens[j].start:], "岁") {
		d.claim(i, i+1, "age", .95)
		return true
	}
	for k := i - 1; k >= 0 && k >= i-4; k-- {
		switch d.tokens[k].lower {
		case "age", "aged", "ages", "turn", "turned", "turning":
			d.claim(i, i+1, "age", .9)
			return true
		case "i'm", "am", "is", "was":
			if k == i-1 && j < len(d.tokens) && len(v) == 2 && (d.tokens[j].lower == "and" || d.tokens[j].kind == punctToken) && d.tokens[j].punct != '%' {
				d.add(i, i+1, "age", .45)
				return true
			}
		}
	}
	return false
}

func (d *document) yearAt(i int) {
	if i > 0 && (dateCues[d.tokens[i-1].lower] || d.tokens[i-1].is(isMonth)) {
		d.add(i, i+1, "date", .7)
		return
	}
	if i > 0 && d.tokens[i-1].punct == '(' || i+1 < len(d.tokens) && d.tokens[i+1].punct == ')' {
		d.add(i, i+1, "date", .45)
	}
}

// monthAt knows "March 5th, 1990" and "5 March 1990".
func (d *document) monthAt(i int) {
	first, last := i, i
	day := func(k int) bool {
		return k >= 0 && k < len(d.tokens) && (d.tokens[k].kind == digitToken && d.tokens[k].end-d.tokens[k].start <= 2 || ordinal(d.tokens[k].lower))
	}
	year := func(k int) bool {
		return k < len(d.tokens) && d.tokens[k].kind == digitToken && d.tokens[k].end-d.tokens[k].start == 4
	}
	if day(i - 1) {
		first = i - 1
	} else if i >= 2 && d.tokens[i-1].lower == "of" && day(i-2) {
		first = i - 2
	}
	if first == i && day(i+1) {
		last = i + 1
	}
	k := last + 1
	if k < len(d.tokens) && d.tokens[k].punct == ',' {
		k++
	}
	if year(k) {
		last = k
	}
	if first < last || first < i {
		d.claim(first, last+1, "date", .85)
	}
}

func ordinal(l string) bool {
	return len(l) >= 3 && len(l) <= 4 && l[0] >= '0' && l[0] <= '9' && (strings.HasSuffix(l, "th") || strings.HasSuffix(l, "st") || strings.HasSuffix(l, "nd") || strings.HasSuffix(l, "rd"))
}

// mixed decides a run of letters and digits, with the groups of a spaced IBAN.
func (d *document) mixed(i int) {
	t := &d.tokens[i]
	v := d.s[t.start:t.end]
	if len(v) < 4 || len(v) > 40 {
		return
	}
	if v[0] >= 'A' && v[0] <= 'Z' && len(v) >= 4 && v[2] >= '0' && v[2] <= '9' && v[3] >= '0' && v[3] <= '9' {
		k := i
		for m := i; m < len(d.tokens) && m < i+10 && d.tokens[m].end-t.start <= 44; m++ {
			if d.tokens[m].kind == punctToken || d.tokens[m].kind == hanToken {
				break
			}
			if w := d.s[t.start:d.tokens[m].end]; ibanType.Match(w) && ibanType.Valid(w) {
				k = m
			}
		}
		if w := d.s[t.start:d.tokens[k].end]; ibanType.Match(w) {
			p := .7
			if ibanType.Valid(w) {
				p = .99
			}
			d.claim(i, k+1, "iban", p)
			return
		}
	}
	if strings.HasSuffix(v, "-") {
		return
	}
	if n := semantic.NationalScheme(v); semantic.StrongScheme(n) {
		d.claim(i, i+1, "national_id", .9)
		return
	}
	if len(v) == 8 && i+8 < len(d.tokens) && uuidType.Match(d.s[t.start:min(len(d.s), t.start+36)]) {
		d.bytes(t.start, t.start+36, "uuid", .6)
	}
	if ageMixed(t.lower) {
		d.add(i, i+1, "age", .6)
	}
}

// ageMixed is "34yo", "34y", "34M" excluded.
func ageMixed(l string) bool {
	return len(l) >= 4 && len(l) <= 5 && strings.HasSuffix(l, "yo") && l[0] >= '1' && l[0] <= '9'
}

// cue tells whether one of the words stands within n tokens before i.
func (d *document) cue(i, n int, words map[string]bool) bool {
	for k := i - 1; k >= 0 && k >= i-n; k-- {
		if words[d.tokens[k].lower] {
			return true
		}
	}
	return false
}
