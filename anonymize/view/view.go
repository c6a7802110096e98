// Package view shows what a caller with a role and a purpose would get from a
// table: the policy that decides what is written also decides what is read.
package view

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
)

// Options completes a view.
type Options struct {
	// Keys derive pseudonyms; nil = keyed treatments are refused.
	Keys transform.Keys
	// Related holds the contracts that foreign keys point at.
	Related map[string]schemas.Contract
}

// View is a reader of the rows as its principal may see them. Columns that the
// contract does not know are not in it; rows stream, one batch at a time.
type View struct {
	plan   *anonymize.Plan
	reader tabular.Reader
}

// New plans the policy for principal over what reader delivers. The view owns
// the reader and closes it; when New fails the caller still owns it.
func New(policy anonymize.Policy, principal anonymize.Principal, contract schemas.Contract, reader tabular.Reader, opt Options) (*View, error) {
	if reader == nil {
		return nil, errors.New("view: no reader")
	}
	plan, err := anonymize.NewPlan(policy, principal, contract, opt.Keys, anonymize.PlanOptions{Related: opt.Related, Schema: reader.Schema()})
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	return &View{plan: plan, reader: reader}, nil
}

// Schema is the schema of the view.
func (v *View) Schema() *arrow.Schema { return v.plan.OutputSchema() }

// Plan tells how the view was decided, for an access log: its Digest names
// policy, principal, contract and keys.
func (v *View) Plan() *anonymize.Plan { return v.plan }

// Next returns the next batch, io.EOF after the last one.
func (v *View) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := v.reader.Next(ctx)
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	return v.plan.Apply(ctx, rec)
}

// Close closes the reader below.
func (v *View) Close() error { return v.reader.Close() }

var _ tabular.Reader = (*View)(nil)
