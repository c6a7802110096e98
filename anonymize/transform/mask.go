package transform

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaskParams are the parameters of mask.
type MaskParams struct {
	// First and Last are how many characters stay readable at each end;
	// default 0. Fewer stay where more than half of a value, or more than a
	// third of one in Chinese, Japanese or Korean script, would be readable.
	First int `json:"first,omitempty"`
	Last  int `json:"last,omitempty"`
	// Char is the character written over the others; default "*".
	Char string `json:"char,omitempty"`
	// KeepSeparators leaves what is neither letter nor digit as it is.
	KeepSeparators bool `json:"keep_separators,omitempty"`
	// Only limits masking to "digits" or "letters"; default "" = all.
	Only string `json:"only,omitempty" jsonschema:"enum=digits,enum=letters"`
	// Length hides the length: this many mask characters stand between the
	// ends, 0 = one for each character.
	Length int `json:"length,omitempty"`
}

func newMask(spec Spec, col Column, _ Keys) (Transform, error) {
	p := MaskParams{Char: "*"}
	var errs []error
	if err := params(spec, &p); err != nil {
		return nil, err
	}
	if p.First < 0 || p.Last < 0 || p.Length < 0 || p.Length > 1<<16 {
		errs = append(errs, errors.New("parameters first, last and length must not be negative, length at most 65536"))
	}
	if utf8.RuneCountInString(p.Char) != 1 || !utf8.ValidString(p.Char) {
		errs = append(errs, errors.New("parameter char must be one character"))
	}
	if p.Only != "" && p.Only != "digits" && p.Only != "letters" {
		errs = append(errs, fmt.Errorf("parameter only %q is none of digits, letters", p.Only))
	}
	if p.Length > 0 && (p.KeepSeparators || p.Only != "") {
		errs = append(errs, errors.New("parameter length does not go with keep_separators or only"))
	}
	if !hasText(col.Type) {
		errs = append(errs, fmt.Errorf("does not apply to type %s", col.Type))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	props := Properties{Deterministic: true, Leaks: []string{"null"}}
	if p.Length == 0 {
		props.Leaks = append(props.Leaks, "length")
	}
	if p.First > 0 || p.Last > 0 || p.Only != "" {
		props.Leaks = append(props.Leaks, "prefix")
	}
	m := newTextMap(0, false, func() kernel { return newMasker(p).mask })
	return newElementwise(col, textType(col.Type), props, m.apply), nil
}

type masker struct {
	p     MaskParams
	char  rune
	image [utf8.RuneSelf]byte // what an ASCII byte becomes
	hides [utf8.RuneSelf]bool
	ascii bool // the mask character is ASCII and lengths are kept
	runes []rune
}

func newMasker(p MaskParams) *masker {
	m := &masker{p: p}
	m.char, _ = utf8.DecodeRuneInString(p.Char)
	m.ascii = m.char < utf8.RuneSelf && p.Length == 0
	for c := range m.image {
		m.image[c] = byte(c)
		if m.hidden(rune(c)) {
			m.image[c], m.hides[c] = byte(m.char), true
		}
	}
	return m
}

// hidden tells whether characters like r are masked away from the ends.
func (m *masker) hidden(r rune) bool {
	switch m.p.Only {
	case "digits":
		return unicode.IsDigit(r)
	case "letters":
		return unicode.IsLetter(r) || unicode.IsMark(r)
	}
	return !m.p.KeepSeparators || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
}

func (m *masker) mask(dst, v []byte) ([]byte, bool) {
	if !m.ascii {
		return m.slow(dst, v), true
	}
	start := len(dst)
	dst = append(dst, v...)
	out := dst[start:]
	var high byte
	for i, c := range out {
		high |= c
		out[i] = m.image[c&0x7f]
	}
	if high >= utf8.RuneSelf {
		return m.slow(dst[:start], v), true
	}
	if m.p.First|m.p.Last != 0 {
		total := 0
		for _, c := range v {
			if m.hides[c&0x7f] {
				total++
			}
		}
		first, last := readable(m.p.First, m.p.Last, total, total/2)
		for i := 0; first > 0; i++ {
			if m.hides[v[i]&0x7f] {
				out[i] = v[i]
				first--
			}
		}
		for i := len(v) - 1; last > 0; i-- {
			if m.hides[v[i]&0x7f] {
				out[i] = v[i]
				last--
			}
		}
	}
	return dst, true
}

// readable lowers first and last until at most limit characters of total stay.
func readable(first, last, total, limit int) (int, int) {
	first, last = min(first, total), min(last, total)
	if first+last <= limit {
		return first, last
	}
	most := max(first, last)
	if least := min(first, last); most+least > limit {
		least = min(least, limit/2)
		most = min(most, limit-least)
		if first >= last {
			return most, least
		}
		return least, most
	}
	return first, last
}

// slow masks text with characters beyond ASCII, or to a fixed length.
func (m *masker) slow(dst, v []byte) []byte {
	m.runes = m.runes[:0]
	total, dense := 0, false
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		i += n
		m.runes = append(m.runes, r)
		if m.hidden(r) {
			total++
		}
		dense = dense || (r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana))
	}
	limit := total / 2
	if dense {
		limit = total / 3
	}
	first, last := readable(m.p.First, m.p.Last, total, limit)
	if m.p.Length > 0 {
		for _, r := range m.runes[:first] {
			dst = utf8.AppendRune(dst, r)
		}
		for range m.p.Length {
			dst = utf8.AppendRune(dst, m.char)
		}
		for _, r := range m.runes[len(m.runes)-last:] {
			dst = utf8.AppendRune(dst, r)
		}
		return dst
	}
	seen := 0
	for _, r := range m.runes {
		if m.hidden(r) {
			if seen++; seen > first && seen <= total-last {
				r = m.char
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
