package parquet

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// outNode is a schema node to be written. parquet-go's own groups sort their
// fields by name; these keep the order of the Arrow schema.
type outNode struct {
	name       string
	typ        pq.Type
	repetition format.FieldRepetitionType
	fields     []pq.Field
	leaf       *outLeaf
}

func (n *outNode) ID() int                                { return 0 }
func (n *outNode) String() string                         { return n.name }
func (n *outNode) Type() pq.Type                          { return n.typ }
func (n *outNode) Optional() bool                         { return n.repetition == format.Optional }
func (n *outNode) Repeated() bool                         { return n.repetition == format.Repeated }
func (n *outNode) Required() bool                         { return n.repetition == format.Required }
func (n *outNode) Leaf() bool                             { return n.leaf != nil }
func (n *outNode) Fields() []pq.Field                     { return n.fields }
func (n *outNode) Compression() compress.Codec            { return nil }
func (n *outNode) Name() string                           { return n.name }
func (n *outNode) Value(base reflect.Value) reflect.Value { return base }

// GoType is only looked at when the writer is made, for paths that take Go
// values; no such path is used.
func (n *outNode) GoType() reflect.Type { return reflect.TypeFor[[]struct{}]() }

func (n *outNode) Encoding() encoding.Encoding {
	if n.leaf == nil {
		return nil
	}
	return n.leaf.encoding
}

// annotated gives a physical type a logical one.
type annotated struct {
	pq.Type
	logical   format.LogicalType
	converted *deprecated.ConvertedType
}

func (a *annotated) LogicalType() *format.LogicalType         { return &a.logical }
func (a *annotated) ConvertedType() *deprecated.ConvertedType { return a.converted }

// outLeaf is a leaf column to be written.
type outLeaf struct {
	index    int
	path     []string
	steps    []step
	typ      arrow.DataType
	hidden   bool // protected: no statistics, bounds or dictionary
	unbound  bool // no bounds, for their order is not defined or not known
	encoding encoding.Encoding
}

// step leads from an Arrow array towards a leaf.
type step struct {
	kind     fieldKind
	nullable bool
	child    int // of a struct, or 0 and 1 for a map's keys and items
}

// outSchema is the Parquet form of an Arrow schema.
type outSchema struct {
	root    *outNode
	leaves  []*outLeaf
	columns []int // top-level field of each leaf
	hints   map[string]hint
}

func newOutSchema(schema *arrow.Schema, protected []string) (*outSchema, error) {
	s := &outSchema{root: &outNode{name: "schema", typ: pq.Group{}.Type()}, hints: map[string]hint{}}
	names := map[string]bool{}
	for i, f := range schema.Fields() {
		if names[f.Name] {
			return nil, fmt.Errorf("two columns named %q", f.Name)
		}
		names[f.Name] = true
		n, err := s.node(f, nil, nil)
		if err != nil {
			return nil, err
		}
		s.root.fields = append(s.root.fields, n)
		for len(s.columns) < len(s.leaves) {
			s.columns = append(s.columns, i)
		}
	}
	if len(s.leaves) == 0 {
		return nil, unsupported("a Parquet file without columns")
	}
	for _, name := range protected {
		if !names[name] {
			return nil, fmt.Errorf("protected column %q is not in the table", name)
		}
		for _, l := range s.leaves {
			l.hidden = l.hidden || l.path[0] == name
		}
	}
	return s, nil
}

// node builds the node of a field below a path.
func (s *outSchema) node(f arrow.Field, path []string, steps []step) (*outNode, error) {
	n := &outNode{name: f.Name}
	if f.Nullable || f.Type.ID() == arrow.NULL {
		n.repetition = format.Optional
	}
	path = append(slices.Clone(path), f.Name)
	here := func(kind fieldKind, child int) []step {
		return append(slices.Clone(steps), step{kind: kind, nullable: n.Optional(), child: child})
	}
	var err error
	switch t := f.Type.(type) {
	case *arrow.StructType:
		if t.NumFields() == 0 {
			return nil, unsupported("column %q: a struct without fields", f.Name)
		}
		n.typ = pq.Group{}.Type()
		err = s.children(n, t.Fields(), path, here, structField)
	case *arrow.MapType:
		n.typ = pq.Map(pq.Leaf(pq.BooleanType), pq.Leaf(pq.BooleanType)).Type()
		inner := &outNode{name: "key_value", typ: pq.Group{}.Type(), repetition: format.Repeated}
		n.fields = []pq.Field{inner}
		key := arrow.Field{Name: "key", Type: t.KeyType()}
		item := arrow.Field{Name: "value", Type: t.ItemType(), Nullable: t.ItemField().Nullable}
		err = s.children(inner, []arrow.Field{key, item}, append(path, inner.name), here, mapField)
	case arrow.ListLikeType:
		n.typ = pq.List(pq.Leaf(pq.BooleanType)).Type()
		inner := &outNode{name: "list", typ: pq.Group{}.Type(), repetition: format.Repeated}
		n.fields = []pq.Field{inner}
		elem := t.ElemField()
		elem.Name = "element"
		err = s.children(inner, []arrow.Field{elem}, append(path, inner.name), here, listField)
	default:
		leaf := &outLeaf{index: len(s.leaves), path: path, typ: f.Type, steps: here(leafField, 0)}
		if d, ok := f.Type.(*arrow.DictionaryType); ok {
			leaf.typ = d.ValueType
		}
		if n.typ, err = leafType(leaf.typ); err != nil {
			return nil, unsupported("column %q: %v", f.Name, err)
		}
		switch leaf.typ.ID() {
		case arrow.DECIMAL256, arrow.FLOAT16, arrow.NULL:
			leaf.unbound = true
		case arrow.DECIMAL128:
			// parquet-go v0.32 orders fixed-size decimals as unsigned bytes.
			leaf.unbound = leaf.typ.(*arrow.Decimal128Type).Precision > 18
		}
		if h, ok := hintOf(leaf.typ); ok {
			s.hints[dotted(path)] = h
		}
		n.leaf = leaf
		s.leaves = append(s.leaves, leaf)
	}
	return n, err
}

