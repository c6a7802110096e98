package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

type tokenKind uint8

const (
	wordToken tokenKind = iota
	digitToken
	mixedToken // letters and digits
	hanToken   // a run of Han characters
	punctToken
)

// flags are what a word is known to be.
type flags uint32

const (
	isCap flags = 1 << iota
	isAllCaps
	isSentenceStart
	isDict
	isGiven
	isFamily
	isTitle
	isStreet
	isOrgEnd
	isNation
	isMonth
	isWeekday
	isInitial
	isParticle
	isUnit
	spaceBefore
	lineBefore // a line break lies before the token
)

type token struct {
	start, end int
	kind       tokenKind
	flags      flags
	lower      string // words and mixed tokens only
	punct      byte   // punctuation: its byte, 0x80 for other symbols
}

func (t *token) is(f flags) bool { return t.flags&f != 0 }

const maxWord = 48 // longer runs of letters are not looked up

// tokens splits s into runs of letters, digits, Han characters and single
// symbols, and looks every word up once.
func tokens(s string) []token {
	out := make([]token, 0, len(s)/5+8)
	space, line, sentence := false, false, true
	shouting := shouts(s)
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '\n' || c == '\r':
			line, space, sentence = true, true, true
			i += n
			continue
		case c == ' ' || c == '\t' || unicode.IsSpace(c):
			space = true
			i += n
			continue
		}
		t := token{start: i}
		if space {
			t.flags |= spaceBefore
		}
		if line {
			t.flags |= lineBefore
		}
		switch {
		case unicode.Is(unicode.Han, c):
			t.kind = hanToken
			i = runEnd(s, i, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			i = wordEnd(s, i, &t)
		default:
			t.kind, t.punct = punctToken, 0x80
			if c < 0x80 {
				t.punct = byte(c)
			}
			i += n
		}
		t.end = i
		if t.kind == wordToken || t.kind == mixedToken {
			describe(s, &t, sentence, shouting)
		}
		if t.kind == punctToken {
			if t.punct == '.' || t.punct == '!' || t.punct == '?' || t.punct == ':' || t.punct == '>' || t.punct == '"' || t.punct == '(' || t.punct == '*' {
				sentence = t.punct != '.' || !afterAbbreviation(out)
			}
		} else {
			sentence = false
		}
		space, line = false, false
		out = append(out, t)
	}
	return out
}

// afterAbbreviation tells whether a dot closes an initial, a title or another
// short form rather than a sentence.
func afterAbbreviation(out []token) bool {
	if len(out) == 0 {
		return false
	}
	p := &out[len(out)-1]
	return p.is(isInitial|isTitle|isUnit) || (p.is(isStreet|isOrgEnd) && p.end-p.start <= 4)
}

func runEnd(s string, i int, in func(rune) bool) int {
	for i < len(s) {
		c, n := utf8.DecodeRuneInString(s[i:])
		if !in(c) {
			return i
		}
		i += n
	}
	return i
}

// wordEnd reads letters and digits; an apostrophe between letters belongs to
// the word unless it opens a possessive s.
func wordEnd(s string, i int, t *token) int {
	letters, digits := false, false
	for i < len(s) {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsDigit(c):
			digits = true
		case unicode.Is(unicode.Han, c):
			n = 0
		case unicode.IsLetter(c) || unicode.Is(unicode.Mn, c):
			letters = true
		case (c == '\'' || c == '’') && letters && !digits:
			next, m := utf8.DecodeRuneInString(s[i+n:])
			after, _ := utf8.DecodeRuneInString(s[i+n+m:])
			if !unicode.IsLetter(next) || ((next == 's' || next == 'S') && !unicode.IsLetter(after)) {
				n = 0
			}
		default:
			n = 0
		}
		if n == 0 {
			break
		}
		i += n
	}
	switch {
	case letters && digits:
		t.kind = mixedToken
	case digits:
		t.kind = digitToken
	default:
		t.kind = wordToken
	}
	return i
}

// shouts tells texts mostly in capitals, where a capital says nothing.
func shouts(s string) bool {
	upper, lower := 0, 0
	for i := 0; i < len(s) && i < 4096; i++ {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		}
	}
	return upper > 12 && upper > 2*lower
}

var (
	particles = wordSet("delle dei degli dello della des vom zum im auf aan op de van von der den la le da dos das do del della di du af av bin ibn al el ter ten zu y e st")
	units     = wordSet("apt apartment suite ste unit flat box psc pmb room floor lot bldg building")
	weekdays  = wordSet("monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays")
	months    = wordSet("january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec")
	// notNames are capitalised in ordinary writing though no list of
	// lower-case words has them.
	notNames = wordSet(`i i'm i'd i've i'll ok tv usa uk us eu dna pdf id ids url http https www faq ceo cto cfo hr it pc am pm dob ssn pin atm iban mr mrs ms dr vat gps sms api ai ml iphone internet christmas easter english google bible god
		it's don't can't won't isn't didn't doesn't that's there's what's let's you're they're we're he's she's who's where's couldn't wouldn't shouldn't wasn't weren't aren't haven't hasn't hadn't how's here's i’m it’s hi hello hey dear thanks thank please bot user yes yeah nope okay
		website email online username login signup app blog vegan covid wifi fyi fax tel desk mobile phone cell zip asap lol omg btw imo aka etc vs nan null`)
)

func describe(s string, t *token, sentence, shouting bool) {
	raw := s[t.start:t.end]
	c, n := utf8.DecodeRuneInString(raw)
	if sentence {
		t.flags |= isSentenceStart
	}
	if len(raw) > maxWord {
		t.lower = ""
		return
	}
	upper := unicode.IsUpper(c)
	t.lower = raw
	if upper || strings.IndexFunc(raw[n:], unicode.IsUpper) >= 0 {
		t.lower = strings.ToLower(raw)
	}
	if t.kind == mixedToken {
		return
	}
	if upper && !shouting {
		t.flags |= isCap
	}
	if upper && len(raw) > n && strings.ToUpper(raw) == raw {
		t.flags |= isAllCaps
	}
	if upper && len(raw) == n {
		t.flags |= isInitial
	}
	if raw == "I" && !strings.HasPrefix(s[t.end:], ".") {
		t.flags &^= isCap | isInitial | isAllCaps // the pronoun
	}
	l := t.lower
	if gazetteer.Word(l) || notNames[l] {
		t.flags |= isDict
	}
	if semantic.Titles[l] {
		t.flags |= isTitle
	}
	if semantic.StreetWord(l) {
		t.flags |= isStreet
	}
	if units[l] {
		t.flags |= isUnit
	}
	if particles[l] && !upper {
		t.flags |= isParticle
	}
	if len(l) < 3 {
		return
	}
	if g, ok := gazetteer.Given(l); ok && g != 0 {
		t.flags |= isGiven
	}
	if gazetteer.Surname(l) {
		t.flags |= isFamily
	}
	if semantic.OrganizationWord(l) {
		t.flags |= isOrgEnd
	}
	if weekdays[l] {
		t.flags |= isWeekday
	}
	if months[l] {
		t.flags |= isMonth
	}
	if (upper || t.flags&isDict == 0) && semantic.Nationality(l) {
		t.flags |= isNation
	}
}
