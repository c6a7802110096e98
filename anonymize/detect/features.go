package detect

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

// features is what the values of a column say, as shares of its non-null cells
// unless noted.
type features struct {
	cells    int64
	distinct int64   // among the first maxHashes cells
	ratio    float64 // distinct over cells looked at for it
	nullRate float64

	numeric, integer, dates float64
	numericMin, numericMax  float64
	decimals2               float64 // of the numeric: exactly two decimals
	rising                  float64 // share of steps up
	consecutive             bool    // whole numbers, each one above the last
	sameLen                 bool
	meanLen, words          float64
	alpha, han, upper       float64 // letters only; Han; no lower case
	capital                 float64 // every word starts with a capital letter
	punct                   float64 // symbols that prose and passwords have and names do not
	mixed                   float64 // letters and digits in one word
	bothCases               float64 // mixed, and a capital behind a small letter
	yearMin, yearMax        int     // of dates

	given, family, bothNames, commaName float64
	titled                              float64 // starts with a form of address
	city, orgEnd, streetEnd             float64
	word                                float64 // first word is an English word, not a name

	match, valid []float64 // by type
}

var nullish = map[string]bool{"?": true, "-": true, "na": true, "n/a": true, "nan": true, "null": true, "none": true, "unknown": true, `\n`: true, ".": true}

// measure examines the kept values once.
func measure(p *profile) *features {
	types := semantic.All()
	f := &features{match: make([]float64, len(types)), valid: make([]float64, len(types)), sameLen: true, numericMin: math.Inf(1), numericMax: math.Inf(-1), yearMin: 9999}
	if p.rows > 0 {
		f.nullRate = float64(p.nulls) / float64(p.rows)
	}
	f.distinct = int64(len(p.hashes))
	if p.hashRows > 0 {
		f.ratio = float64(f.distinct) / float64(p.hashRows)
	}
	var total, numericN, wordsSum, lenSum float64
	length := -1
	matched := make([]int, len(types))
	checked := make([]float64, len(types))
	for k, v := range p.values {
		if nullish[strings.ToLower(v)] {
			continue
		}
		w := float64(p.counts[k])
		total += w
		lenSum += w * float64(len(v))
		if length >= 0 && len(v) != length {
			f.sameLen = false
		}
		length = len(v)
		f.number(v, w, &numericN)
		wordsSum += w * f.text(v, w)
		for t := range types {
			ty := &types[t]
			if ty.Match == nil || !ty.Match(v) {
				continue
			}
			f.match[t] += w
			if ty.Valid == nil {
				continue
			}
			if matched[t]++; matched[t] <= maxChecked {
				checked[t] += w
				if ty.Valid(v) {
					f.valid[t] += w
				}
			}
		}
		if t, ok := semantic.ParseDate(v); ok {
			f.dates += w
			f.yearMin, f.yearMax = min(f.yearMin, t.Year()), max(f.yearMax, t.Year())
		}
	}
	f.cells = int64(total)
	if total == 0 {
		return f
	}
	for t := range types {
		f.match[t] /= total
		if checked[t] > 0 {
			f.valid[t] /= checked[t]
		}
	}
	if numericN > 0 {
		f.decimals2 /= numericN
	}
	for _, x := range []*float64{&f.numeric, &f.integer, &f.dates, &f.alpha, &f.han, &f.upper, &f.capital, &f.punct, &f.mixed, &f.bothCases, &f.given, &f.family, &f.bothNames, &f.commaName, &f.titled, &f.city, &f.orgEnd, &f.streetEnd, &f.word} {
		*x /= total
	}
	f.meanLen, f.words = lenSum/total, wordsSum/total
	if steps := p.up + p.down + p.eq; steps > 0 {
		f.rising = float64(p.up) / float64(steps)
	}
	f.consecutive = f.integer > .99 && f.rising > .99 && f.numericMax-f.numericMin < 1.05*float64(p.cellsWithText) && p.cellsWithText > 3
	return f
}

// maxChecked is how many distinct values a type's Valid sees: it may be slow.
const maxChecked = 150