func (s *outSchema) children(n *outNode, fields []arrow.Field, path []string, here func(fieldKind, int) []step, kind fieldKind) error {
	for i, f := range fields {
		c, err := s.node(f, path, here(kind, i))
		if err != nil {
			return err
		}
		n.fields = append(n.fields, c)
	}
	return nil
}

func (s *outSchema) hintsJSON() string {
	b, _ := json.Marshal(s.hints) // maps marshal in key order
	return string(b)
}

func dotted(path []string) string {
	out := path[0]
	for _, p := range path[1:] {
		out += "." + p
	}
	return out
}

// leafType maps an Arrow type to a Parquet type.
func leafType(t arrow.DataType) (pq.Type, error) {
	unit := func(u arrow.TimeUnit) pq.TimeUnit {
		switch u {
		case arrow.Microsecond:
			return pq.Microsecond
		case arrow.Nanosecond:
			return pq.Nanosecond
		}
		return pq.Millisecond // seconds are written as milliseconds
	}
	switch t := t.(type) {
	case *arrow.NullType:
		return &annotated{Type: pq.Int32Type, logical: format.LogicalType{Value: &format.NullType{}}}, nil
	case *arrow.BooleanType:
		return pq.BooleanType, nil
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		return pq.Int(t.(arrow.FixedWidthDataType).BitWidth()).Type(), nil
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return pq.Uint(t.(arrow.FixedWidthDataType).BitWidth()).Type(), nil
	case *arrow.Float16Type:
		return &annotated{Type: pq.FixedLenByteArrayType(2), logical: format.LogicalType{Value: &format.Float16Type{}}}, nil
	case *arrow.Float32Type:
		return pq.FloatType, nil
	case *arrow.Float64Type:
		return pq.DoubleType, nil
	case *arrow.StringType, *arrow.LargeStringType:
		return pq.String().Type(), nil
	case *arrow.BinaryType, *arrow.LargeBinaryType:
		return pq.ByteArrayType, nil
	case *arrow.FixedSizeBinaryType:
		if t.ByteWidth < 1 {
			return nil, fmt.Errorf("%s", t)
		}
		return pq.FixedLenByteArrayType(t.ByteWidth), nil
	case *arrow.Date32Type, *arrow.Date64Type:
		return pq.Date().Type(), nil
	case *arrow.Time32Type:
		return pq.Time(pq.Millisecond).Type(), nil
	case *arrow.Time64Type:
		return pq.Time(unit(t.Unit)).Type(), nil
	case *arrow.TimestampType:
		return pq.TimestampAdjusted(unit(t.Unit), t.TimeZone != "").Type(), nil
	case *arrow.DurationType:
		return pq.Int64Type, nil
	case *arrow.Decimal128Type:
		physical := pq.Int64Type
		if t.Precision > 18 {
			physical = pq.FixedLenByteArrayType(16)
		}
		return decimalType(t.Precision, t.Scale, physical)
	case *arrow.Decimal256Type:
		return decimalType(t.Precision, t.Scale, pq.FixedLenByteArrayType(32))
	}
	return nil, fmt.Errorf("type %s", t)
}

func decimalType(precision, scale int32, physical pq.Type) (pq.Type, error) {
	if scale < 0 || scale > precision {
		return nil, fmt.Errorf("decimal(%d, %d)", precision, scale)
	}
	converted := deprecated.Decimal
	return &annotated{
		Type: physical, converted: &converted,
		logical: format.LogicalType{Value: &format.DecimalType{Precision: precision, Scale: scale}},
	}, nil
}
