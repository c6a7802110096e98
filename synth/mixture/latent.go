package mixture

import (
	"errors"
	"fmt"
	"math"

	"github.com/nocturne-data/nocturne/internal/det"
)

// Bounds on what a model may hold; Open checks them.
const (
	maxClasses = 4096
	maxColumns = 1 << 16
)

// Latent is a latent-class model over columns of states (Lazarsfeld and Henry
// 1968): a row belongs to one of K classes, and given its class the columns
// are independent,
//
//	p(x) = sum over k of Weight[k] * product over j of p_kj(x_j).
//
// It is immutable and safe for concurrent use.
type Latent struct {
	states []int     // of each column
	first  []int     // of each column: its first row in theta
	weight []float64 // [class]; sums to 1
	theta  []float64 // [column and state][class], contiguous in class
}

// Classes is the number K of latent classes.
func (l *Latent) Classes() int { return len(l.weight) }

// States gives the number of states of each column.
func (l *Latent) States() []int { return l.states }

// offsets returns the first row of each column in a table of all states, and
// the number of rows.
func offsets(states []int) (first []int, total int) {
	first = make([]int, len(states))
	for j, n := range states {
		first[j] = total
		total += n
	}
	return first, total
}

// newLatent checks shapes and values: probabilities finite, positive, and
// summing to one.
func newLatent(states []int, weight, theta []float64) (*Latent, error) {
	k := len(weight)
	if k < 1 || k > maxClasses || len(states) > maxColumns {
		return nil, fmt.Errorf("%d classes over %d columns are out of range", k, len(states))
	}
	for _, n := range states {
		if n < 2 || n > 256 {
			return nil, fmt.Errorf("a column of %d states is out of range", n)
		}
	}
	first, total := offsets(states)
	if len(theta) != total*k {
		return nil, errors.New("tables do not fit the columns")
	}
	if !isDistribution(weight, 0, 1, k) {
		return nil, errors.New("class weights are no distribution")
	}
	for j, n := range states {
		for c := range k {
			if !isDistribution(theta, first[j]*k+c, k, n) {
				return nil, fmt.Errorf("column %d: no distribution", j+1)
			}
		}
	}
	return &Latent{states: states, first: first, weight: weight, theta: theta}, nil
}

func isDistribution(p []float64, from, stride, n int) bool {
	sum := 0.0
	for i := range n {
		v := p[from+i*stride]
		if !(v > 0 && v <= 1) {
			return false
		}
		sum += v
	}
	return math.Abs(sum-1) < 1e-6
}

// maximise is the M-step: class and state probabilities from a pass's counts.
// Each class's distribution of column j shrinks towards the column's own with
// the weight of prior[j] rows (a Dirichlet prior with the marginal as its
// mean).
func maximise(p *Pass, marginal, prior []float64) *Latent {
	k := p.classes
	l := &Latent{states: p.states, first: p.first, weight: make([]float64, k), theta: make([]float64, len(p.counts))}
	rows := float64(p.rows) + float64(k)
	for c, n := range p.class {
		l.weight[c] = (float64(n)/unit + 1) / rows
	}
	normalise(l.weight, 0, 1, k)
	for j, n := range p.states {
		for c := range k {
			total := float64(p.class[c])/unit + prior[j]
			for s := p.first[j]; s < p.first[j]+n; s++ {
				l.theta[s*k+c] = (float64(p.counts[s*k+c])/unit + float64(prior[j]*marginal[s])) / total
			}
			normalise(l.theta, p.first[j]*k+c, k, n)
		}
	}
	return l
}

// least keeps every probability above zero, so that no log is infinite.
const least = 1e-9

func normalise(p []float64, from, stride, n int) {
	sum := 0.0
	for i := range n {
		p[from+i*stride] = max(p[from+i*stride], least)
		sum += p[from+i*stride]
	}
	for i := range n {
		p[from+i*stride] /= sum
	}
}

// logs returns ln of the class weights and of all state probabilities.
func (l *Latent) logs() (weight, theta []float64) {
	weight = make([]float64, len(l.weight))
	theta = make([]float64, len(l.theta))
	for i, v := range l.weight {
		weight[i] = det.Log(v)
	}
	for i, v := range l.theta {
		theta[i] = det.Log(v)
	}
	return weight, theta
}

// Single is the model over no columns: one class.
func Single() *Latent { return &Latent{weight: []float64{1}} }
