package detect

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

func titleEvidence(_ *profile, f *features, _ header, named bool) float64 {
	if !named {
		return -4
	}
	if f.numeric > .5 || f.ratio < .2 {
		return -3
	}
	return 1.5
}
