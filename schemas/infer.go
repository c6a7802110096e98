package schemas

import (
	"slices"
	"strings"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Annotation is what detection says about a column.
type Annotation struct {
	Semantic    string         `json:"semantic"`
	Class       semantic.Class `json:"class"`
	Probability float64        `json:"probability"` // 0..1
}

// inferRangeRows is how many values a numeric column must have before its
// range becomes a promise.
const inferRangeRows = 100

// Infer drafts the contract of a table from its profile and from what
// detection says about its columns.
//
//   - A column is nullable when a null was seen. Floating-point columns whose
//     values are all whole become int64.
//   - A column that detection does not mention gets the most protective class,
//     direct_identifier.
//   - The primary key is a column without nulls and doubles whose name or
//     semantic type says that it identifies the row ("id", "<table>_id", a
//     record_id), else an ascending integer or text column that comes first;
//     else there is none.
//   - Text columns with a small value set of which every value has support get
//     it as their set; numbers that identify nobody, with at least 100
//     values, get their range, rounded outwards.
//
// The draft is for a person to read: it promises what was seen.
func Infer(name string, p *Profile, notes map[string]Annotation) Contract {
	c := Contract{Name: name}
	columns := p.Columns()
	for _, col := range columns {
		note, ok := notes[col.Name]
		if !ok || !note.Class.Valid() {
			note.Class = semantic.DirectIdentifier
		}
		c.Fields = append(c.Fields, Field{
			Name: col.Name, Type: inferType(col), Semantic: note.Semantic, Class: note.Class, Nullable: col.Nulls > 0 || col.Rows == 0,
		})
	}
	if at := inferKey(name, columns, notes); at >= 0 {
		c.PrimaryKey = []string{columns[at].Name}
	}
	for i, col := range columns {
		if slices.Contains(c.PrimaryKey, col.Name) || c.Fields[i].Class == semantic.DirectIdentifier {
			continue
		}
		if r, ok := inferConstraint(col, c.Fields[i]); ok {
			c.Constraints = append(c.Constraints, r)
		}
	}
	return c.WithDefaults()
}

func inferType(col Column) string {
	values := col.Rows - col.Nulls
	if (col.Type == "float64" || col.Type == "float32") && values > 0 && col.Whole == values && len(strings.TrimPrefix(col.Min, "-")) <= 15 && len(strings.TrimPrefix(col.Max, "-")) <= 15 {
		return "int64"
	}
	return col.Type
}

// inferKey returns the position of the likeliest primary key, or -1.
func inferKey(table string, columns []Column, notes map[string]Annotation) int {
	best, bestScore := -1, 0
	for i, col := range columns {
		if !col.Unique || col.Nulls > 0 || col.Empty > 0 || col.Rows < 2 || !keyType(inferType(col)) {
			continue
		}
		score := 0
		switch name := words(col.Name); {
		case name == "id" || name == "key" || name == singular(words(table))+"_id" || name == words(table)+"_id":
			score = 4
		case notes[col.Name].Semantic == "record_id" || notes[col.Name].Semantic == "uuid":
			score = 3
		case strings.HasSuffix(name, "_id"):
			score = 2
		case i == 0 && col.Sorted:
			score = 1
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

func keyType(text string) bool {
	t, err := ParseType(text)
	return err == nil && (isText(t) || typeFamily(t) == "number" && !strings.HasPrefix(text, "float") && !strings.HasPrefix(text, "decimal"))
}

func inferConstraint(col Column, f Field) (Constraint, bool) {
	if t, err := ParseType(f.Type); err == nil && isText(t) && len(col.Values) > 0 {
		set := make([]string, len(col.Values))
		for i, v := range col.Values {
			set[i] = v.Value
		}
		return Constraint{Field: f.Name, Set: set}, true
	}
	t, err := ParseType(f.Type)
	if err != nil || col.Rows-col.Nulls < inferRangeRows {
		return Constraint{}, false
	}
	b := Bounds{Min: col.Min, Max: col.Max}
	switch {
	case typeFamily(t) == "number":
	case f.Semantic == "date_of_birth":
		b.Max = "" // people are born after the profile was taken
	default:
		return Constraint{}, false
	}
	if _, err := newRangeRule(t, b); err != nil {
		return Constraint{}, false // an end that the type cannot hold
	}
	return Constraint{Field: f.Name, Range: &b}, true
}

// words writes a column or table name in lower case with underscores:
// "PersonID", "person id" and "person-id" all give "person_id".
func words(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		upper := 'A' <= r && r <= 'Z'
		switch {
		case r == ' ' || r == '-' || r == '.' || r == '_':
			b.WriteByte('_')
			lower = false
			continue
		case upper && lower:
			b.WriteByte('_')
		}
		lower = !upper
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}

// singular strips the plural of English table names, as far as foreign-key
// names go: customers -> customer, categories -> category, people -> person.
func singular(name string) string {
	switch {
	case name == "people":
		return "person"
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "xes"), strings.HasSuffix(name, "ches"):
		return strings.TrimSuffix(name, "es")
	case strings.HasSuffix(name, "ss"):
		return name
	}
	return strings.TrimSuffix(name, "s")
}
