package detect

import (
	"math"
	"strings"
)

// special holds the types whose values speak through gazetteers or through the
// shape of the whole column rather than through a form.
var special = map[string]func(p *profile, f *features, h header, named bool) float64{
	"first_name":     firstNameEvidence,
	"last_name":      lastNameEvidence,
	"middle_name":    middleNameEvidence,
	"full_name":      fullNameEvidence,
	"city":           cityEvidence,
	"organization":   organizationEvidence,
	"street_address": streetEvidence,
	"age":            ageEvidence,
	"birth_date":     birthEvidence,
	"date":           dateEvidence,
	"timestamp":      timestampEvidence,
	"record_id":      recordEvidence,
	"foreign_key":    foreignEvidence,
	"account_id":     accountEvidence,
	"category":       categoryEvidence,
	"number":         numberEvidence,
	"count":          countEvidence,
	"money":          moneyEvidence,
	"boolean":        booleanEvidence,
	"free_text":      textEvidence,
	"street_number":  streetNumberEvidence,
	"username":       usernameEvidence,
	"password":       passwordEvidence,
	"postal_code":    postalEvidence,
	"health_measure": healthMeasureEvidence,
	"latitude":       func(p *profile, f *features, h header, named bool) float64 { return coordinateEvidence(f, named, 90) },
	"longitude":      func(p *profile, f *features, h header, named bool) float64 { return coordinateEvidence(f, named, 180) },
	"gender":         genderEvidence,
	"income":         incomeEvidence,
	"imei": func(p *profile, f *features, h header, named bool) float64 {
		return longNumberEvidence(f, named, "imei")
	},
	"us_ssn":        ssnEvidence,
	"national_id":   nationalEvidence,
	"phone":         phoneEvidence,
	"title_of_work": titleEvidence,
}

func firstNameEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if f.numeric > .3 || f.words > 3 {
		return -5
	}
	s := f.given
	if f.han > .8 {
		s = .3
	}
	e := -3 + 9*s - 2*f.family*boolTo(f.family > f.given+.1)
	if f.city > f.given || f.place() > .7 {
		e -= 2
	}
	if f.ratio < .02 && f.distinct < 8 {
		e -= 3
	}
	return named3(e, named)
}

func lastNameEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if f.numeric > .3 || f.words > 3.5 {
		return -5
	}
	s := f.family
	if f.han > .8 {
		s = .3
	}
	e := -3 + 8*s - 2*f.given*boolTo(f.given > f.family+.1) - 3*f.word
	if f.city > f.family || f.place() > .7 {
		e -= 2
	}
	if f.ratio < .02 && f.distinct < 8 {
		e -= 3
	}
	return named3(e, named)
}

func middleNameEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if f.numeric > .3 {
		return -5
	}
	if !named {
		if f.meanLen < 2.1 && f.alpha > .95 && f.distinct > 8 && f.distinct <= 30 && f.upper > .9 {
			return 1.5
		}
		return -6
	}
	if f.meanLen < 2.2 || f.given > .3 {
		return 1.5
	}
	return 0
}

func fullNameEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if f.numeric > .3 || f.words > 7 {
		return -6
	}
	e := -3 + 9*f.bothNames + 2*f.titled + 1.5*f.commaName*f.bothNames
	if f.han > .8 && f.bothNames > .7 {
		e = 4
	}
	if f.words < 1.3 && f.han < .5 {
		e -= 1.5
	}
	if f.orgEnd > .3 || f.streetEnd > .4 {
		e -= 3
	}
	if f.ratio < .02 && f.distinct < 8 {
		e -= 3
	}
	return named3(e, named)
}

// named3 limits how far gazetteers can speak against a header that names the
// type: lists are short and the world is large.
func named3(e float64, named bool) float64 {
	if named {
		return min(max(e, -1.5), 3)
	}
	return min(e, 5)
}

// place is the share of values that are states or countries.
func (f *features) place() float64 {
	return max(f.match[typeIndex("state")], f.match[typeIndex("country")])
}

func boolTo(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func cityEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if f.numeric > .3 {
		return -5
	}
	if named && f.meanLen < 2.5 && f.distinct < 30 {
		return -2
	}
	e := -4 + 9*f.city
	if f.given > f.city || f.family > f.city+.2 {
		e -= 2
	}
	if named {
		return min(max(e, -.5), 3)
	}
	return min(e, 4)
}

func organizationEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if f.numeric > .3 || f.words > 9 {
		return -5
	}
	e := -4 + 10*f.orgEnd
	if named {
		return min(max(e, 0), 3)
	}
	return min(e, 4.5)
}

func streetEvidence(p *profile, f *features, h header, named bool) float64 {
	m := f.match[typeIndex("street_address")]
	if f.numeric > .5 {
		return -5
	}
	e := -4 + 5*m + 5*min(f.streetEnd, 1)
	if f.words < 1.5 && f.han < .5 {
		e -= 2
	}
	if named {
		return min(max(e, -1), 3)
	}
	return min(e, 5)
}

func ageEvidence(_ *profile, f *features, _ header, named bool) float64 {
	m := f.match[typeIndex("age")]
	if named {
		if f.numeric > .8 && (m < .9 || f.numericMax > 125) || f.alpha > .5 {
			return -5
		}
		return 1
	}
	if m > .99 && f.numericMin >= 0 && f.numericMax <= 105 && f.numericMax > 45 && f.distinct > 20 && f.rising < .6 && f.numericMin >= 10 && f.integer > .99 {
		return 2.2
	}
	return -5
}

func birthEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if f.dates < .5 {
		if named && f.integer > .9 && f.numericMin > 1880 && f.numericMax < 2100 {
			return 1 // year of birth
		}
		if named && f.integer > .9 && f.sameLen && f.meanLen == 8 {
			return 0
		}
		return -4
	}
	if named {
		return 1.5
	}
	if f.yearMax-f.yearMin > 30 && f.yearMin < 1990 && f.yearMax <= 2030 && f.ratio > .05 {
		return 5.8
	}
	return -2
}

func dateEvidence(p *profile, f *features, _ header, named bool) float64 {
	if f.dates > .9 || p.declared == kindDate || p.declared == kindTime {
		return 4
	}
	if named && (f.integer > .9 && f.numericMin > 1700 && f.numericMax < 2200 || f.numeric < .2 && f.distinct < 40) {
		return .5
	}
	if named {
		return -2.5
	}
	if f.integer > .98 && f.numericMin >= 1900 && f.numericMax <= 2035 && f.distinct > 2 {
		return 2
	}
	return -5
}

func timestampEvidence(p *profile, f *features, _ header, named bool) float64 {
	if p.declared == kindTime {
		return 2
	}
	if f.integer > .9 && f.numericMin > 9e8 && f.numericMax < 3e12 {
		return 2
	}
	if named {
		return -1
	}
	return -5
}

// recordEvidence and foreignEvidence are about keys: identifier-like cells
// that are unique, or that repeat another table's.
func recordEvidence(p *profile, f *features, h header, named bool) float64 {
	key := keyLike(p, f)
	e := -5.0
	switch {
	case f.ratio > .999 && f.consecutive:
		e = 4.5
	case f.ratio > .995 && key:
		e = 1.5
	case f.ratio > .98 && key:
		e = 0
	}
	if h.idLike {
		if f.ratio > .98 {
			e += 6
		} else {
			e += 2
		}
	} else if named && !key {
		e -= 3
	} else if named && f.ratio < .5 {
		e -= 3
	}
	if p.declared == kindFloat && f.integer < .99 {
		e -= 6
	}
	if f.mixed > .5 && !h.idLike && (f.bothCases > .4 || (!f.sameLen && f.upper < .1)) && f.match[typeIndex("uuid")] < .5 && f.match[typeIndex("hash")] < .5 {
		e -= 3 // secrets and handles look like this, keys rarely
	}
	return e
}

func foreignEvidence(p *profile, f *features, h header, named bool) float64 {
	e := -5.0
	if h.idLike && h.of != "" {
		e = 4
		if f.ratio > .995 {
			e = 2.5
		}
		if !keyLike(p, f) {
			e -= 4
		}
	}
	return e
}

// keyLike tells cells without spaces or fractions: whole numbers or codes.
func keyLike(p *profile, f *features) bool {
	if p.declared == kindDate || p.declared == kindTime || p.declared == kindBool || f.dates > .5 && f.integer < .9 {
		return false
	}
	return f.integer > .98 || (f.match[typeIndex("record_id")] > .97 && (f.mixed > .5 || f.numeric > .5 || f.match[typeIndex("uuid")] > .9) || f.match[typeIndex("hash")] > .9)
}

