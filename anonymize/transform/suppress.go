package transform

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// SuppressParams are the parameters of suppress.
type SuppressParams struct {
	// Drop removes the column from the output instead of leaving it empty.
	Drop bool `json:"drop,omitempty"`
}

// suppress gives a column of nulls. A dictionary column becomes one with an
// empty dictionary: the old one would still hold the values.
type suppress struct{ col Column }

func newSuppress(spec Spec, col Column, _ Keys) (Transform, error) {
	if err := params(spec, &SuppressParams{}); err != nil {
		return nil, err
	}
	return suppress{col}, nil
}

func (s suppress) OutputType() arrow.DataType { return s.col.Type }

func (suppress) Properties() Properties { return Properties{Deterministic: true} }

func (s suppress) Apply(ctx context.Context, rec arrow.Record, col int) (arrow.Array, error) {
	if _, err := input(ctx, rec, col, s.col); err != nil {
		return nil, err
	}
	return array.MakeArrayOfNull(memory.DefaultAllocator, s.col.Type, int(rec.NumRows())), nil
}
