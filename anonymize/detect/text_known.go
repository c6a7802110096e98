package detect

import (
	"strings"
	"unicode/utf8"
)

const (
	knownMinName   = 3 // runes of a name part worth looking for
	knownMinDigits = 7
	knownMaxParts  = 256
)

// known finds the row's own values: names by any of their parts whatever the
// case, numbers by their last digits in any format.
func (d *document) known(values []string) {
	if len(values) == 0 {
		return
	}
	words := map[string]bool{}
	var numbers []string
	var literals []string
	for _, v := range values {
		v = strings.TrimSpace(v)
		if v == "" || len(words)+len(numbers) > knownMaxParts {
			continue
		}
		if n := onlyDigits(v); len(n) >= knownMinDigits {
			numbers = append(numbers, n[len(n)-knownMinDigits:])
		}
		for _, t := range tokens(v) {
			switch {
			case t.kind == hanToken:
				literals = append(literals, v[t.start:t.end])
			case t.kind == wordToken && t.end-t.start <= maxWord && utf8.RuneCountInString(t.lower) >= knownMinName && !strings.ContainsAny(v, "@/"):
				words[t.lower] = true
			}
		}
	}
	d.knownWords(words)
	d.knownNumbers(numbers)
	for _, l := range literals {
		d.knownHan(l)
	}
}

func (d *document) knownWords(words map[string]bool) {
	for i := 0; i < len(d.tokens); i++ {
		if d.tokens[i].kind != wordToken || !words[d.tokens[i].lower] {
			continue
		}
		j := i + 1
		for j < len(d.tokens) && d.tokens[j].kind == wordToken && words[d.tokens[j].lower] {
			j++
		}
		// An ordinary word that happens to be this person's name is doubtful
		// without its capital, yet found: a leak costs more than a mask.
		p := .97
		if j-i == 1 && d.tokens[i].is(isDict) && !d.tokens[i].is(isCap|isAllCaps) {
			p = .5
		}
		d.add(i, j, "full_name", p)
		i = j - 1
	}
}

// knownNumbers compares the last seven digits of each run of digit groups.
func (d *document) knownNumbers(numbers []string) {
	if len(numbers) == 0 {
		return
	}
	var tail [64]byte
	for i := 0; i < len(d.tokens); i++ {
		if d.tokens[i].kind != digitToken {
			continue
		}
		n, j, last := 0, i, i
		for j < len(d.tokens) && j < i+maxNumberTokens {
			t := &d.tokens[j]
			if t.kind == digitToken && n+t.end-t.start <= len(tail) {
				n += copy(tail[n:], d.s[t.start:t.end])
				last = j
			} else if t.kind != punctToken || strings.IndexByte("-./()+", t.punct) < 0 {
				break
			}
			j++
		}
		for _, k := range numbers {
			if n >= knownMinDigits && string(tail[n-knownMinDigits:n]) == k {
				d.add(i, last+1, "phone", .97)
				break
			}
		}
		i = last
	}
}

// knownHan finds a literal run of Chinese characters.
func (d *document) knownHan(l string) {
	if utf8.RuneCountInString(l) < 2 {
		return
	}
	for at := 0; ; {
		k := strings.Index(d.s[at:], l)
		if k < 0 {
			return
		}
		d.found = append(d.found, found{typ: "full_name", prob: .97, start: at + k, end: at + k + len(l)})
		at += k + len(l)
	}
}

func onlyDigits(v string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, v)
}
