package parquet

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// values builds a leaf's array: the present values converted to Arrow's form
// and spread over the slots that are not null.
func (f *field) values(b *batch) (arrow.ArrayData, error) {
	if f.conv.typ.ID() == arrow.NULL {
		return array.NewData(arrow.Null, b.slots, []*memory.Buffer{nil}, nil, b.slots, 0), nil
	}
	bufs := make([]*memory.Buffer, 1, 3)
	if b.nulls > 0 {
		bufs[0] = memory.NewBufferBytes(b.valid)
	}
	d := b.dense
	if d.keep {
		return f.dictionaryValues(b, bufs)
	}
	switch t := f.Type.(type) {
	case *arrow.BooleanType:
		bufs = append(bufs, memory.NewBufferBytes(b.bits()))
	case *arrow.StringType, *arrow.BinaryType:
		offsets := arrow.Int32Traits.CastToBytes(spreadOffsets(b))
		bufs = append(bufs, memory.NewBufferBytes(offsets), memory.NewBufferBytes(d.data))
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		narrow := spreadOffsets(b)
		wide := make([]int64, len(narrow))
		for i, o := range narrow {
			wide[i] = int64(o)
		}
		bufs = append(bufs, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(wide)), memory.NewBufferBytes(d.data))
	default:
		fixed := d.fixed
		if f.conv.fixed != nil {
			var err error
			if fixed, err = f.conv.fixed(d); err != nil {
				return nil, err
			}
		}
		width := t.(arrow.FixedWidthDataType).Bytes()
		bufs = append(bufs, memory.NewBufferBytes(spread(fixed, width, b)))
	}
	return array.NewData(f.Type, b.slots, bufs, nil, b.nulls, 0), nil
}

// spread moves present values to their slots; without nulls nothing moves.
func spread(dense []byte, width int, b *batch) []byte {
	if b.nulls == 0 {
		return dense
	}
	out := make([]byte, b.slots*width)
	at := 0
	for i := range b.slots {
		if b.valid[i>>3]&(1<<(i&7)) != 0 {
			copy(out[i*width:(i+1)*width], dense[at:])
			at += width
		}
	}
	return out
}

func spreadOffsets(b *batch) []int32 {
	if b.nulls == 0 {
		return b.dense.offsets
	}
	out := make([]int32, b.slots+1)
	at := 0
	for i := range b.slots {
		at += int(b.valid[i>>3] >> (i & 7) & 1)
		out[i+1] = b.dense.offsets[at]
	}
	return out
}

func (b *batch) bits() []byte {
	out := make([]byte, bitutil.BytesForBits(int64(b.slots)))
	at := 0
	for i := range b.slots {
		if b.nulls > 0 && b.valid[i>>3]&(1<<(i&7)) == 0 {
			continue
		}
		out[i>>3] |= b.dense.fixed[at] << (i & 7)
		at++
	}
	return out
}

// dictionaryValues builds a dictionary array whose dictionary is that of the
// column chunk, or those of several chunks one after another.
func (f *field) dictionaryValues(b *batch, bufs []*memory.Buffer) (arrow.ArrayData, error) {
	d := b.dense
	values := newDense(byteArrays, d.partEnd, 0, false)
	if len(d.parts) == 1 {
		values = &d.parts[0].dense
	} else {
		for _, p := range d.parts {
			if err := values.room(len(p.data)); err != nil {
				return nil, err
			}
			base := int32(len(values.data))
			values.data = append(values.data, p.data...)
			for _, o := range p.offsets[1:] {
				values.offsets = append(values.offsets, base+o)
			}
			values.n += p.n
		}
	}
	typ := f.Type.(*arrow.DictionaryType)
	dict := array.NewData(typ.ValueType, values.n, []*memory.Buffer{
		nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(values.offsets)), memory.NewBufferBytes(values.data),
	}, nil, 0, 0)
	indices := spread(arrow.Int32Traits.CastToBytes(d.indices), 4, b)
	bufs = append(bufs, memory.NewBufferBytes(indices))
	return array.NewDataWithDictionary(typ, b.slots, bufs, b.nulls, 0, dict), nil
}
