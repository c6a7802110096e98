// Package relational synthesises two tables of which the second refers to the
// first: persons and their contacts, accounts and their payments.
//
// Parents are clustered into a few classes by their attributes. The parents'
// mixture carries the number of children as one more column, the children's
// mixture the class of their parent. A synthetic parent draws its attributes
// and its number of children together; each child is drawn given the class of
// its parent and takes the parent's generated key. So every reference holds by
// construction, and no real key is ever read into a model.
package relational

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/codec"
)

// Errors that callers branch on.
var (
	// ErrComposite is returned for foreign keys of several columns.
	ErrComposite = errors.New("composite foreign keys cannot be synthesised yet; add a single-column key to both tables")
	// ErrParentKey is returned when two parents share a key.
	ErrParentKey = errors.New("the referenced column is not unique; quarantine the duplicates or name the real key")
	// ErrTooManyParents is returned beyond Options.MaxParents.
	ErrTooManyParents = errors.New("more parents than MaxParents allows")
)

// Options steer Fit. The zero value is the default.
type Options struct {
	synth.FitOptions
	Codec codec.Options // of both tables
	// Classes is the number of parent classes that children see, 1..200;
	// 0 = one for each 100 parents, at most 32.
	Classes int
	// MaxParents bounds the parents, of which about 40 bytes each are kept
	// while fitting; 0 = 20,000,000.
	MaxParents int
}

func (o Options) withDefaults() Options {
	if o.MaxParents == 0 {
		o.MaxParents = 20_000_000
	}
	return o
}

func (o Options) validate() error {
	if o.Classes < 0 || o.Classes > 200 {
		return fmt.Errorf("relational: %d classes; want 0 (chosen) to 200", o.Classes)
	}
	if o.MaxParents < 0 {
		return fmt.Errorf("relational: MaxParents %d is negative", o.MaxParents)
	}
	return nil
}

// checkKey finds the two ends of the foreign key.
func checkKey(parent, child *arrow.Schema, fk schemas.ForeignKey) (parentKey, childKey int, err error) {
	if len(fk.Fields) != 1 || len(fk.References) != 1 {
		return 0, 0, fmt.Errorf("relational: key of %d columns to %d: %w", len(fk.Fields), len(fk.References), ErrComposite)
	}
	find := func(s *arrow.Schema, name, table string) (int, error) {
		at := s.FieldIndices(name)
		if len(at) != 1 {
			return 0, fmt.Errorf("relational: %s table has %d columns called %q, want 1", table, len(at), name)
		}
		return at[0], nil
	}
	if parentKey, err = find(parent, fk.References[0], "parent"); err != nil {
		return 0, 0, err
	}
	childKey, err = find(child, fk.Fields[0], "child")
	return parentKey, childKey, err
}
