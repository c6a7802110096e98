package semantic

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

// phone is a telephone number of any country as people write it, with an
// optional extension. Generated numbers come from the ranges that regulators
// keep for fiction: 555-0100 to 555-0199 (NANPA), 07700 900xxx and 020 7946
// 0xxx (Ofcom), 01 99 00 xx xx (Arcep), 030 23125 xxx (BNetzA). China keeps
// none: there the digits are random within a mobile prefix.
var phone = Type{
	Name: "phone", Family: "contact", Class: DirectIdentifier, Prior: .8,
	Headers: []string{
		"phone", "phone_number", "phone_no", "telephone", "telephone_number", "tel", "tel_no", "mobile", "mobile_number", "mobile_phone", "mob", "cell", "cell_phone", "cellphone",
		"fax", "fax_number", "contact_number", "contact_no", "home_phone", "work_phone", "msisdn", "ph_no", "phone1", "whatsapp",
		"电话", "电话号码", "联系电话", "手机", "手机号", "手机号码", "移动电话", "固定电话", "传真", "联系方式",
	},
	Match: matchPhone, Valid: validPhone, Generate: generatePhone,
	Keeps: []string{"surrogate", "ff1", "mask"},
}

// matchPhone is the cheap form check: 7 to 15 digits with telephone
// separators, an optional extension, and not the shape of a date, a decimal
// number or an IPv4 address.
func matchPhone(v string) bool {
	n, seps, ok := phoneForm(v)
	return ok && n >= 7 && n <= 15 && (seps > 0 || n >= 8)
}

// phoneForm counts digits before the extension and separators.
func phoneForm(v string) (digits, seps int, ok bool) {
	if len(v) < 7 || len(v) > 32 {
		return 0, 0, false
	}
	main := v
	if i := extension(v); i > 0 {
		main = strings.TrimRight(v[:i], " ,")
	}
	dots, dashes, other, depth, run, last := 0, 0, 0, 0, 0, byte(0)
	for i := 0; i < len(main); i++ {
		c := main[i]
		switch {
		case isDigit(c):
			digits++
			run++
		case c == '+':
			if i != 0 && main[i-1] != '(' {
				return 0, 0, false
			}
			seps++
		case c == '(':
			depth++
			other++
		case c == ')':
			if depth--; depth < 0 {
				return 0, 0, false
			}
			other++
		case c == '.' || c == '-' || c == ' ' || c == '/':
			if (last == c && c != ' ') || i == 0 || i == len(main)-1 {
				return 0, 0, false
			}
			switch c {
			case '.':
				dots++
			case '-':
				dashes++
			default:
				other++
			}
			run = 0
		default:
			return 0, 0, false
		}
		last = c
	}
	if depth != 0 || (dots == 1 && other == 0 && dashes == 0 && seps == 0) || matchIPv4(main) {
		return 0, 0, false
	}
	if dashes+dots == 2 && other == 0 && seps == 0 {
		if _, ok := parseDate(main); ok {
			return 0, 0, false
		}
	}
	return digits, seps + dots + dashes + other, true
}

// extension finds where "x123", "ext. 123" or "#123" starts; 0 = none.
func extension(v string) int {
	for i := 7; i < len(v); i++ {
		c := v[i] | 0x20
		if c != 'x' && c != 'e' && v[i] != '#' {
			continue
		}
		rest := v[i:]
		for _, p := range [...]string{"extension", "ext.", "ext", "x", "#"} {
			if len(rest) > len(p) && strings.EqualFold(rest[:len(p)], p) {
				if d := strings.TrimLeft(rest[len(p):], " .:"); len(d) <= 6 && allDigits(d) {
					return i
				}
			}
		}
		return 0
	}
	return 0
}

// phoneRegions are tried for numbers without a country code.
var phoneRegions = [...]string{"US", "GB", "CN", "DE", "FR", "AU", "IN", "BR", "ES", "IT"}

func validPhone(v string) bool {
	if !matchPhone(v) {
		return false
	}
	if fictional(v) {
		return true
	}
	if strings.HasPrefix(v, "+") || strings.HasPrefix(v, "(+") {
		p, err := phonenumbers.Parse(v, "ZZ")
		return err == nil && phonenumbers.IsValidNumber(p)
	}
	for _, region := range phoneRegions {
		p, err := phonenumbers.Parse(v, region)
		if err == nil && phonenumbers.IsValidNumber(p) {
			return true
		}
	}
	return false
}

