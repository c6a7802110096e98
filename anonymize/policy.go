package anonymize

import (
	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Policy is an ordered list of rules. A field that no rule matches is
// suppressed.
//
// Of the rules that match a field, the first one decides, with one exception:
// a later rule that tests the same criteria (say, both class and purposes) and
// protects more wins over it. So an exception is written as a rule with more
// criteria above the general one, and two rules of the same form that
// contradict each other end on the safe side. How much a transform protects is
// transform.Definition.Protection.
type Policy struct {
	Name        string `json:"name" yaml:"name"`
	Version     string `json:"version" yaml:"version"` // semantic version, "1.0.0"
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// Defaults fill what a principal leaves empty: its purpose, its roles, and
	// attributes that it does not have.
	Defaults Principal `json:"defaults,omitzero" yaml:"defaults,omitempty"`
	// Linkage says across what pseudonyms, surrogates and date shifts agree:
	// "purpose" (default: two purposes cannot be joined) or "all".
	Linkage string `json:"linkage,omitempty" yaml:"linkage,omitempty" jsonschema:"enum=purpose,enum=all"`
	Rules   []Rule `json:"rules" yaml:"rules"`

	compiled *compiled // by Compile; nil in a policy made by hand
}

// Rule says what happens to the fields it matches when one of the purposes and
// one of the roles apply.
type Rule struct {
	Name  string `json:"name" yaml:"name"` // unique in the policy
	Match Match  `json:"match,omitzero" yaml:"match,omitempty"`
	// Purposes and Roles: any of them; empty = all.
	Purposes  OneOrMore[string] `json:"purposes,omitempty" yaml:"purposes,omitempty"`
	Roles     OneOrMore[string] `json:"roles,omitempty" yaml:"roles,omitempty"`
	Transform transform.Spec    `json:"transform" yaml:"transform"`
	Why       string            `json:"why,omitempty" yaml:"why,omitempty"` // shown by explain
}

// Match selects fields; all criteria that are set must hold.
type Match struct {
	Class    OneOrMore[semantic.Class] `json:"class,omitempty" yaml:"class,omitempty"`
	Semantic OneOrMore[string]         `json:"semantic,omitempty" yaml:"semantic,omitempty"` // any of these types
	// Column and Table are globs over the whole name (* and ?), or regular
	// expressions (RE2, anchored at both ends) between slashes: "/.*_(id|no)/".
	Column string `json:"column,omitempty" yaml:"column,omitempty"`
	Table  string `json:"table,omitempty" yaml:"table,omitempty"`
	// When is a CEL condition over principal.purpose, principal.roles,
	// principal.attributes, field.table, field.name, field.type,
	// field.semantic, field.class and field.nullable. A condition that fails
	// while it is evaluated suppresses the field.
	When string `json:"when,omitempty" yaml:"when,omitempty"`
}

// criteria is the set of tests a rule makes; rules with equal sets are equally
// specific.
type criteria uint8

const (
	byClass criteria = 1 << iota
	bySemantic
	byColumn
	byTable
	byCondition
	byPurpose
	byRole
)

func (r Rule) criteria() (c criteria) {
	for _, t := range []struct {
		set bool
		bit criteria
	}{
		{len(r.Match.Class) > 0, byClass},
		{len(r.Match.Semantic) > 0, bySemantic},
		{r.Match.Column != "", byColumn},
		{r.Match.Table != "", byTable},
		{r.Match.When != "", byCondition},
		{len(r.Purposes) > 0, byPurpose},
		{len(r.Roles) > 0, byRole},
	} {
		if t.set {
			c |= t.bit
		}
	}
	return c
}

// protection of a transform; an unknown one counts as none.
func protection(s transform.Spec) int {
	d, _ := transform.Lookup(s.Name)
	return d.Protection
}

// withDefaults fills what the principal leaves empty.
func (p Principal) withDefaults(d Principal) Principal {
	if p.Purpose == "" {
		p.Purpose = d.Purpose
	}
	if len(p.Roles) == 0 {
		p.Roles = d.Roles
	}
	if len(d.Attributes) > 0 {
		all := make(map[string]string, len(d.Attributes)+len(p.Attributes))
		for k, v := range d.Attributes {
			all[k] = v
		}
		for k, v := range p.Attributes {
			all[k] = v
		}
		p.Attributes = all
	}
	return p
}
