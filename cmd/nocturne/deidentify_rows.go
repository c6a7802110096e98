package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/schemas"
)

// quarantineFile holds rows that broke the contract. It is created with the
// first of them.
type quarantineFile struct {
	path string
	w    tabular.Writer
}

func (q *quarantineFile) write(ctx context.Context, rec arrow.Record) error {
	if q.w == nil {
		var err error
		if q.w, err = files.CreatePath(ctx, q.path, rec.Schema(), tabular.WriteOptions{}); err != nil {
			return err
		}
	}
	return q.w.Write(ctx, rec)
}

func (q *quarantineFile) publish() error {
	if q.w == nil {
		return nil
	}
	if err := q.w.Close(); err != nil {
		return err
	}
	return os.Chmod(q.path, 0o600)
}

func (q *quarantineFile) abort() {
	if q.w != nil {
		q.w.Abort()
	}
}

var errStop = errors.New("the reader was closed")

// rows opens what is to be de-identified: the rows that keep the contract.
func (d *deidentification) rows(ctx context.Context, declared bool) (tabular.Reader, error) {
	rd, err := d.in.openFast(ctx, nil)
	if err != nil {
		return nil, err
	}
	// Unknown and missing columns are found whatever the contract asks of rows.
	if _, err := schemas.NewValidator(d.contract, rd.Schema()); err != nil {
		return nil, errors.Join(err, rd.Close())
	}
	if d.trivial = !declared || asksNothing(d.contract, rd.Schema()); d.trivial {
		return rd, nil
	}
	if err := rd.Close(); err != nil {
		return nil, err
	}
	source, err := d.in.source(ctx)
	if err != nil {
		return nil, err
	}
	if rd, err = source(ctx); err != nil {
		return nil, err
	}
	v, err := schemas.NewValidator(d.contract, rd.Schema())
	if err := errors.Join(err, rd.Close()); err != nil {
		return nil, err
	}
	return newCheckedRows(ctx, d, v, source), nil
}

// asksNothing tells whether no row can break a contract: same types, nulls
// allowed everywhere, no keys and no rules. A dictionary column is of the type
// of its values.
func asksNothing(c schemas.Contract, s *arrow.Schema) bool {
	if len(c.PrimaryKey)+len(c.ForeignKeys)+len(c.Constraints) > 0 || len(c.Fields) != s.NumFields() {
		return false
	}
	for i, f := range c.Fields {
		t, err := schemas.ParseType(f.Type)
		if err != nil || !f.Nullable || s.Field(i).Name != f.Name {
			return false
		}
		own := s.Field(i).Type
		if d, ok := own.(*arrow.DictionaryType); ok {
			own = d.ValueType
		}
		if !arrow.TypeEqual(own, t) {
			return false
		}
	}
	return true
}

// checkedRows reads the good rows of a table while schemas.Split divides it.
type checkedRows struct {
	schema *arrow.Schema
	rows   chan arrow.Record
	done   chan struct{}
	stop   context.CancelCauseFunc
	err    error // valid once done is closed
}

func newCheckedRows(ctx context.Context, d *deidentification, v *schemas.Validator, source tabular.Source) *checkedRows {
	ctx, cancel := context.WithCancelCause(ctx)
	r := &checkedRows{schema: v.GoodSchema(), rows: make(chan arrow.Record, 2), done: make(chan struct{}), stop: cancel}
	go func() {
		defer close(r.done)
		defer close(r.rows)
		d.checked, r.err = schemas.Split(ctx, v, source, schemas.SplitOptions{Workers: d.workers},
			func(rec arrow.Record) error {
				rec.Retain()
				select {
				case r.rows <- rec:
					return nil
				case <-ctx.Done():
					rec.Release()
					return context.Cause(ctx)
				}
			},
			func(rec arrow.Record) error {
				if d.bad == nil {
					return nil
				}
				return d.bad.write(ctx, rec)
			})
	}()
	return r
}

// Schema implements tabular.Reader.
func (r *checkedRows) Schema() *arrow.Schema { return r.schema }

// Next implements tabular.Reader.
func (r *checkedRows) Next(context.Context) (arrow.Record, error) {
	rec, ok := <-r.rows
	if ok {
		return rec, nil
	}
	<-r.done
	if r.err != nil {
		return nil, r.err
	}
	return nil, io.EOF
}

// Close implements tabular.Reader.
func (r *checkedRows) Close() error {
	r.stop(errStop)
	for rec := range r.rows {
		rec.Release()
	}
	<-r.done
	return nil
}
