package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Recipe says how an artifact is made. Two recipes that say the same have the
// same address, on any machine: a finished artifact is never made twice.
type Recipe struct {
	Step    string   // name of the step, snake_case
	Version int      // raised when the step's code changes what it writes
	Spec    any      // the step's parameters; anything encoding/json can write
	Inputs  []Digest // content digests of what the step reads, in order
	Part    string   // which part of the step's work; "" = all of it
}

// Address names an artifact: 64 hexadecimal digits, SHA-256 over the canonical
// recipe.
type Address string

// Digest is a content digest: 64 hexadecimal digits of SHA-256.
type Digest string

// Address hashes the recipe. The spec is first brought to canonical JSON, so
// the order of map keys and of equal struct fields does not matter.
func (r Recipe) Address() (Address, error) {
	spec, err := CanonicalJSON(r.Spec)
	if err != nil {
		return "", fmt.Errorf("store: recipe of step %s: %w", r.Step, err)
	}
	inputs := r.Inputs
	if inputs == nil {
		inputs = []Digest{}
	}
	text, err := CanonicalJSON(struct {
		Step    string          `json:"step"`
		Version int             `json:"version"`
		Spec    json.RawMessage `json:"spec"`
		Inputs  []Digest        `json:"inputs"`
		Part    string          `json:"part"`
	}{r.Step, r.Version, spec, inputs, r.Part})
	if err != nil {
		return "", fmt.Errorf("store: recipe of step %s: %w", r.Step, err)
	}
	sum := sha256.Sum256(text)
	return Address(hex.EncodeToString(sum[:])), nil
}

// CanonicalJSON writes v as JSON with sorted object keys and no spaces. Numbers
// keep the digits encoding/json gives them.
func CanonicalJSON(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	return json.Marshal(tree)
}

// DigestOf is the SHA-256 of the parts, each preceded by its length.
func DigestOf(parts ...string) Digest {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write([]byte(p))
	}
	return Digest(hex.EncodeToString(h.Sum(nil)))
}
