package parquet

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

type fieldKind int

const (
	leafField fieldKind = iota
	structField
	listField
	mapField
)

// field is one Arrow field and the columns it is assembled from.
type field struct {
	arrow.Field
	kind     fieldKind
	children []*field
	// Dremel levels (Melnik et al., VLDB 2010). A slot of the field exists
	// where a level entry has definition >= slotDef and repetition <= rep; its
	// value is present where definition >= def.
	slotDef, def, rep int
	// Lists and maps: an entry holds an element where definition >= elemDef;
	// repetition == elemRep continues the list.
	elemDef, elemRep int
	// Leaves: the column and how its stored values become Arrow's.
	leaf   *node
	column int // position among the reader's columns
	conv   conversion
}

// first returns the field's first leaf, whose levels stand for the group's.
func (f *field) first() *field {
	for f.kind != leafField {
		f = f.children[0]
	}
	return f
}

func (f *field) forEachLeaf(do func(*field)) {
	if f.kind == leafField {
		do(f)
	}
	for _, c := range f.children {
		c.forEachLeaf(do)
	}
}

// planner turns schema nodes into fields.
type planner struct{ hints map[string]hint }

// plan returns the field of a node. slotDef and rep describe the slots of the
// enclosing list element (0, 0 at the top).
func (p planner) plan(n *node, slotDef, rep int) (*field, error) {
	if n.repeated() {
		// A repeated field outside a LIST or MAP is a required list of
		// required elements.
		elem, err := p.element(n, n.maxDef, n.maxRep)
		if err != nil {
			return nil, err
		}
		return list(n.name, false, elem, slotDef, rep, n), nil
	}
	return p.element(n, slotDef, rep)
}

// element is plan for a node whose own repetition the caller has dealt with.
func (p planner) element(n *node, slotDef, rep int) (*field, error) {
	switch {
	case n.isLeaf():
		return p.leaf(n, slotDef, rep)
	case len(n.children) == 0:
		return nil, unsupported("group %q without columns", n.path())
	case isMap(n):
		return p.mapping(n, slotDef, rep)
	case isList(n):
		r := n.children[0]
		var elem *field
		var err error
		if elementIsRepeated(n, r) {
			elem, err = p.element(r, r.maxDef, r.maxRep)
		} else {
			elem, err = p.plan(r.children[0], r.maxDef, r.maxRep)
		}
		if err != nil {
			return nil, err
		}
		return list(n.name, n.optional(), elem, slotDef, rep, r), nil
	}
	f := &field{kind: structField, slotDef: slotDef, def: n.maxDef, rep: rep}
	types := make([]arrow.Field, len(n.children))
	for i, c := range n.children {
		child, err := p.plan(c, slotDef, rep)
		if err != nil {
			return nil, err
		}
		f.children = append(f.children, child)
		types[i] = child.Field
	}
	f.Field = arrow.Field{Name: n.name, Type: arrow.StructOf(types...), Nullable: n.optional()}
	return f, nil
}

func (p planner) leaf(n *node, slotDef, rep int) (*field, error) {
	conv, err := conversionOf(n.elem, p.hints[n.path()])
	if err != nil {
		return nil, unsupported("column %q: %v", n.path(), err)
	}
	return &field{
		Field: arrow.Field{Name: n.name, Type: conv.typ, Nullable: n.optional() || conv.typ.ID() == arrow.NULL},
		kind:  leafField, slotDef: slotDef, def: n.maxDef, rep: rep, leaf: n, conv: conv,
	}, nil
}

func (p planner) mapping(n *node, slotDef, rep int) (*field, error) {
	r := n.children[0]
	key, err := p.plan(r.children[0], r.maxDef, r.maxRep)
	if err != nil {
		return nil, err
	}
	value, err := p.plan(r.children[1], r.maxDef, r.maxRep)
	if err != nil {
		return nil, err
	}
	typ := arrow.MapOf(key.Type, value.Type)
	typ.SetItemNullable(value.Nullable)
	return &field{
		Field: arrow.Field{Name: n.name, Type: typ, Nullable: n.optional()},
		kind:  mapField, children: []*field{key, value},
		slotDef: slotDef, def: n.maxDef, rep: rep, elemDef: r.maxDef, elemRep: r.maxRep,
	}, nil
}

// list makes a list field around elem; repeated is the node that repeats.
func list(name string, nullable bool, elem *field, slotDef, rep int, repeated *node) *field {
	ef := elem.Field
	return &field{
		Field: arrow.Field{Name: name, Type: arrow.ListOfField(ef), Nullable: nullable},
		kind:  listField, children: []*field{elem},
		slotDef: slotDef, def: repeated.maxDef - 1, rep: rep,
		elemDef: repeated.maxDef, elemRep: repeated.maxRep,
	}
}

func isList(n *node) bool {
	_, logical := n.elem.LogicalType.Value.(*format.ListType)
	old := n.elem.ConvertedType.Valid && n.elem.ConvertedType.V == deprecated.List
	return (logical || old) && len(n.children) == 1 && n.children[0].repeated()
}

func isMap(n *node) bool {
	_, logical := n.elem.LogicalType.Value.(*format.MapType)
	ct := n.elem.ConvertedType
	old := ct.Valid && (ct.V == deprecated.Map || ct.V == deprecated.MapKeyValue)
	if !(logical || old) || len(n.children) != 1 {
		return false
	}
	r := n.children[0]
	return r.repeated() && len(r.children) == 2 && r.children[0].repetition() == format.Required
}

// elementIsRepeated applies the backward-compatibility rules of the format's
// LogicalTypes.md: whether the repeated node of a LIST is itself the element.
func elementIsRepeated(list, r *node) bool {
	return r.isLeaf() || len(r.children) != 1 || r.name == "array" || r.name == list.name+"_tuple" ||
		r.children[0].repeated()
}
