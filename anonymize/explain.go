package anonymize

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
)

// Explanation says for each column of a table what a policy does and why.
type Explanation struct {
	Table     string      `json:"table"`
	Policy    string      `json:"policy"` // "name version"
	Principal Principal   `json:"principal"`
	Columns   []Explained `json:"columns"`
	Findings  []Finding   `json:"findings,omitempty"` // of Check
}

// Explained is one column of an Explanation.
type Explained struct {
	Column    string         `json:"column"`
	Class     string         `json:"class"`
	Semantic  string         `json:"semantic,omitempty"`
	Type      string         `json:"type"`
	Rule      string         `json:"rule"` // "" = none matched
	Transform transform.Spec `json:"transform"`
	Output    string         `json:"output"` // type of the output; "" = the column is dropped
	Why       string         `json:"why"`
	// Leaks and Keeps are what an observer learns and what stays usable:
	// "equality", "length", ...; "format", "distinctness".
	Leaks []string `json:"leaks,omitempty"`
	Keeps []string `json:"keeps,omitempty"`
	Fault string   `json:"fault,omitempty"` // why the transform cannot be built
}

// Explain works out what a principal's copy of a table would be. Keyed
// transforms need no keys for it. Faults are part of the explanation.
func Explain(policy Policy, principal Principal, contract schemas.Contract, opt PlanOptions) (Explanation, error) {
	policy, err := policy.Compile()
	if err != nil {
		return Explanation{}, err
	}
	types, err := columnTypes(contract, opt.Schema)
	if err != nil {
		return Explanation{}, fmt.Errorf("anonymize: table %q: %w", contract.Name, err)
	}
	principal = principal.withDefaults(policy.Defaults)
	decided := decisions(policy, principal, contract)
	resolve(decided, contract, opt.Related)
	e := Explanation{
		Table: contract.Name, Policy: policy.Name + " " + policy.Version, Principal: principal,
		Findings: check(policy, principal, contract, opt, decided, types),
	}
	for _, d := range decided {
		x := Explained{
			Column: d.Field.Name, Class: string(d.Field.Class), Semantic: d.Field.Semantic, Type: d.Field.Type,
			Rule: d.Rule, Transform: d.Transform, Why: d.Why,
		}
		t, err := transform.New(d.Transform, transform.Column{
			Table: contract.Name, Name: d.Field.Name, Type: types[d.Field.Name],
			Semantic: d.Field.Semantic, Subject: subjectColumn(contract, opt.Related),
		}, noKeys{})
		if err != nil {
			x.Fault = err.Error()
			e.Columns = append(e.Columns, x)
			continue
		}
		if !dropped(d.Transform) {
			if x.Output, err = schemas.TypeText(t.OutputType()); err != nil {
				x.Output = t.OutputType().String()
			}
		}
		props := t.Properties()
		x.Leaks = slices.Sorted(slices.Values(props.Leaks))
		for _, k := range []struct {
			set  bool
			name string
		}{{props.FormatPreserving, "format"}, {props.Injective, "distinctness"}, {props.Reversible, "reversibility"}} {
			if k.set {
				x.Keeps = append(x.Keeps, k.name)
			}
		}
		e.Columns = append(e.Columns, x)
	}
	return e, nil
}

// noKeys stands in for a keyset where only types and properties matter.
type noKeys struct{}

func (noKeys) Derive(string) ([]byte, error) { return make([]byte, 32), nil }

// Text shows the explanation as a table for a terminal.
func (e Explanation) Text() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "table %s, policy %s, purpose %s", e.Table, e.Policy, orDash(e.Principal.Purpose))
	if len(e.Principal.Roles) > 0 {
		fmt.Fprintf(&b, ", roles %s", strings.Join(e.Principal.Roles, ", "))
	}
	b.WriteString("\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "COLUMN\tCLASS\tHOLDS\tTREATMENT\tTYPE\tAN OBSERVER LEARNS\tRULE\tWHY")
	for _, c := range e.Columns {
		out := c.Output
		switch {
		case c.Fault != "":
			out = "cannot be built"
		case out == "":
			out = "dropped"
		case out != c.Type:
			out = c.Type + " -> " + out
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Column, c.Class, orDash(c.Semantic), c.Transform.Name, out,
			orDash(strings.Join(c.Leaks, ", ")), orDash(c.Rule), c.Why)
	}
	_ = w.Flush()
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "\n%s", f)
	}
	if len(e.Findings) > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
