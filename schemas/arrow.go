package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// ArrowSchema returns the Arrow schema of the rows that fulfil the contract:
// its fields in order, with their types and nullability. Errors match ErrType.
func (c Contract) ArrowSchema() (*arrow.Schema, error) {
	fields := make([]arrow.Field, len(c.Fields))
	for i, f := range c.Fields {
		t, err := ParseType(f.Type)
		if err != nil {
			return nil, fmt.Errorf("schemas: contract %q: field %q: %w", c.Name, f.Name, err)
		}
		fields[i] = arrow.Field{Name: f.Name, Type: t, Nullable: f.Nullable}
	}
	return arrow.NewSchema(fields, nil), nil
}

// FromArrow drafts a contract that asks for exactly the columns of s. Nothing
// is known about the meaning of the columns, so each gets the most protective
// class, direct_identifier, until detection or an author says otherwise.
// Dictionary columns are described by the type of their values.
func FromArrow(name string, s *arrow.Schema) (Contract, error) {
	c := Contract{Name: name, Fields: make([]Field, s.NumFields())}
	for i, f := range s.Fields() {
		text, err := TypeText(f.Type)
		if err != nil {
			return Contract{}, fmt.Errorf("schemas: table %q: column %q: %w", name, f.Name, err)
		}
		c.Fields[i] = Field{Name: f.Name, Type: text, Nullable: f.Nullable, Class: semantic.DirectIdentifier}
	}
	return c.WithDefaults(), nil
}
