package mixture

import (
	"context"
	"math"
	"slices"
)

// divisors of the largest class count, from the smallest candidate up.
var divisors = []int{16, 8, 4, 2, 1}

// mostClasses grows with the cube root of the rows: 14 classes for 300 rows,
// 71 for 32,561, 222 for a million. Held-out likelihood alone would take more,
// but the rows drawn from them lie nearer to the training rows than to others.
func mostClasses(rows int) int {
	k := 1
	for (k+1)*(k+1)*(k+1) <= 11*rows {
		k++
	}
	return k
}

const (
	// defaultStrength gave the best twins of Adult at an ideal distance to
	// training rows (boosted C2ST .77-.82, DCR share .671-.685 with 50-100
	// classes; 1: .75 and .681; 2: less).
	defaultStrength   = 0.5
	defaultMaxClasses = 200
	// defaultIterations of the final fit, searchIterations of a candidate's.
	defaultIterations = 16
	searchIterations  = 16
	// searchRows bounds the rows that candidates are fitted on.
	searchRows = 100_000
	// enoughRows is the number of rows below which held-out likelihood is too
	// noisy to choose by.
	enoughRows = 100
	// classGain, in nats a row, is what more classes must gain on held-out
	// rows: about one standard error of the gain at 3,000 of them. Of two
	// models that tell the same, the smaller one repeats less of its rows.
	classGain = 0.02
	// lookGain is what searchEvery iterations must gain for EM to go on.
	lookGain    = 0.01
	searchEvery = 4
)

// setting is one candidate.
type setting struct {
	classes    int
	strength   float64
	iterations int
}

// candidates lists the class counts to try, smallest first.
func candidates(rows, most int) []int {
	if most <= 0 {
		most = defaultMaxClasses
	}
	var out []int
	largest := min(mostClasses(rows), most)
	for _, d := range divisors {
		if k := max(largest/d, 1); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// search chooses what opt leaves open: classes are added while that raises the
// likelihood of held-out rows. More classes would fit the rows better still,
// by repeating them.
func search(ctx context.Context, rows Rows, opt LearnOptions) (setting, error) {
	best := setting{classes: opt.Classes, strength: opt.Strength, iterations: opt.Iterations}
	if best.strength <= 0 {
		best.strength = defaultStrength
	}
	if best.iterations <= 0 {
		best.iterations = defaultIterations
	}
	if best.classes > 0 {
		return best, nil
	}
	tries := candidates(rows.Len(), opt.MaxClasses)
	best.classes = tries[0]
	fit, held := rows.split(opt.Seed)
	if rows.Len() < enoughRows || held.Len() == 0 || fit.Len() == 0 {
		return best, nil
	}
	top := math.Inf(-1)
	misses := 0
	for i, k := range tries {
		ll, err := heldOut(ctx, fit, held, setting{classes: k, strength: best.strength, iterations: searchIterations}, opt)
		if err != nil {
			return best, err
		}
		opt.Progress(0.5 * float64(i+1) / float64(len(tries)))
		if ll >= top+classGain {
			top, best.classes, misses = ll, k, 0
			continue
		}
		// One candidate may be stuck where two classes are the same; two in a
		// row say that more classes do not help.
		if misses++; misses == 2 {
			break
		}
	}
	return best, nil
}

// heldOut is the best likelihood of the held-out rows on EM's way.
func heldOut(ctx context.Context, fit, held Rows, s setting, opt LearnOptions) (float64, error) {
	top := math.Inf(-1)
	_, err := run(ctx, fit, s, opt, func(i int, l *Latent) (bool, error) {
		if i%searchEvery != 0 && i != s.iterations {
			return false, nil
		}
		ll, err := held.likelihood(ctx, l, opt.Workers)
		gain := ll - top
		top = max(top, ll)
		return gain < lookGain, err
	})
	return top, err
}
