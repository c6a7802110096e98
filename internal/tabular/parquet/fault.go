package parquet

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// ioError is a failure of the storage, not of the bytes: reading again may
// help.
type ioError struct{ error }

func (e *ioError) Unwrap() error { return e.error }

// placed wraps err with the file and place. What is neither unsupported nor a
// failure of the storage is corruption.
func placed(err error, file, place string) error {
	var te *tabular.Error
	if errors.As(err, &te) && te.File == "" {
		return &tabular.Error{File: file, Place: place, Kind: te.Kind, Err: te.Err}
	}
	kind := tabular.ErrCorrupt
	var io *ioError
	switch {
	case errors.Is(err, tabular.ErrUnsupported), errors.As(err, &io):
		kind = nil
	}
	return &tabular.Error{File: file, Place: place, Kind: kind, Err: err}
}

// caught turns a panic of a decoder into an error. Malformed bytes that slip
// through the checks end as an index out of range.
func caught(err *error, file string, place func() string) {
	p := recover()
	if p == nil {
		return
	}
	cause := errors.New("decoder gave up")
	if re, ok := p.(runtime.Error); ok {
		cause = fmt.Errorf("decoder gave up: %w", re)
	}
	*err = &tabular.Error{File: file, Place: place(), Kind: tabular.ErrCorrupt, Err: cause}
}
