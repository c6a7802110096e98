package codec

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow/array"
)

const (
	// atomShare is the share of rows that makes a value of a column with many
	// distinct ones an atom.
	atomShare = 0.002
	// fewDistinct is the number of distinct values up to which every value
	// with enough support is an atom.
	fewDistinct = 200
	manyAtoms   = 158 // most atoms of a column with more distinct values
	maxDecimals = 9
	// Knots of a bin's quantile function lie this many order statistics
	// apart: between neighbouring ones a draw would repeat real values.
	minKnotRows, maxKnotRows = 16, 64
)

// numberCodec holds a numeric column's states: atoms and bins in the order of
// their values, then NaN. Positions are steps along Axis.
type numberCodec struct {
	Axis axis `json:"axis"`
	NaN  bool `json:"nan,omitempty"` // last state is "not a number"
	// Atoms are the positions of values shown as they are, ascending.
	Atoms []uint64 `json:"atoms,omitempty"`
	// Edges are the last positions of the bins, ascending; Knots the bins'
	// quantile functions, at equal probability.
	Edges []uint64   `json:"edges,omitempty"`
	Knots [][]uint64 `json:"knots,omitempty"`
	// AtomCode and BinCode are the states of atoms and bins.
	AtomCode []uint8 `json:"atom_code,omitempty"`
	BinCode  []uint8 `json:"bin_code,omitempty"`
}

// axis is the set of values a column takes: either a lattice (whole numbers,
// fixed decimals, days, multiples of five), or the floats.
type axis struct {
	Float    bool   `json:"float,omitempty"`    // the column's type is a float
	Lattice  bool   `json:"lattice,omitempty"`  // value = (Base + Step*position) / 10^Decimals
	Base     int64  `json:"base"`               // smallest value
	Step     uint64 `json:"step"`               // greatest common divisor of the differences; 1 off the lattice
	Decimals int    `json:"decimals,omitempty"` // of a float lattice
	Last     uint64 `json:"last"`               // largest position
}

// position places a cell on the axis, clamped to its ends.
func (a *axis) position(v int64) uint64 {
	if a.Float && a.Lattice {
		f := math.Round(unsortable(v) * pow10(a.Decimals))
		if f <= float64(a.Base) {
			return 0
		}
		if f >= float64(a.Base)+float64(float64(a.Step)*float64(a.Last)) {
			return a.Last
		}
		v = int64(f)
	}
	if v <= a.Base {
		return 0
	}
	return min((uint64(v)-uint64(a.Base))/a.Step, a.Last)
}

// value is the cell at a position.
func (a *axis) value(p uint64) int64 {
	v := int64(uint64(a.Base) + a.Step*p)
	if a.Float && a.Lattice {
		return sortable(float64(v) / pow10(a.Decimals))
	}
	return v
}

// between draws a position in [lo, hi], uniform in value.
func (a *axis) between(r *rand.Rand, lo, hi uint64) uint64 {
	if hi <= lo {
		return lo
	}
	if a.Lattice {
		if hi-lo == math.MaxUint64 {
			return r.Uint64()
		}
		return lo + r.Uint64N(hi-lo+1)
	}
	x, y := unsortable(a.value(lo)), unsortable(a.value(hi))
	u := r.Float64()
	v := float64(x*(1-u)) + float64(y*u)
	return min(max(a.position(sortable(v)), lo), hi)
}

func pow10(d int) float64 {
	return [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}[d]
}

// weighted is a value with its number of rows.
type weighted struct {
	value int64
	count int64
}

func heaviest(a, b weighted) int {
	return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.value, b.value))
}

func ascending(a, b weighted) int { return cmp.Compare(a.value, b.value) }

