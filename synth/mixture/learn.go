package mixture

import (
	"context"
	"errors"
	"math"

	"github.com/nocturne-data/nocturne/internal/rng"
)

// LearnOptions steer Learn. The zero value is the default.
type LearnOptions struct {
	Seed    uint64
	Workers int // 0 = all processors; the result does not depend on it
	// Classes is the number of latent classes; 0 = chosen among a few that
	// suit the number of rows, at most MaxClasses.
	Classes int
	// MaxClasses bounds the choice; 0 = 200.
	MaxClasses int
	// Strength multiplies the weights of the columns' priors, which are chosen
	// by leave-one-out likelihood; 0 = 0.5. More is smoother and more private.
	Strength float64
	// Iterations of EM; 0 = 16.
	Iterations int
	// Progress is called with a share in 0..1; may be nil.
	Progress func(done float64)
}

const (
	// priorEvery is the number of iterations between choices of the priors.
	priorEvery = 4
	// converged is the gain in likelihood, in nats a row and iteration, at
	// which EM has nothing left to find.
	converged = 1e-3
)

// Learn fits a latent-class model by EM (Dempster, Laird, Rubin 1977). It
// chooses the number of classes by the likelihood of a tenth of the rows, then
// fits all of them. It fails when rows is empty.
func Learn(ctx context.Context, rows Rows, opt LearnOptions) (*Latent, error) {
	if rows.Len() == 0 {
		return nil, errors.New("mixture: no rows to learn from")
	}
	if opt.Progress == nil {
		opt.Progress = func(float64) {}
	}
	best, err := search(ctx, rows, opt)
	if err != nil {
		return nil, err
	}
	l, err := run(ctx, rows, best, opt, func(i int, _ *Latent) (bool, error) {
		opt.Progress(0.5 + 0.49*float64(i)/float64(best.iterations))
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	opt.Progress(1)
	return l, nil
}

// run does up to setting.iterations of EM and shows look each model, until it
// says stop or EM has converged.
func run(ctx context.Context, rows Rows, s setting, opt LearnOptions, look func(iteration int, l *Latent) (stop bool, err error)) (*Latent, error) {
	marginal := rows.marginals()
	l := prototypes(rows, marginal, s.classes, opt.Seed)
	var prior []float64
	before := math.Inf(-1)
	for i := range s.iterations {
		p, err := rows.expect(ctx, l, opt.Workers)
		if err != nil {
			return nil, err
		}
		ll := p.LogLikelihood()
		if i > priorEvery && ll-before < converged {
			return l, nil
		}
		before = ll
		if i%priorEvery == 0 {
			prior = priors(p, marginal, s.strength)
		}
		l = maximise(p, marginal, prior)
		if stop, err := look(i+1, l); stop || err != nil {
			return l, err
		}
	}
	return l, nil
}

// protoShare is the part of a starting class that is its prototype's own
// values; the rest are the columns' marginals.
const protoShare = 0.5

// prototypes starts EM from classes around rows drawn at random.
func prototypes(rows Rows, marginal []float64, classes int, seed uint64) *Latent {
	first, total := offsets(rows.States)
	l := &Latent{states: rows.States, first: first, weight: make([]float64, classes), theta: make([]float64, total*classes)}
	r := rng.New(seed, "mixture/prototypes")
	d := len(rows.States)
	for c := range classes {
		l.weight[c] = 1 / float64(classes)
		at := r.IntN(rows.Len()) * d
		for j, own := range rows.Codes[at : at+d] {
			for s := range rows.States[j] {
				v := float64((1 - protoShare) * marginal[first[j]+s])
				if s == int(own) {
					v += protoShare
				}
				l.theta[(first[j]+s)*classes+c] = v
			}
			normalise(l.theta, first[j]*classes+c, classes, rows.States[j])
		}
	}
	return l
}
