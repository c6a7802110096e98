// Package anonymize decides what happens to each field of a table under a
// policy and carries it out on record batches.
//
// Policy.Decide is the one function for writing (the principal is the pipeline
// and its purpose) and for reading (the principal is the caller). What no rule
// matches is suppressed.
package anonymize

import (
	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas"
)

// Principal is who asks, and what for.
type Principal struct {
	Purpose    string            `json:"purpose" yaml:"purpose"` // "training", "analytics", "care", ...
	Roles      []string          `json:"roles,omitempty" yaml:"roles,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty" yaml:"attributes,omitempty"`
}

// Decision is what a policy says about one field for one principal.
type Decision struct {
	Field     schemas.Field  `json:"field"`
	Rule      string         `json:"rule"` // name of the rule that matched; "" = none matched
	Transform transform.Spec `json:"transform"`
	Why       string         `json:"why"` // one sentence, no data values
}
