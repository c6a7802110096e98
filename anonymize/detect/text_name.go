package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

var (
	// nameCues stand before a name: "my name is X", "dear X".
	nameCues = wordSet("name named called dear hi hello hey mr mrs ms miss dr i'm am regards sincerely from by signed attn contact beneficiary patient doctor meet producer singer actor actress author president director by ask for")
	orgCues  = wordSet("at for with company employer firm corporation joined join works working worked work bank employed called companies customers")
)

const maxNameTokens = 12

// names walks over runs of capitalised words and decides what each is: person,
// organisation, place, nationality; then job titles and lower-case names.
func (d *document) names() {
	for i := 0; i < len(d.tokens); i++ {
		t := &d.tokens[i]
		if d.taken[i] || t.kind != wordToken {
			continue
		}
		if d.atLineStart(i) {
			if end := d.jobLine(i); end > 0 {
				d.claim(i, end, "title", .5)
				continue
			}
		}
		if t.is(isTitle) && d.titleAt(i) {
			continue
		}
		if t.is(isNation) {
			d.add(i, i+1, "nationality", .75)
			if !d.nextIsNamePart(i + 1) {
				continue
			}
		}
		if !t.is(isCap) {
			if i = d.lowerName(i); i < len(d.tokens) && d.tokens[i].is(isDict) && semantic.OccupationWord(d.tokens[i].lower) {
				d.occupation(i, i+1)
			}
			continue
		}
		if end, typ, ok := d.placeAt(i); ok && d.placeWins(i, end) {
			d.claim(i, end, typ, d.placeProbability(i, end))
			d.postalAfter(end)
			i = end - 1
			continue
		}
		end := d.nameRun(i)
		d.run(i, end)
		i = max(i, end-1)
	}
}

func (d *document) nextIsNamePart(i int) bool {
	return i < len(d.tokens) && d.tokens[i].is(isCap) && d.tokens[i].is(isFamily|isGiven) && !d.tokens[i].is(isDict)
}

// titleAt marks "Mr.", "Dr." before a capitalised word.
func (d *document) titleAt(i int) bool {
	t := &d.tokens[i]
	k := i + 1
	if k < len(d.tokens) && d.tokens[k].punct == '.' {
		k++
	}
	if !t.is(isCap) || k >= len(d.tokens) || !d.tokens[k].is(isCap) || d.tokens[k].is(lineBefore) {
		return false
	}
	if t.is(isDict) && k == i+1 && !strongTitle[t.lower] {
		return false
	}
	d.add(i, min(k, i+2), "title", .8)
	return true
}

var strongTitle = wordSet("mr mrs ms miss dr prof professor mx herr frau mme sir")

// afterTitle tells whether a title stands before token i.
func (d *document) afterTitle(i int) bool {
	k := i - 1
	if k >= 0 && d.tokens[k].punct == '.' {
		k--
	}
	return k >= 0 && d.tokens[k].is(isTitle) && d.tokens[k].is(isCap) && (strongTitle[d.tokens[k].lower] || k < i-1)
}

// placeWins tells whether a known place is meant rather than a person or a
// plain word.
func (d *document) placeWins(i, end int) bool {
	t := &d.tokens[i]
	if d.afterTitle(i) {
		return false
	}
	cue := i > 0 && placeCues[d.tokens[i-1].lower]
	if end-i == 1 {
		if t.is(isDict) && !cue && (t.is(isSentenceStart) || !t.is(isAllCaps)) {
			return false
		}
		if t.is(isAllCaps) && t.end-t.start <= 2 && t.lower != "us" && t.lower != "uk" {
			return cue && !t.is(isDict)
		}
		if t.is(isGiven|isFamily) && !cue {
			return !d.nextIsNamePart(end) && !(end < len(d.tokens) && d.tokens[end].is(isCap)) && !t.is(isGiven)
		}
	}
	if end < len(d.tokens) && d.tokens[end].is(isCap) && !d.tokens[end].is(lineBefore|isSentenceStart) && d.nameRun(i) > end {
		// "Jackson Pollock", "London Consulting": the run is longer than the place.
		return cue && !d.tokens[end].is(isOrgEnd)
	}
	return true
}

