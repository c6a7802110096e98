package tabular

import (
	"errors"
	"fmt"
)

// ErrCorrupt is matched by errors about bytes that do not follow their format:
// a truncated gzip stream, a ragged CSV line, a damaged Parquet page. Reading
// again does not help.
var ErrCorrupt = errors.New("malformed data")

// ErrMissing is matched by errors about a source that is not there.
var ErrMissing = errors.New("source not found")

// ErrUnsupported is matched by errors about a format or type that Nocturne
// does not read or write.
var ErrUnsupported = errors.New("unsupported")

// Error places a fault in a table's bytes. It never holds a data value.
type Error struct {
	File  string // name of the file or table
	Place string // "line 17", "column \"age\", row group 3, page 0"; may be empty
	Kind  error  // ErrCorrupt, ErrMissing, ErrUnsupported, or nil
	Err   error  // what happened; must not quote data
}

func (e *Error) Error() string {
	at := e.File
	if e.Place != "" {
		at += ": " + e.Place
	}
	switch {
	case e.Kind != nil && e.Err != nil:
		return fmt.Sprintf("%s: %v: %v", at, e.Kind, e.Err)
	case e.Kind != nil:
		return fmt.Sprintf("%s: %v", at, e.Kind)
	default:
		return fmt.Sprintf("%s: %v", at, e.Err)
	}
}

// Unwrap lets errors.Is and errors.As see both the kind and the cause.
func (e *Error) Unwrap() []error {
	out := make([]error, 0, 2)
	if e.Kind != nil {
		out = append(out, e.Kind)
	}
	if e.Err != nil {
		out = append(out, e.Err)
	}
	return out
}
