package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// code gives a reason its number.
func (v *Validator) code(code, field, text string) uint16 {
	v.reasons = append(v.reasons, Reason{Code: code, Field: field, Text: text})
	return uint16(len(v.reasons))
}

// compile turns the contract's promises into rules in the order in which they
// are applied.
func (v *Validator) compile() error {
	for _, f := range v.contract.Fields {
		v.mistyped = append(v.mistyped, v.code(CodeType, f.Name, f.Name+": type"))
	}
	for _, f := range v.contract.Fields {
		code := uint16(0)
		if !f.Nullable {
			code = v.code(CodeMissing, f.Name, "missing: "+f.Name)
		}
		v.missing = append(v.missing, code)
	}
	if n := len(v.contract.PrimaryKey); n > 0 {
		if err := v.addUnique(v.contract.PrimaryKey, ""); err != nil {
			return err
		}
	}
	for _, r := range v.contract.Constraints {
		if err := v.addConstraint(r); err != nil {
			return err
		}
	}
	for _, k := range v.contract.ForeignKeys {
		hash, err := NewKeyHasher(v.out, k.Fields, [16]byte{})
		if err != nil {
			return err
		}
		name := joinNames(k.Fields)
		v.foreign = append(v.foreign, foreignRule{v.code(CodeForeignKey, name, name+": no such key in "+k.Table), k.Table, hash, nil})
	}
	return nil
}

func (v *Validator) addUnique(columns []string, name string) error {
	hash, err := NewKeyHasher(v.out, columns, [16]byte{})
	if err != nil {
		return err
	}
	if name == "" {
		name = "duplicate: " + joinNames(columns)
	}
	v.unique = append(v.unique, uniqueRule{v.code(CodeUnique, joinNames(columns), name), columns, hash})
	return nil
}

func (v *Validator) addConstraint(r Constraint) error {
	name := func(derived string) string {
		if r.Name != "" {
			return r.Name
		}
		return derived
	}
	switch {
	case r.Unique != nil:
		return v.addUnique(r.Unique, r.Name)
	case r.Compare != nil:
		return v.addCompare(*r.Compare, name(r.Compare.Left+" "+r.Compare.Op+" "+r.Compare.Right+": does not hold"))
	}
	at := v.out.FieldIndices(r.Field)[0]
	t := v.out.Field(at).Type
	var rule columnRule
	var err error
	var code uint16
	switch {
	case r.Range != nil:
		rule, err = newRangeRule(t, *r.Range)
		code = v.code(CodeRange, r.Field, name(r.Field+": out of range"))
	case r.Set != nil:
		rule, err = newSetRule(t, r.Set)
		code = v.code(CodeSet, r.Field, name(r.Field+": not in the set"))
	default:
		rule, err = newPatternRule(t, r.Pattern)
		code = v.code(CodePattern, r.Field, name(r.Field+": pattern"))
	}
	if err != nil {
		return fmt.Errorf("schemas: contract %q: field %q: %w", v.contract.Name, r.Field, err)
	}
	v.rules = append(v.rules, rowRule{code, func(cols []arrow.Array, marks []uint16, code uint16) { rule(cols[at], marks, code) }})
	return nil
}

func (v *Validator) addCompare(r Compare, text string) error {
	left, right := v.out.FieldIndices(r.Left)[0], v.out.FieldIndices(r.Right)[0]
	order, err := newComparer(v.out.Field(left).Type, v.out.Field(right).Type)
	if err != nil {
		return fmt.Errorf("schemas: contract %q: %w", v.contract.Name, err)
	}
	holds := compareOps[r.Op]
	v.rules = append(v.rules, rowRule{v.code(CodeCompare, r.Left+", "+r.Right, text), func(cols []arrow.Array, marks []uint16, code uint16) {
		l, r := cols[left], cols[right]
		for i := range marks {
			if l.IsNull(i) || r.IsNull(i) {
				continue
			}
			if o, ok := order(l, r, i); !ok || !holds(o) {
				mark(marks, i, code)
			}
		}
	}})
	return nil
}

func joinNames(names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += ", "
		}
		out += n
	}
	return out
}
