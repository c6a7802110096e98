package evaluate

import (
	"math"
	"slices"
)

// Distances are integers, unit 2^-24 of a numeric column's range, so that
// ties are exact and sums do not depend on their order.
const (
	oneRange = 1 << 24
	mismatch = 2 * oneRange
)

// points are rows as the distance sees them: numbers in fixed point, then
// category codes.
type points struct {
	numbers, codes int     // columns of each kind; codes are not negative
	v              []int32 // [row*(numbers+codes)+column]
}

func (p points) width() int { return p.numbers + p.codes }

func (p points) len() int {
	if p.width() == 0 {
		return 0
	}
	return len(p.v) / p.width()
}

func (p points) row(i int) []int32 { w := p.width(); return p.v[i*w : (i+1)*w] }

// subset copies the rows.
func (p points) subset(rows []int32) points {
	out := points{p.numbers, p.codes, make([]int32, 0, len(rows)*p.width())}
	for _, r := range rows {
		out.v = append(out.v, p.row(int(r))...)
	}
	return out
}

// index finds nearest rows exactly. It is a binary space partition: each inner
// node divides its rows by one column, by value for a number and by a set of
// levels for a category, and a search enters the far side only if the
// distance already owed to the divisions crossed (Arya and Mount 1993) does
// not exceed the best found. Skewed categories make this fast; at worst it
// degrades to a scan.
type index struct {
	points
	nodes []inode
	sets  [][]uint64 // of levels that go right
}

type inode struct {
	column      int32 // -1 = leaf
	border      int32 // numbers: values >= border go right
	set         int32 // categories: index of the set
	left, right int32
	lo, hi      int32 // leaf: rows lo..hi
	// The extreme values next to the border: what crossing it costs.
	below, above int32
}

const leafRows = 24

func newIndex(p points) *index {
	x := &index{points: points{p.numbers, p.codes, make([]int32, 0, len(p.v))}}
	rows := ascending(0, p.len())
	x.build(p, rows)
	return x
}

func (x *index) build(p points, rows []int32) int32 {
	id := int32(len(x.nodes))
	x.nodes = append(x.nodes, inode{column: -1})
	n := inode{column: -1}
	mid := 0
	if len(rows) > leafRows {
		n, mid = x.divide(p, rows)
	}
	if n.column < 0 {
		n.lo = int32(x.points.len())
		for _, r := range rows {
			x.v = append(x.v, p.row(int(r))...)
		}
		n.hi = int32(x.points.len())
		x.nodes[id] = n
		return id
	}
	n.left = x.build(p, rows[:mid])
	n.right = x.build(p, rows[mid:])
	x.nodes[id] = n
	return id
}

// probeRows is how many rows are looked at to choose a division.
const probeRows = 200

// divide chooses the column whose values lie farthest apart on average and
// partitions rows by it; column -1 if all rows are alike.
func (x *index) divide(p points, rows []int32) (inode, int) {
	step := max(1, len(rows)/probeRows)
	probe := make([]int32, 0, 2*probeRows)
	best, bestSpread := -1, 0.0
	gather := func(c int) []int32 {
		probe = probe[:0]
		for i := 0; i < len(rows); i += step {
			probe = append(probe, p.row(int(rows[i]))[c])
		}
		slices.Sort(probe)
		return probe
	}
	for c := range p.width() {
		if s := spread(gather(c), c < p.numbers); s > bestSpread {
			best, bestSpread = c, s
		}
	}
	if best < 0 {
		return inode{column: -1}, 0
	}
	v := gather(best)
	n := inode{column: int32(best)}
	var right func(int32) bool
	if best < p.numbers {
		n.border = v[len(v)/2]
		if n.border == v[0] {
			i := 0
			for v[i] == v[0] {
				i++
			}
			n.border = v[i]
		}
		right = func(v int32) bool { return v >= n.border }
	} else {
		set := levelsApart(v)
		n.set = int32(len(x.sets))
		x.sets = append(x.sets, set)
		right = func(v int32) bool { return has(set, v) }
	}
	n.below, n.above = math.MinInt32, math.MaxInt32
	l, r := 0, len(rows)
	for l < r {
		value := p.row(int(rows[l]))[best]
		if right(value) {
			n.above = min(n.above, value)
			r--
			rows[l], rows[r] = rows[r], rows[l]
		} else {
			n.below = max(n.below, value)
			l++
		}
	}
	return n, l
}

