package detect

import "strings"

var (
	addressCues = wordSet("address addresses live lives living located residing resides reside return ship deliver delivered delivery street corner moved move on at visit home house mail mailed meet meeting lived location in is to near")
	strongCues  = wordSet("address addresses lives live located resides reside residing return corner ship deliver delivered restaurant station store office shop pedestrians")
	streetFirst = wordSet("rue via calle avenida av rua ul ulica piazza plaza viale corso strada chemin quai impasse allée avenue boulevard carrera largo praça travessa vicolo cours aleja calea bulevardul paseo camino")
)

const maxAddressTokens = 40

// addresses finds street addresses by grammar: a core (number and street, unit,
// box) that grows over the units, places and postal codes around it.
func (d *document) addresses() {
	for i := 0; i < len(d.tokens); i++ {
		if d.taken[i] || d.tokens[i].kind >= hanToken {
			continue
		}
		end, prob := d.addressCore(i)
		if end == 0 {
			continue
		}
		start := i
		for start > 0 && i-start < 3 && !d.taken[start-1] && d.houseNumber(start-1) && (start < 2 || d.tokens[start-2].punct != '$') {
			start--
		}
		end = d.growAddress(end)
		if d.streetTail(end) {
			end++
		}
		d.claim(start, end, "street_address", prob)
		i = end - 1
	}
}

// houseNumber tells a number of at most six digits, with a letter or without.
func (d *document) houseNumber(i int) bool {
	if i < 0 || i >= len(d.tokens) || d.taken[i] {
		return false
	}
	t := &d.tokens[i]
	n := t.end - t.start
	switch t.kind {
	case digitToken:
		return n <= 6
	case mixedToken: // "12a", not "70s" or "5th"
		return n <= 6 && n >= 2 && t.lower[n-2] >= '0' && t.lower[n-2] <= '9' && t.lower[n-1] >= 'a' && t.lower[n-1] <= 'z' && t.lower[n-1] != 's' && t.lower[0] >= '0' && t.lower[0] <= '9'
	}
	return false
}

// addressCore reads the part that makes tokens from i an address.
func (d *document) addressCore(i int) (end int, prob float64) {
	t := &d.tokens[i]
	if end = d.unit(i); end > 0 {
		return end, .85
	}
	if t.kind == digitToken || t.kind == mixedToken {
		if !d.houseNumber(i) || (t.kind == mixedToken && !ordinal(t.lower) && t.end-t.start > 5) {
			return 0, 0
		}
		return d.numberFirst(i)
	}
	if t.kind != wordToken {
		return 0, 0
	}
	if t.lower == "corner" && i+2 < len(d.tokens) && d.tokens[i+1].lower == "of" {
		if end = d.corner(i + 2); end > 0 {
			return end, .8
		}
	}
	if streetFirst[t.lower] && (t.is(isCap) || t.lower == "ul" || t.lower == "via" || t.lower == "rue" || t.lower == "calle") {
		if end = d.streetNameFirst(i); end > 0 {
			return end, .85
		}
	}
	return d.nameThenNumber(i)
}

// unit reads "Apt. 117", "Suite 464", "P.O. Box 12", "PSC 3294, Box 9168".
func (d *document) unit(i int) int {
	t := &d.tokens[i]
	if t.kind != wordToken || !(t.is(isUnit) || t.lower == "p" || t.lower == "po") || !(t.is(isCap) || t.is(isAllCaps) || t.lower == "apt" || t.lower == "suite") {
		return 0
	}
	k := i + 1
	if t.lower == "p" || t.lower == "po" {
		for k < len(d.tokens) && k < i+5 && (d.tokens[k].punct == '.' || d.tokens[k].lower == "o") {
			k++
		}
		if k >= len(d.tokens) || d.tokens[k].lower != "box" {
			return 0
		}
		k++
	} else if t.lower == "room" || t.lower == "floor" || t.lower == "building" {
		return 0
	}
	for k < len(d.tokens) && k < i+7 && (d.tokens[k].punct == '.' || d.tokens[k].punct == '#') {
		k++
	}
	if k < len(d.tokens) && (d.tokens[k].kind == digitToken || d.tokens[k].kind == mixedToken || d.tokens[k].is(isInitial)) && d.tokens[k].end-d.tokens[k].start <= 6 {
		return k + 1
	}
	return 0
}