// fictional tells NANPA's 555-01xx numbers, which libphonenumber refuses.
func fictional(v string) bool {
	var b [24]byte
	if i := extension(v); i > 0 {
		v = strings.TrimRight(v[:i], " ,")
	}
	n, ok := digitsOf(v, "+()-. /", b[:])
	if !ok {
		return false
	}
	d := string(b[:n])
	if len(d) == 11 && d[0] == '1' {
		d = d[1:]
	}
	return len(d) == 10 && d[0] >= '2' && d[3:8] == "55501"
}

func generatePhone(r *rand.Rand, c Context) string {
	like := c.Like
	if i := extension(like); i > 0 {
		like = strings.TrimRight(like[:i], " ,")
	}
	if n, _, ok := phoneForm(like); ok {
		return phoneLike(r, like, n)
	}
	switch {
	case strings.HasPrefix(c.Locale, "zh"):
		return generateCNMobile(r)
	case c.Locale == "en_GB":
		return fmt.Sprintf("07700 900%03d", r.IntN(1000))
	case c.Locale == "fr_FR":
		return fmt.Sprintf("01 99 00 %02d %02d", r.IntN(100), r.IntN(100))
	case c.Locale == "de_DE":
		return fmt.Sprintf("030 23125 %03d", r.IntN(1000))
	}
	d := nanpa(r)
	return fmt.Sprintf("(%s) %s-%s", d[:3], d[3:6], d[6:])
}

func nanpa(r *rand.Rand) []byte {
	return []byte(fmt.Sprintf("%s55501%02d", pick(r, gazetteer.USStates()).Area, r.IntN(100)))
}

// phoneLike keeps separators, length and the country code of an example.
func phoneLike(r *rand.Rand, like string, n int) string {
	var b [16]byte
	if k, ok := digitsOf(like, "+()-. /", b[:]); !ok || k != n {
		return string(nanpa(r))
	}
	d := string(b[:n])
	plus := strings.HasPrefix(strings.TrimLeft(like, "("), "+")
	switch {
	case n == 11 && d[0] == '1' && d[1] >= '3' && !plus:
		return fill(like, []byte(generateCNMobile(r)))
	case n == 11 && d[0] == '1':
		return fill(like, append([]byte("1"), nanpa(r)...))
	case n == 10 && d[0] >= '2' && !plus:
		return fill(like, nanpa(r))
	case n == 13 && strings.HasPrefix(d, "861"):
		return fill(like, append([]byte("86"), generateCNMobile(r)...))
	}
	keep := 3
	if plus {
		keep = 4
	}
	out := like
	for range 20 {
		out = fill(like, append([]byte(d[:keep]), randDigits(r, n-keep)...))
		if validPhone(out) {
			break
		}
	}
	return out
}

var cnMobilePrefixes = []string{"130", "131", "132", "133", "135", "136", "137", "138", "139", "150", "151", "152", "155", "157", "158", "159", "170", "176", "177", "180", "181", "182", "185", "186", "187", "188", "189", "198", "199"}

func generateCNMobile(r *rand.Rand) string {
	return pick(r, cnMobilePrefixes) + string(randDigits(r, 8))
}

// cnMobile is a mobile number of mainland China: 1[3-9] and nine digits.
var cnMobile = Type{
	Name: "cn_mobile", Family: "contact", Class: DirectIdentifier, Prior: .85,
	Headers: []string{"手机", "手机号", "手机号码"},
	Match: func(v string) bool {
		var b [13]byte
		n, ok := digitsOf(strings.TrimPrefix(v, "+"), " -", b[:])
		if !ok || len(v) > 18 {
			return false
		}
		d := b[:n]
		if n == 13 && d[0] == '8' && d[1] == '6' {
			d = d[2:]
		}
		return len(d) == 11 && d[0] == '1' && d[1] >= '3'
	},
	Generate: func(r *rand.Rand, c Context) string {
		m := []byte(generateCNMobile(r))
		if strings.HasPrefix(c.Like, "+86") {
			m = append([]byte("86"), m...)
			if out := fill(c.Like, m); len(out) == len(c.Like) {
				return out
			}
			return "+" + string(m)
		}
		return fill(c.Like, m)
	},
	Keeps: []string{"surrogate", "ff1", "mask"},
}
