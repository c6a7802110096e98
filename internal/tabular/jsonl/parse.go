package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds nesting, so that a hostile line cannot exhaust the stack.
const maxDepth = 64

var (
	errSyntax    = errors.New("invalid JSON")
	errDepth     = fmt.Errorf("nested deeper than %d levels", maxDepth)
	errDuplicate = errors.New("an object names a key twice")
	errNoObject  = errors.New("not a JSON object; JSON lines hold one object a line")
	errRest      = errors.New("more text after the object; write one object a line")
)

// parser walks over one line of JSON. Strings it returns point into the line
// or into scratch, until the following call.
type parser struct {
	b       []byte
	p       int
	scratch []byte
}

func (p *parser) reset(line []byte) { p.b, p.p = line, 0 }

// peek skips white space and returns the next byte; 0 at the end.
func (p *parser) peek() byte {
	for p.p < len(p.b) {
		switch c := p.b[p.p]; c {
		case ' ', '\t', '\r', '\n':
			p.p++
		default:
			return c
		}
	}
	return 0
}

func (p *parser) expect(c byte) error {
	if p.peek() != c {
		return errSyntax
	}
	p.p++
	return nil
}

// more steps over the comma or the closing byte after an element.
func (p *parser) more(end byte) (bool, error) {
	switch p.peek() {
	case ',':
		p.p++
		return true, nil
	case end:
		p.p++
		return false, nil
	}
	return false, errSyntax
}

// open steps into an array or object and says whether it has elements.
func (p *parser) open(end byte) bool {
	p.p++
	if p.peek() == end {
		p.p++
		return false
	}
	return true
}

// key reads a key and the colon behind it.
func (p *parser) key() ([]byte, error) {
	if p.peek() != '"' {
		return nil, errSyntax
	}
	k, err := p.str()
	if err != nil {
		return nil, err
	}
	return k, p.expect(':')
}

// plainByte marks bytes that stand for themselves inside strings.
var plainByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return t
}()

// str reads the string that opens at the current byte.
func (p *parser) str() ([]byte, error) {
	p.p++
	start := p.p
	for p.p < len(p.b) && plainByte[p.b[p.p]] {
		p.p++
	}
	if p.p < len(p.b) && p.b[p.p] == '"' {
		s := p.b[start:p.p]
		p.p++
		return s, nil
	}
	out := append(p.scratch[:0], p.b[start:p.p]...)
	for p.p < len(p.b) {
		c := p.b[p.p]
		switch {
		case c == '"':
			p.p++
			p.scratch = out
			return out, nil
		case c == '\\':
			var err error
			if out, err = p.escape(out); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, errSyntax
		default:
			out = append(out, c)
			p.p++
		}
	}
	return nil, errSyntax
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) escape(out []byte) ([]byte, error) {
	if p.p+1 >= len(p.b) {
		return nil, errSyntax
	}
	c := p.b[p.p+1]
	if c != 'u' {
		if escapes[c] == 0 {
			return nil, errSyntax
		}
		p.p += 2
		return append(out, escapes[c]), nil
	}
	r, ok := p.hex4(p.p + 2)
	if !ok {
		return nil, errSyntax
	}
	p.p += 6
	if utf16.IsSurrogate(r) {
		var low rune
		if p.p+1 < len(p.b) && p.b[p.p] == '\\' && p.b[p.p+1] == 'u' {
			low, _ = p.hex4(p.p + 2)
		}
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			p.p += 6
		}
	}
	return utf8.AppendRune(out, r), nil
}

func (p *parser) hex4(at int) (rune, bool) {
	if at+4 > len(p.b) {
		return 0, false
	}
	var r rune
	for _, c := range p.b[at : at+4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads a number literal.
func (p *parser) number() ([]byte, error) {
	start := p.p
	if p.b[p.p] == '-' {
		p.p++
	}
	first := p.p
	if !p.digits() || (p.b[first] == '0' && p.p-first > 1) {
		return nil, errSyntax
	}
	if p.p < len(p.b) && p.b[p.p] == '.' {
		p.p++
		if !p.digits() {
			return nil, errSyntax
		}
	}
	if p.p < len(p.b) && p.b[p.p]|0x20 == 'e' {
		p.p++
		if p.p < len(p.b) && (p.b[p.p] == '+' || p.b[p.p] == '-') {
			p.p++
		}
		if !p.digits() {
			return nil, errSyntax
		}
	}
	return p.b[start:p.p], nil
}

func (p *parser) digits() bool {
	start := p.p
	for p.p < len(p.b) && p.b[p.p]-'0' <= 9 {
		p.p++
	}
	return p.p > start
}

var (
	wordTrue  = []byte("true")
	wordFalse = []byte("false")
	wordNull  = []byte("null")
)

func (p *parser) word(w []byte) error {
	if !bytes.HasPrefix(p.b[p.p:], w) {
		return errSyntax
	}
	p.p += len(w)
	return nil
}

// skip steps over one value and returns its JSON text.
func (p *parser) skip(depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	c := p.peek()
	start := p.p
	var err error
	switch c {
	case '{', '[':
		end := c + 2 // the closing byte of both, in ASCII
		for again := p.open(end); again; {
			if c == '{' {
				if _, err = p.key(); err != nil {
					return nil, err
				}
			}
			if _, err = p.skip(depth + 1); err != nil {
				return nil, err
			}
			if again, err = p.more(end); err != nil {
				return nil, err
			}
		}
	case '"':
		_, err = p.str()
	case 't':
		err = p.word(wordTrue)
	case 'f':
		err = p.word(wordFalse)
	case 'n':
		err = p.word(wordNull)
	default:
		if c != '-' && c-'0' > 9 {
			return nil, errSyntax
		}
		_, err = p.number()
	}
	if err != nil {
		return nil, err
	}
	return p.b[start:p.p], nil
}
