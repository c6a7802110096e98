// Package synth learns a table's distribution and draws new rows from it.
//
// An engine is a Synthesizer; what it learns is a Model; what it learns from
// where it can is a mergeable Summary. Engines live in packages of their own
// (mixture, ...) on top of codec, which turns columns into states and back.
package synth

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
)

// Table is what an engine fits: rows that can be read again and again, and
// the contract that says what the columns mean. Columns whose class is
// direct_identifier, and those of an identifier semantic type, are never
// modelled from their values: they are generated.
type Table struct {
	Rows     tabular.Source
	Contract schemas.Contract
}

// FitOptions are common to all engines. Zero values choose defaults.
type FitOptions struct {
	Seed    uint64
	Workers int // 0 = all processors; the model does not depend on it
	// MaxRows bounds the rows an engine that needs rows keeps in memory;
	// 0 = 2,000,000. Beyond it whole blocks are sampled, seeded.
	MaxRows int64
	// Progress is called now and then with a share in 0..1; may be nil.
	Progress func(done float64)
}

// Synthesizer fits models of one family.
type Synthesizer interface {
	Name() string
	Fit(ctx context.Context, t Table, opt FitOptions) (Model, error)
}

// Model draws synthetic rows.
//
// SampleBlock returns rows of block number block under seed; it depends on
// nothing else, so blocks may be drawn on any worker in any order. A Model is
// immutable and safe for concurrent use.
type Model interface {
	Schema() *arrow.Schema
	SampleBlock(ctx context.Context, seed uint64, block int, rows int) (arrow.Record, error)
	// MarshalTo writes the versioned model file.
	MarshalTo(w io.Writer) error
}

// Summary is a mergeable sufficient statistic: a commutative monoid under
// Merge with its zero as identity. Sums are integers (fixed point, rounded
// per row), so any grouping of the same rows marshals to the same bytes.
type Summary interface {
	Add(rec arrow.Record) error
	Merge(other Summary) error
	MarshalBinary() ([]byte, error)
}