// nameWordAt tells whether token k can be part of a street's name.
func (d *document) streetWordAt(k int) bool {
	t := &d.tokens[k]
	return !d.taken[k] && (t.kind == wordToken && (t.is(isCap|isParticle|isAllCaps) || t.is(isStreet)) || t.kind == mixedToken && ordinal(t.lower))
}

// numberFirst reads "24 Clarke Avenue", "2456 Rue de Virton 38", "9791 Markt
// 84" from the number at i.
func (d *document) numberFirst(i int) (int, float64) {
	if i > 0 && !d.tokens[i].is(spaceBefore) && d.tokens[i-1].kind == punctToken && d.tokens[i-1].punct != '(' && d.tokens[i-1].punct != ',' && d.tokens[i-1].punct != ':' && d.tokens[i-1].punct != '#' {
		return 0, 0
	}
	k, names, street, capitals := i+1, 0, false, 0
	for k < len(d.tokens) && d.houseNumber(k) && k < i+3 && d.tokens[k].kind == digitToken {
		k++
	}
	if e := d.smallStreet(k); e > 0 {
		return e, .7
	}
	var end int
	for k < len(d.tokens) && names < 6 {
		t := &d.tokens[k]
		if t.is(lineBefore) {
			break
		}
		if t.kind == punctToken && (t.punct == '.' || t.punct == '-' || t.punct == '\'') && names > 0 && k+1 < len(d.tokens) && !d.tokens[k+1].is(lineBefore) {
			if t.punct == '.' && !d.tokens[k-1].is(isStreet|isInitial) && d.tokens[k-1].end-d.tokens[k-1].start > 3 {
				break
			}
			k++
			continue
		}
		if !d.streetWordAt(k) {
			break
		}
		names++
		if t.is(isCap | isAllCaps) {
			capitals++
		}
		if t.is(isStreet) {
			street = true
			end = k + 1
			if names > 1 || streetFirst[t.lower] {
				if k+1 < len(d.tokens) && d.houseNumber(k+1) && !d.tokens[k+1].is(lineBefore) {
					return k + 2, .9
				}
				if !streetFirst[t.lower] {
					if k+1 < len(d.tokens) && directions[d.tokens[k+1].lower] && d.tokens[k+1].is(isCap) && !d.tokens[k+1].is(lineBefore) {
						return k + 2, .9
					}
					if k+1 < len(d.tokens) && d.streetWordAt(k+1) && d.tokens[k+1].is(isStreet) {
						end = k + 2
					}
					return end, .9
				}
			}
		}
		k++
	}
	switch {
	case names == 0 || capitals == 0:
		return 0, 0
	case k < len(d.tokens) && d.houseNumber(k) && !d.tokens[k].is(lineBefore):
		return k + 1, .8
	case street && names > 1:
		return k, .8
	case k < len(d.tokens) && d.unitNear(k):
		return k, .8
	case d.cue(i, 3, strongCues):
		return k, .65
	case d.zipNear(k):
		return k, .7
	}
	return 0, 0
}

var (
	directions  = wordSet("north south east west n s e w ne nw se sw northeast northwest southeast southwest")
	sureStreets = wordSet("street avenue ave boulevard blvd rd road lane crescent drive court terrace")
	notStreets  = wordSet("the a an of to on in at by and or for from with minute minutes hour hours mile miles km meters metres day days people cars lane lanes percent block blocks year years one two this that per more off down up his her my our your their its")
)

// smallStreet reads streets written in small letters from token k: "fourth
// avenue", "rue de pologne".
func (d *document) smallStreet(k int) int {
	if k >= len(d.tokens) || d.tokens[k].kind != wordToken || d.tokens[k].is(isCap) {
		return 0
	}
	if streetFirst[d.tokens[k].lower] {
		m := k + 1
		for m < len(d.tokens) && m < k+5 && d.tokens[m].kind == wordToken && (!d.tokens[m].is(isDict) || d.tokens[m].is(isParticle)) && !d.tokens[m].is(lineBefore) {
			m++
		}
		if m > k+1 {
			return m
		}
		return 0
	}
	for m := k; m < len(d.tokens) && m < k+4; m++ {
		t := &d.tokens[m]
		if t.kind != wordToken || t.is(isCap|lineBefore) || notStreets[t.lower] {
			return 0
		}
		if m > k && sureStreets[t.lower] {
			return m + 1
		}
	}
	return 0
}

