package anonymize

import (
	"encoding/json"

	"github.com/invopop/jsonschema"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// OneOrMore is a list that may be written as a single word.
type OneOrMore[T ~string] []T

// UnmarshalYAML accepts a word or a list.
func (o *OneOrMore[T]) UnmarshalYAML(unmarshal func(any) error) error {
	var one T
	if err := unmarshal(&one); err == nil {
		*o = OneOrMore[T]{one}
		return nil
	}
	var many []T
	if err := unmarshal(&many); err != nil {
		return err
	}
	*o = many
	return nil
}

// UnmarshalJSON accepts a word or a list.
func (o *OneOrMore[T]) UnmarshalJSON(b []byte) error {
	return o.UnmarshalYAML(func(v any) error { return json.Unmarshal(b, v) })
}

// JSONSchema describes both forms; privacy classes are listed.
func (OneOrMore[T]) JSONSchema() *jsonschema.Schema {
	one := &jsonschema.Schema{Type: "string"}
	var z T
	if _, ok := any(z).(semantic.Class); ok {
		for _, c := range semantic.Classes() {
			one.Enum = append(one.Enum, string(c))
		}
	}
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{one, {Type: "array", Items: one}}}
}
