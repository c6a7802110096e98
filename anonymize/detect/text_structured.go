package detect

import (
	"strings"
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

var (
	emailType = mustType("email")
	urlType   = mustType("url")
	hostType  = mustType("domain")
	ipv4Type  = mustType("ipv4")
	ipv6Type  = mustType("ipv6")
	macType   = mustType("mac_address")
	ibanType  = mustType("iban")
	cardType  = mustType("credit_card")
	ssnType   = mustType("us_ssn")
	phoneType = mustType("phone")
	uuidType  = mustType("uuid")
	cnIDType  = mustType("cn_resident_id")
)

// mustType looks up a type this package cannot work without.
func mustType(name string) semantic.Type {
	t, ok := semantic.Lookup(name)
	if !ok {
		panic("detect: no semantic type " + name)
	}
	return t
}

// topDomains are top-level labels trusted in bare host names.
var topDomains = wordSet("com org net edu gov io co uk de fr es it nl be ch at pl cz dk se no fi ie pt br au ca us cn jp in ru eu info biz me tv app dev ai")

var schemes = wordSet("http https ftp")

const (
	maxLocal = 64
	maxHost  = 253
	maxURL   = 512
)

// structured finds addresses of machines and mailboxes: forms that start at
// one telling byte.
func (d *document) structured() {
	d.taken = make([]bool, len(d.tokens))
	for i := 0; i < len(d.tokens); i++ {
		t := &d.tokens[i]
		if d.taken[i] {
			continue
		}
		switch {
		case t.kind == punctToken && t.punct == '@':
			d.emailAt(t.start)
		case t.kind == punctToken && t.punct == ':' && i > 0 && schemes[d.tokens[i-1].lower] && strings.HasPrefix(d.s[t.start:], "://"):
			d.urlFrom(d.tokens[i-1].start)
		case t.kind == wordToken && t.lower == "www" && strings.HasPrefix(d.s[t.end:], "."):
			d.urlFrom(t.start)
		case t.kind == punctToken && t.punct == '.' && i > 0 && !t.is(spaceBefore):
			d.hostAt(i)
		case t.kind == punctToken && t.punct == ':' && !t.is(spaceBefore) && i > 0:
			d.colonsFrom(i)
		}
	}
}

func localByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte("._%+-'!#$&*/=?^`{|}~", c) >= 0
}

func hostByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || c == '.' || c == '-'
}

func (d *document) emailAt(at int) {
	i, j := at, at+1
	for i > 0 && at-i < maxLocal && localByte(d.s[i-1]) {
		i--
	}
	for i < at && strings.IndexByte(".'`/=", d.s[i]) >= 0 {
		i++
	}
	for j < len(d.s) && j-at <= maxHost && hostByte(d.s[j]) {
		j++
	}
	for j > at && strings.IndexByte(".-", d.s[j-1]) >= 0 {
		j--
	}
	for i < at && !utf8.RuneStart(d.s[i]) {
		i++
	}
	if emailType.Match(d.s[i:j]) {
		d.bytes(i, j, "email", .99)
	}
}

func (d *document) urlFrom(i int) {
	j := i
	for j < len(d.s) && j-i < maxURL && strings.IndexByte(" \t\r\n<>\"|\\^`{}", d.s[j]) < 0 {
		j++
	}
	for j > i && strings.IndexByte(".,;:!?)]'*", d.s[j-1]) >= 0 {
		j--
	}
	if urlType.Match(d.s[i:j]) {
		d.bytes(i, j, "url", .98)
	}
}

// hostAt reads a bare host name around the dot at token k.
func (d *document) hostAt(k int) {
	if k+1 >= len(d.tokens) || d.tokens[k+1].is(spaceBefore) || d.tokens[k+1].kind != wordToken {
		return
	}
	first, last := k-1, k+1
	if kind := d.tokens[first].kind; kind != wordToken && kind != mixedToken {
		return
	}
	for first >= 2 && k-first < 12 && !d.tokens[first].is(spaceBefore) && (d.tokens[first-1].punct == '.' || d.tokens[first-1].punct == '-') && !d.tokens[first-1].is(spaceBefore) && d.tokens[first-2].kind <= mixedToken {
		first -= 2
	}
	for last+2 < len(d.tokens) && last-k < 8 && d.tokens[last+1].punct == '.' && !d.tokens[last+1].is(spaceBefore) && !d.tokens[last+2].is(spaceBefore) && d.tokens[last+2].kind == wordToken {
		last += 2
	}
	if !topDomains[d.tokens[last].lower] || d.tokens[last].is(isCap) {
		return
	}
	if v := d.s[d.tokens[first].start:d.tokens[last].end]; hostType.Match(v) && len(v) > 5 {
		d.bytes(d.tokens[first].start, d.tokens[last].end, "domain", .8)
	}
}

// colonsFrom reads IPv6 and MAC addresses around the first colon.
func (d *document) colonsFrom(k int) {
	i := d.tokens[k-1].start
	if d.tokens[k-1].kind == punctToken {
		i = d.tokens[k-1].end
	}
	j := i
	for j < len(d.s) && j-i < 46 && (isHexByte(d.s[j]) || d.s[j] == ':' || d.s[j] == '.') {
		j++
	}
	for j > i && (d.s[j-1] == '.' || (d.s[j-1] == ':' && !strings.HasSuffix(d.s[i:j], "::"))) {
		j--
	}
	switch v := d.s[i:j]; {
	case macType.Match(v):
		d.bytes(i, j, "mac_address", .98)
	case len(v) > 6 && ipv6Type.Match(v):
		d.bytes(i, j, "ip_address", .98)
	}
}

func isHexByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// bytes claims the tokens under the byte range [i, j).
func (d *document) bytes(i, j int, typ string, prob float64) {
	lo, hi := 0, len(d.tokens)
	for lo < hi {
		mid := (lo + hi) / 2
		if d.tokens[mid].end <= i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	k := lo
	for k < len(d.tokens) && d.tokens[k].start < j {
		d.taken[k] = true
		k++
	}
	d.found = append(d.found, found{i: lo, j: k, typ: typ, prob: prob, start: i, end: j})
}
