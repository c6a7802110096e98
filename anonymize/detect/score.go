package detect

import (
	"github.com/nocturne-data/nocturne/internal/det"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// The model is additive log-odds, one score a type: what the type's frequency
// is (prior), what the header says (headerWeight times its strength), what the
// values say (form, check digits, gazetteer shares, shape of the numbers) and
// what the columns around it say. Scores pass a softmax whose temperature is
// fitted (calibration.go).
const (
	headerWeight = 8.0
	noHeader     = -3.0 // a type that needs its header and has none
)

// candidate is one type's score with the reasons that moved it.
type candidate struct {
	typ    int
	score  float64
	header float64
	value  float64
	around float64
}

// shape says what cells a type without a form of its own can hold.
type shape uint8

const (
	anyShape shape = iota
	numberShape
	textShape
	categoryShape // few values
)

var shapes = map[string]shape{
	"income": anyShape, "money": numberShape, "count": numberShape, "number": numberShape, "family_size": numberShape, "health_measure": anyShape,
	"health_status": anyShape, "title_of_work": textShape, "product": textShape, "location": textShape, "facility": textShape, "photo": textShape,
	"category": categoryShape, "outcome": categoryShape, "political_view": categoryShape, "sexual_orientation": categoryShape,
	"phone_country_code": numberShape, "phone_extension": numberShape, "relationship": categoryShape, "religion": categoryShape,
	"marital_status": categoryShape, "employment_type": categoryShape,
}

// priors are log-odds offsets for types that values alone rarely settle.
var priors = map[string]float64{
	"number": 1.2, "category": 1.2, "record_id": .3, "foreign_key": .3, "date": .8, "free_text": 0, "boolean": .3, "money": .2, "count": .2,
	"health_measure": -.5, "biometric": -2, "photo": -1, "card_cvv": -2, "phone_extension": -2, "phone_country_code": -2, "password": -2, "username": -1.5,
	"middle_name": -1, "cn_mobile": 0, "national_id": -.5, "timestamp": -.5, "outcome": -.5,
}

// scoreColumn scores every type for one column without its neighbours.
func scoreColumn(p *profile, f *features, h header) []candidate {
	types := semantic.All()
	out := make([]candidate, len(types))
	anyHeader := len(h.strength) > 0
	for t := range types {
		ty := &types[t]
		c := candidate{typ: t, score: priors[ty.Name]}
		if s, ok := h.strength[t]; ok {
			c.header = headerWeight * s
		} else if anyHeader && !h.empty {
			c.header = -1
		}
		c.value = valueEvidence(ty, t, p, f, h, c.header > 0)
		c.score += c.header + c.value
		out[t] = c
	}
	return out
}

// valueEvidence is the log-odds that the values add.
func valueEvidence(ty *semantic.Type, t int, p *profile, f *features, h header, named bool) float64 {
	if f.cells == 0 {
		if named {
			return 0
		}
		return noHeader
	}
	if fn, ok := special[ty.Name]; ok {
		return fn(p, f, h, named)
	}
	if ty.Match != nil {
		return formEvidence(ty, t, f, named)
	}
	if !named {
		return noHeader
	}
	switch shapes[ty.Name] {
	case numberShape:
		if f.numeric < .8 {
			return -4
		}
	case textShape:
		if f.numeric > .8 {
			return -4
		}
	case categoryShape:
		if f.distinct > 60 && f.ratio > .2 {
			return -3
		}
	}
	return .5
}

// codable families have closed vocabularies that tables often store as small
// numbers.
var codable = map[string]bool{"demographic": true, "work": true, "health": true, "finance": true}

// formEvidence turns match and check-digit shares into log-odds: a telling
// form speaks for itself, a weak one only confirms a header; either one denies
// the type when cells do not have it.
func formEvidence(ty *semantic.Type, t int, f *features, named bool) float64 {
	m := f.match[t]
	tell := det.Log(ty.Prior/(1-ty.Prior)) + 2 // -2.4 .. 9
	if ty.Valid != nil {
		v := f.valid[t]
		switch {
		case m > 0 && v > .85:
			tell += 1.5
		case m > 0 && v < .3 && named:
			tell--
		case m > 0 && v < .5:
			tell -= 7
		}
	}
	switch {
	case m >= .98 && ty.Prior >= .95 && f.distinct >= 10:
		return tell + 2
	case m >= .95:
		return tell
	case m >= .6:
		return tell * (m - .3) / .7
	case named && f.integer > .95 && f.distinct <= 25 && codable[ty.Family]:
		return .5
	case m >= .3 && named:
		return .5
	case named:
		return -3.5 * (1 - m)
	}
	return -6 * (1 - m)
}
