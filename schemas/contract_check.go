package schemas

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// The two values of Contract.OnViolation.
const (
	Quarantine = "quarantine"
	Stop       = "stop"
)

// defaultMaxQuarantine is the share of bad rows above which a table as a whole
// is taken to be wrong.
const defaultMaxQuarantine = 0.1

// RowColumn and ReasonColumn are the columns that quarantine adds to a bad
// row. No field of a contract may use these names.
const (
	RowColumn    = "_row"
	ReasonColumn = "_reason"
)

var semver = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// WithDefaults returns a copy in which the zero values that have a default are
// filled in: version 1.0.0, on_violation "quarantine", max_quarantine 0.1. A
// class has no default: a field whose class nobody gave makes the contract
// invalid.
func (c Contract) WithDefaults() Contract {
	if c.Version == "" {
		c.Version = "1.0.0"
	}
	if c.OnViolation == "" {
		c.OnViolation = Quarantine
	}
	if c.MaxQuarantine == 0 {
		c.MaxQuarantine = defaultMaxQuarantine
	}
	return c
}

// Validate checks the contract itself and reports all violations at once as an
// *InvalidError, which names the place of each.
func (c Contract) Validate() error {
	v := contractChecker{c: c, types: map[string]arrow.DataType{}}
	v.head()
	v.fields()
	v.keys()
	for i, rule := range c.Constraints {
		v.constraint(fmt.Sprintf("constraints[%d]", i), rule)
	}
	if len(v.found) == 0 {
		return nil
	}
	return &InvalidError{Contract: c.Name, Violations: v.found}
}

type contractChecker struct {
	c     Contract
	types map[string]arrow.DataType
	found []Violation
}

func (v *contractChecker) add(path, format string, args ...any) {
	v.found = append(v.found, Violation{Path: path, Problem: fmt.Sprintf(format, args...)})
}

func (v *contractChecker) head() {
	c := v.c
	if strings.TrimSpace(c.Name) == "" {
		v.add("name", "is empty; give the table's name")
	}
	if c.Version != "" && !semver.MatchString(c.Version) {
		v.add("version", "must be a semantic version such as 1.0.0")
	}
	if c.OnViolation != "" && c.OnViolation != Quarantine && c.OnViolation != Stop {
		v.add("on_violation", "must be %q or %q", Quarantine, Stop)
	}
	if math.IsNaN(c.MaxQuarantine) || c.MaxQuarantine < 0 || c.MaxQuarantine > 1 {
		v.add("max_quarantine", "must be a share between 0 and 1")
	}
	if len(c.Fields) == 0 {
		v.add("fields", "is empty; a table has at least one field")
	}
}

func (v *contractChecker) fields() {
	seen := map[string]bool{}
	for i, f := range v.c.Fields {
		path := fmt.Sprintf("fields[%d]", i)
		switch {
		case f.Name == "":
			v.add(path+".name", "is empty")
		case f.Name == RowColumn || f.Name == ReasonColumn:
			v.add(path+".name", "%q is kept for quarantined rows; rename the column", f.Name)
		case seen[f.Name]:
			v.add(path+".name", "%q is used twice", f.Name)
		}
		seen[f.Name] = true
		t, err := ParseType(f.Type)
		if err != nil {
			v.add(path+".type", "field %q: %v", f.Name, err)
		} else if f.Name != "" {
			v.types[f.Name] = t
		}
		if !f.Class.Valid() {
			v.add(path+".class", "field %q: must be direct_identifier, quasi_identifier, sensitive or none", f.Name)
		}
		switch f.Confirmed {
		case "", "author", "label_queue":
		default:
			v.add(path+".confirmed", `field %q: must be empty, "author" or "label_queue"`, f.Name)
		}
	}
}

// columns checks a list of field names that together form a key.
func (v *contractChecker) columns(path string, names []string) {
	seen := map[string]bool{}
	for _, n := range names {
		if _, ok := v.c.Field(n); !ok {
			v.add(path, "%q is not a field of this contract", n)
			continue
		}
		if seen[n] {
			v.add(path, "%q is listed twice", n)
		}
		seen[n] = true
		if t, ok := v.types[n]; ok && arrow.IsNested(t.ID()) {
			v.add(path, "%q is nested; keys are flat columns", n)
		}
	}
}

func (v *contractChecker) keys() {
	v.columns("primary_key", v.c.PrimaryKey)
	for _, n := range v.c.PrimaryKey {
		if f, ok := v.c.Field(n); ok && f.Nullable {
			v.add("primary_key", "%q is nullable; a key column is not", n)
		}
	}
	for i, k := range v.c.ForeignKeys {
		path := fmt.Sprintf("foreign_keys[%d]", i)
		if len(k.Fields) == 0 {
			v.add(path+".fields", "is empty")
		}
		v.columns(path+".fields", k.Fields)
		if k.Table == "" {
			v.add(path+".table", "is empty; name the table that holds the key")
		}
		if len(k.References) != len(k.Fields) {
			v.add(path+".references", "has %d columns, fields has %d", len(k.References), len(k.Fields))
		}
	}
}

func (v *contractChecker) constraint(path string, r Constraint) {
	set := 0
	for _, there := range []bool{r.Range != nil, r.Set != nil, r.Pattern != "", r.Unique != nil, r.Compare != nil} {
		if there {
			set++
		}
	}
	if set != 1 {
		v.add(path, "must have exactly one of range, set, pattern, unique, compare; it has %d", set)
		return
	}
	perField := r.Unique == nil && r.Compare == nil
	switch {
	case perField && r.Field == "":
		v.add(path+".field", "is empty; range, set and pattern are about one field")
		return
	case !perField && r.Field != "":
		v.add(path+".field", "is for range, set and pattern only")
	}
	if perField {
		if _, ok := v.c.Field(r.Field); !ok {
			v.add(path+".field", "%q is not a field of this contract", r.Field)
			return
		}
	}
	t, typed := v.types[r.Field]
	switch {
	case r.Unique != nil:
		if len(r.Unique) == 0 {
			v.add(path+".unique", "is empty; list the columns")
		}
		v.columns(path+".unique", r.Unique)
	case r.Compare != nil:
		v.compare(path+".compare", *r.Compare)
	case !typed: // the type is already reported
	case r.Range != nil:
		if _, err := newRangeRule(t, *r.Range); err != nil {
			v.add(path+".range", "field %q: %v", r.Field, err)
		}
	case r.Set != nil:
		if _, err := newSetRule(t, r.Set); err != nil {
			v.add(path+".set", "field %q: %v", r.Field, err)
		}
	default:
		if _, err := newPatternRule(t, r.Pattern); err != nil {
			v.add(path+".pattern", "field %q: %v", r.Field, err)
		}
	}
}

func (v *contractChecker) compare(path string, r Compare) {
	if _, ok := compareOps[r.Op]; !ok {
		v.add(path+".op", "must be one of <, <=, =, !=, >=, >")
	}
	ok := true
	for _, side := range []struct{ at, name string }{{"left", r.Left}, {"right", r.Right}} {
		if _, there := v.c.Field(side.name); !there {
			v.add(path+"."+side.at, "%q is not a field of this contract", side.name)
			ok = false
		}
	}
	left, l := v.types[r.Left]
	right, rr := v.types[r.Right]
	if ok && l && rr {
		if _, err := newComparer(left, right); err != nil {
			v.add(path, "%q and %q: %v", r.Left, r.Right, err)
		}
	}
}
