package activities

import (
	"context"
	"errors"
	"syscall"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"go.temporal.io/sdk/temporal"
)

// The failure types that workflows and people see. All but RetryLater say that
// trying again will not help until somebody changes something.
const (
	InvalidSpec     = "InvalidSpec"     // the pipeline, policy or contract cannot be used as written
	AlreadyRunning  = "AlreadyRunning"  // another night of the same pipeline is under way
	SourceMissing   = "SourceMissing"   // a source is not there
	SourceCorrupt   = "SourceCorrupt"   // a source's bytes do not follow their format
	SourceChanged   = "SourceChanged"   // a source changed while the night was reading it
	SchemaMismatch  = "SchemaMismatch"  // a table does not have the contract's columns
	TooManyBadRows  = "TooManyBadRows"  // more rows break the contract than it allows
	PolicyViolation = "PolicyViolation" // the policy cannot be carried out
	ProofFailed     = "ProofFailed"     // protected values survived de-identification
	GateRefused     = "GateRefused"     // the release policy holds a twin back
	DiskFull        = "DiskFull"        // the store has no space left
	KeyMissing      = "KeyMissing"      // a keyset cannot be opened
	SourceLost      = "SourceLost"      // a database went away in mid-read; trying again helps
)

// NonRetryableTypes lists the failure types that a retry cannot mend.
func NonRetryableTypes() []string {
	return []string{
		InvalidSpec, AlreadyRunning, SourceMissing, SourceCorrupt, SourceChanged, SchemaMismatch,
		TooManyBadRows, PolicyViolation, ProofFailed, GateRefused, DiskFull, KeyMissing,
	}
}

// Failure is an error of a known type. Its text says what to do and holds no
// data value.
type Failure struct {
	Type string
	Err  error
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

func fail(kind string, err error) error { return &Failure{Type: kind, Err: err} }

// temporalError maps an error to what Temporal retries or not: the one place
// that does.
func temporalError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var f *Failure
	kind := ""
	switch {
	case errors.As(err, &f):
		kind = f.Type
	case errors.Is(err, syscall.ENOSPC):
		kind = DiskFull
	case errors.Is(err, tabular.ErrMissing):
		kind = SourceMissing
	case errors.Is(err, tabular.ErrCorrupt), errors.Is(err, tabular.ErrUnsupported):
		kind = SourceCorrupt
	case errors.Is(err, pipeline.ErrInvalid), errors.Is(err, schemas.ErrInvalid), errors.Is(err, anonymize.ErrPolicy):
		kind = InvalidSpec
	case errors.Is(err, schemas.ErrUnknownColumn), errors.Is(err, schemas.ErrMissingColumn), errors.Is(err, schemas.ErrType):
		kind = SchemaMismatch
	case errors.Is(err, proof.ErrLeak):
		kind = ProofFailed
	}
	if kind == "" || kind == SourceLost {
		return temporal.NewApplicationError(err.Error(), kind)
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), kind, nil)
}
