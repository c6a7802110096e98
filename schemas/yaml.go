package schemas

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
)

// DecodeYAML reads one contract, strictly: unknown keys, doubled keys and a
// second document are refused, with line and column. Defaults are filled in
// and the contract is validated.
func DecodeYAML(r io.Reader) (Contract, error) {
	c, err := DecodeDraft(r)
	if err != nil {
		return c, err
	}
	return c, c.Validate()
}

// DecodeDraft is DecodeYAML for a contract that is still to be completed: fields
// may lack class and semantic type. It is not validated.
func DecodeDraft(r io.Reader) (Contract, error) {
	d := yaml.NewDecoder(r, yaml.Strict())
	var c Contract
	if err := decodeDocument(d, &c); err != nil {
		if errors.Is(err, io.EOF) {
			return Contract{}, fmt.Errorf("schemas: contract file is empty: %w", ErrInvalid)
		}
		return Contract{}, fmt.Errorf("schemas: contract file: %w: %s", ErrInvalid, yaml.FormatError(err, false, false))
	}
	var more any
	if err := decodeDocument(d, &more); !errors.Is(err, io.EOF) {
		return Contract{}, fmt.Errorf("schemas: contract file: %w: one contract a file; found a second document", ErrInvalid)
	}
	return c.WithDefaults(), nil
}

// decodeDocument turns a panic of the YAML library into an error: some malformed
// files (a tag without a value where a list is due) make goccy/go-yaml 1.19.2
// dereference nil.
func decodeDocument(d *yaml.Decoder, into any) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("not well-formed YAML")
		}
	}()
	return d.Decode(into)
}

// EncodeYAML writes the contract. Equal contracts give equal bytes, and
// DecodeYAML reads the same contract back.
func (c Contract) EncodeYAML(w io.Writer) error {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b, yaml.Indent(2), yaml.IndentSequence(true))
	if err := enc.Encode(c); err != nil {
		return fmt.Errorf("schemas: contract %q: writing YAML: %w", c.Name, err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("schemas: contract %q: writing YAML: %w", c.Name, err)
	}
	return nil
}

// jsonSchemaID names the schema of contract files.
const jsonSchemaID = "https://nocturne-data.github.io/schemas/contract.schema.json"

// JSONSchema returns the JSON Schema (draft 2020-12) of contract files,
// generated from the Go types, so that editors complete and check them. The
// bytes are indented and end in a line break.
func JSONSchema() ([]byte, error) {
	r := jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: false}
	s := r.Reflect(Contract{})
	s.ID = jsonSchemaID
	s.Title = "Nocturne contract"
	s.Description = "What a table promises about its fields, and what is done with rows that break the promise."
	out, err := marshalIndent(s)
	if err != nil {
		return nil, fmt.Errorf("schemas: JSON Schema of the contract: %w", err)
	}
	return out, nil
}
