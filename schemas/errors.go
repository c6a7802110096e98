package schemas

import (
	"errors"
	"fmt"
	"strings"
)

// ErrType is matched by errors about a type that contracts do not know, or a
// column whose type cannot become what the contract asks for.
var ErrType = errors.New("type")

// ErrInvalid is matched by errors about a contract that contradicts itself or
// leaves something out.
var ErrInvalid = errors.New("invalid contract")

// ErrUnknownColumn is matched when a table has columns that its contract does
// not know. They are never passed on.
var ErrUnknownColumn = errors.New("column not in the contract")

// ErrMissingColumn is matched when a table lacks columns of its contract.
var ErrMissingColumn = errors.New("column missing from the table")

// ErrStopped is matched when rows break a contract whose on_violation is
// "stop", or more of them do than max_quarantine allows.
var ErrStopped = errors.New("too many rows break the contract")

// ErrMismatch is matched when two summaries cannot be merged: other columns,
// other options, or another hash key.
var ErrMismatch = errors.New("summaries do not match")

// ColumnError says which columns of a table disagree with its contract. It
// matches Kind, which is ErrUnknownColumn, ErrMissingColumn or ErrType.
type ColumnError struct {
	Table   string
	Kind    error
	Columns []string
	Advice  string // what to do about it
}

func (e *ColumnError) Error() string {
	return fmt.Sprintf("schemas: table %q: %v: %s: %s", e.Table, e.Kind, quoteAll(e.Columns), e.Advice)
}

// Unwrap returns the kind.
func (e *ColumnError) Unwrap() error { return e.Kind }

// Violation is one fault of a contract file.
type Violation struct {
	Path    string // "fields[2].type"
	Problem string
}

// InvalidError lists every fault of a contract. It matches ErrInvalid.
type InvalidError struct {
	Contract   string
	Violations []Violation
}

func (e *InvalidError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "schemas: contract %q: %d violation(s)", e.Contract, len(e.Violations))
	for _, v := range e.Violations {
		b.WriteString("\n  " + v.Path + ": " + v.Problem)
	}
	return b.String()
}

// Unwrap returns ErrInvalid.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

func quoteAll(names []string) string {
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(parts, ", ")
}