// spread is the mean distance of two values of a sorted sample.
func spread(v []int32, number bool) float64 {
	n := float64(len(v))
	var s float64
	if number {
		for i, x := range v {
			s += float64(float64(x) * (2*float64(i) - n + 1))
		}
		return 2 * s / (n * n)
	}
	for i := 0; i < len(v); {
		j := i
		for j < len(v) && v[j] == v[i] {
			j++
		}
		s += float64((j - i) * (j - i)) // an integer product
		i = j
	}
	return mismatch * (1 - s/(n*n))
}

// levelsApart puts the commonest levels of a sorted sample, up to half of the
// rows, into a set.
func levelsApart(v []int32) []uint64 {
	type run struct {
		level int32
		n     int
	}
	var runs []run
	for i := 0; i < len(v); {
		j := i
		for j < len(v) && v[j] == v[i] {
			j++
		}
		runs = append(runs, run{v[i], j - i})
		i = j
	}
	slices.SortStableFunc(runs, func(a, b run) int { return b.n - a.n })
	set := []uint64(nil)
	taken := 0
	for i, r := range runs[:len(runs)-1] {
		if i > 0 && taken+r.n > len(v)/2 {
			break
		}
		taken += r.n
		for int(r.level>>6) >= len(set) {
			set = append(set, 0)
		}
		set[r.level>>6] |= 1 << (r.level & 63)
	}
	return set
}

func has(set []uint64, v int32) bool {
	return int(v>>6) < len(set) && set[v>>6]>>(v&63)&1 == 1
}

// search is one query's walk.
type search struct {
	x    *index
	q    []int32
	owed []int64 // by column, distance owed to divisions crossed
	best int64
	ties int
}

func (x *index) newSearch() *search { return &search{x: x, owed: make([]int64, x.width())} }

// nearest is the distance to the nearest row and how many rows are at it.
// With bound >= 0 rows farther than bound are not looked for; none within it
// gives ties 0.
func (s *search) nearest(q []int32, bound int64) (dist int64, ties int) {
	s.q, s.best, s.ties = q, bound, 0
	if bound < 0 {
		s.best = math.MaxInt64
	}
	if s.x.points.len() > 0 {
		s.visit(0, 0)
	}
	return s.best, s.ties
}

func (s *search) visit(id int32, owed int64) {
	n := &s.x.nodes[id]
	if n.column < 0 {
		s.scan(int(n.lo), int(n.hi))
		return
	}
	v := s.q[n.column]
	near, far := n.left, n.right
	var cross int64
	if int(n.column) < s.x.numbers {
		if v >= n.border {
			near, far = far, near
			cross = int64(v) - int64(n.below)
		} else {
			cross = int64(n.above) - int64(v)
		}
	} else {
		cross = mismatch
		if has(s.x.sets[n.set], v) {
			near, far = far, near
		}
	}
	s.visit(near, owed)
	before := s.owed[n.column]
	cross = max(cross, before)
	if owed += cross - before; owed <= s.best {
		s.owed[n.column] = cross
		s.visit(far, owed)
		s.owed[n.column] = before
	}
}

func (s *search) scan(lo, hi int) {
	w, numbers := s.x.width(), s.x.numbers
	q := s.q
	for r := lo; r < hi; r++ {
		row := s.x.v[r*w : (r+1)*w]
		row = row[:len(q)]
		var d int64
		for c := numbers; c < len(q); c++ {
			if row[c] != q[c] {
				d += mismatch
			}
		}
		if d > s.best {
			continue
		}
		for c := range numbers {
			diff := int64(row[c]) - int64(q[c])
			d += max(diff, -diff)
		}
		switch {
		case d < s.best:
			s.best, s.ties = d, 1
		case d == s.best:
			s.ties++
		}
	}
}
