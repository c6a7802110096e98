package anonymize

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nocturne-data/nocturne/anonymize/transform"
)

// Validate reports everything that is wrong with the policy itself; what may
// be wrong between a policy and a contract is Check's.
func (p Policy) Validate() error {
	_, err := p.Compile()
	return err
}

// Compile validates the policy and prepares its patterns and conditions, so
// that Decide does no work twice.
func (p Policy) Compile() (Policy, error) {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.Name == "" {
		add("name is required")
	}
	if p.Version == "" {
		add("version is required")
	}
	if p.Linkage != "" && p.Linkage != "purpose" && p.Linkage != "all" {
		add("linkage %q is none of purpose, all", p.Linkage)
	}
	if len(p.Rules) == 0 {
		add("rules: at least one is needed; without any, everything is suppressed")
	}
	c := &compiled{rules: make([]compiledRule, len(p.Rules))}
	seen := map[string]bool{}
	for i, r := range p.Rules {
		where := fmt.Sprintf("rules[%d]", i)
		if r.Name != "" {
			where += fmt.Sprintf(" %q", r.Name)
		}
		switch {
		case r.Name == "":
			add("%s: name is required", where)
		case seen[r.Name]:
			add("%s: the name is used twice", where)
		}
		seen[r.Name] = true
		for _, class := range r.Match.Class {
			if !class.Valid() {
				add("%s: match.class %q is none of direct_identifier, quasi_identifier, sensitive, none", where, class)
			}
		}
		d, ok := transform.Lookup(r.Transform.Name)
		if !ok {
			var names []string
			for _, d := range transform.All() {
				names = append(names, d.Name)
			}
			add("%s: transform %q is none of %s", where, r.Transform.Name, strings.Join(names, ", "))
		} else if err := transform.CheckParams(r.Transform); err != nil {
			add("%s: transform %s: %w", where, d.Name, err)
		}
		cr, err := compileRule(r)
		if err != nil {
			add("%s: %w", where, err)
		}
		c.rules[i] = cr
	}
	if len(errs) > 0 {
		return Policy{}, fmt.Errorf("anonymize: %w %q: %w", ErrPolicy, p.Name, errors.Join(errs...))
	}
	p.compiled = c
	return p, nil
}
