package trees

import "slices"

// maxSortedLevels bounds the smaller side of a sorted split: wider sets fit
// noise (XGBoost's max_cat_threshold).
const maxSortedLevels = 64

// oneVsRestSplit parts each level, missing included, from all others: what a
// tree on one-hot columns can do at this depth, without the columns.
func (t *grower) oneVsRestSplit(f int, cells []cell, g, h int64, parent float64, best *split) {
	level := -1
	for b, c := range cells {
		if c == (cell{}) || !t.heavy(c.h) || !t.heavy(h-c.h) {
			continue
		}
		if v := t.score(c.g, c.h) + t.score(g-c.g, h-c.h) - parent; v > best.gain {
			best.gain, level = v, b
		}
	}
	if level < 0 {
		return
	}
	*best = split{gain: best.gain, feature: f, gr: cells[level].g, hr: cells[level].h}
	setBit(&best.right, level)
}

// sortedSplit orders the levels by G/(H+lambda) and tries every prefix: the
// best binary partition of the levels is among them (Fisher 1958; Breiman et
// al. 1984, section 4.2.2, for a convex loss). Levels unseen at the node stay
// left.
func (t *grower) sortedSplit(f int, cells []cell, g, h int64, parent float64, best *split) {
	order := t.order[:0]
	for b, c := range cells {
		if c == (cell{}) {
			continue
		}
		ratio := float64(c.g) * t.gUnit / (float64(float64(c.h)*t.hUnit) + max(t.lambda, 1e-9))
		order = append(order, levelRatio{ratio, b})
	}
	t.order = order
	slices.SortFunc(order, func(a, b levelRatio) int {
		switch {
		case a.ratio < b.ratio:
			return -1
		case a.ratio > b.ratio:
			return 1
		}
		return a.bin - b.bin
	})
	var gr, hr int64
	cut := -1
	var at cell
	for i := range max(len(order)-1, 0) {
		c := cells[order[i].bin]
		gr += c.g
		hr += c.h
		if min(i+1, len(order)-i-1) > maxSortedLevels || !t.heavy(hr) || !t.heavy(h-hr) {
			continue
		}
		if v := t.score(gr, hr) + t.score(g-gr, h-hr) - parent; v > best.gain {
			best.gain, cut, at = v, i, cell{gr, hr}
		}
	}
	if cut < 0 {
		return
	}
	*best = split{gain: best.gain, feature: f, gr: at.g, hr: at.h}
	for _, l := range order[:cut+1] {
		setBit(&best.right, l.bin)
	}
}

type levelRatio struct {
	ratio float64
	bin   int
}