func (d *document) placeProbability(i, end int) float64 {
	if i > 0 && placeCues[d.tokens[i-1].lower] {
		return .9
	}
	if end-i > 1 || !d.tokens[i].is(isDict|isGiven|isFamily) {
		return .8
	}
	return .55
}

// postalAfter marks a postal code behind a place: "Riga 1013", ", GA 30303".
func (d *document) postalAfter(k int) {
	for m := k; m < len(d.tokens) && m < k+3; m++ {
		switch t := &d.tokens[m]; {
		case t.punct == ',' || d.stateCode(m):
			if d.stateCode(m) {
				d.add(m, m+1, "state", .7)
			}
			continue
		case !d.taken[m] && t.kind == digitToken && t.end-t.start >= 3 && t.end-t.start <= 6 && m > 0 && !t.is(lineBefore):
			d.claim(m, d.postalEnd(m), "postal_code", .7)
		}
		return
	}
}

// nameRun is the end of the run of capitalised words, initials and particles
// from token i.
func (d *document) nameRun(i int) int {
	end := i + 1
	for k := i + 1; k < len(d.tokens) && k < i+maxNameTokens && !d.taken[k]; k++ {
		t := &d.tokens[k]
		p := &d.tokens[k-1]
		if t.is(lineBefore) {
			break
		}
		switch {
		case t.is(isTitle) && t.is(isCap) && (strongTitle[t.lower] || k+1 < len(d.tokens) && d.tokens[k+1].punct == '.'):
			return end
		case t.kind == wordToken && t.is(isCap):
			if p.kind == punctToken && p.punct == '.' && t.is(isSentenceStart) {
				return end
			}
			if p.kind != punctToken && !t.is(spaceBefore) {
				return end
			}
			end = k + 1
			continue
		case t.kind == wordToken && t.is(isParticle) && t.is(spaceBefore) && k+1 < len(d.tokens) && (d.tokens[k+1].is(isCap) || d.tokens[k+1].is(isParticle)):
			continue
		case t.punct == '.' && p.is(isInitial) && p.is(isCap):
			end = k + 1
			continue
		case (t.punct == '-' || t.punct == '\'' || t.punct == 0x80) && t.kind == punctToken && !t.is(spaceBefore) && k+1 < len(d.tokens) && d.tokens[k+1].is(isCap) && !d.tokens[k+1].is(spaceBefore):
			continue
		case t.punct == '&' && k+1 < len(d.tokens) && d.tokens[k+1].is(isCap):
			continue
		}
		break
	}
	return end
}

// run decides what the capitalised words [i, end) are.
func (d *document) run(i, end int) {
	if d.organization(i, end) {
		return
	}
	titled := d.afterTitle(i)
	// Words of the language at the edges are not part of a name.
	for !titled && i < end && d.plainWord(i, end) {
		i++
	}
	for i < end && (d.tokens[i].kind == punctToken || d.tokens[i].is(isParticle) && !d.tokens[i].is(isCap)) {
		i++
	}
	for end > i && (d.tokens[end-1].kind == punctToken || d.trailingWord(i, end-1)) {
		end--
	}
	if i >= end {
		return
	}
	given, family, unknown, dict, initials, words := 0, 0, 0, 0, 0, 0
	for k := i; k < end; k++ {
		t := &d.tokens[k]
		if t.kind != wordToken {
			continue
		}
		if t.is(isParticle) && !t.is(isCap) {
			continue
		}
		words++
		switch {
		case t.is(isInitial):
			initials++
		case t.is(isGiven) && !t.is(isDict):
			given++
		case t.is(isFamily) && !t.is(isDict):
			family++
		case t.is(isDict):
			dict++
		default:
			unknown++
		}
	}
	first := &d.tokens[i]
	cue := d.cue(i, 3, nameCues)
	place := i > 0 && placeCues[d.tokens[i-1].lower]
	switch {
	case titled:
		d.claim(i, end, "full_name", .95)
	case words >= 2 && (given > 0 || first.is(isGiven)) && given+family+unknown+initials >= 1:
		d.person(i, end, .9)
	case words >= 2 && family > 0 && (unknown > 0 || family > 1 || cue || initials > 0):
		d.person(i, end, .75)
	case words >= 2 && unknown >= 1 && dict == 0 && words <= 4:
		if place {
			d.claim(i, end, "city", .6)
			return
		}
		d.person(i, end, .55)
	case words >= 2 && unknown >= 1:
		d.add(i, end, "organization", .5)
	case words == 1 && given == 1:
		if place && !first.is(isSentenceStart) && !cue {
			d.add(i, end, "city", .5)
			return
		}
		d.person(i, end, .75)
	case words == 1 && family == 1:
		d.person(i, end, .6)
	case words == 1 && dict == 1 && first.is(isGiven|isFamily) && (cue || !first.is(isSentenceStart)) && !first.is(isMonth|isWeekday):
		p := .3
		if cue {
			p = .5
		}
		d.person(i, end, p)
	case words == 1 && unknown == 1:
		d.unknownWord(i, cue, place)
	case words >= 2 && dict == words && orgCues[d.before(i)] && !first.is(isSentenceStart):
		d.add(i, end, "organization", .45)
	}
}

