package semantic

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxForm is the longest value, in bytes, that any single-value form accepts.
// Longer input is refused before it is scanned.
const maxForm = 2048

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isAlpha(c byte) bool { return isUpper(c) || isLower(c) }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }
func isHex(c byte) bool   { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') }

// digitsOf copies the digits of v to buf, skipping separators in sep. It fails
// on any other byte and when more than len(buf) digits are found.
func digitsOf(v, sep string, buf []byte) (n int, ok bool) {
	for i := 0; i < len(v); i++ {
		c := v[i]
		if isDigit(c) {
			if n == len(buf) {
				return 0, false
			}
			buf[n] = c
			n++
			continue
		}
		if strings.IndexByte(sep, c) < 0 {
			return 0, false
		}
	}
	return n, true
}

func allDigits(v string) bool {
	for i := 0; i < len(v); i++ {
		if !isDigit(v[i]) {
			return false
		}
	}
	return v != ""
}

// randDigits draws n digits.
func randDigits(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return b
}

func pick[T any](r *rand.Rand, s []T) T { return s[r.IntN(len(s))] }

// pickZipf draws from a list ordered by frequency with a falling weight.
func pickZipf[T any](r *rand.Rand, s []T) T {
	u := r.Float64()
	return s[int(float64(len(s))*u*u)%len(s)]
}

// fill writes digits over the digit positions of like and keeps the rest. When
// the counts differ it returns the bare digits.
func fill(like string, digits []byte) string {
	n := 0
	for i := 0; i < len(like); i++ {
		if isDigit(like[i]) {
			n++
		}
	}
	if n != len(digits) {
		return string(digits)
	}
	out := []byte(like)
	k := 0
	for i, c := range out {
		if isDigit(c) {
			out[i] = digits[k]
			k++
		}
	}
	return string(out)
}

// likeCase gives v the letter case of like: all upper, all lower, or as it is.
func likeCase(v, like string) string {
	upper, lower := false, false
	for _, c := range like {
		upper = upper || unicode.IsUpper(c)
		lower = lower || unicode.IsLower(c)
	}
	switch {
	case upper && !lower && utf8.RuneCountInString(like) > 1:
		return strings.ToUpper(v)
	case lower && !upper:
		return strings.ToLower(v)
	}
	return v
}

func hasHan(s string) bool {
	for _, c := range s {
		if unicode.Is(unicode.Han, c) {
			return true
		}
	}
	return false
}

// chinese tells whether Chinese values are wanted: by the example's script,
// else by locale.
func (c Context) chinese() bool {
	if c.Like != "" {
		return hasHan(c.Like)
	}
	return strings.HasPrefix(c.Locale, "zh")
}

func title(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
