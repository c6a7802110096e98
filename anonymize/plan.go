package anonymize

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
)

// PlanOptions completes what a plan is made from.
type PlanOptions struct {
	// Related holds the contracts of the tables that foreign keys point at, by
	// name; nil = none. Without them keys still join over one step.
	Related map[string]schemas.Contract
	// Schema is what the reader will deliver (dictionary columns, for example);
	// nil = the contract's own types. Columns that the contract does not know
	// are left out of the output.
	Schema *arrow.Schema
}

// Plan is a policy worked out for one principal and one table: a compiled
// transformer of record batches. It is safe for concurrent use.
type Plan struct {
	table     string
	columns   []planned
	out       *arrow.Schema
	decisions []Decision
	digest    string
}

// planned is one column of the input.
type planned struct {
	decision  Decision
	transform transform.Transform
	drop      bool
}

// NewPlan decides every field of the contract and builds its transforms. All
// faults are reported at once. Foreign keys derive their key under the name of
// the key they reference, so that joins survive; with keys nil, plans without
// keyed transforms work.
func NewPlan(policy Policy, principal Principal, contract schemas.Contract, keys transform.Keys, opt PlanOptions) (*Plan, error) {
	policy, err := policy.Compile()
	if err != nil {
		return nil, err
	}
	types, err := columnTypes(contract, opt.Schema)
	if err != nil {
		return nil, fmt.Errorf("anonymize: table %q: %w", contract.Name, err)
	}
	principal = principal.withDefaults(policy.Defaults)
	p := &Plan{table: contract.Name, decisions: decisions(policy, principal, contract)}
	resolve(p.decisions, contract, opt.Related)
	scoped := keys
	if keys != nil && policy.Linkage != "all" {
		scoped = purposeKeys{keys, principal.Purpose}
	}
	var errs []error
	var fields []arrow.Field
	for _, d := range p.decisions {
		t, err := transform.New(d.Transform, transform.Column{
			Table: contract.Name, Name: d.Field.Name, Type: types[d.Field.Name],
			Semantic: d.Field.Semantic, Subject: subjectColumn(contract, opt.Related),
		}, scoped)
		if err != nil {
			errs = append(errs, fmt.Errorf("table %q: rule %q: %w", contract.Name, d.Rule, err))
			continue
		}
		drop := dropped(d.Transform)
		p.columns = append(p.columns, planned{d, t, drop})
		if !drop {
			nullable := d.Field.Nullable || d.Transform.Name != "keep"
			fields = append(fields, arrow.Field{Name: d.Field.Name, Type: t.OutputType(), Nullable: nullable})
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("anonymize: %w", errors.Join(errs...))
	}
	p.out = arrow.NewSchema(fields, nil)
	p.digest, err = digest(policy, principal, contract, p.decisions, keys)
	return p, err
}

// decisions decides every field of a contract, in its order.
func decisions(policy Policy, principal Principal, contract schemas.Contract) []Decision {
	out := make([]Decision, len(contract.Fields))
	for i, f := range contract.Fields {
		out[i] = policy.Decide(principal, contract.Name, f)
	}
	return out
}

func dropped(s transform.Spec) bool {
	drop, _ := s.Params["drop"].(bool)
	return s.Name == "suppress" && drop
}

// columnTypes returns the type of each field: the reader's where it is given.
func columnTypes(c schemas.Contract, s *arrow.Schema) (map[string]arrow.DataType, error) {
	declared, err := c.ArrowSchema()
	if err != nil {
		return nil, err
	}
	out := make(map[string]arrow.DataType, len(c.Fields))
	for _, f := range declared.Fields() {
		out[f.Name] = f.Type
		if s == nil {
			continue
		}
		at := s.FieldIndices(f.Name)
		if len(at) != 1 {
			return nil, fmt.Errorf("column %q of the contract is in the data %d times", f.Name, len(at))
		}
		out[f.Name] = s.Field(at[0]).Type
	}
	return out, nil
}

// purposeKeys derives other keys for each purpose, so that datasets made for
// different purposes cannot be joined.
type purposeKeys struct {
	keys    transform.Keys
	purpose string
}

func (k purposeKeys) Derive(name string) ([]byte, error) {
	return k.keys.Derive("purpose/" + k.purpose + "/" + name)
}

// OutputSchema is the schema of Apply's records: the contract's fields in
// order, without those that are dropped and without metadata.
func (p *Plan) OutputSchema() *arrow.Schema { return p.out }

// Decisions lists what happens to each field, in contract order, with the
// parameters that the plan filled in (keys, known columns, subject).
func (p *Plan) Decisions() []Decision { return p.decisions }

// Digest is the SHA-256 (hex) of policy, principal, contract, resolved
// decisions and key ids: equal digests transform equally.
func (p *Plan) Digest() string { return p.digest }

// Apply transforms one record batch; rows stay in place. The caller releases
// the result.
func (p *Plan) Apply(ctx context.Context, rec arrow.Record) (arrow.Record, error) {
	cols := make([]arrow.Array, 0, p.out.NumFields())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for _, c := range p.columns {
		if c.drop {
			continue
		}
		at := rec.Schema().FieldIndices(c.decision.Field.Name)
		if len(at) != 1 {
			return nil, fmt.Errorf("anonymize: table %q: column %q is in the data %d times", p.table, c.decision.Field.Name, len(at))
		}
		arr, err := c.transform.Apply(ctx, rec, at[0])
		if err != nil {
			return nil, fmt.Errorf("anonymize: table %q: %w", p.table, err)
		}
		cols = append(cols, arr)
	}
	return array.NewRecord(p.out, cols, rec.NumRows()), nil
}

// digest hashes the JSON forms: struct fields are in declaration order and map
// keys sorted, so equal values have equal bytes.
func digest(policy Policy, principal Principal, contract schemas.Contract, decided []Decision, keys transform.Keys) (string, error) {
	var ids []string
	if k, ok := keys.(interface{ IDs() []string }); ok {
		ids = k.IDs()
	}
	b, err := json.Marshal(struct {
		Policy    Policy
		Principal Principal
		Contract  schemas.Contract
		Decisions []Decision
		Keys      []string
	}{policy, principal, contract, decided, ids})
	if err != nil {
		return "", fmt.Errorf("anonymize: digest of the plan: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
