package semantic

import (
	"fmt"
	"math/rand/v2"
)

// usSSN is a US social security number: area not 000, 666 or 9xx, group not
// 00, serial not 0000 (Social Security Administration, POMS RM 10201.030).
// Generated ones are valid in form and may have been issued: no range is kept
// for fiction.
var usSSN = Type{
	Name: "us_ssn", Family: "national_id", Class: DirectIdentifier, Prior: .9,
	Headers: []string{"ssn", "social_security_number", "social_security", "soc_sec", "soc_sec_no", "us_ssn", "ssn4"},
	Match: func(v string) bool {
		if len(v) == 11 && isSep(v[3]) && v[6] == v[3] {
			return allDigits(v[:3]) && allDigits(v[4:6]) && allDigits(v[7:])
		}
		return len(v) == 9 && allDigits(v)
	},
	Valid: func(v string) bool {
		var b [9]byte
		n, ok := digitsOf(v, "- ", b[:])
		if !ok || n != 9 {
			return false
		}
		area := num(b[:3])
		return area != 0 && area != 666 && area < 900 && num(b[3:5]) != 0 && num(b[5:]) != 0
	},
	Generate: func(r *rand.Rand, c Context) string {
		area := 1 + r.IntN(898)
		if area >= 666 {
			area++
		}
		d := fmt.Sprintf("%03d%02d%04d", area, 1+r.IntN(99), 1+r.IntN(9999))
		like := c.Like
		if len(like) != 9 && len(like) != 11 {
			like = "000-00-0000"
		}
		return fill(like, []byte(d))
	},
	Keeps: []string{"surrogate", "ff1", "mask"},
}

func isSep(c byte) bool { return c == '-' || c == ' ' }
