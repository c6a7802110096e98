package detect

import "strings"

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
