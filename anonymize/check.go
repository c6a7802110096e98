package anonymize

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Finding is something between a policy and a contract that a person should
// know. Errors stop a run; warnings do not.
type Finding struct {
	Severity string `json:"severity"` // "error" or "warning"
	Rule     string `json:"rule,omitempty"`
	Column   string `json:"column,omitempty"`
	Message  string `json:"message"`
}

func (f Finding) String() string {
	var at []string
	if f.Rule != "" {
		at = append(at, fmt.Sprintf("rule %q", f.Rule))
	}
	if f.Column != "" {
		at = append(at, fmt.Sprintf("column %q", f.Column))
	}
	if len(at) == 0 {
		return f.Severity + ": " + f.Message
	}
	return f.Severity + ": " + strings.Join(at, ", ") + ": " + f.Message
}

// Check compares a policy with the contract of a table: rules about columns
// that do not exist, transforms that cannot be built, keys whose joins break,
// rules that contradict each other. haveKeys tells whether a keyset will be
// there.
func Check(policy Policy, principal Principal, contract schemas.Contract, haveKeys bool, opt PlanOptions) ([]Finding, error) {
	policy, err := policy.Compile()
	if err != nil {
		return nil, err
	}
	types, err := columnTypes(contract, opt.Schema)
	if err != nil {
		return nil, fmt.Errorf("anonymize: table %q: %w", contract.Name, err)
	}
	principal = principal.withDefaults(policy.Defaults)
	decided := decisions(policy, principal, contract)
	resolve(decided, contract, opt.Related)
	out := check(policy, principal, contract, opt, decided, types)
	if !haveKeys {
		for i, d := range decided {
			col := column(contract, opt, decided[i].Field, types)
			if _, err := transform.New(d.Transform, col, nil); errors.Is(err, transform.ErrNoKeys) {
				out = append(out, Finding{"error", d.Rule, d.Field.Name, d.Transform.Name + " needs keys; pass a keyset"})
			}
		}
	}
	return out, nil
}

func column(c schemas.Contract, opt PlanOptions, f schemas.Field, types map[string]arrow.DataType) transform.Column {
	return transform.Column{Table: c.Name, Name: f.Name, Type: types[f.Name], Semantic: f.Semantic, Subject: subjectColumn(c, opt.Related)}
}

func check(policy Policy, principal Principal, c schemas.Contract, opt PlanOptions, decided []Decision, types map[string]arrow.DataType) []Finding {
	var out []Finding
	for i, r := range policy.Rules {
		if t := policy.compiled.rules[i].table; t != nil && !t.MatchString(c.Name) {
			continue
		}
		if name, ok := literal(r.Match.Column); ok {
			if _, known := c.Field(name); !known {
				out = append(out, Finding{"error", r.Name, name, "the contract has no such column"})
			}
		}
		for _, s := range r.Match.Semantic {
			if _, known := semantic.Lookup(s); !known && !slices.ContainsFunc(c.Fields, func(f schemas.Field) bool { return f.Semantic == s }) {
				out = append(out, Finding{"warning", r.Name, "", fmt.Sprintf("no column holds %q, and the type is not known", s)})
			}
		}
	}
	for i, d := range decided {
		f := d.Field
		if _, err := transform.New(d.Transform, column(c, opt, f, types), noKeys{}); err != nil {
			out = append(out, Finding{"error", d.Rule, f.Name, err.Error()})
		}
		if d.Rule == "" {
			out = append(out, Finding{"warning", "", f.Name, "no rule matches; the column is suppressed"})
		}
		if f.Class == semantic.DirectIdentifier && d.Transform.Name == "keep" {
			out = append(out, Finding{"warning", d.Rule, f.Name, "a direct identifier is kept readable"})
		}
		if slices.Contains(c.PrimaryKey, f.Name) && !keepsDistinct(d, column(c, opt, f, types)) {
			out = append(out, Finding{"warning", d.Rule, f.Name, d.Transform.Name + " does not keep the values of this key distinct"})
		}
		out = append(out, contradictions(policy, principal, c.Name, d)...)
		out = append(out, joinFindings(policy, principal, c, opt, decided[i])...)
	}
	return out
}

func keepsDistinct(d Decision, col transform.Column) bool {
	t, err := transform.New(d.Transform, col, noKeys{})
	return err != nil || t.Properties().Injective
}

// contradictions reports rules that test the same criteria as the deciding one
// and disagree with it at equal protection: order alone decides between them.
func contradictions(policy Policy, principal Principal, table string, d Decision) []Finding {
	at := slices.IndexFunc(policy.Rules, func(r Rule) bool { return r.Name == d.Rule })
	if at < 0 {
		return nil
	}
	won := policy.Rules[at]
	var out []Finding
	for i, r := range policy.Rules {
		if i == at || r.criteria() != won.criteria() || protection(r.Transform) != protection(won.Transform) || sameSpec(r.Transform, won.Transform) {
			continue
		}
		if ok, err := policy.compiled.rules[i].matches(r, principal, table, d.Field); err == nil && ok {
			out = append(out, Finding{"warning", won.Name, d.Field.Name, fmt.Sprintf("rule %q disagrees and is neither more nor less protective; the order decides", r.Name)})
		}
	}
	return out
}

func sameSpec(a, b transform.Spec) bool {
	return a.Name == b.Name && fmt.Sprint(a.Params) == fmt.Sprint(b.Params)
}

// joinFindings compares a foreign key with the key it references.
func joinFindings(policy Policy, principal Principal, c schemas.Contract, opt PlanOptions, d Decision) []Finding {
	table, name, ok := reference(c, d.Field.Name)
	if !ok {
		return nil
	}
	other, known := opt.Related[table]
	if table == c.Name {
		other, known = c, true
	}
	if !known {
		return []Finding{{"warning", d.Rule, d.Field.Name, fmt.Sprintf("the contract of table %q is not at hand, so the join to it is not checked", table)}}
	}
	f, ok := other.Field(name)
	if !ok {
		return []Finding{{"error", d.Rule, d.Field.Name, fmt.Sprintf("the key %q of table %q that it references does not exist", name, table)}}
	}
	far := []Decision{policy.Decide(principal, table, f)}
	resolve(far, other, opt.Related)
	var out []Finding
	if !sameSpec(far[0].Transform, d.Transform) {
		out = append(out, Finding{"error", d.Rule, d.Field.Name, fmt.Sprintf("is treated by %s but the key it references, %s.%s, by %s (rule %q): joins break",
			d.Transform.Name, table, name, describe(far[0].Transform), far[0].Rule)})
	}
	return out
}

func describe(s transform.Spec) string {
	if len(s.Params) == 0 {
		return s.Name
	}
	return s.Name + " with other parameters"
}