func accountEvidence(p *profile, f *features, h header, named bool) float64 {
	if !named {
		return -5
	}
	if f.words > 3 || f.distinct < 5 && f.cells > 50 {
		return -3
	}
	return 1
}

func categoryEvidence(p *profile, f *features, _ header, named bool) float64 {
	if f.dates > .8 {
		return -4
	}
	few := f.distinct <= 30 || (f.distinct <= 200 && f.ratio < .05)
	switch {
	case f.numeric > .8 && (f.integer < .9 || f.distinct > 15):
		return -4
	case f.numeric > .8 && f.distinct <= 15 && f.cells > 30:
		return .5 + boolTo(named)
	case few && f.cells >= 20 && f.ratio < .5:
		return 2.5
	case few && named:
		return 1
	case f.ratio < .1:
		return 1
	case named && f.words < 6 && (f.ratio < .9 || f.distinct < 50):
		return -.5
	}
	return -3
}

func numberEvidence(p *profile, f *features, _ header, named bool) float64 {
	if f.numeric < .9 {
		return -6
	}
	e := 1.5
	if f.integer < .9 {
		e = 3
	}
	if f.consecutive {
		e -= 3
	}
	if f.sameLen && f.meanLen >= 9 && f.integer > .99 {
		e -= 3
	}
	if named {
		e += .5
	}
	return e
}

func countEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if f.integer < .98 || f.numericMin < 0 {
		return -5
	}
	if named {
		return 1.5
	}
	return -1
}

func moneyEvidence(_ *profile, f *features, _ header, named bool) float64 {
	m := f.match[typeIndex("money")]
	if m < .8 {
		return -5
	}
	if f.numeric < .2 {
		return 5 // currency signs
	}
	if named {
		return 1.5
	}
	if f.decimals2 > .9 && f.integer < .5 {
		return 1.2
	}
	return -2
}

func booleanEvidence(p *profile, f *features, _ header, named bool) float64 {
	if p.declared == kindBool {
		return 4
	}
	if f.distinct > 3 || f.match[typeIndex("boolean")] < .95 {
		return -4
	}
	if f.numeric < .5 {
		return 3.2
	}
	return 1.8
}

func textEvidence(p *profile, f *features, _ header, named bool) float64 {
	if f.numeric > .3 {
		return -5
	}
	switch {
	case f.words > 6 && f.ratio > .3 || f.han > .5 && f.meanLen > 60:
		return 4.5
	case f.words > 3.5 && f.ratio > .5 && named:
		return 2
	case named && f.distinct < 20 && f.cells > 100:
		return -3
	case named && f.bothNames > .8:
		return -6
	case named && f.words > 2:
		return .5
	case named && f.words < 1.3 && f.han < .5:
		return -5
	case named:
		return -2
	}
	return -4
}

func streetNumberEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if !named {
		return -5
	}
	if f.meanLen > 8 {
		return -3
	}
	return 1.5
}

func usernameEvidence(_ *profile, f *features, _ header, named bool) float64 {
	m := f.match[typeIndex("username")]
	if named {
		if f.numeric > .9 {
			return -2
		}
		return 1
	}
	if m > .97 && f.ratio > .9 && f.words < 1.1 && f.meanLen > 5 && f.given < .3 && f.family < .3 && f.word < .3 && f.dates < .1 && f.upper < .5 && f.mixed > .15 && f.match[typeIndex("domain")] < .2 {
		return 2.5
	}
	return -5
}

func passwordEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if named {
		if f.distinct < 20 && f.cells > 50 || f.words > 1.5 {
			return -4
		}
		return 2
	}
	if f.words < 1.1 && f.bothCases > .5 && f.ratio > .95 && f.meanLen >= 6 && f.meanLen < 24 && f.match[typeIndex("url")] < .1 && f.match[typeIndex("email")] < .1 {
		return 4
	}
	if f.words < 1.1 && f.mixed > .9 && f.ratio > .9 && f.upper < .2 && f.meanLen >= 8 && f.meanLen < 20 && f.match[typeIndex("hash")] < .1 && f.match[typeIndex("email")] < .1 {
		return .5
	}
	return -5
}

