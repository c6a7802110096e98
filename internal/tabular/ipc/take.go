package ipc

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

var errIndex = errors.New("index outside the dictionary")

// take looks the indices of a dictionary array up. Indices are checked; an
// index to a null is a null.
func take(d arrow.ArrayData) (arrow.ArrayData, error) {
	a := array.NewDictionaryData(d)
	defer a.Release()
	dict := a.Dictionary()
	n := a.Len()
	index := make([]int, n) // -1 = null
	valid := make([]byte, bitutil.BytesForBits(int64(n)))
	nulls := 0
	for i := range n {
		index[i] = -1
		if a.IsValid(i) {
			k := a.GetValueIndex(i)
			if k < 0 || k >= dict.Len() {
				return nil, errIndex
			}
			if dict.IsValid(k) {
				index[i] = k
				bitutil.SetBit(valid, i)
				continue
			}
		}
		nulls++
	}
	bufs := []*memory.Buffer{memory.NewBufferBytes(valid)}
	if nulls == 0 {
		bufs[0] = nil
	}
	switch v := dict.(type) {
	case *array.String, *array.Binary, *array.LargeString, *array.LargeBinary:
		b, err := takeBytes(v, index)
		if err != nil {
			return nil, err
		}
		bufs = append(bufs, b...)
	case *array.Boolean:
		bits := make([]byte, len(valid))
		for i, k := range index {
			if k >= 0 && v.Value(k) {
				bitutil.SetBit(bits, i)
			}
		}
		bufs = append(bufs, memory.NewBufferBytes(bits))
	default:
		t, ok := dict.DataType().(arrow.FixedWidthDataType)
		if !ok || dict.DataType().ID() == arrow.DICTIONARY || len(dict.Data().Buffers()) != 2 {
			return nil, fmt.Errorf("%w: dictionaries of %s", tabular.ErrUnsupported, dict.DataType())
		}
		w := t.Bytes()
		out := make([]byte, n*w)
		if src := dict.Data().Buffers()[1]; src != nil {
			for i, k := range index {
				if k >= 0 {
					copy(out[i*w:(i+1)*w], src.Bytes()[(dict.Data().Offset()+k)*w:])
				}
			}
		}
		bufs = append(bufs, memory.NewBufferBytes(out))
	}
	return array.NewData(dict.DataType(), n, bufs, nil, nulls, 0), nil
}

// takeBytes gathers values of variable size into new offsets and bytes.
func takeBytes(dict arrow.Array, index []int) ([]*memory.Buffer, error) {
	var value func(k int) []byte
	wide := false
	switch v := dict.(type) {
	case *array.String:
		value = func(k int) []byte { return []byte(v.Value(k)) }
	case *array.Binary:
		value = v.Value
	case *array.LargeString:
		value, wide = func(k int) []byte { return []byte(v.Value(k)) }, true
	case *array.LargeBinary:
		value, wide = v.Value, true
	}
	offsets := make([]int64, len(index)+1)
	var data []byte
	for i, k := range index {
		if k >= 0 {
			data = append(data, value(k)...)
		}
		offsets[i+1] = int64(len(data))
	}
	if wide {
		return []*memory.Buffer{memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(offsets)), memory.NewBufferBytes(data)}, nil
	}
	if len(data) > 1<<31-1 {
		return nil, fmt.Errorf("%w: more than 2 GiB of text in one batch", tabular.ErrUnsupported)
	}
	narrow := make([]int32, len(offsets))
	for i, o := range offsets {
		narrow[i] = int32(o)
	}
	return []*memory.Buffer{memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(narrow)), memory.NewBufferBytes(data)}, nil
}
