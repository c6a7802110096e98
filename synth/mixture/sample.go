package mixture

import (
	"math/rand/v2"

	"github.com/nocturne-data/nocturne/internal/det"
)

// alias draws from a discrete distribution in constant time (Walker 1977,
// Vose 1991).
type alias struct {
	keep  []uint32 // chance, in 2^-32, to stay at the drawn place
	other []uint8  // where to go else
}

// newAlias builds the table of p, which sums to 1 over 1..256 outcomes.
func newAlias(p []float64) alias {
	n := len(p)
	a := alias{keep: make([]uint32, n), other: make([]uint8, n)}
	fillAlias(p, func(i int, keep uint32, other int) { a.keep[i], a.other[i] = keep, uint8(other) })
	return a
}

func (a *alias) draw(r *rand.Rand) int {
	x := r.Uint64()
	i := int((x >> 32) * uint64(len(a.keep)) >> 32)
	if uint32(x) > a.keep[i] {
		return int(a.other[i])
	}
	return i
}

// fillAlias computes the table's cells in a fixed order.
func fillAlias(p []float64, set func(i int, keep uint32, other int)) {
	n := len(p)
	scaled := make([]float64, n)
	var small, large []int
	for i, v := range p {
		scaled[i] = float64(v * float64(n))
		if scaled[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		set(s, uint32(float64(scaled[s]*(1<<32-1))), l)
		scaled[l] -= 1 - scaled[s]
		if scaled[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, i := range append(large, small...) {
		set(i, 1<<32-1, i)
	}
}

// classAlias is alias for up to maxClasses outcomes.
type classAlias struct {
	keep  []uint32
	other []uint16
}

func newClassAlias(p []float64) classAlias {
	a := classAlias{keep: make([]uint32, len(p)), other: make([]uint16, len(p))}
	fillAlias(p, func(i int, keep uint32, other int) { a.keep[i], a.other[i] = keep, uint16(other) })
	return a
}

func (a *classAlias) draw(r *rand.Rand) int {
	x := r.Uint64()
	i := int((x >> 32) * uint64(len(a.keep)) >> 32)
	if uint32(x) > a.keep[i] {
		return int(a.other[i])
	}
	return i
}

// Sampler draws rows of states from a Latent. It is immutable and safe for
// concurrent use.
type Sampler struct {
	latent *Latent
	class  classAlias
	column [][]alias // [column][class]
}

// NewSampler builds the alias tables.
func (l *Latent) NewSampler() *Sampler {
	s := &Sampler{latent: l, class: newClassAlias(l.weight), column: make([][]alias, len(l.states))}
	for j, n := range l.states {
		p := make([]float64, n)
		s.column[j] = make([]alias, l.Classes())
		for c := range l.Classes() {
			for i := range p {
				p[i] = l.theta[(l.first[j]+i)*l.Classes()+c]
			}
			s.column[j][c] = newAlias(p)
		}
	}
	return s
}

// Draw returns rows of states, one slice a column, and the latent class each
// row was drawn from.
func (s *Sampler) Draw(r *rand.Rand, rows int) (states [][]uint8, class []uint16) {
	class = make([]uint16, rows)
	for i := range class {
		class[i] = uint16(s.class.draw(r))
	}
	return s.fill(r, class, -1, nil), class
}

// DrawGiven is Draw with the states of one column held fixed: the classes are
// drawn from their exact posterior given that column.
func (s *Sampler) DrawGiven(r *rand.Rand, column int, given []uint8) (states [][]uint8, class []uint16) {
	l := s.latent
	k := l.Classes()
	posterior := make([]*classAlias, l.states[column])
	class = make([]uint16, len(given))
	p := make([]float64, k)
	for i, g := range given {
		if posterior[g] == nil {
			at := (l.first[column] + int(g)) * k
			for c := range p {
				p[c] = float64(l.weight[c] * l.theta[at+c])
			}
			normalise(p, 0, 1, k)
			a := newClassAlias(p)
			posterior[g] = &a
		}
		class[i] = uint16(posterior[g].draw(r))
	}
	return s.fill(r, class, column, given), class
}

func (s *Sampler) fill(r *rand.Rand, class []uint16, fixed int, given []uint8) [][]uint8 {
	states := make([][]uint8, len(s.column))
	for j := range s.column {
		if j == fixed {
			states[j] = given
			continue
		}
		out := make([]uint8, len(class))
		tables := s.column[j]
		for i, c := range class {
			out[i] = uint8(tables[c].draw(r))
		}
		states[j] = out
	}
	return states
}

// Posterior writes p(class | row) into dst, which has a place for each class,
// and returns the row's log-likelihood in nats.
func (l *Latent) Posterior(row []uint8, dst []float64) float64 {
	k := l.Classes()
	for c, w := range l.weight {
		dst[c] = det.Log(w)
	}
	for j, s := range row {
		at := (l.first[j] + int(s)) * k
		for c := range dst {
			dst[c] += det.Log(l.theta[at+c])
		}
	}
	top := dst[0]
	for _, v := range dst[1:] {
		top = max(top, v)
	}
	sum := 0.0
	for c, v := range dst {
		dst[c] = det.Exp(v - top)
		sum += dst[c]
	}
	for c := range dst {
		dst[c] /= sum
	}
	return top + det.Log(sum)
}

// Classifier sorts rows of states into their most likely class. It keeps
// scratch space: not safe for concurrent use.
type Classifier struct {
	scorer *scorer
	fused  []uint8
	acc    []float32
}

// NewClassifier builds the tables of MostLikely.
func (l *Latent) NewClassifier() *Classifier {
	s := newScorer(l)
	return &Classifier{scorer: s, fused: make([]uint8, s.groups()), acc: make([]float32, s.classes)}
}

// MostLikely is the class with the largest posterior, the first of equals.
func (c *Classifier) MostLikely(row []uint8) int {
	c.scorer.fuse(row, c.fused)
	top := c.scorer.joint(c.fused, c.acc)
	for k, v := range c.acc {
		if v == top {
			return k
		}
	}
	return 0
}
