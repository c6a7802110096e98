package activities

import (
	"context"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
)

// split divides a table into the rows a twin is learned from and the holdout it
// never sees. A row's side follows from its key alone, so a person and the rows
// that refer to her fall on one side; rows without a key are drawn by position.
type split struct {
	seed    uint64
	holdout uint64 // a hash below it is holdout
	column  string // key column; "" = by position
}

func newSplit(seed uint64, share float64, c schemas.Contract) split {
	s := split{seed: seed, holdout: uint64(share * math.MaxUint64)}
	switch {
	case len(c.ForeignKeys) > 0:
		s.column = c.ForeignKeys[0].Fields[0]
	case len(c.PrimaryKey) == 1:
		s.column = c.PrimaryKey[0]
	}
	return s
}

// side returns a reader of one side of a table.
func (s split) side(rd tabular.Reader, holdout bool) tabular.Reader {
	return &sideReader{Reader: rd, split: s, holdout: holdout}
}

type sideReader struct {
	tabular.Reader
	split   split
	holdout bool
	row     uint64
}

func (r *sideReader) Next(ctx context.Context) (arrow.Record, error) {
	for {
		rec, err := r.Reader.Next(ctx)
		if err != nil {
			return nil, err
		}
		out, err := r.filter(rec)
		rec.Release()
		if err != nil || out.NumRows() > 0 {
			return out, err
		}
		out.Release()
	}
}

func (r *sideReader) filter(rec arrow.Record) (arrow.Record, error) {
	var key arrow.Array
	if at := rec.Schema().FieldIndices(r.split.column); len(at) == 1 {
		key = rec.Column(at[0])
	}
	here := make([]bool, rec.NumRows())
	for i := range here {
		var h uint64
		if key != nil && key.IsValid(i) {
			h = hashText(r.split.seed, key.ValueStr(i))
		} else {
			h, _ = rng.Words(r.split.seed, "holdout/row", r.row+uint64(i))
		}
		here[i] = (h < r.split.holdout) == r.holdout
	}
	r.row += uint64(len(here))
	return tabular.Filter(rec, func(i int) bool { return here[i] })
}

// hashText is a stable hash of a key under the seed.
func hashText(seed uint64, text string) uint64 {
	h, _ := rng.Words(seed, "holdout/"+text)
	return h
}