func postalEvidence(_ *profile, f *features, _ header, named bool) float64 {
	m := f.match[typeIndex("postal_code")]
	if named {
		if m > .6 {
			return 1.5
		}
		return -2
	}
	if m > .98 && f.mixed > .8 && f.meanLen >= 5 && f.meanLen <= 8 && f.distinct > 20 {
		return 1
	}
	if m > .98 && f.numeric > .98 && f.sameLen && f.meanLen == 5 && f.distinct > 20 && f.numericMin < 20000 && f.numericMax > 50000 && f.ratio < .98 {
		return 1.5
	}
	return -5
}

func healthMeasureEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if !named {
		return noHeader
	}
	if f.words > 4 {
		return -3
	}
	return 1
}

func coordinateEvidence(f *features, named bool, limit float64) float64 {
	if f.numeric < .9 || math.Abs(f.numericMin) > limit || math.Abs(f.numericMax) > limit {
		return -6
	}
	if named {
		return 2
	}
	m := f.match[typeIndex("longitude")]
	if limit == 90 {
		m = f.match[typeIndex("latitude")]
	}
	if m > .9 && f.integer < .05 && f.meanLen > 7 && f.numericMax-f.numericMin < 60 && (f.numericMin < -60 || f.numericMin > 20) {
		return .5
	}
	return -5
}

// incomeEvidence knows brackets ("<=50K", "$10k-20k"); plain amounts need the
// header.
func incomeEvidence(_ *profile, f *features, _ header, named bool) float64 {
	m := f.match[typeIndex("income")]
	switch {
	case m > .95 && f.numeric < .1 && f.match[typeIndex("money")] < .5 && f.dates < .1 && f.match[typeIndex("phone")] < .3 && f.distinct <= 60:
		return 10
	case named:
		return .5
	}
	return noHeader
}

func genderEvidence(_ *profile, f *features, _ header, named bool) float64 {
	m := f.match[typeIndex("gender")]
	if named {
		if m > .9 {
			return 4
		}
		if f.distinct <= 5 {
			return 1.5
		}
		return -4
	}
	if m > .98 && f.distinct >= 2 && f.distinct <= 4 {
		return 4.5
	}
	return -6
}

func longNumberEvidence(f *features, named bool, name string) float64 {
	t := typeIndex(name)
	if f.match[t] < .9 {
		return -5
	}
	if f.valid[t] > .9 {
		return 5
	}
	if named {
		return 0
	}
	return -6
}

func ssnEvidence(p *profile, f *features, _ header, named bool) float64 {
	t := typeIndex("us_ssn")
	m, v := f.match[t], f.valid[t]
	dashed := m > .9 && f.meanLen > 10
	switch {
	case dashed && v > .8:
		return 7
	case dashed:
		return 2
	case m > .9 && named:
		return 2
	case named:
		return -2
	case m > .97 && v > .98 && f.ratio > .98 && f.distinct > 50 && f.rising < .7 && f.numericMin > 1e6 && f.numericMax-f.numericMin > 4e8 && f.numericMax < 9e8:
		return 1
	}
	return -6
}

func nationalEvidence(p *profile, f *features, _ header, named bool) float64 {
	t := typeIndex("national_id")
	m, v := f.match[t], f.valid[t]
	switch {
	case m > .9 && v > .9 && f.mixed > .8:
		return 5
	case m > .9 && v > .95 && f.ratio > .8 && f.distinct > 20 && f.meanLen >= 10:
		return 4.5
	case named && f.distinct > 3:
		return 1.5
	}
	return -5
}

func phoneEvidence(p *profile, f *features, h header, named bool) float64 {
	t := typeIndex("phone")
	m, v := f.match[t], f.valid[t]
	plain := f.integer > .95
	switch {
	case named && (m > .5 || strings.Contains(strings.Join(h.tokens, ""), "phone")):
		return 2.5
	case named:
		return -1.5
	case plain && m > .97 && v > .85 && f.ratio > .8 && f.rising < .7 && f.meanLen >= 10 && f.meanLen <= 12:
		return 3
	case plain:
		return -6
	case m > .9 && v > .6:
		return 5
	case m > .9 && f.meanLen >= 9:
		return 3
	case m > .6:
		return .5
	}
	return -6
}

func titleEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if !named {
		return -4
	}
	if f.numeric > .5 || f.ratio < .2 {
		return -3
	}
	return 1.5
}
