package ipc

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// plainType is a type with its dictionaries replaced by their values.
func plainType(t arrow.DataType) arrow.DataType {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return plainType(t.ValueType)
	case *arrow.StructType:
		fields := t.Fields()
		for i := range fields {
			fields[i].Type = plainType(fields[i].Type)
		}
		return arrow.StructOf(fields...)
	case *arrow.MapType:
		m := arrow.MapOf(plainType(t.KeyType()), plainType(t.ItemType()))
		m.SetItemNullable(t.ItemField().Nullable)
		return m
	case *arrow.ListType:
		return arrow.ListOfField(plainField(t.ElemField()))
	case *arrow.LargeListType:
		return arrow.LargeListOfField(plainField(t.ElemField()))
	case *arrow.FixedSizeListType:
		return arrow.FixedSizeListOfField(t.Len(), plainField(t.ElemField()))
	}
	return t
}

func plainField(f arrow.Field) arrow.Field {
	f.Type = plainType(f.Type)
	return f
}

func plainSchema(s *arrow.Schema) *arrow.Schema {
	fields := s.Fields()
	for i := range fields {
		fields[i] = plainField(fields[i])
	}
	md := s.Metadata()
	return arrow.NewSchema(fields, &md)
}

// plain replaces the dictionary arrays in d by their values. The indices are
// checked. The result is a new reference.
func plain(d arrow.ArrayData) (arrow.ArrayData, error) {
	if _, ok := d.DataType().(*arrow.DictionaryType); ok {
		return take(d)
	}
	want := plainType(d.DataType())
	if arrow.TypeEqual(want, d.DataType()) {
		d.Retain()
		return d, nil
	}
	children := make([]arrow.ArrayData, len(d.Children()))
	defer func() {
		for _, c := range children {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, c := range d.Children() {
		var err error
		if children[i], err = plain(c); err != nil {
			return nil, err
		}
	}
	return array.NewData(want, d.Len(), d.Buffers(), children, d.NullN(), d.Offset()), nil
}
