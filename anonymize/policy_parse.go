package anonymize

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
)

// ErrPolicy is matched by errors about what a policy says.
var ErrPolicy = errors.New("invalid policy")

// ParsePolicy reads a policy from YAML (or JSON), refuses keys it does not know
// with their line, validates and compiles it.
func ParsePolicy(data []byte) (Policy, error) {
	var p Policy
	d := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := d.Decode(&p); err != nil {
		if errors.Is(err, io.EOF) {
			return Policy{}, fmt.Errorf("anonymize: %w: the document is empty", ErrPolicy)
		}
		return Policy{}, fmt.Errorf("anonymize: %w: %s", ErrPolicy, yaml.FormatError(err, false, true))
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return Policy{}, fmt.Errorf("anonymize: %w: the file holds more than one document", ErrPolicy)
	}
	return p.Compile()
}

// YAML writes the policy so that ParsePolicy reads it back.
func (p Policy) YAML() ([]byte, error) {
	return yaml.MarshalWithOptions(p, yaml.Indent(2), yaml.IndentSequence(true))
}
