package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

func (d *Drift) keys(old, latest Contract) {
	if !slices.Equal(old.PrimaryKey, latest.PrimaryKey) {
		d.add(Change{KeyChanged, "primary key", strings.Join(old.PrimaryKey, ", "), strings.Join(latest.PrimaryKey, ", "), false, "pseudonyms and joins by the old key no longer agree"})
	}
	was, is := map[string]string{}, map[string]string{}
	for _, k := range old.ForeignKeys {
		was[joinNames(k.Fields)] += k.Table + "(" + joinNames(k.References) + ")"
	}
	for _, k := range latest.ForeignKeys {
		name := joinNames(k.Fields)
		is[name] += k.Table + "(" + joinNames(k.References) + ")"
	}
	for _, k := range latest.ForeignKeys {
		name := joinNames(k.Fields)
		switch {
		case was[name] == "":
			d.add(Change{KeyChanged, "foreign key " + name, "", is[name], false, "rows without a parent are set aside now"})
		case was[name] != is[name]:
			d.add(Change{KeyChanged, "foreign key " + name, was[name], is[name], false, "the rows refer to another table or key"})
		}
	}
	for _, k := range old.ForeignKeys {
		if name := joinNames(k.Fields); is[name] == "" {
			d.add(Change{KeyChanged, "foreign key " + name, was[name], "", true, "every good row stays good; readers may meet rows without a parent"})
		}
	}
}

// ruleKey names what a constraint is about, so that the two versions of it are
// found; rules of the same kind on the same columns are compared as lists.
func ruleKey(r Constraint) string {
	switch {
	case r.Range != nil:
		return "range of " + r.Field
	case r.Set != nil:
		return "set of " + r.Field
	case r.Pattern != "":
		return "pattern of " + r.Field
	case r.Unique != nil:
		return "uniqueness of " + joinNames(r.Unique)
	case r.Compare != nil:
		return "comparison of " + r.Compare.Left + " and " + r.Compare.Right
	}
	return "empty rule"
}

func ruleText(r Constraint) string {
	switch {
	case r.Range != nil:
		return "[" + r.Range.Min + ", " + r.Range.Max + "]"
	case r.Set != nil:
		return fmt.Sprintf("%d value(s)", len(r.Set))
	case r.Pattern != "":
		return r.Pattern
	case r.Compare != nil:
		return r.Compare.Left + " " + r.Compare.Op + " " + r.Compare.Right
	}
	return ""
}

func (d *Drift) constraints(old, latest Contract) {
	was := map[string][]Constraint{}
	for _, r := range old.Constraints {
		was[ruleKey(r)] = append(was[ruleKey(r)], r)
	}
	for _, r := range latest.Constraints {
		key := ruleKey(r)
		if len(was[key]) == 0 {
			if _, existed := old.Field(r.Field); r.Field != "" && !existed {
				continue // part of a new column
			}
			d.add(Change{ConstraintTightened, key, "", ruleText(r), false, "rows that break the new rule are set aside now"})
			continue
		}
		d.constraint(latest, key, was[key][0], r)
		was[key] = was[key][1:]
	}
	for _, r := range old.Constraints {
		key := ruleKey(r)
		if len(was[key]) == 0 {
			continue
		}
		was[key] = was[key][1:]
		if _, kept := latest.Field(r.Field); r.Field != "" && !kept {
			continue // gone with its column
		}
		d.add(Change{ConstraintLoosened, key, ruleText(r), "", true, "every good row stays good; readers may meet others"})
	}
}

func (d *Drift) constraint(latest Contract, key string, was, is Constraint) {
	looser, tighter := false, false
	switch {
	case is.Range != nil:
		f, _ := latest.Field(is.Field)
		looser, tighter = compareRanges(f.Type, *was.Range, *is.Range)
	case is.Set != nil:
		looser = slices.ContainsFunc(is.Set, func(v string) bool { return !slices.Contains(was.Set, v) })
		tighter = slices.ContainsFunc(was.Set, func(v string) bool { return !slices.Contains(is.Set, v) })
	case is.Pattern != "":
		looser = was.Pattern != is.Pattern
		tighter = looser
	case is.Compare != nil:
		looser, tighter = compareOperators(was.Compare.Op, is.Compare.Op)
	}
	from, to := ruleText(was), ruleText(is)
	switch {
	case looser && tighter:
		d.add(Change{ConstraintChanged, key, from, to, false, "some rows are newly set aside, others newly let in"})
	case looser:
		d.add(Change{ConstraintLoosened, key, from, to, true, "every good row stays good; readers may meet others"})
	case tighter:
		d.add(Change{ConstraintTightened, key, from, to, false, "rows that were good are set aside now"})
	}
}

// compareOperators finds which orderings (less, equal, greater) one operator
// admits and the other does not.
func compareOperators(was, is string) (looser, tighter bool) {
	a, b := compareOps[was], compareOps[is]
	if a == nil || b == nil {
		return was != is, was != is
	}
	for _, order := range []int{-1, 0, 1} {
		looser = looser || b(order) && !a(order)
		tighter = tighter || a(order) && !b(order)
	}
	return looser, tighter
}

func compareRanges(typ string, was, is Bounds) (looser, tighter bool) {
	t, err := ParseType(typ)
	if err != nil || !flatType(t) {
		return was != is, was != is
	}
	// An end is looser when the old range does not admit the new end.
	looser = was.Min != "" && (is.Min == "" || !admits(t, Bounds{Min: was.Min}, is.Min)) ||
		was.Max != "" && (is.Max == "" || !admits(t, Bounds{Max: was.Max}, is.Max))
	tighter = is.Min != "" && (was.Min == "" || !admits(t, Bounds{Min: is.Min}, was.Min)) ||
		is.Max != "" && (was.Max == "" || !admits(t, Bounds{Max: is.Max}, was.Max))
	return looser, tighter
}

// admits tells whether the value that text spells lies within the bounds.
func admits(t arrow.DataType, b Bounds, text string) bool {
	rule, err := newRangeRule(t, b)
	if err != nil {
		return false
	}
	put, err := textAppender(t)
	if err != nil {
		return false
	}
	one, ok := cellOf(t, put, text)
	if !ok {
		return false
	}
	defer one.Release()
	marks := []uint16{0}
	rule(one, marks, 1)
	return marks[0] == 0
}
