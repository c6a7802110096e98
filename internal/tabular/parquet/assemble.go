package parquet

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

var errLengths = errors.New("columns of one group disagree about its length")

// assemble builds the array of a field from what its columns read.
func (f *field) assemble(batches []*batch) (arrow.ArrayData, error) {
	switch f.kind {
	case leafField:
		b := batches[f.column]
		if b.defs != nil {
			b.slotsOf(f)
		}
		return f.values(b)
	case structField:
		return f.assembleStruct(batches)
	default:
		return f.assembleList(batches)
	}
}

// slotsOf derives the leaf's slots and validity from its levels.
func (b *batch) slotsOf(f *field) {
	b.valid = make([]byte, bitutil.BytesForBits(int64(len(b.defs))))
	b.slots, b.nulls = 0, 0
	for _, d := range b.defs {
		if int(d) < f.slotDef {
			continue
		}
		if int(d) == f.def {
			b.valid[b.slots>>3] |= 1 << (b.slots & 7)
		} else {
			b.nulls++
		}
		b.slots++
	}
}

func (f *field) assembleStruct(batches []*batch) (arrow.ArrayData, error) {
	lv := batches[f.first().column].levels
	valid := newValidity(len(lv.defs))
	for i, d := range lv.defs {
		if int(d) < f.slotDef || (lv.reps != nil && int(lv.reps[i]) > f.rep) {
			continue
		}
		valid.append(!f.Nullable || int(d) >= f.def)
	}
	children := make([]arrow.ArrayData, len(f.children))
	for i, c := range f.children {
		var err error
		if children[i], err = c.assemble(batches); err != nil {
			return nil, err
		}
		if children[i].Len() != valid.n {
			return nil, errLengths
		}
	}
	return array.NewData(f.Type, valid.n, []*memory.Buffer{valid.buffer()}, children, valid.nulls, 0), nil
}

func (f *field) assembleList(batches []*batch) (arrow.ArrayData, error) {
	lv := batches[f.first().column].levels
	valid := newValidity(len(lv.defs))
	offsets := make([]int32, 0, len(lv.defs)+1)
	count := int32(0)
	for i, d := range lv.defs {
		if int(d) < f.slotDef || int(lv.reps[i]) > f.elemRep {
			continue
		}
		if int(lv.reps[i]) == f.elemRep {
			count++
			continue
		}
		offsets = append(offsets, count)
		valid.append(!f.Nullable || int(d) >= f.def)
		if int(d) >= f.elemDef {
			count++
		}
	}
	offsets = append(offsets, count)
	var child arrow.ArrayData
	if f.kind == listField {
		var err error
		if child, err = f.children[0].assemble(batches); err != nil {
			return nil, err
		}
	} else {
		pair := make([]arrow.ArrayData, 2)
		for i, c := range f.children {
			var err error
			if pair[i], err = c.assemble(batches); err != nil {
				return nil, err
			}
		}
		if pair[0].Len() != pair[1].Len() {
			return nil, errLengths
		}
		elem := f.Type.(*arrow.MapType).Elem()
		child = array.NewData(elem, pair[0].Len(), []*memory.Buffer{nil}, pair, 0, 0)
	}
	if child.Len() != int(count) {
		return nil, errLengths
	}
	bufs := []*memory.Buffer{valid.buffer(), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets))}
	return array.NewData(f.Type, valid.n, bufs, []arrow.ArrayData{child}, valid.nulls, 0), nil
}

// validity is a growing validity bitmap.
type validity struct {
	bits     []byte
	n, nulls int
}

func newValidity(capacity int) *validity {
	return &validity{bits: make([]byte, bitutil.BytesForBits(int64(capacity)))}
}

func (v *validity) append(ok bool) {
	if ok {
		v.bits[v.n>>3] |= 1 << (v.n & 7)
	} else {
		v.nulls++
	}
	v.n++
}

func (v *validity) buffer() *memory.Buffer {
	if v.nulls == 0 {
		return nil
	}
	return memory.NewBufferBytes(v.bits)
}
