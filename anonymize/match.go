package anonymize

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nocturne-data/nocturne/schemas"
)

// compiled holds what a policy's text turns into once.
type compiled struct{ rules []compiledRule }

type compiledRule struct {
	column, table *regexp.Regexp // nil = any
	when          condition      // nil = true
}

func compileRule(r Rule) (c compiledRule, err error) {
	var errs []error
	if c.column, err = pattern(r.Match.Column); err != nil {
		errs = append(errs, fmt.Errorf("match.column: %w", err))
	}
	if c.table, err = pattern(r.Match.Table); err != nil {
		errs = append(errs, fmt.Errorf("match.table: %w", err))
	}
	if r.Match.When != "" {
		if c.when, err = compileCondition(r.Match.When); err != nil {
			errs = append(errs, fmt.Errorf("match.when: %w", err))
		}
	}
	return c, errors.Join(errs...)
}

// pattern compiles a glob, or a regular expression between slashes; nil for "".
func pattern(s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil
	}
	if len(s) >= 2 && s[0] == '/' && s[len(s)-1] == '/' {
		return regexp.Compile(`^(?:` + s[1:len(s)-1] + `)$`)
	}
	var b strings.Builder
	b.WriteString("(?s)^")
	for _, r := range s {
		switch r {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteByte('$')
	return regexp.Compile(b.String())
}

// literal returns the one name that a pattern can match, if it is plain.
func literal(s string) (string, bool) {
	if s == "" || s[0] == '/' || strings.ContainsAny(s, "*?") {
		return "", false
	}
	return s, true
}

// matches tells whether a rule applies to a field for a principal. An error
// comes from its condition.
func (c compiledRule) matches(r Rule, p Principal, table string, f schemas.Field) (bool, error) {
	m := r.Match
	switch {
	case len(r.Purposes) > 0 && !slices.Contains(r.Purposes, p.Purpose),
		len(r.Roles) > 0 && !slices.ContainsFunc(r.Roles, func(role string) bool { return slices.Contains(p.Roles, role) }),
		len(m.Class) > 0 && !slices.Contains(m.Class, f.Class),
		len(m.Semantic) > 0 && !slices.Contains(m.Semantic, f.Semantic),
		c.column != nil && !c.column.MatchString(f.Name),
		c.table != nil && !c.table.MatchString(table):
		return false, nil
	case c.when == nil:
		return true, nil
	}
	return c.when(p, table, f)
}
