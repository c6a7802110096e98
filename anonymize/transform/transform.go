// Package transform rewrites columns so that they no longer identify: one
// file a transform. A transform works on whole Arrow arrays, keeps nulls, and
// touches each distinct value of a dictionary once.
package transform

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
)

// Spec names a transform and its parameters as a policy writes them.
type Spec struct {
	Name   string         `json:"name" yaml:"name"`
	Params map[string]any `json:"params,omitempty" yaml:"params,omitempty"`
}

// Properties are what a transform promises about its output, for
// `policy explain` and `policy check`.
type Properties struct {
	Deterministic    bool     // equal inputs give equal outputs under one key
	Injective        bool     // distinct inputs give distinct outputs
	Reversible       bool     // the key holder can undo it
	FormatPreserving bool     // the output is still of the input's semantic type
	Leaks            []string // of "length", "order", "equality", "prefix", "null", "range"
	NeedsKey         bool
	// CollisionBits is the output's size in bits where distinct inputs may
	// meet by chance: n distinct values collide with probability below
	// n*n/2^(CollisionBits+1). 0 = does not apply.
	CollisionBits int
	NeedsSubject  bool // needs the subject column (date shift)
}

// Keys derives secret keys by name; package keys implements it. The same name
// always gives the same 32 bytes under one keyset.
type Keys interface {
	Derive(name string) ([]byte, error)
}

// Column is what a transform is told about the column it will rewrite.
type Column struct {
	Table    string
	Name     string
	Type     arrow.DataType
	Semantic string // semantic type name or ""
	Subject  string // name of the column that identifies the data subject, "" = none
}

// Transform rewrites one column.
//
// Apply reads column col of rec (other columns may be read, never changed) and
// returns a new array of OutputType with rec.NumRows() entries. It is safe for
// concurrent use.
type Transform interface {
	OutputType() arrow.DataType
	Properties() Properties
	Apply(ctx context.Context, rec arrow.Record, col int) (arrow.Array, error)
}

// Factory builds a transform for one column. It checks every parameter and
// reports all faults at once.
type Factory func(spec Spec, col Column, keys Keys) (Transform, error)