// unitNear tells whether a unit follows, over a comma or a line break.
func (d *document) unitNear(k int) bool {
	if d.tokens[k].punct == ',' {
		k++
	}
	return k < len(d.tokens) && d.unit(k) > 0
}

// zipNear tells whether a state code and number follow.
func (d *document) zipNear(k int) bool {
	for m := k; m < len(d.tokens) && m < k+6; m++ {
		if d.stateCode(m) && m+1 < len(d.tokens) && d.tokens[m+1].kind == digitToken && d.tokens[m+1].end-d.tokens[m+1].start == 5 {
			return true
		}
	}
	return false
}

// streetNameFirst reads "Via Roma 12", "ul. Grochowa 80", "Rue de la Paix".
func (d *document) streetNameFirst(i int) int {
	k, names := i+1, 0
	if k < len(d.tokens) && d.tokens[k].punct == '.' {
		k++
	}
	for k < len(d.tokens) && names < 5 && !d.tokens[k].is(lineBefore) && d.tokens[k].kind == wordToken && d.streetWordAt(k) {
		if d.tokens[k].is(isCap) {
			names++
		}
		k++
	}
	if names == 0 {
		return 0
	}
	if d.houseNumber(k) && !d.tokens[k].is(lineBefore) {
		return k + 1
	}
	if names > 0 && !d.tokens[i].is(isDict) {
		return k
	}
	return 0
}

// nameThenNumber reads "Villacher Strasse 89", "Friedhofstrasse 33", "Pagari
// 18" and "Clarke Avenue".
func (d *document) nameThenNumber(i int) (int, float64) {
	t := &d.tokens[i]
	if !t.is(isCap) || t.is(isMonth|isWeekday|isTitle) || (t.is(isSentenceStart) && t.is(isDict) && !t.is(isStreet)) {
		return 0, 0
	}
	k, street := i, false
	for k < len(d.tokens) && k < i+5 && d.tokens[k].kind == wordToken && d.streetWordAt(k) && (k == i || !d.tokens[k].is(lineBefore)) {
		if d.tokens[k].is(isStreet) {
			street = true
		}
		k++
		if k < len(d.tokens) && (d.tokens[k].punct == '-' || d.tokens[k].punct == '.' && d.tokens[k-1].is(isStreet|isInitial)) && k+1 < len(d.tokens) && (d.tokens[k+1].kind == wordToken || d.houseNumber(k+1)) {
			k++
		}
	}
	last := &d.tokens[k-1]
	if d.houseNumber(k) && !d.tokens[k].is(lineBefore) && (d.tokens[k].kind == digitToken || d.tokens[k].end-d.tokens[k].start <= 4) {
		cue := d.cue(i, 3, addressCues)
		digits := d.tokens[k].end - d.tokens[k].start
		switch {
		case street:
			return k + 1, .85
		case last.is(isDict|isMonth|isOrgEnd) && !(cue && k-i > 1):
			return 0, 0
		case cue && digits <= 4:
			return k + 1, .7
		case d.atLineStart(i) && d.atLineEnd(k+1):
			return k + 1, .7
		}
		return 0, 0
	}
	if street && k-i >= 2 && last.is(isStreet) && last.is(isCap) && !d.tokens[i].is(isStreet) && d.cue(i, 4, addressCues) {
		return k, .7
	}
	return 0, 0
}

func (d *document) atLineStart(i int) bool {
	return i == 0 || d.tokens[i].is(lineBefore) || d.tokens[i-1].punct == '>'
}

func (d *document) atLineEnd(k int) bool {
	return k >= len(d.tokens) || d.tokens[k].is(lineBefore) || d.tokens[k].punct == ','
}

// corner reads "159 Eleftheriou Venizelou str and Rennie Union".
func (d *document) corner(i int) int {
	k, sides := i, 0
	for k < len(d.tokens) && k < i+14 {
		t := &d.tokens[k]
		switch {
		case t.lower == "and":
			sides++
		case t.punct == '.' && k > i && d.tokens[k-1].is(isStreet) && k+1 < len(d.tokens) && d.streetWordAt(k+1):
		case d.houseNumber(k) || d.streetWordAt(k):
		default:
			if sides == 0 {
				return 0
			}
			return k
		}
		k++
	}
	if sides == 0 {
		return 0
	}
	return k
}

