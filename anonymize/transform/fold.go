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
