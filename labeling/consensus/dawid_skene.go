package consensus

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nocturne-data/nocturne/internal/det"
)

// Options steer DawidSkene. The zero value is right for most jobs.
type Options struct {
	// Smoothing is added to every cell of every confusion matrix before it is
	// normalised: the maximum a posteriori estimate under a symmetric Dirichlet
	// prior of 1 + Smoothing. 0 = 0.01, which keeps a cell that was never seen
	// from ruling a label out; 1 suits annotators with few answers each.
	Smoothing float64
	// Tolerance stops EM when the log-likelihood changes by less than this
	// share; 0 = 1e-10. EM must run to convergence: stopping at a small change
	// of the mean is known to lose items.
	Tolerance float64
	// MaxIterations bounds EM; 0 = 5,000.
	MaxIterations int
	// Known fixes the true label of some items (gold), by item name.
	Known map[string]string
}

// WithDefaults returns a copy with zero values replaced.
func (o Options) WithDefaults() Options {
	if o.Smoothing == 0 {
		o.Smoothing = 0.01
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-10
	}
	if o.MaxIterations == 0 {
		o.MaxIterations = 5000
	}
	return o
}

// Validate joins all violations, naming the fields.
func (o Options) Validate() error {
	var errs []error
	if !(o.Smoothing >= 0) || math.IsInf(o.Smoothing, 0) {
		errs = append(errs, errors.New("consensus: Smoothing must be a finite number, 0 or more"))
	}
	if !(o.Tolerance >= 0) || math.IsInf(o.Tolerance, 0) {
		errs = append(errs, errors.New("consensus: Tolerance must be a finite number, 0 or more"))
	}
	if o.MaxIterations < 0 {
		errs = append(errs, errors.New("consensus: MaxIterations must be 0 or more"))
	}
	return errors.Join(errs...)
}

// DawidSkene estimates labels and annotators together by EM (Dawid & Skene
// 1979, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM
// Algorithm"). It starts from the shares of votes; with known items it starts from
// what these say about each annotator, so that a majority that errs together
// does not win. A tie goes to the label with more votes over all items, then to
// the one that sorts first. Cost is votes x labels an iteration.
func DawidSkene(a *Answers, opt Options) (*Result, error) {
	opt = opt.WithDefaults()
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	n, k := len(a.Items), len(a.Labels)
	z := a.shares()
	known, err := a.known(opt.Known)
	if err != nil {
		return nil, err
	}
	prior := make([]float64, k)
	confusion := make([]float64, len(a.Workers)*k*k)
	if len(opt.Known) > 0 {
		a.startFromKnown(z, known, confusion)
	}
	logs := make([]float64, len(confusion)) // log confusion, [worker][said][true] so that the inner loop is contiguous
	logPrior, logit := make([]float64, k), make([]float64, k)
	likelihood, last := 0.0, math.Inf(-1)
	iteration, converged := 0, false
	for iteration < opt.MaxIterations && !converged {
		iteration++
		a.estimate(z, opt.Smoothing, prior, confusion)
		for i, p := range prior {
			logPrior[i] = det.Log(max(p, 1e-300))
		}
		for w := range a.Workers {
			for i := range k {
				for j := range k {
					logs[(w*k+j)*k+i] = det.Log(max(confusion[(w*k+i)*k+j], 1e-300))
				}
			}
		}
		likelihood = 0
		for i := range n {
			copy(logit, logPrior)
			for _, v := range a.of(i) {
				row := logs[(int(v.worker)*k+int(v.label))*k:][:k]
				for c := range logit {
					logit[c] += row[c]
				}
			}
			if known[i] >= 0 {
				likelihood += logit[known[i]]
				continue
			}
			top, sum := slices.Max(logit), 0.0
			p := z[i*k : (i+1)*k]
			for c := range logit {
				p[c] = det.Exp(logit[c] - top)
				sum += p[c]
			}
			for c := range p {
				p[c] /= sum
			}
			likelihood += top + det.Log(sum)
		}
		converged = math.Abs(likelihood-last) < opt.Tolerance*math.Abs(likelihood)
		last = likelihood
	}
	total, chosen, tied := a.totals(), make([]int, n), make([]bool, n)
	for i := range n {
		chosen[i], tied[i] = decide(z[i*k:(i+1)*k], total)
	}
	r := a.result("dawid_skene", chosen, tied, z, confusion, prior)
	r.LogLikelihood, r.Iterations, r.Converged = likelihood, iteration, converged
	return r, nil
}

// startFromKnown sets z to one on the known labels, and elsewhere to the
// posterior under confusion matrices counted on the known items alone, with a
// prior of 2 on the diagonal and 1 off it: annotators without known items then
// weigh as in a vote.
func (a *Answers) startFromKnown(z []float64, known []int32, confusion []float64) {
	k := len(a.Labels)
	for w := range a.Workers {
		for i := range k {
			for j := range k {
				confusion[(w*k+i)*k+j] = 1
			}
			confusion[(w*k+i)*k+i] = 2
		}
	}
	for _, v := range a.votes {
		if c := known[v.item]; c >= 0 {
			confusion[(int(v.worker)*k+int(c))*k+int(v.label)]++
		}
	}
	normalize(confusion, k)
	for i, c := range known {
		p := z[i*k : (i+1)*k]
		clear(p)
		if c >= 0 {
			p[c] = 1
			continue
		}
		for _, v := range a.of(i) {
			for t := range p {
				p[t] += det.Log(confusion[(int(v.worker)*k+t)*k+int(v.label)])
			}
		}
		top := slices.Max(p)
		for t := range p {
			p[t] = det.Exp(p[t] - top)
		}
		normalize(p, k)
	}
}

// estimate is the M-step: label shares and confusion matrices from posteriors.
func (a *Answers) estimate(z []float64, smoothing float64, prior, confusion []float64) {
	k := len(a.Labels)
	clear(prior)
	for i := range a.Items {
		for c := range k {
			prior[c] += z[i*k+c]
		}
	}
	for c := range prior {
		prior[c] /= float64(len(a.Items))
	}
	for i := range confusion {
		confusion[i] = smoothing
	}
	for _, v := range a.votes {
		at, p := int(v.worker)*k*k+int(v.label), z[int(v.item)*k:][:k]
		for c, pc := range p {
			confusion[at+c*k] += pc
		}
	}
	normalize(confusion, k)
}

// normalize makes each row of k values sum to one.
func normalize(m []float64, k int) {
	for row := 0; row < len(m); row += k {
		sum := 0.0
		for _, v := range m[row : row+k] {
			sum += v
		}
		for j := range k {
			m[row+j] /= max(sum, 1e-300)
		}
	}
}

// known returns the fixed label of each item, -1 where there is none. Names
// that no annotator answered are ignored; a label nobody may give is an error.
func (a *Answers) known(gold map[string]string) ([]int32, error) {
	known := make([]int32, len(a.Items))
	for i := range known {
		known[i] = -1
	}
	if len(gold) == 0 {
		return known, nil
	}
	label := positions(a.Labels)
	for i, name := range a.Items {
		if g, ok := gold[name]; ok {
			c, ok := label[g]
			if !ok {
				return nil, fmt.Errorf("consensus: the known label of item %d is not among the %d labels: name it to NewAnswers", i+1, len(a.Labels))
			}
			known[i] = c
		}
	}
	return known, nil
}
