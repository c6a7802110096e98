package tabular

import "github.com/apache/arrow/go/v17/arrow"

// SameSchema reports whether two schemas have the same fields in the same
// order: names, types and nullability. Metadata does not count.
func SameSchema(a, b *arrow.Schema) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.NumFields() != b.NumFields() {
		return false
	}
	for i, f := range a.Fields() {
		if !SameField(f, b.Field(i)) {
			return false
		}
	}
	return true
}

// SameField is SameSchema for one field.
func SameField(a, b arrow.Field) bool {
	return a.Name == b.Name && a.Nullable == b.Nullable && arrow.TypeEqual(a.Type, b.Type)
}
