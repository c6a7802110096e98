package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/siphash"
)

// defaultMinSupport is how many rows of one block must hold a value before the
// profile keeps its text.
const defaultMinSupport = 10

// maxValues bounds the exact value set of a column.
const maxValues = 64

// maxValueBytes bounds the text of a kept value; longer ones are no categories.
const maxValueBytes = 64

// ProfileOptions are the options of a profile. Profiles merge only with equal
// options.
type ProfileOptions struct {
	// Key is the 128-bit key of the value hashes. The zero key is public: with
	// it, somebody who holds the stored profile can test guesses of
	// identifying values against its hashes. Give the run's secret key where
	// the profile is stored. Tables whose foreign keys are to be inferred
	// need the same key.
	Key [16]byte
	// MinSupport is how many rows of one block must hold a value before its
	// text is kept; 0 = 10.
	MinSupport int64
}

// Profile is what one streaming pass learns of a table: enough to draft its
// contract, and nothing that names a person.
//
// It is a commutative monoid: Add takes in one block of rows, Merge joins the
// profiles of other blocks, and any grouping of the same blocks in any order
// marshals to the same bytes, since it holds integers, sets and extremes only.
//
// Of raw values it keeps the texts of small value sets (at most 64 distinct
// values of at most 64 bytes), and of those only the values that at least
// MinSupport rows of a single block hold; that is decided within the block, so
// a rarer value never leaves it. Extremes are kept rounded outwards to two
// significant digits, or to whole years. Everything else is counts, lengths
// and hashes. Blocks should hold parallel.BlockRows rows: with other blocks the
// counts stay the same, but fewer or more texts are known.
//
// A Profile is not safe for concurrent use.
type Profile struct {
	schema  *arrow.Schema
	opt     ProfileOptions
	key     siphash.Key
	rows    int64
	blocks  int64
	columns []*columnProfile
}

// NewProfile returns the empty profile of tables of schema s. Columns of types
// that contracts do not know give an error that matches ErrType.
func NewProfile(s *arrow.Schema, opt ProfileOptions) (*Profile, error) {
	if opt.MinSupport <= 0 {
		opt.MinSupport = defaultMinSupport
	}
	p := &Profile{schema: s, opt: opt, key: siphash.NewKey(opt.Key)}
	for _, f := range s.Fields() {
		text, err := TypeText(f.Type)
		if err != nil {
			return nil, fmt.Errorf("schemas: profile: column %q: %w", f.Name, err)
		}
		p.columns = append(p.columns, newColumnProfile(f.Name, text))
	}
	return p, nil
}

// Add takes in one block. The caller keeps ownership of rec.
func (p *Profile) Add(rec arrow.Record) error {
	if !sameColumns(rec.Schema(), p.schema) {
		return fmt.Errorf("schemas: profile: a batch has another schema than the table: %w", ErrMismatch)
	}
	if rec.NumRows() == 0 {
		return nil
	}
	p.rows += rec.NumRows()
	p.blocks++
	for i, c := range p.columns {
		c.add(rec.Column(i), p.key, p.opt.MinSupport)
	}
	return nil
}

// Merge takes in the blocks of another profile, which stays as it is. Profiles
// of other columns or other options give an error that matches ErrMismatch.
func (p *Profile) Merge(o *Profile) error {
	if p.opt != o.opt || len(p.columns) != len(o.columns) {
		return fmt.Errorf("schemas: profile: other columns or options: %w", ErrMismatch)
	}
	for i, c := range p.columns {
		if c.name != o.columns[i].name || c.typ != o.columns[i].typ {
			return fmt.Errorf("schemas: profile: column %q: %w", c.name, ErrMismatch)
		}
	}
	p.rows += o.rows
	p.blocks += o.blocks
	for i, c := range p.columns {
		c.merge(o.columns[i])
	}
	return nil
}

// Rows is the number of rows seen.
func (p *Profile) Rows() int64 { return p.rows }

// Column is what a profile says about one column.
type Column struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Rows     int64  `json:"rows"`
	Nulls    int64  `json:"nulls"`
	Empty    int64  `json:"empty"`    // texts of length 0
	Distinct int64  `json:"distinct"` // distinct values, nulls aside
	// Exact tells whether Distinct is a count; otherwise it is the estimate of
	// a bottom-k sketch, k = 1,024, with a relative standard error of 3 %.
	Exact bool `json:"exact"`
	// Unique: no value occurs twice among those the sketch samples. Where it
	// is not Exact, fewer than 0.3 % of the values repeat with 95 % confidence.
	Unique bool `json:"unique"`
	// Sorted: the column ascends within every block (evidence, no proof).
	Sorted bool `json:"sorted"`
	// Values are the values with their row counts, ascending by text, when
	// there are at most 64 and each has support; otherwise nil.
	Values []ValueCount `json:"values,omitempty"`
	// Min and Max enclose the numbers and dates; texts in the column's type,
	// rounded outwards. Empty for other types.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// MinLength and MaxLength are text lengths in code points.
	MinLength int64 `json:"min_length,omitempty"`
	MaxLength int64 `json:"max_length,omitempty"`
	// Whole counts the floating-point values without a fraction; Scale is the
	// largest number of decimals that a floating-point value shows.
	Whole int64 `json:"whole,omitempty"`
	Scale int64 `json:"scale,omitempty"`
}

// ValueCount is one value of a small value set.
type ValueCount struct {
	Value string `json:"value"`
	Rows  int64  `json:"rows"`
}

// Columns returns what the profile says about each column, in table order.
func (p *Profile) Columns() []Column {
	out := make([]Column, len(p.columns))
	for i, c := range p.columns {
		out[i] = c.summary(p.rows, p.blocks)
	}
	return out
}

// CandidateKeys lists the columns that hold no null and no value twice, as far
// as the profile can tell.
func (p *Profile) CandidateKeys() []string {
	var out []string
	for _, c := range p.Columns() {
		if c.Unique && c.Nulls == 0 && c.Rows > 0 {
			out = append(out, c.Name)
		}
	}
	return out
}