// streetTail takes in the noun of "on Hansinegata 120 street".
func (d *document) streetTail(k int) bool {
	return k < len(d.tokens) && d.tokens[k].kind == wordToken && d.tokens[k].is(isStreet) && !d.tokens[k].is(lineBefore) && !d.tokens[k].is(isCap)
}

// growAddress extends an address to the right over units, place names, state
// codes and postal codes, across commas and single line breaks.
func (d *document) growAddress(end int) int {
	limit := end + maxAddressTokens
	for end < len(d.tokens) && end < limit {
		k, broken := end, d.tokens[end].is(lineBefore)
		for k < len(d.tokens) && k < end+3 && strings.IndexByte(",.-(", d.tokens[k].punct) >= 0 && d.tokens[k].kind == punctToken {
			if d.tokens[k].punct == '.' && (k+1 >= len(d.tokens) || !d.tokens[k+1].is(lineBefore)) {
				return end
			}
			broken = true
			k++
		}
		if k >= len(d.tokens) || d.taken[k] || k+1 < len(d.tokens) && d.tokens[k+1].punct == ':' {
			return end
		}
		broken = broken || d.tokens[k].is(lineBefore)
		next := 0
		switch t := &d.tokens[k]; {
		case d.unit(k) > 0:
			next = d.unit(k)
		case d.stateCode(k):
			next = k + 1
		case t.kind == digitToken && t.end-t.start >= 3 && t.end-t.start <= 6 || t.kind == mixedToken && postalToken(t.lower):
			next = d.postalEnd(k)
		case t.is(isCap|isAllCaps) && t.kind == wordToken:
			next = d.placeRun(k, broken)
		}
		if next == 0 {
			return end
		}
		end = next
	}
	return end
}

func postalToken(l string) bool {
	digits := 0
	for i := 0; i < len(l); i++ {
		if l[i] >= '0' && l[i] <= '9' {
			digits++
		}
	}
	return len(l) >= 2 && len(l) <= 8 && digits > 0
}

// postalEnd takes in the second group of "840 24", "90010-170", "SW1A 1AA".
func (d *document) postalEnd(k int) int {
	if k+2 < len(d.tokens) && d.tokens[k+1].punct == '-' && d.tokens[k+2].kind == digitToken && !d.tokens[k+1].is(spaceBefore) {
		return k + 3
	}
	if k+1 < len(d.tokens) && !d.taken[k+1] && !d.tokens[k+1].is(lineBefore) {
		t := &d.tokens[k+1]
		if (t.kind == digitToken && t.end-t.start <= 3) || (t.kind == mixedToken && len(t.lower) == 3) || (t.kind == wordToken && t.is(isAllCaps) && t.end-t.start == 2) {
			return k + 2
		}
	}
	return k + 1
}

// placeRun reads a place name: a known one, or after a break any short run of
// capitalised words.
func (d *document) placeRun(k int, broken bool) int {
	known, _, ok := d.placeAt(k)
	end := k
	for end < len(d.tokens) && end < k+5 && !d.taken[end] && (end == k || !d.tokens[end].is(lineBefore)) {
		t := &d.tokens[end]
		if t.kind == wordToken && (t.is(isCap|isAllCaps) || (t.is(isParticle) && end > k)) {
			end++
			continue
		}
		if t.kind == punctToken && (t.punct == '-' || t.punct == '\'' || t.punct == '.') && end+1 < len(d.tokens) && !d.tokens[end+1].is(spaceBefore) && end > k {
			end++
			continue
		}
		break
	}
	for end > k && d.tokens[end-1].is(isParticle) && !d.tokens[end-1].is(isCap) {
		end--
	}
	if end > k && d.tokens[k].is(isSentenceStart) && d.tokens[k].is(isDict) && !broken {
		return known
	}
	stops := end >= len(d.tokens) || d.tokens[end].kind != wordToken || d.tokens[end].is(lineBefore)
	switch {
	case ok && known >= end:
		return known
	case broken && stops && !(d.tokens[k].is(isDict) && !ok && end-k == 1 && !d.tokens[k].is(isAllCaps) && d.tokens[k].is(isSentenceStart) && d.tokens[k].kind == wordToken && !d.tokens[k].is(lineBefore)):
		return end
	case !d.tokens[k].is(isDict):
		return end
	case ok:
		return known
	}
	return 0
}
