// Package query chooses which items to ask people about: acquisition functions
// over class probabilities, and the batch they make together with a random
// control slice.
//
// Margin is the choice where nothing is known: it needed the fewest labels, or
// was close to it, on every set we measured. Entropy and least confidence fall
// behind random sampling early on when there are many classes.
package query

import (
	"fmt"

	"github.com/nocturne-data/nocturne/internal/det"
)

// Strategy names an acquisition function.
type Strategy string

// The acquisition functions (Settles 2009, "Active Learning Literature Survey",
// section 3.1). With two classes all but Random give the same order.
const (
	Random          Strategy = "random"           // every item alike
	Margin          Strategy = "margin"           // smallest gap between the two best classes
	LeastConfidence Strategy = "least_confidence" // least probable best class
	Entropy         Strategy = "entropy"          // most spread-out prediction
)

// Strategies lists the acquisition functions.
func Strategies() []Strategy { return []Strategy{Margin, LeastConfidence, Entropy, Random} }

// Score returns how much asking about an item promises, 0..1, higher first, from
// its class probabilities. Random scores every item 0.
func (s Strategy) Score(p []float64) float64 {
	switch s {
	case Margin:
		first, second := 0.0, 0.0
		for _, v := range p {
			if v > first {
				first, second = v, first
			} else if v > second {
				second = v
			}
		}
		return 1 - (first - second)
	case LeastConfidence:
		first := 0.0
		for _, v := range p {
			first = max(first, v)
		}
		return 1 - first
	case Entropy:
		if len(p) < 2 {
			return 0
		}
		h := 0.0
		for _, v := range p {
			if v > 0 {
				h -= float64(v * det.Log(v))
			}
		}
		return h / det.Log(float64(len(p)))
	}
	return 0
}

func (s Strategy) validate() error {
	for _, known := range Strategies() {
		if s == known {
			return nil
		}
	}
	return fmt.Errorf("query: unknown strategy: choose one of %v", Strategies())
}
