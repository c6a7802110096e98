package detect

import "math"

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
