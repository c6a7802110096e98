package trees

import "math"

// Node is an inner node or a leaf of a Tree.
type Node struct {
	Feature int32     // -1 = leaf
	Child   [2]int32  // left, right; inner nodes only
	Right   [4]uint64 // bit b set: rows of bin b go right; inner nodes only
	Value   float64   // added to the margin; leaves only
	Gain    float64   // loss removed by the split, twice; inner nodes only
}

// Tree is a decision tree; Nodes[0] is the root.
type Tree struct{ Nodes []Node }

// leaf returns the leaf that a row of codes ends in.
func (t *Tree) leaf(row []uint8) *Node {
	n := &t.Nodes[0]
	for n.Feature >= 0 {
		c := row[n.Feature]
		n = &t.Nodes[n.Child[n.Right[c>>6]>>(c&63)&1]]
	}
	return n
}

// grower grows one tree after another on the same matrix.
type grower struct {
	p       Params
	x       *Matrix
	workers int
	scorer

	grad     []gradient // by row of x
	rows     []int32    // the tree's rows, grouped by node as it grows
	spare    []int32
	features []int // sampled features ascending; nil = all
	pool     [][]cell
	order    []levelRatio
}

// open is a node whose split is not decided yet.
type open struct {
	id     int32
	lo, hi int // its rows are t.rows[lo:hi]
	g, h   int64
	hist   []cell
}

// grow builds one tree on t.rows. done is told each leaf's rows and value.
func (t *grower) grow(done func(rows []int32, value float64)) Tree {
	tree := Tree{Nodes: make([]Node, 1, 2<<t.p.Depth)}
	root := open{hi: len(t.rows)}
	for _, r := range t.rows {
		root.g += int64(t.grad[r].g)
		root.h += int64(t.grad[r].h)
	}
	root.hist = t.takeHistogram()
	t.histogram(t.rows, root.hist)
	level, next := []open{root}, []open(nil)
	for depth := 0; len(level) > 0; depth++ {
		next = next[:0]
		for _, n := range level {
			var s split
			ok := false
			if n.hist != nil {
				s, ok = t.bestSplit(n.hist, n.g, n.h)
			}
			if !ok {
				t.leaf(&tree, n, done)
				continue
			}
			left, right := t.divide(&tree, n, s)
			if depth+1 < t.p.Depth {
				t.histograms(n.hist, &left, &right)
			} else {
				t.giveHistogram(n.hist)
			}
			next = append(next, left, right)
		}
		level, next = next, level
	}
	return tree
}

// histograms scans the rows of the smaller child only; the larger one is what
// is left of the parent.
func (t *grower) histograms(parent []cell, left, right *open) {
	small, large := left, right
	if small.hi-small.lo > large.hi-large.lo {
		small, large = large, small
	}
	small.hist = t.takeHistogram()
	t.histogram(t.rows[small.lo:small.hi], small.hist)
	subtract(parent, small.hist)
	large.hist = parent
}

func (t *grower) leaf(tree *Tree, n open, done func([]int32, float64)) {
	v := 0.0
	if den := float64(float64(n.h)*t.hUnit) + t.lambda; den > 0 {
		v = -t.p.LearningRate * (float64(n.g) * t.gUnit / den)
	}
	tree.Nodes[n.id] = Node{Feature: -1, Value: v}
	if n.hist != nil {
		t.giveHistogram(n.hist)
	}
	done(t.rows[n.lo:n.hi], v)
}

// divide partitions the node's rows, keeping their order within each child.
func (t *grower) divide(tree *Tree, n open, s split) (left, right open) {
	rows, spare := t.rows[n.lo:n.hi], t.spare[:n.hi-n.lo]
	cols, codes := t.x.Cols, t.x.Codes[s.feature:]
	l, r := 0, 0
	for _, row := range rows {
		c := codes[int(row)*cols]
		bit := int(s.right[c>>6] >> (c & 63) & 1)
		rows[l], spare[r] = row, row
		l += 1 - bit
		r += bit
	}
	copy(rows[l:], spare[:r])
	id := int32(len(tree.Nodes))
	tree.Nodes = append(tree.Nodes, Node{}, Node{})
	tree.Nodes[n.id] = Node{Feature: int32(s.feature), Child: [2]int32{id, id + 1}, Right: s.right, Gain: s.gain}
	mid := n.lo + l
	left = open{id: id, lo: n.lo, hi: mid, g: n.g - s.gr, h: n.h - s.hr}
	right = open{id: id + 1, lo: mid, hi: n.hi, g: s.gr, h: s.hr}
	return left, right
}

// fixedBits bounds a row's gradient in fixed point: 2^30 leaves an int64 room
// for 2^33 rows.
const fixedBits = 30

// fixedScale is the power of two that brings largest to at most 2^fixedBits.
func fixedScale(largest float64) float64 {
	if largest == 0 {
		return 1
	}
	_, exp := math.Frexp(largest)
	return math.Ldexp(1, fixedBits-exp)
}
