package mixture

import (
	"slices"

	"github.com/nocturne-data/nocturne/internal/det"
)

const (
	log2e = 1.4426950408889634
	ln2   = 0.6931471805599453
	// fusedStates bounds the states of a group of columns that are looked up
	// together: fewer, wider tables halve the work of the E-step.
	fusedStates = 128
	// floor is the log2 of a responsibility that rounds to nothing.
	floor = -18
)

// scorer evaluates a Latent: float32 log2 tables contiguous in class, one for
// each group of columns.
type scorer struct {
	states  []int
	classes int
	member  [][]int   // columns of each group
	stride  [][]int   // of each member: its factor in the group's state
	table   []float32 // [group and state][class]; the first group carries the class weights
	first   []int     // of each group, in floats
}

// groupColumns joins columns with few states while their product stays small.
func groupColumns(states []int) [][]int {
	order := make([]int, len(states))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int { return states[a] - states[b] })
	var out [][]int
	product := 0
	for _, j := range order {
		if product > 0 && product*states[j] <= fusedStates {
			out[len(out)-1] = append(out[len(out)-1], j)
			product *= states[j]
			continue
		}
		out = append(out, []int{j})
		product = states[j]
	}
	return out
}

func newScorer(l *Latent) *scorer {
	k := l.Classes()
	s := &scorer{states: l.states, classes: k, member: groupColumns(l.states)}
	logWeight, logTheta := l.logs()
	sum := make([]float64, k)
	for g, columns := range s.member {
		product := 1
		var stride []int
		for _, j := range columns {
			stride = append(stride, product)
			product *= l.states[j]
		}
		s.stride = append(s.stride, stride)
		s.first = append(s.first, len(s.table))
		for state := range product {
			clear(sum)
			if g == 0 {
				copy(sum, logWeight)
			}
			for m, j := range columns {
				at := (l.first[j] + state/stride[m]%l.states[j]) * k
				for c, v := range logTheta[at : at+k] {
					sum[c] += v
				}
			}
			for _, v := range sum {
				s.table = append(s.table, float32(v*log2e))
			}
		}
	}
	if len(s.member) == 0 { // no columns: the class weights alone
		s.member, s.stride, s.first = [][]int{nil}, [][]int{nil}, []int{0}
		for _, v := range logWeight {
			s.table = append(s.table, float32(v*log2e))
		}
	}
	return s
}

func (s *scorer) groups() int { return len(s.member) }

// fuse writes the groups' states of a row.
func (s *scorer) fuse(row, fused []uint8) {
	for g, columns := range s.member {
		state := 0
		for m, j := range columns {
			state += int(row[j]) * s.stride[g][m]
		}
		fused[g] = uint8(state)
	}
}

// joint fills acc with log2 p(row, class) and returns the largest.
func (s *scorer) joint(fused []uint8, acc []float32) float32 {
	k := s.classes
	row := func(g int) []float32 {
		at := s.first[g] + int(fused[g])*k
		return s.table[at : at+k]
	}
	acc = acc[:k]
	copy(acc, row(0))
	g := 1
	for ; g+4 <= len(fused); g += 4 {
		a, b, c, d := row(g)[:k], row(g + 1)[:k], row(g + 2)[:k], row(g + 3)[:k]
		for i := range acc {
			acc[i] += (a[i] + b[i]) + (c[i] + d[i])
		}
	}
	for ; g < len(fused); g++ {
		a := row(g)[:k]
		for i := range acc {
			acc[i] += a[i]
		}
	}
	top := acc[0]
	for _, v := range acc[1:] {
		if v > top {
			top = v
		}
	}
	return top
}

// responsibilities returns a row's log-likelihood in 1/llUnit nats and the
// classes with at least half a unit of it, in class order. acc has a place
// for each class; hot is reused.
func (s *scorer) responsibilities(fused []uint8, acc []float32, hot []share) (int64, []share) {
	top := s.joint(fused, acc)
	var sum float32
	for i, v := range acc {
		if x := v - top; x > floor {
			e := det.Exp2f(x)
			acc[i] = e
			sum += e
		} else {
			acc[i] = 0
		}
	}
	scale := unit / sum
	hot = hot[:0]
	for i, e := range acc {
		if part := int32(float32(e*scale) + 0.5); part > 0 {
			hot = append(hot, share{int32(i), part})
		}
	}
	return nats(top, sum), hot
}

// nats turns log2 values into fixed-point nats.
func nats(top, sum float32) int64 {
	ll := float64((float64(top) + det.Log2(float64(sum))) * ln2)
	return int64(float64(ll * llUnit))
}

// logLikelihood is a row's log-likelihood in nats, summed in float64.
func (s *scorer) logLikelihood(fused []uint8, acc []float32) float64 {
	top := s.joint(fused, acc)
	sum := 0.0
	for _, v := range acc {
		sum += det.Exp2(float64(v) - float64(top))
	}
	return (float64(top) + det.Log2(sum)) * ln2
}
