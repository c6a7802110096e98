package schemas

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
)

// defaultKeyBytes bounds what a uniqueness check holds: 32 million keys.
const defaultKeyBytes = 512 << 20

// keyBytes is the size of one key in a KeyBlock.
const keyBytes = 16

// SplitOptions are the options of Split. The zero value is right for most.
type SplitOptions struct {
	// Workers check batches; 0 = all processors. The result does not depend
	// on it.
	Workers int
	// MaxKeyBytes bounds the memory of uniqueness checks, in bytes; 0 = 512
	// MiB. Beyond it the source is read once more for each further part of
	// the hash range.
	MaxKeyBytes int64
}

// Counts tells how many rows a Split saw.
type Counts struct {
	Rows     int64            `json:"rows"`
	Good     int64            `json:"good"`
	Bad      int64            `json:"bad"`
	ByReason map[string]int64 `json:"by_reason,omitempty"` // Reason.Text -> rows
}

// Split reads a table and hands good and bad rows, in row order, to the two
// callbacks, which must not keep the record beyond the call. Batches without
// rows of a kind are not handed over. A table without uniqueness rules is read
// once; otherwise at least one pass over it comes before, which collects keys.
//
// The error matches ErrStopped when the contract says "stop" and a row is bad,
// or when a larger share of the rows is bad than max_quarantine allows; what
// the callbacks received then must be dropped.
func Split(ctx context.Context, v *Validator, src tabular.Source, opt SplitOptions, good, bad func(arrow.Record) error) (Counts, error) {
	counts := Counts{ByReason: map[string]int64{}}
	if len(v.unique) > 0 {
		rows, err := duplicateRows(ctx, v, src, opt)
		if err != nil {
			return counts, err
		}
		v = v.WithDuplicates(rows)
	}
	err := v.pass(ctx, src, opt.Workers, func(c Checked) error {
		counts.Good += c.Good.NumRows()
		counts.Bad += c.Bad.NumRows()
		counts.Rows = counts.Good + counts.Bad
		for _, r := range c.Reasons {
			counts.ByReason[r.Text]++
		}
		if counts.Bad > 0 && v.contract.OnViolation == Stop {
			return fmt.Errorf("schemas: table %q: %w: row %d: %s; the contract says on_violation: stop",
				v.contract.Name, ErrStopped, c.Reasons[0].Row, c.Reasons[0].Text)
		}
		if c.Good.NumRows() > 0 {
			if err := good(c.Good); err != nil {
				return err
			}
		}
		if c.Bad.NumRows() > 0 {
			return bad(c.Bad)
		}
		return nil
	})
	if err != nil {
		return counts, err
	}
	if share := float64(counts.Bad) / float64(max(counts.Rows, 1)); share > v.contract.MaxQuarantine {
		return counts, fmt.Errorf("schemas: table %q: %w: %d of %d rows, more than max_quarantine %g; look at the reasons in the quarantine, then mend the source or the contract",
			v.contract.Name, ErrStopped, counts.Bad, counts.Rows, v.contract.MaxQuarantine)
	}
	return counts, nil
}

// pass checks the whole table and hands over the batches in row order.
func (v *Validator) pass(ctx context.Context, src tabular.Source, workers int, each func(Checked) error) error {
	r, err := src(ctx)
	if err != nil {
		return fmt.Errorf("schemas: table %q: %w", v.contract.Name, err)
	}
	type batch struct {
		rec   arrow.Record
		first int64
	}
	at := int64(0)
	err = parallel.Stream(ctx, workers,
		func(ctx context.Context) (batch, error) {
			rec, err := r.Next(ctx)
			if err != nil {
				if errors.Is(err, io.EOF) {
					return batch{}, io.EOF
				}
				return batch{}, fmt.Errorf("schemas: table %q: reading after row %d: %w", v.contract.Name, at, err)
			}
			b := batch{rec, at}
			at += rec.NumRows()
			return b, nil
		},
		func(ctx context.Context, _ int, b batch) (Checked, error) {
			defer b.rec.Release()
			return v.Check(ctx, b.rec, b.first)
		},
		func(_ int, c Checked) error {
			defer c.Good.Release()
			defer c.Bad.Release()
			return each(c)
		})
	return errors.Join(err, r.Close())
}

// duplicateRows runs the first phase of all uniqueness rules. It begins with
// the whole hash range; whenever the keys outgrow the budget, the range is
// halved and the keys outside are dropped, to be collected by a later pass.
func duplicateRows(ctx context.Context, v *Validator, src tabular.Source, opt SplitOptions) ([][]int64, error) {
	budget := opt.MaxKeyBytes
	if budget <= 0 {
		budget = defaultKeyBytes
	}
	out := make([][]int64, len(v.unique))
	parts := uint64(1)
	for part := uint64(0); part < parts; part++ {
		blocks := make([][]*KeyBlock, len(v.unique))
		held := int64(0)
		err := v.pass(ctx, src, opt.Workers, func(c Checked) error {
			for i, b := range c.Keys {
				b.keep(part, parts)
				blocks[i] = append(blocks[i], b)
				held += int64(b.Len())
			}
			for held*keyBytes > budget && parts < 1<<32 && part == 0 {
				parts *= 2
				held = 0
				for _, list := range blocks {
					for _, b := range list {
						b.keep(part, parts)
						b.keys = append([]blockKey(nil), b.keys...)
						held += int64(b.Len())
					}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for i := range blocks {
			out[i] = mergeAscending(out[i], FindDuplicates(blocks[i]))
		}
	}
	return out, nil
}

func mergeAscending(a, b []int64) []int64 {
	out := make([]int64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
