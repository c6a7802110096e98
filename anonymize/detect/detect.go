// Package detect finds what identifies people: the semantic type and privacy
// class of columns, and spans in free text. It gives evidence and a calibrated
// probability, never a bare verdict.
package detect

import (
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Column is what detection says about one column.
type Column struct {
	Name        string         `json:"name"`
	Semantic    string         `json:"type"`  // vocabulary name; "" = unknown
	Class       semantic.Class `json:"class"` // class of the most probable type
	Probability float64        `json:"probability"`
	Evidence    []string       `json:"evidence"` // sentences without data values
	Unsure      bool           `json:"unsure,omitempty"`
}

// Report lists the columns of one table in table order.
type Report struct {
	Table   string   `json:"table"`
	Rows    int64    `json:"rows"` // rows looked at
	Columns []Column `json:"columns"`
}

// Span is a piece of text that identifies somebody. Start and End are
// code-point offsets, End exclusive.
type Span struct {
	Start       int     `json:"start"`
	End         int     `json:"end"`
	Type        string  `json:"type"`
	Probability float64 `json:"probability"`
}
