package detect

import (
	"strings"

	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

const maxPlaceTokens = 7 // "Port O' Warren", "Reguengos de Monsaraz"

var placeCues = wordSet("in from to at near of visit visiting toward towards via outside around leaving based live lives living moved move travelling traveling travel located downtown city capital town")

// placeAt finds the longest known city, country or state that starts at token
// i. It gives the end and how well known the name is.
func (d *document) placeAt(i int) (end int, typ string, ok bool) {
	t := &d.tokens[i]
	if !t.is(isCap) && !t.is(isAllCaps) {
		return 0, "", false
	}
	var buf [96]byte
	b := buf[:0]
	for k := i; k < len(d.tokens) && k < i+maxPlaceTokens; k++ {
		w := &d.tokens[k]
		if k > i {
			if w.is(lineBefore) {
				break
			}
			if w.is(spaceBefore) {
				b = append(b, ' ')
			}
		}
		switch {
		case w.kind == wordToken:
			b = append(b, w.lower...)
		case w.kind == punctToken && strings.IndexByte("-.'&", w.punct) >= 0 && k > i:
			b = append(b, w.punct)
		default:
			return end, typ, end > 0
		}
		if len(b) > 80 {
			break
		}
		if w.kind == punctToken && w.punct != '.' {
			continue
		}
		if ty := placeType(string(b)); ty != "" {
			end, typ = k+1, ty
		}
	}
	return end, typ, end > 0
}

func placeType(name string) string {
	if _, ok := gazetteer.Country(name); ok {
		return "country"
	}
	if len(name) > 2 {
		if _, ok := gazetteer.City(name); ok {
			return "city"
		}
		if len(name) > 3 && gazetteer.State(name) {
			return "state"
		}
	}
	return ""
}

// stateCode tells a two-letter upper-case code that a comma, a place or a ZIP
// code accompanies.
func (d *document) stateCode(i int) bool {
	t := &d.tokens[i]
	if t.kind != wordToken || t.end-t.start != 2 || !t.is(isAllCaps) {
		return false
	}
	raw := d.s[t.start:t.end]
	return gazetteer.State(t.lower) || gazetteer.CountryCode(raw) || raw == "AA" || raw == "AE" || raw == "AP"
}
