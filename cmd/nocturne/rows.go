package main

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/tabular"
)

// forEach reads a table to its end. f must not keep the record.
func forEach(ctx context.Context, rd tabular.Reader, f func(arrow.Record) error) error {
	for {
		rec, err := rd.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = f(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
}
