package semantic

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

// person completes the person of the context: names that are missing are
// drawn in the wanted script.
func (c Context) person(r *rand.Rand) Person {
	var p Person
	if c.Person != nil {
		p = *c.Person
	}
	if p.Gender == "" {
		p.Gender = pick(r, []string{"female", "male"})
	}
	if p.Given == "" {
		p.Given = drawGiven(r, p.Gender, c.chinese())
	}
	if p.Family == "" {
		p.Family = drawFamily(r, c.chinese())
	}
	return p
}

func drawGiven(r *rand.Rand, gender string, chinese bool) string {
	if !chinese {
		return pickZipf(r, gazetteer.EnglishGiven(gender))
	}
	runes := gazetteer.CNGivenRunes(gender)
	name := string(pick(r, runes))
	if r.IntN(3) > 0 {
		name += string(pick(r, runes))
	}
	return name
}

func drawFamily(r *rand.Rand, chinese bool) string {
	if chinese {
		return string(pickZipf(r, gazetteer.CNSurnames()))
	}
	return pickZipf(r, gazetteer.EnglishSurnames())
}

// nameForm tells whether v could be a person's name in any script: at most
// five words of letters with the marks that names use.
func nameForm(v string) bool {
	if len(v) < 2 || len(v) > 80 {
		return false
	}
	letters, words, inWord := 0, 0, false
	for _, c := range v {
		switch {
		case unicode.IsLetter(c) || unicode.Is(unicode.Mn, c):
			letters++
			if !inWord {
				words++
			}
			inWord = true
		case c == ' ':
			inWord = false
		case c == '-' || c == '\'' || c == '’' || c == '.' || c == ',' || c == '·' || c == '`' || c == '´':
		default:
			return false
		}
	}
	return letters >= 1 && words <= 6
}

// asciiName reduces a name to the lower-case letters that fit an address.
func asciiName(s string) string {
	var b strings.Builder
	for _, c := range s {
		c = unicode.ToLower(c)
		if c >= 'a' && c <= 'z' {
			b.WriteRune(c)
		} else if f, ok := folded[c]; ok {
			b.WriteString(f)
		}
	}
	if b.Len() > 24 {
		return b.String()[:24]
	}
	return b.String()
}

// folded maps accented Latin letters, and the Chinese family names that are
// most frequent, to ASCII.
var folded = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'æ': "ae", 'ø': "o", 'œ': "oe", 'ł': "l", 'đ': "d", 'þ': "th", 'ð': "d"}
	for to, from := range map[string]string{
		"a": "àáâãäåāăą", "c": "çćčĉ", "d": "ď", "e": "èéêëēěęė", "g": "ğģ", "i": "ìíîïīıį", "l": "ľĺļ", "n": "ñńňņ",
		"o": "òóôõöōő", "r": "řŕ", "s": "śšşș", "t": "ťţț", "u": "ùúûüūůűų", "y": "ýÿ", "z": "źžż",
		"wang": "王", "li": "李", "zhang": "张", "liu": "刘", "chen": "陈", "yang": "杨", "huang": "黄", "zhao": "赵", "wu": "吴", "zhou": "周",
		"xu": "徐许", "sun": "孙", "ma": "马", "zhu": "朱", "hu": "胡", "guo": "郭", "he": "何", "lin": "林", "gao": "高", "luo": "罗",
	} {
		for _, c := range from {
			m[c] = to
		}
	}
	return m
}()

func initial(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r))
}