func (d *document) before(i int) string {
	if i == 0 {
		return ""
	}
	return d.tokens[i-1].lower
}

// unknownWord decides a single capitalised word that no list has.
func (d *document) unknownWord(i int, cue, place bool) {
	t := &d.tokens[i]
	raw := d.s[t.start:t.end]
	switch {
	case t.end-t.start < 3:
		return
	case place:
		d.claim(i, i+1, "city", .6)
		d.postalAfter(i + 1)
	case t.is(isAllCaps) && utf8.RuneCountInString(raw) <= 5:
		if orgCues[d.before(i)] {
			d.add(i, i+1, "organization", .45)
		}
	case camel(raw):
		d.add(i, i+1, "organization", .55)
	case cue:
		d.add(i, i+1, "full_name", .6)
	case orgCues[d.before(i)]:
		d.add(i, i+1, "organization", .5)
	case t.is(isSentenceStart):
		d.add(i, i+1, "full_name", .42)
	default:
		d.add(i, i+1, "full_name", .5)
	}
}

// camel tells capitals inside a word: "LinkedIn", not "McCoy".
func camel(raw string) bool {
	lower := false
	for k, c := range raw {
		if k == 0 {
			continue
		}
		if unicode.IsUpper(c) && lower {
			return !strings.HasPrefix(raw, "Mc") && !strings.HasPrefix(raw, "Mac")
		}
		lower = unicode.IsLower(c)
	}
	return false
}

func (d *document) person(i, end int, p float64) {
	typ := "full_name"
	if p >= .5 {
		d.claim(i, end, typ, p)
		return
	}
	d.add(i, end, typ, p)
}

// plainWord tells whether the first word of a run is an ordinary word there.
func (d *document) plainWord(i, end int) bool {
	t := &d.tokens[i]
	if t.kind == punctToken || t.is(isTitle|isWeekday) && t.is(isDict|isTitle) {
		return true
	}
	if t.is(isInitial) {
		return !(i+1 < end && (d.tokens[i+1].punct == '.' || d.tokens[i+1].is(isFamily)))
	}
	if !t.is(isDict) {
		return false
	}
	if t.is(isMonth|isNation) && end-i == 1 {
		return true
	}
	// "Grace Hopper" keeps its first word, "Hello Grace" loses it.
	if t.is(isGiven) && i+1 < end && (d.tokens[i+1].is(isFamily|isInitial) || !d.tokens[i+1].is(isDict)) {
		return d.tokens[i+1].is(isGiven) && d.tokens[i+1].is(isDict) && t.is(isSentenceStart) && !t.is(isFamily)
	}
	return end-i > 1 || t.is(isSentenceStart) && !t.is(isGiven|isFamily)
}

func (d *document) trailingWord(i, k int) bool {
	t := &d.tokens[k]
	return k > i && t.is(isDict) && !t.is(isFamily|isGiven|isInitial)
}

