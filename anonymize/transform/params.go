package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// params fills p, a pointer to a struct with json tags, from spec and refuses
// parameters that p does not have.
func params(spec Spec, p any) error {
	if len(spec.Params) == 0 {
		return nil
	}
	raw, err := json.Marshal(spec.Params)
	if err != nil {
		return fmt.Errorf("parameters: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(p); err != nil {
		return fmt.Errorf("parameters: %w", err)
	}
	return nil
}

// derive asks keys for a key and explains what is missing when there are none.
func derive(keys Keys, name string) ([]byte, error) {
	if keys == nil {
		return nil, ErrNoKeys
	}
	k, err := keys.Derive(name)
	if err != nil {
		return nil, err
	}
	if len(k) != 32 {
		return nil, fmt.Errorf("derived key has %d bytes, 32 are needed", len(k))
	}
	return k, nil
}

// ErrNoKeys is returned when a keyed transform is built without keys.
var ErrNoKeys = errors.New("needs keys: pass a keyset (--keys), or create one with `nocturne keys new`")

// keyName is the name under which a column's key is derived: the one the policy
// gives, else table and column. Columns that must join share a key name.
func keyName(given string, col Column) string {
	if given != "" {
		return given
	}
	return col.Table + "." + col.Name
}

// CheckParams reports parameters that the transform does not have or whose type
// is wrong. Whether their values fit a column is checked by New.
func CheckParams(spec Spec) error {
	d, ok := Lookup(spec.Name)
	switch {
	case !ok:
		return fmt.Errorf("%w %q", ErrUnknown, spec.Name)
	case d.Params == nil:
		return params(spec, &struct{}{})
	}
	return params(spec, reflect.New(reflect.TypeOf(d.Params).Elem()).Interface())
}
