package transform

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
)

// keep is the identity, written out so that a policy says it in words.
type keep struct{ col Column }

func newKeep(spec Spec, col Column, _ Keys) (Transform, error) {
	if err := params(spec, &struct{}{}); err != nil {
		return nil, err
	}
	return keep{col}, nil
}

func (k keep) OutputType() arrow.DataType { return k.col.Type }

func (keep) Properties() Properties {
	return Properties{
		Deterministic: true, Injective: true, Reversible: true, FormatPreserving: true,
		Leaks: []string{"equality", "length", "null", "order", "prefix", "range"},
	}
}

func (k keep) Apply(ctx context.Context, rec arrow.Record, col int) (arrow.Array, error) {
	arr, err := input(ctx, rec, col, k.col)
	if err != nil {
		return nil, err
	}
	arr.Retain()
	return arr, nil
}
