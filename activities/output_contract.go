package activities

import (
	"fmt"
	"slices"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// outputContract is what the de-identified table promises: the fields that are
// left, with the type and class they have now, and the rules that still hold.
func outputContract(c schemas.Contract, plan *anonymize.Plan) (schemas.Contract, error) {
	schema := plan.OutputSchema()
	kept := plan.Kept()
	out := schemas.Contract{Name: c.Name, Version: c.Version, Description: c.Description}
	for _, x := range plan.Decisions() {
		at := schema.FieldIndices(x.Field.Name)
		if len(at) == 0 {
			continue // dropped
		}
		f := x.Field
		text, err := schemas.TypeText(schema.Field(at[0]).Type)
		if err != nil {
			return out, fmt.Errorf("column %q: %w", f.Name, err)
		}
		f.Type = text
		switch x.Transform.Name {
		case "suppress", "generalize", "text":
			f.Nullable = true // these may leave a cell empty that was not
		}
		if !slices.Contains(kept, f.Name) {
			f.Semantic, f.Class = outputMeaning(f, x.Transform.Name, isKey(c, f.Name))
		}
		out.Fields = append(out.Fields, f)
	}
	survives := func(columns []string) bool {
		for _, name := range columns {
			if _, ok := out.Field(name); !ok {
				return false
			}
		}
		return true
	}
	if survives(c.PrimaryKey) {
		out.PrimaryKey = c.PrimaryKey
	}
	for _, fk := range c.ForeignKeys {
		if survives(fk.Fields) {
			out.ForeignKeys = append(out.ForeignKeys, fk)
		}
	}
	for _, r := range c.Constraints {
		if r.Field != "" && slices.Contains(kept, r.Field) {
			out.Constraints = append(out.Constraints, r)
		}
	}
	return out, nil
}

// outputMeaning is what a changed column means now.
func outputMeaning(f schemas.Field, transform string, key bool) (string, semantic.Class) {
	switch transform {
	case "pseudonym":
		if key {
			return "record_id", semantic.None
		}
		return "code", semantic.QuasiIdentifier
	case "surrogate", "date_shift", "generalize", "top_bottom":
		// Still of its type, but nobody's: it can at most help to single out.
		if f.Class == semantic.DirectIdentifier {
			return f.Semantic, semantic.QuasiIdentifier
		}
		return f.Semantic, f.Class
	case "text":
		return "free_text", semantic.Sensitive
	case "constant", "suppress":
		return "category", semantic.None
	}
	return "code", semantic.QuasiIdentifier
}

func isKey(c schemas.Contract, name string) bool {
	if slices.Contains(c.PrimaryKey, name) {
		return true
	}
	for _, fk := range c.ForeignKeys {
		if slices.Contains(fk.Fields, name) {
			return true
		}
	}
	return false
}
