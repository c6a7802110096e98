package anonymize

import (
	"encoding/json"
	"fmt"

	"github.com/invopop/jsonschema"

	"github.com/nocturne-data/nocturne/anonymize/transform"
)

// PolicySchema returns the JSON Schema (draft 2020-12) of a policy file, made
// from the Go types, so that editors complete and check it.
func PolicySchema() ([]byte, error) {
	r := jsonschema.Reflector{FieldNameTag: "json", DoNotReference: true}
	s := r.Reflect(&Policy{})
	s.Title = "Nocturne policy"
	rules, ok := s.Properties.Get("rules")
	if !ok || rules.Items == nil {
		return nil, fmt.Errorf("anonymize: the schema of a policy has no rules")
	}
	spec, ok := rules.Items.Properties.Get("transform")
	if !ok {
		return nil, fmt.Errorf("anonymize: the schema of a rule has no transform")
	}
	spec.Properties, spec.Required, spec.AdditionalProperties = nil, nil, nil
	for _, d := range transform.All() {
		one := &jsonschema.Schema{
			Type: "object", Description: d.Summary, Required: []string{"name"},
			Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
		}
		one.Properties.Set("name", &jsonschema.Schema{Const: d.Name})
		if d.Params != nil {
			params := r.Reflect(d.Params)
			params.Version, params.ID = "", ""
			one.Properties.Set("params", params)
		}
		spec.OneOf = append(spec.OneOf, one)
	}
	return json.MarshalIndent(s, "", "  ")
}
