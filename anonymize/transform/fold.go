package transform

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// appendFold appends v in lower case without outer white space.
func appendFold(dst, v []byte) []byte {
	v = bytes.TrimSpace(v)
	for i := 0; i < len(v); {
		if c := v[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(v[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}

// appendSqueezed appends the letters and digits of v in lower case: what proofs
// compare.
func appendSqueezed(dst, v []byte) []byte {
	for i := 0; i < len(v); {
		b := v[i]
		if b < utf8.RuneSelf {
			switch {
			case 'a' <= b|0x20 && b|0x20 <= 'z':
				dst = append(dst, b|0x20)
			case '0' <= b && b <= '9':
				dst = append(dst, b)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(v[i:])
		if i += n; unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
	}
	return dst
}
