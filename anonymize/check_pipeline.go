package anonymize

import (
	"errors"
	"fmt"

	"github.com/nocturne-data/nocturne/schemas"
)

// CheckColumns reports the rules that name a column which no table has that
// they apply to: a slip of the pen there would leave the column meant to another
// rule. tables are the contracts of all tables that the policy is used for; a
// rule for a table that is not among them is left alone. Patterns are not
// checked.
func CheckColumns(p Policy, tables []schemas.Contract) error {
	if p.compiled == nil {
		var err error
		if p, err = p.Compile(); err != nil {
			return err
		}
	}
	var errs []error
	for i, r := range p.Rules {
		name, ok := literal(r.Match.Column)
		if !ok {
			continue
		}
		applies, known := false, false
		for _, c := range tables {
			if t := p.compiled.rules[i].table; t != nil && !t.MatchString(c.Name) {
				continue
			}
			applies = true
			if _, has := c.Field(name); has {
				known = true
				break
			}
		}
		if applies && !known {
			errs = append(errs, fmt.Errorf("rule %q: no table has a column %q: mend its match.column", r.Name, name))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("anonymize: %w %q: %w", ErrPolicy, p.Name, errors.Join(errs...))
}
