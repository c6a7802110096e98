package activities

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
)

type ctx = context.Context

var writeOptions = tabular.WriteOptions{}

// replaceCell returns a copy of a record with one cell of a text column
// replaced.
func replaceCell(rec arrow.Record, column string, row int, text string) arrow.Record {
	at := rec.Schema().FieldIndices(column)[0]
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for i := range int(rec.NumRows()) {
		if i == row {
			b.Append(text)
		} else {
			b.Append(rec.Column(at).ValueStr(i))
		}
	}
	fields := append([]arrow.Field(nil), rec.Schema().Fields()...)
	fields[at].Type = arrow.BinaryTypes.String
	cols := append([]arrow.Array(nil), rec.Columns()...)
	cols[at] = b.NewArray()
	defer cols[at].Release()
	return array.NewRecord(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}

// errorCases: an error as steps meet it, its failure type, and whether it is
// final.
var errorCases = []struct {
	err   error
	want  string
	final bool
}{
	{errors.New("connection reset"), "", false},
	{fail(SourceLost, errors.New("server closed the connection")), SourceLost, false},
	{fail(GateRefused, errors.New("no")), GateRefused, true},
	{fmt.Errorf("write: %w", syscall.ENOSPC), DiskFull, true},
	{&tabular.Error{File: "f", Kind: tabular.ErrMissing, Err: errors.New("none")}, SourceMissing, true},
	{&tabular.Error{File: "f", Kind: tabular.ErrCorrupt, Err: errors.New("bytes")}, SourceCorrupt, true},
	{&tabular.Error{File: "f", Kind: tabular.ErrUnsupported, Err: errors.New("codec")}, SourceCorrupt, true},
	{fmt.Errorf("%w: x", pipeline.ErrInvalid), InvalidSpec, true},
	{fmt.Errorf("%w: x", schemas.ErrInvalid), InvalidSpec, true},
	{fmt.Errorf("%w: x", anonymize.ErrPolicy), InvalidSpec, true},
	{fmt.Errorf("%w: x", schemas.ErrUnknownColumn), SchemaMismatch, true},
	{fmt.Errorf("%w: x", schemas.ErrMissingColumn), SchemaMismatch, true},
	{fmt.Errorf("%w: x", schemas.ErrType), SchemaMismatch, true},
	{fmt.Errorf("%w: x", proof.ErrLeak), ProofFailed, true},
	{fmt.Errorf("read: %w", context.Canceled), "cancelled", false},
}
