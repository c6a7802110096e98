package transform

import (
	"errors"
	"fmt"
	"strings"
)

// Definition is one transform as a policy author sees it.
type Definition struct {
	Name string
	// Summary is one sentence for help texts and the JSON Schema.
	Summary string
	// Protection orders transforms from keep (0) to suppress (100): of two
	// rules that disagree, the one with more protection wins. Equal values are
	// not comparable.
	Protection int
	// Params is a pointer to a zero parameter struct, nil = takes none; its
	// JSON Schema is the schema of Spec.Params.
	Params any
	Build  Factory
}

// all is the one list to extend when a transform is added.
var all = []Definition{
	{"keep", "Leaves the column as it is.", 0, nil, newKeep},
	{"top_bottom", "Replaces numbers beyond a limit by the limit (top and bottom coding).", 20, &TopBottomParams{}, newTopBottom},
	{"date_shift", "Moves the dates of one data subject by the same secret number of days.", 30, &DateShiftParams{}, newDateShift},
	{"generalize", "Replaces a value by the range, period or prefix it lies in.", 40, &GeneralizeParams{}, newGeneralize},
	{"text", "Replaces what identifies people inside free text.", 45, &TextParams{}, newText},
	{"mask", "Overwrites characters, keeping a few at the ends.", 50, &MaskParams{}, newMask},
	{"pseudonym", "Replaces a value by a keyed code: equal values get equal codes.", 60, &PseudonymParams{}, newPseudonym},
	{"surrogate", "Replaces a value by a valid invented one of the same semantic type, keyed by the value.", 70, &SurrogateParams{}, newSurrogate},
	{"constant", "Replaces every value by one constant.", 90, &ConstantParams{}, newConstant},
	{"suppress", "Empties the column, or drops it.", 100, &SuppressParams{}, newSuppress},
}

// All lists the transforms, least protective first.
func All() []Definition { return all }

// Lookup finds a transform by name.
func Lookup(name string) (Definition, bool) {
	for _, d := range all {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}

// ErrUnknown is returned for a transform name that does not exist.
var ErrUnknown = errors.New("unknown transform")

// New builds the transform that spec names for one column.
func New(spec Spec, col Column, keys Keys) (Transform, error) {
	d, ok := Lookup(spec.Name)
	if !ok {
		names := make([]string, len(all))
		for i, d := range all {
			names[i] = d.Name
		}
		return nil, fmt.Errorf("transform: column %q: %w %q (one of %s)", col.Name, ErrUnknown, spec.Name, strings.Join(names, ", "))
	}
	if col.Type == nil {
		return nil, fmt.Errorf("transform: column %q: %s: the column has no type", col.Name, spec.Name)
	}
	t, err := d.Build(spec, col, keys)
	if err != nil {
		return nil, fmt.Errorf("transform: column %q: %s: %w", col.Name, spec.Name, err)
	}
	return t, nil
}
