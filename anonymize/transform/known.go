package transform

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// found is a piece of text to replace: bytes [start, end) of one type.
type found struct {
	start, end int
	typ        string
}

// knownSearch finds values that are known to be identifying (the row's own
// direct identifiers) in a text: whatever a detector thinks, they must not
// stay. Letters are compared without case; runs of letters must be whole
// words; numbers of seven or more digits are found whatever separates the
// digits.
type knownSearch struct {
	lower  []byte // text with ASCII letters in lower case, same offsets
	needle []byte
	spans  []found
}

// minKnown is the shortest value searched, in bytes: "Li" is a part of too many
// words.
const minKnown = 3

func (k *knownSearch) reset(text []byte) {
	k.lower = appendASCIILower(k.lower[:0], text)
	k.spans = k.spans[:0]
}

// appendASCIILower keeps byte offsets, unlike Unicode lowering.
func appendASCIILower(dst, v []byte) []byte {
	for _, c := range v {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// add finds value, and for a name each of its words.
func (k *knownSearch) add(value []byte, typ string, name bool) {
	value = bytes.TrimSpace(value)
	k.needle = appendASCIILower(k.needle[:0], value)
	k.whole(k.needle, typ)
	if digits := countDigits(value); digits >= 7 && 2*digits >= len(value) {
		k.number(value, typ)
	}
	if !name {
		return
	}
	if r, n := utf8.DecodeRune(value); unicode.Is(unicode.Han, r) {
		if len(value)-n >= 6 { // a given name of two characters stands alone
			k.whole(k.needle[n:], typ)
		}
		return
	}
	for rest := k.needle; len(rest) > 0; {
		i := bytes.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '-' })
		word := rest
		if i >= 0 {
			word, rest = rest[:i], rest[i:]
			_, n := utf8.DecodeRune(rest)
			rest = rest[n:]
		} else {
			rest = nil
		}
		if len(word) < len(k.needle) {
			k.whole(word, typ)
		}
	}
}

func (k *knownSearch) whole(needle []byte, typ string) {
	if len(needle) < minKnown {
		return
	}
	for at := 0; ; {
		i := bytes.Index(k.lower[at:], needle)
		if i < 0 {
			return
		}
		start, end := at+i, at+i+len(needle)
		at = end
		if joins(k.lower, start) || joins(k.lower, end) {
			continue
		}
		k.spans = append(k.spans, found{start, end, typ})
	}
}

// joins tells whether the characters on both sides of position i belong to one
// word. Chinese has no word borders, so it never joins.
func joins(text []byte, i int) bool {
	if i == 0 || i == len(text) {
		return false
	}
	a, _ := utf8.DecodeLastRune(text[:i])
	b, _ := utf8.DecodeRune(text[i:])
	if unicode.Is(unicode.Han, a) || unicode.Is(unicode.Han, b) {
		return false
	}
	return (unicode.IsLetter(a) && unicode.IsLetter(b)) || (unicode.IsDigit(a) && unicode.IsDigit(b))
}

func countDigits(v []byte) (n int) {
	for _, c := range v {
		if '0' <= c && c <= '9' {
			n++
		}
	}
	return n
}

// number finds the digits of value in order, apart by at most two separators.
func (k *knownSearch) number(value []byte, typ string) {
	k.needle = k.needle[:0]
	for _, c := range value {
		if '0' <= c && c <= '9' {
			k.needle = append(k.needle, c)
		}
	}
	for start := 0; start < len(k.lower); start++ {
		if k.lower[start] != k.needle[0] {
			continue
		}
		if end := digitsEnd(k.lower, start, k.needle); end > 0 {
			k.spans = append(k.spans, found{start, end, typ})
			start = end - 1
		}
	}
	k.needle = append(k.needle[:0], value...)
}

// digitsEnd returns where digits end that start at text[start]; 0 = they are
// not there.
func digitsEnd(text []byte, start int, digits []byte) int {
	i, gap := 0, 0
	for at := start; at < len(text); at++ {
		switch c := text[at]; {
		case c == digits[i]:
			if i++; i == len(digits) {
				return at + 1
			}
			gap = 0
		case gap < 2 && (c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')'):
			gap++
		default:
			return 0
		}
	}
	return 0
}

// merged sorts spans and joins those that overlap; the longer one's type stays.
func merged(spans []found) []found {
	slices.SortFunc(spans, func(a, b found) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.start < out[n-1].end {
			last := &out[n-1]
			if s.end-s.start > last.end-last.start {
				last.typ = s.typ
			}
			last.end = max(last.end, s.end)
			continue
		}
		out = append(out, s)
	}
	return out
}