// fitNumber learns a numeric column's states.
func fitNumber(s *columnSummary, opt Options) *numberCodec {
	all := make([]weighted, 0, len(s.num.m))
	var rows int64
	for v, n := range s.num.m {
		all = append(all, weighted{v, n})
		rows += n
	}
	slices.SortFunc(all, ascending)
	c := &numberCodec{NaN: s.NaNs > 0, Axis: axis{Float: s.float, Step: 1}}
	if len(all) == 0 {
		return c
	}
	c.Axis = fitAxis(s, all)
	chosen, rest := s.atoms(all, rows, opt)
	if sum(rest) < opt.MinBinRows && len(chosen) > 0 {
		rest = nil // too few for a bin: they take the nearest atom
	}
	for _, w := range chosen {
		c.Atoms = append(c.Atoms, c.Axis.position(w.value))
	}
	c.Atoms = slices.Compact(c.Atoms)
	bins := maxStates - 2 - len(c.Atoms)
	c.fitBins(rest, min(bins, opt.MaxBins), opt)
	c.number()
	return c
}

func sum(w []weighted) (n int64) {
	for _, x := range w {
		n += x.count
	}
	return n
}

// atoms splits the values into those shown as they are and the rest, both
// ascending.
func (s *columnSummary) atoms(all []weighted, rows int64, opt Options) (chosen, rest []weighted) {
	least := opt.MinSupport
	if s.heavy != nil || len(all) > fewDistinct {
		total := rows
		if s.heavy != nil {
			total = s.total()
		}
		least = max(least, int64(math.Ceil(atomShare*float64(total))))
	}
	if s.heavy != nil {
		chosen = s.heavy.heavy(least)
	} else {
		for _, w := range all {
			if w.count >= least {
				chosen = append(chosen, w)
			}
		}
	}
	if len(all) > fewDistinct && len(chosen) > manyAtoms {
		slices.SortFunc(chosen, heaviest)
		chosen = chosen[:manyAtoms]
	}
	slices.SortFunc(chosen, ascending)
	for _, w := range all {
		if _, is := slices.BinarySearchFunc(chosen, w, ascending); !is {
			rest = append(rest, w)
		}
	}
	return chosen, rest
}

// total is the number of finite values behind a sketch.
func (s *columnSummary) total() int64 {
	var n int64
	for p := range uint64(256) {
		n += s.heavy.estimate(0, p)
	}
	return n
}

// fitAxis finds the lattice of the values: fixed decimals and the greatest
// common divisor of their differences.
func fitAxis(s *columnSummary, all []weighted) axis {
	a := axis{Float: s.float, Base: s.Min, Step: 1}
	whole := func(w weighted) int64 { return w.value }
	if s.float {
		d, ok := decimals(s, all)
		if !ok {
			a.Last = uint64(s.Max) - uint64(s.Min)
			return a
		}
		a.Decimals = d
		whole = func(w weighted) int64 { return int64(math.Round(unsortable(w.value) * pow10(d))) }
		a.Base = whole(weighted{value: s.Min})
	}
	a.Lattice = true
	last := whole(weighted{value: s.Max})
	step := uint64(last) - uint64(a.Base)
	for _, w := range all {
		step = gcd(step, uint64(whole(w))-uint64(a.Base))
	}
	a.Step = max(step, 1)
	a.Last = (uint64(last) - uint64(a.Base)) / a.Step
	return a
}

