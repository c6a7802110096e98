package schemas

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// foreignSample is how many sampled values must be found before containment
// alone, without a telling name, makes a foreign key.
const foreignSample = 64

// InferForeignKeys looks for columns whose values are all among the values of
// a candidate key of another table, by the hashes that the profiles sample, and
// returns the foreign keys of each table. All profiles must have been made
// under one key.
//
// Containment alone proves little for small integers, which are contained in
// any run of row numbers. So the column's name must point at the parent too:
// it equals the key's name (unless that is a bare "id"), or it is the parent's
// name with the key's ("person_id" for people.id). Only text columns with at
// least 64 matching sampled values, and none missing, need no such name. A
// column refers to one parent: the best name wins, then the smaller parent.
func InferForeignKeys(tables map[string]*Profile) map[string][]ForeignKey {
	names := slices.Sorted(maps.Keys(tables))
	out := map[string][]ForeignKey{}
	for _, child := range names {
		for _, col := range tables[child].columns {
			if best, ok := bestParent(child, col, names, tables); ok {
				out[child] = append(out[child], best)
			}
		}
	}
	return out
}

type parentCandidate struct {
	key   ForeignKey
	score int
	size  int64
}

func bestParent(child string, col *columnProfile, names []string, tables map[string]*Profile) (ForeignKey, bool) {
	var found []parentCandidate
	for _, parent := range names {
		p := tables[parent]
		for _, key := range p.columns {
			if parent == child && key == col || !isCandidate(key, p.rows) || !sameFamily(col.typ, key.typ) {
				continue
			}
			sampled, hits := containment(&col.distinct, &key.distinct)
			if hits == 0 || hits < sampled {
				continue
			}
			score := nameScore(child, col.name, parent, key.name)
			if score == 0 && (strings.HasSuffix(col.typ, "utf8") && hits >= foreignSample && parent != child) {
				score = 1
			}
			if score > 0 {
				found = append(found, parentCandidate{ForeignKey{[]string{col.name}, parent, []string{key.name}}, score, p.rows})
			}
		}
	}
	if len(found) == 0 {
		return ForeignKey{}, false
	}
	best := slices.MinFunc(found, func(a, b parentCandidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.size, b.size))
	})
	return best.key, true
}

func isCandidate(c *columnProfile, rows int64) bool {
	return rows > 1 && c.nulls == 0 && c.empty == 0 && c.distinct.unique() && keyType(c.typ)
}

func sameFamily(a, b string) bool {
	ta, err1 := ParseType(a)
	tb, err2 := ParseType(b)
	return err1 == nil && err2 == nil && keyType(a) && typeFamily(ta) == typeFamily(tb)
}

// layerPrefixes are what warehouses put before a table's own name.
var layerPrefixes = []string{"raw_", "stg_", "src_", "dim_", "fct_", "tbl_"}

// selfReferences begin the names of columns that point at another row of their
// own table.
var selfReferences = []string{"parent", "manager", "supervisor", "reports_to"}

// nameScore tells how clearly a column's name points at the key of a parent;
// 0 = not at all.
func nameScore(child, column, parent, key string) int {
	column, key = words(column), words(key)
	if child == parent {
		for _, s := range selfReferences {
			if strings.HasPrefix(column, s) {
				return 2
			}
		}
		return 0
	}
	table := words(parent)
	for _, p := range layerPrefixes {
		table = strings.TrimPrefix(table, p)
	}
	switch one := singular(table); {
	case column == one+"_"+key || column == table+"_"+key:
		return 4
	case column == key && key == one+"_id":
		return 4
	case column == one || column == table:
		return 3
	case column == key && key != "id":
		return 2
	case strings.HasSuffix(column, "_"+one+"_"+key):
		return 2
	}
	return 0
}