// organization decides runs that end like a firm: "Hill Inc.", "Lopez, Santos
// and Coleman".
func (d *document) organization(i, end int) bool {
	last := end - 1
	for last > i && d.tokens[last].kind == punctToken {
		last--
	}
	if last > i && d.tokens[last].is(isOrgEnd) {
		start := i
		for start < last && d.tokens[start].is(isSentenceStart) && d.tokens[start].is(isDict) && !d.tokens[start].is(isFamily|isGiven) && last-start > 1 {
			start++
		}
		if end < len(d.tokens) && d.tokens[end].punct == '.' && d.tokens[last].end-d.tokens[last].start <= 4 {
			end++
		}
		d.claim(start, end, "organization", .8)
		return true
	}
	// A firm behind a comma: "Hill, Inc."; three partners.
	if end+1 < len(d.tokens) && d.tokens[end].punct == ',' && d.tokens[end+1].is(isCap) && d.tokens[end+1].is(isOrgEnd) && d.tokens[end+1].end-d.tokens[end+1].start <= 4 {
		d.claim(i, end+2, "organization", .85)
		return true
	}
	if end-i == 1 && d.tokens[i].is(isFamily) && end+3 < len(d.tokens) {
		a, b, c, e := &d.tokens[end], &d.tokens[end+1], &d.tokens[end+2], &d.tokens[end+3]
		if a.punct == ',' && b.is(isCap) && b.is(isFamily) && c.lower == "and" && e.is(isCap) && e.is(isFamily) {
			d.claim(i, end+4, "organization", .8)
			return true
		}
		if a.punct == '-' && b.is(isCap) && b.is(isFamily) && end+2 < len(d.tokens) && !c.is(isCap) && !d.tokens[i].is(isGiven) && !a.is(spaceBefore) {
			d.claim(i, end+2, "organization", .55)
			return true
		}
	}
	if end < len(d.tokens)-1 && d.tokens[end].lower == "and" && d.tokens[end+1].is(isCap) && end+2 < len(d.tokens) && d.tokens[end+2].is(isCap) && d.tokens[end+2].is(isOrgEnd) {
		d.claim(i, end+3, "organization", .75)
		return true
	}
	return false
}

// lowerName knows "patricia desrosiers": a given name before a family name,
// both written small, or one behind "name is". It returns the last token used.
func (d *document) lowerName(i int) int {
	t := &d.tokens[i]
	if !t.is(isGiven) || t.is(isDict) || t.is(isNation|isMonth|isWeekday) || len(t.lower) < 4 {
		return i
	}
	k := i + 1
	for k < len(d.tokens) && k < i+3 && (d.tokens[k].punct == '.' || len(d.tokens[k].lower) == 1) {
		k++
	}
	if k < len(d.tokens) && d.tokens[k].kind == wordToken && !d.tokens[k].is(isDict|isCap|lineBefore) && len(d.tokens[k].lower) > 3 {
		p := .5
		if d.tokens[k].is(isFamily) {
			p = .75
		}
		d.claim(i, k+1, "full_name", p)
		return k
	}
	if d.cue(i, 2, nameCues) || i > 0 && d.afterTitle(i) {
		d.claim(i, i+1, "first_name", .6)
	} else if len(t.lower) >= 5 {
		d.add(i, i+1, "first_name", .42)
	}
	return i
}

// jobLine is the end of a line that is a job title and nothing else, as in a
// signature; 0 = it is not.
func (d *document) jobLine(i int) int {
	k := i
	for k < len(d.tokens) && k < i+6 && d.tokens[k].kind == wordToken && d.tokens[k].is(isDict) && (k == i || !d.tokens[k].is(lineBefore)) {
		k++
	}
	if k == i || k == i+6 || i == 0 || k < len(d.tokens) && !d.tokens[k].is(lineBefore) || !semantic.OccupationWord(d.tokens[k-1].lower) {
		return 0
	}
	return k
}

var jobCues = wordSet("as a an is was the works working job position profession occupation role am hired")

// occupation marks "works as a labor relations director".
func (d *document) occupation(i, end int) {
	start := i
	for start > 0 && i-start < 4 && d.tokens[start-1].kind == wordToken && d.tokens[start-1].is(isDict) && !jobCues[d.tokens[start-1].lower] && !d.tokens[start-1].is(isCap) && len(d.tokens[start-1].lower) > 3 {
		start--
	}
	if start > 0 && jobCues[d.tokens[start-1].lower] && d.cue(start, 3, strongJobCues) {
		d.add(start, end, "title", .45)
	}
}

var strongJobCues = wordSet("works working job position profession occupation role hired employed as")
