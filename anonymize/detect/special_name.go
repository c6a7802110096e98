package detect

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
