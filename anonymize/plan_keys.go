package anonymize

import (
	"maps"
	"slices"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// keyRoot is the "table.column" under which a column's key is derived: the key
// that it references, followed through foreign keys as far as the contracts are
// known, else its own. In a circle of references it is the least name of the
// circle, so all members agree.
func keyRoot(c schemas.Contract, field string, related map[string]schemas.Contract) string {
	table := c.Name
	path := []string{table + "." + field}
	for {
		nextTable, nextField, ok := reference(c, field)
		if !ok {
			return path[len(path)-1]
		}
		name := nextTable + "." + nextField
		if at := slices.Index(path, name); at >= 0 {
			return slices.Min(path[at:])
		}
		path = append(path, name)
		known, ok := related[nextTable]
		if nextTable == c.Name {
			known, ok = c, true
		}
		if !ok {
			return name
		}
		c, field = known, nextField
	}
}

// reference returns the key that a field repeats; fields of composite keys
// follow their own counterpart.
func reference(c schemas.Contract, field string) (table, column string, ok bool) {
	for _, fk := range c.ForeignKeys {
		if i := slices.Index(fk.Fields, field); i >= 0 && i < len(fk.References) {
			return fk.Table, fk.References[i], true
		}
	}
	return "", "", false
}

// isKey tells whether a field is part of a key that rows are joined by.
func isKey(c schemas.Contract, field string) bool {
	_, _, fk := reference(c, field)
	return fk || slices.Contains(c.PrimaryKey, field)
}

// subjectColumn is the column that identifies the data subject: a foreign key
// of one column to another table with direct identifiers, else the table's own
// one-column primary key if it has direct identifiers; "" = unknown.
func subjectColumn(c schemas.Contract, related map[string]schemas.Contract) string {
	for _, fk := range c.ForeignKeys {
		if len(fk.Fields) == 1 && fk.Table != c.Name && identifies(related[fk.Table]) {
			return fk.Fields[0]
		}
	}
	if len(c.PrimaryKey) == 1 && identifies(c) {
		return c.PrimaryKey[0]
	}
	return ""
}

func identifies(c schemas.Contract) bool {
	return slices.ContainsFunc(c.Fields, func(f schemas.Field) bool { return f.Class == semantic.DirectIdentifier })
}

// resolve fills in the parameters that only the whole table can give: key
// names, the row's known identifiers for texts, the subject's key for date
// shifts and the names with which addresses agree. What a policy says itself
// stays.
func resolve(decided []Decision, c schemas.Contract, related map[string]schemas.Contract) {
	for i := range decided {
		d := &decided[i]
		set := func(key string, value any) {
			if _, given := d.Transform.Params[key]; given {
				return
			}
			params := maps.Clone(d.Transform.Params)
			if params == nil {
				params = map[string]any{}
			}
			params[key] = value
			d.Transform.Params = params
		}
		switch d.Transform.Name {
		case "pseudonym":
			set("key", keyRoot(c, d.Field.Name, related))
		case "surrogate":
			set("key", keyRoot(c, d.Field.Name, related))
			for name, source := range nameSources(*d, decided, c, related) {
				set(name, source)
			}
		case "text":
			set("known", knownColumns(c, d.Field.Name))
		case "date_shift":
			subject := subjectColumn(c, related)
			if s, ok := d.Transform.Params["subject"].(string); ok {
				subject = s
			}
			if subject != "" {
				set("key", keyRoot(c, subject, related))
			}
		}
	}
}

// knownColumns lists the row's direct identifiers as the text transform takes
// them.
func knownColumns(c schemas.Contract, except string) []map[string]string {
	out := []map[string]string{}
	for _, f := range c.Fields {
		if f.Class == semantic.DirectIdentifier && f.Name != except && f.Semantic != "free_text" {
			out = append(out, map[string]string{"column": f.Name, "semantic": f.Semantic})
		}
	}
	return out
}

// nameSources finds the surrogate name columns that an e-mail address or full
// name of the same row agrees with. Keys have none: their surrogates depend on
// the value alone, so that they join.
func nameSources(d Decision, decided []Decision, c schemas.Contract, related map[string]schemas.Contract) map[string]map[string]string {
	out := map[string]map[string]string{}
	if (d.Field.Semantic != "email" && d.Field.Semantic != "full_name") || isKey(c, d.Field.Name) {
		return out
	}
	wanted := map[string]string{"first_name": "given", "last_name": "family", "full_name": "full"}
	for _, o := range decided {
		name, ok := wanted[o.Field.Semantic]
		if !ok || o.Field.Name == d.Field.Name || o.Transform.Name != "surrogate" || out[name] != nil {
			continue // of several name columns the first is the person's
		}
		key := keyRoot(c, o.Field.Name, related)
		if k, ok := o.Transform.Params["key"].(string); ok {
			key = k
		}
		out[name] = map[string]string{"column": o.Field.Name, "key": key}
	}
	if out["given"] != nil || out["family"] != nil || d.Field.Semantic == "full_name" {
		delete(out, "full")
	}
	return out
}
