package transform

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// elementwise is a transform whose output cell depends on its input cell alone.
// Over a dictionary column it rewrites the dictionary once and keeps the
// indices.
type elementwise struct {
	col   Column
	out   arrow.DataType
	props Properties
	apply func(values arrow.Array) (arrow.Array, error)
}

// valueType is t without a dictionary around it.
func valueType(t arrow.DataType) arrow.DataType {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return d.ValueType
	}
	return t
}

// newElementwise lifts a function over plain arrays of col's value type, which
// yields arrays of type out, to the column.
func newElementwise(col Column, out arrow.DataType, props Properties, apply func(arrow.Array) (arrow.Array, error)) *elementwise {
	if d, ok := col.Type.(*arrow.DictionaryType); ok {
		out = &arrow.DictionaryType{IndexType: d.IndexType, ValueType: out, Ordered: false}
	}
	return &elementwise{col: col, out: out, props: props, apply: apply}
}

func (e *elementwise) OutputType() arrow.DataType { return e.out }
func (e *elementwise) Properties() Properties     { return e.props }

func (e *elementwise) Apply(ctx context.Context, rec arrow.Record, col int) (arrow.Array, error) {
	arr, err := input(ctx, rec, col, e.col)
	if err != nil {
		return nil, err
	}
	d, ok := arr.(*array.Dictionary)
	if !ok {
		return e.apply(arr)
	}
	values, err := e.apply(d.Dictionary())
	if err != nil {
		return nil, err
	}
	defer values.Release()
	indices := d.Indices()
	if values.NullN() > 0 {
		indices = nullIndices(d, values)
		defer indices.Release()
	}
	return array.NewDictionaryArray(e.out, indices, values), nil
}

// input returns column col of rec after checking that it is what the transform
// was built for.
func input(ctx context.Context, rec arrow.Record, col int, want Column) (arrow.Array, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if col < 0 || int64(col) >= rec.NumCols() {
		return nil, fmt.Errorf("transform: column %q: position %d is not in the record", want.Name, col)
	}
	arr := rec.Column(col)
	if !arrow.TypeEqual(arr.DataType(), want.Type) {
		return nil, fmt.Errorf("transform: column %q: has type %s, the transform was built for %s", want.Name, arr.DataType(), want.Type)
	}
	return arr, nil
}

// nullIndices returns d's indices with a null wherever the new dictionary value
// is null, so that readers need not look for nulls inside dictionaries.
func nullIndices(d *array.Dictionary, values arrow.Array) arrow.Array {
	n := d.Len()
	bits := make([]byte, bitutil.BytesForBits(int64(n)))
	nulls := 0
	for i := range n {
		if d.IsNull(i) || values.IsNull(d.GetValueIndex(i)) {
			nulls++
			continue
		}
		bitutil.SetBit(bits, i)
	}
	src := d.Indices().Data()
	width := src.DataType().(arrow.FixedWidthDataType).Bytes()
	raw := src.Buffers()[1].Bytes()[src.Offset()*width : (src.Offset()+n)*width]
	data := array.NewData(src.DataType(), n, []*memory.Buffer{memory.NewBufferBytes(bits), memory.NewBufferBytes(raw)}, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// validity returns arr's null bitmap aligned to bit 0 (shared when it already
// is), or nil when nothing is null.
func validity(arr arrow.Array) *memory.Buffer {
	if arr.NullN() == 0 {
		return nil
	}
	data := arr.Data()
	if data.Offset() == 0 {
		if b := data.Buffers()[0]; b != nil {
			b.Retain()
			return b
		}
	}
	bits := make([]byte, bitutil.BytesForBits(int64(arr.Len())))
	if b := arr.NullBitmapBytes(); len(b) > 0 {
		bitutil.CopyBitmap(b, data.Offset(), arr.Len(), bits, 0)
	}
	return memory.NewBufferBytes(bits)
}

// fixed builds an array of a fixed-width type over values, with arr's nulls.
func fixed[T arrow.FixedWidthType](arr arrow.Array, out arrow.DataType, values []T) arrow.Array {
	valid := validity(arr)
	data := array.NewData(out, arr.Len(), []*memory.Buffer{valid, memory.NewBufferBytes(arrow.GetBytes(values))}, nil, arr.NullN(), 0)
	defer data.Release()
	if valid != nil {
		defer valid.Release()
	}
	return array.MakeFromData(data)
}

// mapFixed rewrites the values of a fixed-width array; null cells are not
// touched.
func mapFixed[T arrow.FixedWidthType](arr arrow.Array, f func(T) T) arrow.Array {
	in := arrow.GetValues[T](arr.Data(), 1)
	out := make([]T, arr.Len())
	if arr.NullN() == 0 {
		for i, v := range in {
			out[i] = f(v)
		}
		return fixed(arr, arr.DataType(), out)
	}
	for i, v := range in {
		if arr.IsValid(i) {
			out[i] = f(v)
		}
	}
	return fixed(arr, arr.DataType(), out)
}

// withNulls returns arr with the rows lost made null too; it takes over arr.
func withNulls(arr arrow.Array, lost []int) arrow.Array {
	if len(lost) == 0 {
		return arr
	}
	defer arr.Release()
	n := arr.Len()
	bits := make([]byte, bitutil.BytesForBits(int64(n)))
	for i := range n {
		if arr.IsValid(i) {
			bitutil.SetBit(bits, i)
		}
	}
	for _, i := range lost {
		bitutil.ClearBit(bits, i)
	}
	buffers := append([]*memory.Buffer{memory.NewBufferBytes(bits)}, arr.Data().Buffers()[1:]...)
	data := array.NewData(arr.DataType(), n, buffers, nil, n-bitutil.CountSetBits(bits, 0, n), 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// fixedBuffers are the buffers of a fixed-width array without nulls.
func fixedBuffers[T arrow.FixedWidthType](values []T) []*memory.Buffer {
	return []*memory.Buffer{nil, memory.NewBufferBytes(arrow.GetBytes(values))}
}
