package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Change is one difference between two contracts of a table.
type Change struct {
	Kind string `json:"kind"` // one of the Change constants
	// Where names what changed: a column, "primary key", "foreign key a",
	// "range of a".
	Where string `json:"where"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
	// Compatible: rows that were good stay good, columns that were there stay
	// there, keys stay keys, and nothing becomes less protected.
	Compatible bool   `json:"compatible"`
	Why        string `json:"why"`
}

// Kinds of a Change.
const (
	ColumnAdded         = "column added"
	ColumnRemoved       = "column removed"
	ColumnMoved         = "column moved"
	TypeWidened         = "type widened"
	TypeNarrowed        = "type narrowed"
	TypeChanged         = "type changed"
	NullsAllowed        = "nulls allowed"
	NullsForbidden      = "nulls forbidden"
	ClassRaised         = "class raised"
	ClassLowered        = "class lowered"
	SemanticChanged     = "semantic type changed"
	KeyChanged          = "key changed"
	ConstraintTightened = "constraint tightened"
	ConstraintLoosened  = "constraint loosened"
	ConstraintChanged   = "constraint changed"
	PolicyChanged       = "violation policy changed"
)

// Drift lists the changes between two contracts, in the order of the new
// contract's parts.
type Drift struct {
	Table      string   `json:"table"`
	OldVersion string   `json:"old_version"`
	NewVersion string   `json:"new_version"`
	Changes    []Change `json:"changes"`
}

// Compatible tells whether every change is.
func (d Drift) Compatible() bool {
	return !slices.ContainsFunc(d.Changes, func(c Change) bool { return !c.Compatible })
}

// String renders the drift as text, one line a change.
func (d Drift) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s -> %s: ", d.Table, d.OldVersion, d.NewVersion)
	switch {
	case len(d.Changes) == 0:
		b.WriteString("no change\n")
	case d.Compatible():
		fmt.Fprintf(&b, "%d change(s), compatible\n", len(d.Changes))
	default:
		fmt.Fprintf(&b, "%d change(s), NOT compatible\n", len(d.Changes))
	}
	for _, c := range d.Changes {
		sign := "ok      "
		if !c.Compatible {
			sign = "BREAKING"
		}
		fmt.Fprintf(&b, "  %s  %s: %s", sign, c.Kind, c.Where)
		switch {
		case c.Old != "" && c.New != "":
			fmt.Fprintf(&b, ": %s -> %s", c.Old, c.New)
		case c.New != "":
			fmt.Fprintf(&b, ": %s", c.New)
		case c.Old != "":
			fmt.Fprintf(&b, ": was %s", c.Old)
		}
		fmt.Fprintf(&b, " (%s)\n", c.Why)
	}
	return b.String()
}

// Diff lists what changed from old to new, and for each change whether it is
// compatible, and why. A change is compatible when rows that were good stay
// good (widening and loosening are), no column or key is lost, and nothing is
// protected less.
func Diff(old, latest Contract) Drift {
	old, latest = old.WithDefaults(), latest.WithDefaults()
	d := Drift{Table: latest.Name, OldVersion: old.Version, NewVersion: latest.Version}
	d.fields(old, latest)
	d.keys(old, latest)
	d.constraints(old, latest)
	if old.OnViolation != latest.OnViolation {
		stricter := latest.OnViolation == Stop
		d.add(Change{PolicyChanged, "on_violation", old.OnViolation, latest.OnViolation, !stricter, "decides whether a bad row stops the run"})
	}
	if old.MaxQuarantine != latest.MaxQuarantine {
		d.add(Change{
			PolicyChanged, "max_quarantine", fmt.Sprint(old.MaxQuarantine), fmt.Sprint(latest.MaxQuarantine), latest.MaxQuarantine > old.MaxQuarantine,
			"share of bad rows above which the run stops",
		})
	}
	return d
}

func (d *Drift) add(c Change) { d.Changes = append(d.Changes, c) }

func (d *Drift) fields(old, latest Contract) {
	for _, f := range latest.Fields {
		was, ok := old.Field(f.Name)
		switch {
		case ok:
			d.field(was, f)
		case f.Nullable:
			d.add(Change{ColumnAdded, f.Name, "", f.Type, true, "a new column that may be null asks nothing of old rows"})
		default:
			d.add(Change{ColumnAdded, f.Name, "", f.Type, false, "old rows lack this column, and it may not be null"})
		}
	}
	for _, f := range old.Fields {
		if _, ok := latest.Field(f.Name); !ok {
			d.add(Change{ColumnRemoved, f.Name, f.Type, "", false, "readers of this column find it no more"})
		}
	}
	var before, after []string
	for _, f := range old.Fields {
		if _, ok := latest.Field(f.Name); ok {
			before = append(before, f.Name)
		}
	}
	for _, f := range latest.Fields {
		if _, ok := old.Field(f.Name); ok {
			after = append(after, f.Name)
		}
	}
	if !slices.Equal(before, after) {
		d.add(Change{ColumnMoved, "column order", "", strings.Join(after, ", "), true, "columns are found by name"})
	}
}

func (d *Drift) field(was, is Field) {
	if was.Type != is.Type {
		d.add(compareTypes(is.Name, was.Type, is.Type))
	}
	switch {
	case is.Nullable && !was.Nullable:
		d.add(Change{NullsAllowed, is.Name, "", "", true, "every good row stays good; readers may meet nulls"})
	case was.Nullable && !is.Nullable:
		d.add(Change{NullsForbidden, is.Name, "", "", false, "rows with a null are set aside now"})
	}
	if was.Class != is.Class {
		if protection(is.Class) < protection(was.Class) {
			d.add(Change{ClassLowered, is.Name, string(was.Class), string(is.Class), false, "the column will be protected less: a person has to confirm it"})
		} else {
			d.add(Change{ClassRaised, is.Name, string(was.Class), string(is.Class), true, "the column will be protected more"})
		}
	}
	if was.Semantic != is.Semantic {
		d.add(Change{SemanticChanged, is.Name, orNone(was.Semantic), orNone(is.Semantic), true, "rules that match on the semantic type apply anew"})
	}
}

func orNone(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// protection orders the classes by how strongly a column is protected. A quasi-
// identifier and a sensitive value need different protection, so a change
// between them is taken as lowering whichever was given up; sensitive is put
// above because losing it exposes what harms.
func protection(c semantic.Class) int {
	switch c {
	case semantic.DirectIdentifier:
		return 3
	case semantic.Sensitive:
		return 2
	case semantic.QuasiIdentifier:
		return 1
	}
	return 0
}

func compareTypes(name, was, is string) Change {
	a, err1 := ParseType(was)
	b, err2 := ParseType(is)
	if err1 != nil || err2 != nil {
		return Change{TypeChanged, name, was, is, false, "the type is not known"}
	}
	up, down := widens(a, b), widens(b, a)
	switch {
	case up && down:
		return Change{TypeChanged, name, was, is, true, "both types hold the same values"}
	case up:
		return Change{TypeWidened, name, was, is, true, "every old value fits the new type"}
	case down:
		return Change{TypeNarrowed, name, was, is, false, "old values may not fit the new type"}
	}
	return Change{TypeChanged, name, was, is, false, "values of the one type do not all have a form in the other"}
}

// widens tells whether every value of type a has an equal value of type b.
func widens(a, b arrow.DataType) bool {
	if sameShape(a, b) {
		return true
	}
	if isText(a) && isText(b) {
		return true
	}
	if lo, hi, ok := integerBits(a); ok {
		if blo, bhi, ok := integerBits(b); ok {
			return blo >= lo && bhi >= hi
		}
		switch b := b.(type) {
		case *arrow.Float32Type:
			return hi <= 24
		case *arrow.Float64Type:
			return hi <= 53
		case *arrow.Decimal128Type:
			return int(b.Precision-b.Scale) >= decimalDigits(max(lo, hi))
		}
		return false
	}
	switch a := a.(type) {
	case *arrow.Float32Type:
		return b.ID() == arrow.FLOAT64
	case *arrow.Decimal128Type:
		d, ok := b.(*arrow.Decimal128Type)
		return ok && d.Scale >= a.Scale && d.Precision-d.Scale >= a.Precision-a.Scale
	case *arrow.Date32Type:
		return b.ID() == arrow.DATE64
	case *arrow.Date64Type:
		return b.ID() == arrow.DATE32
	case *arrow.TimestampType:
		t, ok := b.(*arrow.TimestampType)
		return ok && t.Unit >= a.Unit && (t.TimeZone == "") == (a.TimeZone == "") && t.Unit != arrow.Nanosecond
	case *arrow.Time32Type:
		t, ok := b.(*arrow.Time32Type)
		return b.ID() == arrow.TIME64 || ok && t.Unit >= a.Unit
	case *arrow.Time64Type:
		t, ok := b.(*arrow.Time64Type)
		return ok && t.Unit >= a.Unit
	case *arrow.BinaryType:
		return b.ID() == arrow.LARGE_BINARY
	case *arrow.LargeBinaryType:
		return b.ID() == arrow.BINARY
	}
	return false
}

// integerBits returns the bits below the sign on the negative and positive
// side of an integer type.
func integerBits(t arrow.DataType) (negative, positive int, ok bool) {
	w, fixed := t.(arrow.FixedWidthDataType)
	switch {
	case arrow.IsSignedInteger(t.ID()) && fixed:
		return w.BitWidth() - 1, w.BitWidth() - 1, true
	case arrow.IsUnsignedInteger(t.ID()) && fixed:
		return 0, w.BitWidth(), true
	}
	return 0, 0, false
}

// decimalDigits is the number of decimal digits of 2^bits.
func decimalDigits(bits int) int { return bits*30103/100000 + 1 }
