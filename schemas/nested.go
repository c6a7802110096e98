package schemas

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// sameShape tells whether two nested types differ at most in the nullability,
// the names of list and map items, and the metadata of their fields: things
// that a type text does not carry and that readers set as they like.
func sameShape(a, b arrow.DataType) bool {
	if !arrow.IsNested(a.ID()) || a.ID() != b.ID() {
		return arrow.TypeEqual(a, b)
	}
	fa, fb := a.(arrow.NestedType).Fields(), b.(arrow.NestedType).Fields()
	if len(fa) != len(fb) {
		return false
	}
	for i := range fa {
		if a.ID() == arrow.STRUCT && fa[i].Name != fb[i].Name || !sameShape(fa[i].Type, fb[i].Type) {
			return false
		}
	}
	return true
}

// retype gives the data of an array another type of the same shape, without a
// copy.
func retype(d arrow.ArrayData, to arrow.DataType) arrow.ArrayData {
	if !arrow.IsNested(to.ID()) {
		d.Retain()
		return d
	}
	fields := to.(arrow.NestedType).Fields()
	children := make([]arrow.ArrayData, len(fields))
	for i, f := range fields {
		children[i] = retype(d.Children()[i], f.Type)
	}
	out := array.NewData(to, d.Len(), d.Buffers(), children, d.NullN(), d.Offset())
	for _, c := range children {
		c.Release()
	}
	return out
}

func reshape(to arrow.DataType) coercer {
	return func(arr arrow.Array, _ []uint16, _ uint16) arrow.Array {
		d := retype(arr.Data(), to)
		defer d.Release()
		return array.MakeFromData(d)
	}
}
