package mixture

import (
	"math"

	"github.com/nocturne-data/nocturne/internal/det"
)

// priorGrid holds the weights, in rows, tried for a column's prior.
var priorGrid = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096}

// priors chooses the weight of each column's Dirichlet prior by leave-one-out
// likelihood (Minka 2000, Estimating a Dirichlet distribution): a column that
// does not differ between classes gets a heavy one, a column that decides them
// a light one. All are multiplied by strength, since the rows were sorted into
// classes by these very values.
func priors(p *Pass, marginal []float64, strength float64) []float64 {
	out := make([]float64, len(p.states))
	for j := range out {
		best := math.Inf(-1)
		for _, a := range priorGrid {
			if ll := p.leaveOneOut(j, marginal, a); ll > best {
				best, out[j] = ll, float64(a*strength)
			}
		}
	}
	return out
}

// leaveOneOut is the log-likelihood of each row's state of column j given the
// other rows of its class, under a prior of weight a.
func (p *Pass) leaveOneOut(j int, marginal []float64, a float64) float64 {
	k := p.classes
	sum := 0.0
	for c := range k {
		total := float64(p.class[c]) / unit
		if total <= 1 {
			continue
		}
		for s := p.first[j]; s < p.first[j]+p.states[j]; s++ {
			n := float64(p.counts[s*k+c]) / unit
			if n < 0.01 {
				continue
			}
			sum += float64(n * det.Log(max(n-1, 0)+float64(a*marginal[s])))
		}
		sum -= float64(total * det.Log(total-1+a))
	}
	return sum
}
