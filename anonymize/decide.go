package anonymize

import (
	"fmt"
	"strings"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
)

// Decide says what happens to field f of a table when principal asks for it:
// one function for writing and for reading. It never fails: what cannot be
// decided is suppressed.
func (p Policy) Decide(principal Principal, table string, f schemas.Field) Decision {
	d := Decision{Field: f, Transform: transform.Spec{Name: "suppress"}}
	if p.compiled == nil {
		ready, err := p.Compile()
		if err != nil {
			d.Why = "The policy is invalid, so nothing passes."
			return d
		}
		p = ready
	}
	principal = principal.withDefaults(p.Defaults)
	best := -1
	for i, r := range p.Rules {
		ok, err := p.compiled.rules[i].matches(r, principal, table, f)
		if err != nil {
			return Decision{
				Field: f, Rule: r.Name, Transform: transform.Spec{Name: "suppress"},
				Why: fmt.Sprintf("The condition of rule %q could not be evaluated, so the column is suppressed.", r.Name),
			}
		}
		if !ok {
			continue
		}
		if best < 0 || (r.criteria() == p.Rules[best].criteria() && protection(r.Transform) > protection(p.Rules[best].Transform)) {
			best = i
		}
	}
	if best < 0 {
		d.Why = "No rule matches, so the column is suppressed."
		return d
	}
	r := p.Rules[best]
	d.Rule, d.Transform, d.Why = r.Name, r.Transform, r.Why
	if d.Why == "" {
		d.Why = reason(r, principal, f)
	}
	return d
}

// reason says in one sentence why a rule applies.
func reason(r Rule, p Principal, f schemas.Field) string {
	var because []string
	if len(r.Match.Class) > 0 {
		because = append(because, "its class is "+string(f.Class))
	}
	if len(r.Match.Semantic) > 0 {
		because = append(because, "it holds "+f.Semantic)
	}
	if r.Match.Column != "" {
		because = append(because, "its name matches "+r.Match.Column)
	}
	if r.Match.Table != "" {
		because = append(because, "its table matches "+r.Match.Table)
	}
	if len(r.Purposes) > 0 {
		because = append(because, "the purpose is "+p.Purpose)
	}
	if len(r.Roles) > 0 {
		because = append(because, "the role is one of "+strings.Join(r.Roles, ", "))
	}
	if r.Match.When != "" {
		because = append(because, "the rule's condition holds")
	}
	if len(because) == 0 {
		return "The rule matches every column."
	}
	s := strings.Join(because, ", and ")
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