// decimals is the number of decimal places that write every value exactly;
// false when there are more than 9 or too many digits in front.
func decimals(s *columnSummary, all []weighted) (int, bool) {
	bits := 64
	if s.f32 {
		bits = 32
	}
	most := 0
	var buf [32]byte
	check := func(v int64) bool {
		f := unsortable(v)
		if math.Abs(f) >= 1e15 {
			return false
		}
		text := strconv.AppendFloat(buf[:0], f, 'f', -1, bits)
		if dot := slices.Index(text, '.'); dot >= 0 {
			most = max(most, len(text)-dot-1)
		}
		return most <= maxDecimals
	}
	for _, w := range all {
		if !check(w.value) {
			return 0, false
		}
	}
	if !check(s.Min) || !check(s.Max) {
		return 0, false
	}
	largest := max(math.Abs(unsortable(s.Min)), math.Abs(unsortable(s.Max)))
	return most, largest*pow10(most) < 1<<53
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// fitBins cuts the values that are no atoms into bins of about equal counts
// and gives each its quantile function.
func (c *numberCodec) fitBins(rest []weighted, most int, opt Options) {
	rows := sum(rest)
	if rows == 0 || most < 1 {
		return
	}
	bins := min(max(rows/opt.MinBinRows, 1), int64(most))
	per := max((rows+bins-1)/bins, opt.MinBinRows)
	for at := 0; at < len(rest); {
		end, n := at, int64(0)
		for end < len(rest) && n < per {
			n += rest[end].count
			end++
		}
		if left := sum(rest[end:]); left < opt.MinBinRows {
			end, n = len(rest), n+left
		}
		c.Edges = append(c.Edges, c.Axis.position(rest[end-1].value))
		c.Knots = append(c.Knots, c.knots(rest[at:end], n))
		at = end
	}
}

// knots takes order statistics of a bin at equal ranks, its smallest and
// largest included.
func (c *numberCodec) knots(bin []weighted, rows int64) []uint64 {
	apart := min(max(rows/8, minKnotRows), maxKnotRows)
	segments := max(rows/apart, 1)
	out := []uint64{c.Axis.position(bin[0].value)}
	at, seen := 0, bin[0].count
	for k := int64(1); k <= segments; k++ {
		rank := 1 + k*(rows-1)/segments
		for seen < rank {
			at++
			seen += bin[at].count
		}
		out = append(out, c.Axis.position(bin[at].value))
	}
	return out
}

// number gives atoms and bins their states in the order of their values.
func (c *numberCodec) number() {
	a, b := 0, 0
	for code := 0; a < len(c.Atoms) || b < len(c.Edges); code++ {
		if b == len(c.Edges) || a < len(c.Atoms) && c.Atoms[a] <= c.Edges[b] {
			c.AtomCode = append(c.AtomCode, uint8(code))
			a++
		} else {
			c.BinCode = append(c.BinCode, uint8(code))
			b++
		}
	}
}

func (c *numberCodec) states() int {
	n := len(c.Atoms) + len(c.Edges)
	if c.NaN {
		n++
	}
	return n
}

// encode returns the state of a cell; one the codec has not seen takes the
// nearest.
func (c *numberCodec) encode(v int64, finite bool) int {
	if !finite || len(c.Atoms)+len(c.Edges) == 0 {
		return max(c.states()-1, 0)
	}
	p := c.Axis.position(v)
	i, exact := slices.BinarySearch(c.Atoms, p)
	if exact && c.Axis.value(p) == v || exact && c.Axis.Lattice {
		return int(c.AtomCode[i])
	}
	if len(c.Edges) > 0 {
		b, _ := slices.BinarySearch(c.Edges, p)
		return int(c.BinCode[min(b, len(c.Edges)-1)])
	}
	if i == len(c.Atoms) || i > 0 && p-c.Atoms[i-1] <= c.Atoms[i]-p {
		i--
	}
	return int(c.AtomCode[i])
}

// numberDecoder draws values of states. It is a view, safe to share.
type numberDecoder struct {
	*numberCodec
	atom []uint64 // by state: position, where bin is nil
	bin  [][]uint64
}

func (c *numberCodec) decoder() numberDecoder {
	d := numberDecoder{numberCodec: c, atom: make([]uint64, c.states()), bin: make([][]uint64, c.states())}
	for i, code := range c.AtomCode {
		d.atom[code] = c.Atoms[i]
	}
	for i, code := range c.BinCode {
		d.bin[code] = c.Knots[i]
	}
	return d
}

// redraws bounds how often a bin's draw that hits an atom is drawn again.
const redraws = 8

// append writes a value of a state.
func (d *numberDecoder) append(b array.Builder, r *rand.Rand, state int) {
	if d.NaN && state == d.states()-1 {
		appendNaN(b)
		return
	}
	p := d.atom[state]
	if knots := d.bin[state]; knots != nil {
		p = d.draw(r, knots)
		for range redraws {
			if _, atom := slices.BinarySearch(d.Atoms, p); !atom {
				break
			}
			p = d.draw(r, knots)
		}
	}
	appendNumber(b, d.Axis.value(p))
}

func (d *numberDecoder) draw(r *rand.Rand, knots []uint64) uint64 {
	if len(knots) == 1 {
		return knots[0]
	}
	k := r.IntN(len(knots) - 1)
	return d.Axis.between(r, knots[k], knots[k+1])
}
