package parquet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// node is one element of a file's schema with its Dremel levels.
type node struct {
	name     string
	elem     *format.SchemaElement
	parent   *node
	children []*node
	maxDef   int // definition level at which a value of the node is present
	maxRep   int
	leaf     int // ordinal among the leaf columns; -1 for groups
}

func (n *node) repetition() format.FieldRepetitionType {
	if n.elem.RepetitionType.Valid {
		return n.elem.RepetitionType.V
	}
	return format.Required
}

func (n *node) optional() bool { return n.repetition() == format.Optional }
func (n *node) repeated() bool { return n.repetition() == format.Repeated }
func (n *node) isLeaf() bool   { return n.leaf >= 0 }

// path is the dotted path below the root.
func (n *node) path() string {
	var names []string
	for ; n.parent != nil; n = n.parent {
		names = append(names, n.name)
	}
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return strings.Join(names, ".")
}

// schemaTree rebuilds the tree that the footer stores in depth-first order.
func schemaTree(elems []format.SchemaElement) (*node, []*node, error) {
	if len(elems) == 0 {
		return nil, nil, errors.New("no schema")
	}
	if len(elems) > maxColumns {
		return nil, nil, fmt.Errorf("%w: %d schema elements", tabular.ErrUnsupported, len(elems))
	}
	b := treeBuilder{elems: elems}
	root, err := b.build(nil, 0)
	if err != nil {
		return nil, nil, err
	}
	if b.at != len(elems) {
		return nil, nil, errors.New("schema elements that belong to no group")
	}
	return root, b.leaves, nil
}

type treeBuilder struct {
	elems  []format.SchemaElement
	at     int
	leaves []*node
}

func (b *treeBuilder) build(parent *node, depth int) (*node, error) {
	if b.at >= len(b.elems) {
		return nil, errors.New("schema ends inside a group")
	}
	if depth > maxSchemaDepth {
		return nil, fmt.Errorf("%w: schema nested deeper than %d", tabular.ErrUnsupported, maxSchemaDepth)
	}
	e := &b.elems[b.at]
	b.at++
	n := &node{name: e.Name, elem: e, parent: parent, leaf: -1}
	if parent != nil {
		n.maxDef, n.maxRep = parent.maxDef, parent.maxRep
		switch n.repetition() {
		case format.Required:
		case format.Optional:
			n.maxDef++
		case format.Repeated:
			n.maxDef++
			n.maxRep++
		default:
			return nil, errors.New("unknown repetition type in the schema")
		}
	}
	if e.Type.Valid && parent != nil {
		n.leaf = len(b.leaves)
		b.leaves = append(b.leaves, n)
		return n, nil
	}
	for i := int32(0); i < e.NumChildren.V; i++ {
		c, err := b.build(n, depth+1)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, c)
	}
	return n, nil
}
