// Package schemas holds contracts: what a table promises about its fields, and
// what is done with rows that break the promise.
package schemas

import (
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Contract describes one table. It is a value: operations return new ones.
type Contract struct {
	Name        string       `json:"name" yaml:"name" jsonschema:"minLength=1"`
	Version     string       `json:"version,omitempty" yaml:"version,omitempty"` // semantic version of the contract, "1.0.0"
	Description string       `json:"description,omitempty" yaml:"description,omitempty"`
	Fields      []Field      `json:"fields" yaml:"fields"`
	PrimaryKey  []string     `json:"primary_key,omitempty" yaml:"primary_key,omitempty"`
	ForeignKeys []ForeignKey `json:"foreign_keys,omitempty" yaml:"foreign_keys,omitempty"`
	Constraints []Constraint `json:"constraints,omitempty" yaml:"constraints,omitempty"`
	// OnViolation is "quarantine" (default): rows that break the contract are
	// set aside with a reason and the run goes on; or "stop".
	OnViolation string `json:"on_violation,omitempty" yaml:"on_violation,omitempty" jsonschema:"enum=quarantine,enum=stop"`
	// MaxQuarantine stops the run when a larger share of rows (0..1) breaks
	// the contract; 0 = 0.1.
	MaxQuarantine float64 `json:"max_quarantine,omitempty" yaml:"max_quarantine,omitempty"`
}

// Field is one column.
type Field struct {
	Name string `json:"name" yaml:"name"`
	// Type is the Arrow type as text: "int64", "float64", "utf8", "bool",
	// "date32", "timestamp[us,UTC]", "decimal128(12,2)", "list<utf8>".
	Type string `json:"type" yaml:"type"`
	// Semantic is a name of package semantic or one of the wider vocabulary
	// ("category", "number", "occupation", ...); empty = unknown.
	Semantic    string         `json:"semantic,omitempty" yaml:"semantic,omitempty"`
	Class       semantic.Class `json:"class" yaml:"class" jsonschema:"enum=direct_identifier,enum=quasi_identifier,enum=sensitive,enum=none"`
	Nullable    bool           `json:"nullable,omitempty" yaml:"nullable,omitempty"`
	Description string         `json:"description,omitempty" yaml:"description,omitempty"`
	// Confirmed tells who decided class and semantic type: "" (inferred),
	// "author", or "label_queue".
	Confirmed string `json:"confirmed,omitempty" yaml:"confirmed,omitempty"`
}

// ForeignKey says that Fields repeat values of the key References in Table.
type ForeignKey struct {
	Fields     []string `json:"fields" yaml:"fields"`
	Table      string   `json:"table" yaml:"table"`
	References []string `json:"references" yaml:"references"`
}

// Constraint is one rule over a row or a column. Exactly one of Range, Set,
// Pattern, Unique, Compare is set.
type Constraint struct {
	Name    string   `json:"name,omitempty" yaml:"name,omitempty"` // reason shown for a quarantined row; default derived
	Field   string   `json:"field,omitempty" yaml:"field,omitempty"`
	Range   *Bounds  `json:"range,omitempty" yaml:"range,omitempty"`
	Set     []string `json:"set,omitempty" yaml:"set,omitempty"`
	Pattern string   `json:"pattern,omitempty" yaml:"pattern,omitempty"` // RE2, anchored at both ends
	Unique  []string `json:"unique,omitempty" yaml:"unique,omitempty"`
	Compare *Compare `json:"compare,omitempty" yaml:"compare,omitempty"`
}

// Bounds is a closed interval written as text in the field's own type; an
// empty end is open.
type Bounds struct {
	Min string `json:"min,omitempty" yaml:"min,omitempty"`
	Max string `json:"max,omitempty" yaml:"max,omitempty"`
}

// Compare relates two columns of one row: Left Op Right, where Op is one of
// < <= = != >= >. A null on either side satisfies it.
type Compare struct {
	Left  string `json:"left" yaml:"left"`
	Op    string `json:"op" yaml:"op" jsonschema:"enum=<,enum=<=,enum==,enum=!=,enum=>=,enum=>"`
	Right string `json:"right" yaml:"right"`
}

// Field returns the field called name.
func (c Contract) Field(name string) (Field, bool) {
	for _, f := range c.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}
