// Package evaluate measures how faithful and how private a synthetic table is.
//
// Three tables go in: train (what the generator learned from), holdout (real
// rows it never saw) and the synthetic one. Every number stands beside its
// ceiling, the same number with real holdout rows in the synthetic table's
// place, because that is what an honest generator can reach at this size.
//
// Tables are streamed. Shares of missing cells and exact copies count every
// row; the other measures use at most Options.MaxRows rows a table, drawn by
// a hash of the row number, so that nothing depends on batches or workers.
//
// A Report holds shares, distances and names of columns. It holds no cell of
// a protected column, and of the others only labels of categories that occur
// at least MinSupport times.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
)

// MinSupport is the least number of training rows that carry a category whose
// label a report may show.
const MinSupport = 5

// Options say what to measure. The zero value measures everything that needs
// no target.
type Options struct {
	// Target is the column for the utility measure (train on synthetic, test
	// on real); empty = no utility.
	Target string
	// Skip names columns to leave out: record identifiers, free text.
	Skip []string
	// Categorical names numeric columns to treat as categories. Booleans,
	// texts, numbers of at most two distinct values and a target of at most
	// 20 are categories anyway.
	Categorical []string
	// Protected names columns of which a report shows no label and no
	// distribution. They are measured all the same.
	Protected []string
	// Seed of all sampling and folds.
	Seed uint64
	// MaxRows bounds the rows of each table used by the measures that need
	// rows in memory; 0 = 50,000. Fewer are used where a table is wide: at
	// most 20 million cells a table.
	MaxRows int
	// MaxQueries bounds the synthetic rows whose nearest real neighbours are
	// searched; 0 = 20,000.
	MaxQueries int
	// MaxPairs bounds the column pairs compared; beyond it a seeded sample is
	// taken. 0 = 5,000.
	MaxPairs int
	// Workers run measures side by side; 0 = all processors. The report does
	// not depend on it.
	Workers int
	// Progress is called now and then with a share in 0..1; may be nil.
	Progress func(done float64)
}

// maxCells bounds the memory of one table's sample: 8 bytes each.
const maxCells = 20_000_000

// WithDefaults returns o with defaults in the place of zero values.
func (o Options) WithDefaults() Options {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&o.MaxRows, 50_000)
	set(&o.MaxQueries, 20_000)
	set(&o.MaxPairs, 5_000)
	if o.Progress == nil {
		o.Progress = func(float64) {}
	}
	return o
}

// Validate reports every option out of range.
func (o Options) Validate() error {
	var errs []error
	for _, v := range []struct {
		name string
		n    int
	}{{"MaxRows", o.MaxRows}, {"MaxQueries", o.MaxQueries}, {"MaxPairs", o.MaxPairs}} {
		if v.n < 0 {
			errs = append(errs, fmt.Errorf("evaluate: %s must not be negative, got %d", v.name, v.n))
		}
	}
	if o.Target != "" && slices.Contains(o.Skip, o.Target) {
		errs = append(errs, fmt.Errorf("evaluate: target %q is among the columns to skip", o.Target))
	}
	return errors.Join(errs...)
}

// part is one measure: it fills its own part of the report.
type part struct {
	weight float64 // expected share of the time, for progress
	run    func(ctx context.Context) (func(*Report), error)
}

// Evaluate compares the three tables. All must have the columns of train
// (others are ignored with a note); a missing column, a missing target and an
// empty table are errors.
func Evaluate(ctx context.Context, train, holdout, synthetic tabular.Source, opt Options) (Report, error) {
	if err := opt.Validate(); err != nil {
		return Report{}, err
	}
	opt = opt.WithDefaults()
	d, err := load(ctx, [3]tabular.Source{train, holdout, synthetic}, opt)
	if err != nil {
		return Report{}, err
	}
	opt.Progress(.1)
	r := d.newReport(opt)
	parts := slices.Concat(d.shapeParts(opt), d.pairParts(opt), d.detectionParts(opt), d.utilityParts(opt), d.distanceParts(opt))
	var total, done float64
	for _, p := range parts {
		total += p.weight
	}
	err = parallel.Ordered(ctx, len(parts), opt.Workers,
		func(ctx context.Context, i int) (func(*Report), error) { return parts[i].run(ctx) },
		func(i int, fill func(*Report)) error {
			fill(&r)
			done += parts[i].weight
			opt.Progress(.1 + .9*done/total)
			return nil
		})
	if err != nil {
		return Report{}, fmt.Errorf("evaluate: %w", err)
	}
	r.summarise(d)
	return r, nil
}
