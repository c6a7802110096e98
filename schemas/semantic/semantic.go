// Package semantic knows what values mean: e-mail address, person name, IBAN,
// date of birth. A semantic type is one file that says everything about it:
// how it looks, how it is checked, how a valid one is generated, which privacy
// class it has unless somebody decides otherwise, and which transforms keep its
// format. Detection, validation, surrogates and the synthesis of identifiers
// all read this one place.
package semantic

import "math/rand/v2"

// Class is the privacy class of a field, from most to least identifying.
type Class string

// The privacy classes. A direct identifier points at one person alone; a
// quasi-identifier is personal and helps to single somebody out; a sensitive
// value harms when it is linked; none is not personal data.
const (
	DirectIdentifier Class = "direct_identifier"
	QuasiIdentifier  Class = "quasi_identifier"
	Sensitive        Class = "sensitive"
	None             Class = "none"
)

// Classes lists the privacy classes, most identifying first.
func Classes() []Class { return []Class{DirectIdentifier, QuasiIdentifier, Sensitive, None} }

// Valid tells whether c is one of the four classes.
func (c Class) Valid() bool {
	switch c {
	case DirectIdentifier, QuasiIdentifier, Sensitive, None:
		return true
	}
	return false
}

// Person is what generated values about one person agree on. The zero value
// leaves every choice to the generator.
type Person struct {
	Given, Family string
	Gender        string // "female", "male" or ""
	Born          string // ISO date or ""
}

// Context steers generation. The same Context and random stream give the same
// value.
type Context struct {
	Locale string  // "en_US" when empty; "zh_CN" and others where a type knows them
	Like   string  // an example whose format (separators, case, prefix, length) is to be kept; may be empty
	Person *Person // when set, names and e-mail addresses agree with it
}

// Type is one semantic type. Match, Valid and Generate are safe for concurrent
// use; nil functions mean "nothing to say".
type Type struct {
	Name   string // vocabulary name, e.g. "email"
	Family string // coarser group, e.g. "contact", "person_name", "network"
	Class  Class  // default privacy class
	// Headers are header tokens that suggest the type, lower case, words
	// joined by "_": "date_of_birth", "dob", "出生日期".
	Headers []string
	// Match tells whether v has the type's form. It must be fast (it sees
	// every sampled cell) and linear in len(v).
	Match func(v string) bool
	// Valid tells whether v is right in substance: check digits, existing
	// ranges, calendar. Nil when form is all there is.
	Valid func(v string) bool
	// Prior is how telling a match on values alone is, 0..1: near 1 for a
	// checksummed form, near 0 for "three digits".
	Prior float64
	// Generate draws a valid value.
	Generate func(r *rand.Rand, c Context) string
	// Keeps names the transforms after which a value is still of this type.
	Keeps []string
}

// Lookup finds a type by its vocabulary name.
func Lookup(name string) (Type, bool) {
	t, ok := byName[name]
	return t, ok
}

// All lists the semantic types in a fixed order.
func All() []Type { return all }

var byName = func() map[string]Type {
	m := make(map[string]Type, len(all))
	for _, t := range all {
		m[t.Name] = t
	}
	return m
}()