func (f *features) number(v string, w float64, n *float64) {
	c := v[0]
	if len(v) > 24 || !(c >= '0' && c <= '9' || c == '-' || c == '.') {
		return
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(x, 0) {
		return
	}
	f.numeric += w
	*n += w
	if x == math.Trunc(x) {
		f.integer += w
	}
	if i := strings.IndexByte(v, '.'); i >= 0 && len(v)-i == 3 {
		f.decimals2 += w
	}
	f.numericMin, f.numericMax = min(f.numericMin, x), max(f.numericMax, x)
}

// text looks at letters and words; it returns the number of words.
func (f *features) text(v string, w float64) float64 {
	letters, lowers, digits, han, marks, runes := 0, 0, 0, 0, 0, 0
	for _, c := range v {
		runes++
		switch {
		case unicode.Is(unicode.Han, c):
			han++
			letters++
		case unicode.IsLetter(c):
			letters++
			if unicode.IsLower(c) {
				lowers++
			}
		case unicode.IsDigit(c):
			digits++
		case c != ' ' && c != '-' && c != '.' && c != '\'' && c != ',':
			marks++
		}
	}
	if letters == 0 {
		return 1
	}
	if digits == 0 && marks == 0 {
		f.alpha += w
	}
	if han*2 > runes {
		f.han += w
	}
	if lowers == 0 {
		f.upper += w
	}
	if marks > 0 {
		f.punct += w
	}
	lower := strings.ToLower(v)
	if _, ok := gazetteer.City(lower); ok {
		f.city += w
	} else if _, ok := gazetteer.CNPlace(v); ok {
		f.city += w
	}
	words, capitals, given, family, named, mixed := 0, 0, 0, 0, 0, false
	first, last := "", ""
	for t := range strings.FieldsFuncSeq(lower, func(c rune) bool { return c == ' ' || c == ',' || c == '.' || c == '(' || c == ')' || c == '"' }) {
		words++
		if words == 1 {
			first = t
		}
		last = t
		if words > 12 {
			continue
		}
		if len(t) > 2 {
			_, isGiven := gazetteer.Given(t)
			isFamily := gazetteer.Surname(t)
			if isGiven {
				given++
			}
			if isFamily {
				family++
			}
			if (isGiven || isFamily) && !gazetteer.Word(t) {
				named++
			}
		}
		if strings.ContainsFunc(t, unicode.IsDigit) && strings.ContainsFunc(t, unicode.IsLetter) {
			mixed = true
		}
		if semantic.StreetWord(t) {
			f.streetEnd += w / float64(words)
		}
	}
	for t := range strings.FieldsSeq(v) {
		if c := []rune(t)[0]; unicode.IsUpper(c) {
			capitals++
		}
	}
	if mixed {
		f.mixed += w
		if words == 1 && innerCapital(v) {
			f.bothCases += w
		}
	}
	if words > 0 && capitals >= words {
		f.capital += w
	}
	if semantic.Titles[first] && words > 1 {
		f.titled += w
	}
	if i := strings.IndexByte(v, ','); i > 0 && words >= 2 && words <= 7 && digits == 0 {
		f.commaName += w
	}
	if words > 1 && semantic.OrganizationWord(last) {
		f.orgEnd += w
	}
	if han > 0 && runes <= 4 && han == runes && runes >= 2 {
		if n, ok := gazetteer.CNSurname([]rune(v)); ok && n < runes {
			if _, place := gazetteer.CNPlace(v); !place {
				f.bothNames += w
			}
		}
	}
	if han*2 > runes && (strings.HasSuffix(v, "公司") || strings.HasSuffix(v, "大学") || strings.HasSuffix(v, "医院") || strings.HasSuffix(v, "银行") || strings.HasSuffix(v, "集团") || strings.HasSuffix(v, "学校")) {
		f.orgEnd += w
	}
	if words == 1 {
		if given > 0 {
			f.given += w
		}
		if family > 0 {
			f.family += w
		}
	} else if words <= 6 && given+family >= 2 && given > 0 && family > 0 && named*2 >= words {
		f.bothNames += w
	}
	if gazetteer.Word(first) && given == 0 && family == 0 {
		f.word += w
	}
	return float64(strings.Count(v, " ") + 1)
}

// innerCapital tells a capital letter somewhere behind a small one.
func innerCapital(v string) bool {
	small := false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c >= 'a' && c <= 'z':
			small = true
		case c >= 'A' && c <= 'Z' && small:
			return true
		}
	}
	return false
}
