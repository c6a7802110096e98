package anonymize

import (
	"fmt"
	"strings"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
)

// Change is one field that two policies treat differently for one principal.
type Change struct {
	Principal Principal      `json:"principal"`
	Table     string         `json:"table"`
	Column    string         `json:"column"`
	Before    transform.Spec `json:"before"`
	After     transform.Spec `json:"after"`
	// Direction is "less" or "more" protected, or "other" when the two
	// treatments are not comparable.
	Direction string `json:"direction"`
}

func (c Change) String() string {
	who := "purpose " + orDash(c.Principal.Purpose)
	if len(c.Principal.Roles) > 0 {
		who = "role " + strings.Join(c.Principal.Roles, ", ") + ", " + who
	}
	change := "is treated otherwise"
	if c.Direction != "other" {
		change = "becomes " + strings.ToUpper(c.Direction) + " protected"
	}
	return fmt.Sprintf("for %s: %s.%s %s: %s -> %s", who, c.Table, c.Column, change, c.Before.Name, c.After.Name)
}

// Diff compares two policies by what they do to the fields of a contract for
// each principal, not by their text. The changes come in the order of
// principals and fields.
func Diff(before, after Policy, contract schemas.Contract, principals []Principal) ([]Change, error) {
	before, err := before.Compile()
	if err != nil {
		return nil, fmt.Errorf("first policy: %w", err)
	}
	after, err = after.Compile()
	if err != nil {
		return nil, fmt.Errorf("second policy: %w", err)
	}
	var out []Change
	for _, p := range principals {
		for _, f := range contract.Fields {
			a, b := before.Decide(p, contract.Name, f).Transform, after.Decide(p, contract.Name, f).Transform
			if sameSpec(a, b) {
				continue
			}
			c := Change{Principal: p, Table: contract.Name, Column: f.Name, Before: a, After: b, Direction: "other"}
			switch x, y := protection(a), protection(b); {
			case y < x:
				c.Direction = "less"
			case y > x:
				c.Direction = "more"
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// Principals lists every purpose with every role (and with none) that the
// policies name: the space over which Diff is complete but for conditions on
// attributes.
func Principals(policies ...Policy) []Principal {
	purposes, roles := []string{}, []string{""}
	seen := map[string]bool{}
	add := func(list *[]string, kind string, names ...string) {
		for _, n := range names {
			if n != "" && !seen[kind+n] {
				seen[kind+n] = true
				*list = append(*list, n)
			}
		}
	}
	for _, p := range policies {
		add(&purposes, "p", p.Defaults.Purpose)
		add(&roles, "r", p.Defaults.Roles...)
		for _, r := range p.Rules {
			add(&purposes, "p", r.Purposes...)
			add(&roles, "r", r.Roles...)
		}
	}
	var out []Principal
	for _, purpose := range append(purposes, "unnamed") {
		for _, role := range roles {
			p := Principal{Purpose: purpose}
			if role != "" {
				p.Roles = []string{role}
			}
			out = append(out, p)
		}
	}
	return out
}
