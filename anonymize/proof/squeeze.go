package proof

import (
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Marks of a squeezed byte about its place in the original.
const (
	markStart uint8 = 1 << iota // first byte of a word
	markEnd                     // last byte of a word
	markRune                    // first byte of a character
	markUpper                   // first byte of a word that starts with a capital, or has no case
	markPlus                    // digits of "+1555…" after a possible country code
)

// squeezed is a value reduced to what is compared.
type squeezed struct {
	text  []byte // letters and digits, lower case
	marks []uint8
	words int
	runes int
	digit int // ASCII digits
	alpha int // letters
	han   int
	dot   bool // had something other than letters and spaces
}

// set squeezes v; the slices are reused.
func (s *squeezed) set(v []byte) {
	*s = squeezed{text: s.text[:0], marks: s.marks[:0]}
	if isASCII(v) {
		s.setASCII(v)
		return
	}
	inWord, wasDigit, plus := false, false, 0
	for i := 0; i < len(v); {
		r, n := rune(v[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(v[i:])
		}
		i += n
		letter, digit := isLetter(r), '0' <= r && r <= '9'
		if !letter && !digit {
			if inWord {
				s.marks[len(s.marks)-1] |= markEnd
			}
			inWord = false
			if r != ' ' {
				s.dot = true
			}
			plus = 0
			if r == '+' {
				plus = 4
			}
			continue
		}
		han := letter && r >= 0x2e80 && unicode.Is(unicode.Han, r)
		m := markRune
		if !inWord || han || digit != wasDigit {
			// Letters and digits part words; Chinese has no word borders.
			if inWord {
				s.marks[len(s.marks)-1] |= markEnd
			}
			m |= markStart
			if !inWord || han {
				s.words++
			}
		}
		if plus > 0 && digit {
			if plus < 4 {
				m |= markPlus
			}
			plus--
		}
		inWord, wasDigit = true, digit
		s.runes++
		switch {
		case digit:
			s.digit++
			s.text = append(s.text, byte(r))
		default:
			s.alpha++
			if han {
				s.han++
			}
			low := r
			if r < utf8.RuneSelf {
				low |= 0x20
			} else {
				low = unicode.ToLower(r)
			}
			if low != r || (r >= utf8.RuneSelf && !unicode.IsLower(r)) {
				m |= markUpper
			}
			if low < utf8.RuneSelf {
				s.text = append(s.text, byte(low))
			} else {
				s.text = utf8.AppendRune(s.text, low)
			}
		}
		s.marks = append(s.marks, m)
		for len(s.marks) < len(s.text) {
			s.marks = append(s.marks, 0)
		}
		if han {
			s.marks[len(s.marks)-1] |= markEnd
		}
	}
	if inWord {
		s.marks[len(s.marks)-1] |= markEnd
	}
	if s.han > 0 {
		s.words -= max(0, s.han-1)
	}
}

// The kinds of ASCII bytes.
const (
	kindOther uint8 = iota
	kindLetter
	kindDigit
)

var asciiKind = func() (k [utf8.RuneSelf]uint8) {
	for b := range k {
		switch {
		case 'a' <= b|0x20 && b|0x20 <= 'z':
			k[b] = kindLetter
		case '0' <= b && b <= '9':
			k[b] = kindDigit
		}
	}
	return k
}()

func isASCII(v []byte) bool {
	for ; len(v) >= 8; v = v[8:] {
		if binary.LittleEndian.Uint64(v)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, b := range v {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// setASCII is set for the values that most are.
func (s *squeezed) setASCII(v []byte) {
	s.text, s.marks = slices.Grow(s.text, len(v))[:len(v)], slices.Grow(s.marks, len(v))[:len(v)]
	text, marks := s.text, s.marks[:len(s.text)]
	n, last, plus := 0, kindOther, 0
	for _, b := range v {
		kind := asciiKind[b&0x7f]
		if kind == kindOther {
			if last != kindOther {
				marks[n-1] |= markEnd
			}
			last, plus = kindOther, 0
			if b != ' ' {
				s.dot = true
			}
			if b == '+' {
				plus = 4
			}
			continue
		}
		m := markRune
		if kind != last {
			if last == kindOther {
				s.words++
			} else {
				marks[n-1] |= markEnd
			}
			m |= markStart
		}
		if kind == kindLetter {
			s.alpha++
			if b&0x20 == 0 {
				m |= markUpper
			}
			b |= 0x20
		} else if plus > 0 {
			if plus < 4 {
				m |= markPlus
			}
			plus--
		}
		text[n], marks[n], last = b, m, kind
		n++
	}
	if last != kindOther {
		marks[n-1] |= markEnd
	}
	s.text, s.marks, s.runes, s.digit = text[:n], marks[:n], n, n-s.alpha
}

// fold returns the text of v alone, as set makes it; dst is reused.
func (s *squeezed) fold(dst, v []byte) []byte {
	if !isASCII(v) {
		s.set(v)
		return append(dst[:0], s.text...)
	}
	dst = slices.Grow(dst[:0], len(v))[:len(v)]
	n := 0
	for _, b := range v {
		switch asciiKind[b&0x7f] {
		case kindLetter:
			dst[n] = b | 0x20
			n++
		case kindDigit:
			dst[n] = b
			n++
		}
	}
	return dst[:n]
}

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// key is the part of the value that is hashed.
func (s *squeezed) key() []byte {
	return s.text[:min(len(s.text), maxValue)]
}

// eachWord calls f with the byte ranges of the words.
func (s *squeezed) eachWord(f func(start, end int)) {
	start := 0
	for i, m := range s.marks {
		if m&markEnd != 0 {
			f(start, i+1)
			start = i + 1
		}
	}
}
