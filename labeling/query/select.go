package query

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/labeling"
)

// Config says which items make the next batch.
type Config struct {
	// Strategy is the acquisition function; empty = Margin.
	Strategy Strategy
	// Batch is the number of items wanted; fewer come when the pool is smaller.
	// Required.
	Batch int
	// ControlShare is the share of each batch drawn at random, 0..1, carried over
	// from round to round so that small batches get their part; 0 = none.
	ControlShare float64
	// Seed and Round name the random stream. The same pool, seed and round give
	// the same batch.
	Seed  uint64
	Round int
}

// Validate joins all violations, naming the fields.
func (c Config) Validate() error {
	var errs []error
	if c.Strategy != "" {
		errs = append(errs, c.Strategy.validate())
	}
	if c.Batch < 1 {
		errs = append(errs, errors.New("query: Batch must be at least 1"))
	}
	if !(c.ControlShare >= 0 && c.ControlShare <= 1) {
		errs = append(errs, errors.New("query: ControlShare must be within 0..1"))
	}
	if c.Round < 0 {
		errs = append(errs, errors.New("query: Round must be 0 or more"))
	}
	return errors.Join(errs...)
}

// Pool is what may be asked.
type Pool struct {
	// Items numbers the unlabelled items, without repeats. A number stands for the
	// same item in every round: ties and random draws depend on it.
	Items []int
	// Probabilities holds Classes values an item, row-major, in the order of
	// Items; nil = there is no model yet (cold start).
	Probabilities []float64
	Classes       int
}

// Pick is one item of a batch.
type Pick struct {
	Item  int
	Slice labeling.Slice // Control, ColdStart or Chosen
	Score float64        // of the acquisition function; 0 without a model
}

// Select returns the next batch, most promising first, with the control items at
// random places in between so that a half-finished batch has its share of both.
// Equal scores are ordered by a hash of seed and item. Without a model the batch
// is random and counts as ColdStart.
//
// The control slice is drawn from the whole pool before anything is chosen, so
// accuracy on it estimates accuracy on the pool.
func Select(p Pool, cfg Config) ([]Pick, error) {
	if cfg.Strategy == "" {
		cfg.Strategy = Margin
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := len(p.Items)
	if p.Probabilities != nil && (p.Classes < 2 || len(p.Probabilities) != n*p.Classes) {
		return nil, fmt.Errorf("query: %d probabilities for %d items of %d classes", len(p.Probabilities), n, p.Classes)
	}
	for _, v := range p.Probabilities {
		if math.IsNaN(v) {
			return nil, errors.New("query: a probability is not a number")
		}
	}
	batch := min(cfg.Batch, n)
	r := rng.New(cfg.Seed, "labeling/query", uint64(cfg.Round))

	// A random order of the pool: its head is the control slice.
	salt, _ := rng.Words(cfg.Seed, "labeling/query/item", uint64(cfg.Round))
	order := make([]candidate, n)
	for i, item := range p.Items {
		order[i] = candidate{at: i, item: item, hash: mix(salt + uint64(item)*0x9e3779b97f4a7c15)}
	}
	// Different items have different hashes, so the order is total.
	slices.SortFunc(order, func(a, b candidate) int { return cmp.Compare(a.hash, b.hash) })
	for i := 1; i < n; i++ {
		if order[i].item == order[i-1].item {
			return nil, errors.New("query: the pool names an item twice")
		}
	}
	slice, control := labeling.Chosen, controls(cfg, batch)
	switch {
	case p.Probabilities == nil:
		slice, control = labeling.ColdStart, 0
	case cfg.Strategy == Random:
		slice, control = labeling.Control, 0
	}
	rest := order[control:]
	if p.Probabilities != nil {
		for i := range order {
			order[i].score = cfg.Strategy.Score(p.Probabilities[order[i].at*p.Classes:][:p.Classes])
		}
		slices.SortFunc(rest, func(a, b candidate) int {
			switch {
			case a.score > b.score:
				return -1
			case a.score < b.score:
				return 1
			}
			return cmp.Compare(a.hash, b.hash)
		})
	}
	out := make([]Pick, 0, batch)
	for _, c := range rest[:batch-control] {
		out = append(out, Pick{Item: c.item, Slice: slice, Score: c.score})
	}
	for _, c := range order[:control] {
		out = slices.Insert(out, r.IntN(len(out)+1), Pick{Item: c.item, Slice: labeling.Control, Score: c.score})
	}
	return out, nil
}

type candidate struct {
	at, item int
	hash     uint64
	score    float64
}

// mix is the finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection that
// spreads neighbouring item numbers over all 64 bits.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// controls is this round's part of the control slice, such that the parts of all
// rounds add up to the share.
func controls(cfg Config, batch int) int {
	each := cfg.ControlShare * float64(cfg.Batch)
	n := int(math.Floor(each*float64(cfg.Round+1)+1e-9)) - int(math.Floor(each*float64(cfg.Round)+1e-9))
	return min(n, batch)
}
