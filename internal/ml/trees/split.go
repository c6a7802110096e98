package trees

// minGain is the least improvement that counts as one (XGBoost's kRtEps).
const minGain = 1e-6

// split is the best way found to divide a node. Rows whose bin is set in right
// go right, so numbers, levels and missing cells are decided the same way.
type split struct {
	gain    float64
	feature int
	right   [4]uint64
	gr, hr  int64 // sums of the right child
}

// scorer turns fixed-point sums into the objective of a node.
type scorer struct {
	gUnit, hUnit   float64 // value of one fixed-point step
	lambda         float64
	minChildWeight float64
}

// score is G^2/(H+lambda), twice the loss that a leaf of these sums removes.
func (s *scorer) score(g, h int64) float64 {
	G := float64(g) * s.gUnit
	den := float64(float64(h)*s.hUnit) + s.lambda
	if den <= 0 {
		return 0
	}
	return float64(G*G) / den
}

func (s *scorer) heavy(h int64) bool {
	return h > 0 && float64(float64(h)*s.hUnit) >= s.minChildWeight
}

// bestSplit looks through the features in order; a later split must be
// strictly better, so ties go to the lower feature and bin.
func (t *grower) bestSplit(hist []cell, g, h int64) (split, bool) {
	best := split{gain: max(minGain, t.p.Gamma), feature: -1}
	parent := t.score(g, h)
	consider := func(f int) {
		b := t.x.bins
		cells := hist[b.offsets[f]:b.offsets[f+1]]
		switch feature := &b.Features[f]; {
		case !feature.Categorical():
			t.numericSplit(f, cells, g, h, parent, &best)
		case feature.Bins-1 <= t.p.MaxOneVsRest:
			t.oneVsRestSplit(f, cells, g, h, parent, &best)
		default:
			t.sortedSplit(f, cells, g, h, parent, &best)
		}
	}
	if t.features != nil {
		for _, f := range t.features {
			consider(f)
		}
	} else {
		for f := range t.x.Cols {
			consider(f)
		}
	}
	return best, best.feature >= 0
}

// numericSplit tries every border, with the missing cells on the right and,
// if there are any, on the left.
func (t *grower) numericSplit(f int, cells []cell, g, h int64, parent float64, best *split) {
	values, missing := cells[:len(cells)-1], cells[len(cells)-1]
	gain, border, missingLeft := best.gain, -1, false
	var at cell
	var gl, hl int64
	try := func(b int, left bool) {
		if !t.heavy(hl) || !t.heavy(h-hl) {
			return
		}
		if v := t.score(gl, hl) + t.score(g-gl, h-hl) - parent; v > gain {
			gain, border, missingLeft = v, b, left
			at = cell{g - gl, h - hl}
		}
	}
	anyMissing := missing != cell{}
	last := len(values) - 1
	if anyMissing {
		last++ // the border behind the last value parts missing from the rest
	}
	for b := range last {
		if values[b] == (cell{}) {
			continue
		}
		gl += values[b].g
		hl += values[b].h
		try(b, false)
		if anyMissing && b < len(values)-1 {
			gl, hl = gl+missing.g, hl+missing.h
			try(b, true)
			gl, hl = gl-missing.g, hl-missing.h
		}
	}
	if border < 0 {
		return
	}
	*best = split{gain: gain, feature: f, gr: at.g, hr: at.h}
	for b := border + 1; b < len(values); b++ {
		setBit(&best.right, b)
	}
	// Missing cells that training never saw at this node go to the heavier
	// child.
	if !anyMissing {
		missingLeft = 2*at.h <= h
	}
	if !missingLeft {
		setBit(&best.right, len(values))
	}
}

func setBit(m *[4]uint64, b int) { m[b>>6] |= 1 << (b & 63) }
