package transform

import (
	"bytes"
	"errors"
	"hash/maphash"
	"math"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// kernel appends the image of one value to dst. ok = false makes the cell null:
// the safe answer where a value cannot be rewritten. A kernel may keep scratch
// space; one goroutine uses it at a time.
type kernel func(dst, v []byte) (out []byte, ok bool)

// textMap applies kernels to whole arrays, giving utf8 arrays.
type textMap struct {
	kernels sync.Pool // of kernel: scratch space is reused from batch to batch
	// width is the expected output bytes of a value, to reserve space;
	// 0 = as long as the input.
	width int
	// remember lets equal values of a batch share one evaluation: worth it for
	// kernels that cost much more than hashing the value.
	remember bool
}

func newTextMap(width int, remember bool, newKernel func() kernel) *textMap {
	return &textMap{kernels: sync.Pool{New: func() any { return newKernel() }}, width: width, remember: remember}
}

// textType is the type of text made from values of type t.
func textType(t arrow.DataType) arrow.DataType {
	if valueType(t).ID() == arrow.LARGE_STRING {
		return arrow.BinaryTypes.LargeString
	}
	return arrow.BinaryTypes.String
}

// errTooLarge: offsets of a utf8 array are 32 bits wide.
var errTooLarge = errors.New("transform: the output text of one batch exceeds 2 GiB; use smaller batches or large_utf8")

// apply maps every non-null value of arr.
func (m *textMap) apply(arr arrow.Array) (arrow.Array, error) {
	k := m.kernels.Get().(kernel)
	defer m.kernels.Put(k)
	switch a := arr.(type) {
	case *array.String:
		offsets, data := textBuffers[int32](a)
		return mapText(m, k, a, offsets, data)
	case *array.LargeString:
		offsets, data := textBuffers[int64](a)
		return mapText(m, k, a, offsets, data)
	}
	cells, err := Cells(arr)
	if err != nil {
		return nil, err
	}
	var buf []byte
	out := newTextOut[int32](arr, max(m.width, 8)*arr.Len())
	for i := range arr.Len() {
		if arr.IsValid(i) {
			buf = cells(i, buf)
			d, ok := k(out.data, buf)
			out.put(i, d, ok)
		}
		out.end(i)
	}
	return out.finish()
}

// textBuffers returns the offsets (n+1) and bytes of a string array.
func textBuffers[O int32 | int64](arr arrow.Array) ([]O, []byte) {
	d := arr.Data()
	if d.Len() == 0 {
		return make([]O, 1), nil
	}
	offsets := arrow.GetData[O](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()+1]
	if b := d.Buffers()[2]; b != nil {
		return offsets, b.Bytes()
	}
	return offsets, nil
}

// The memo of a batch: direct-mapped, so its size is bounded and a miss costs
// one probe. After memoTrial rows without enough repeats it is left alone.
const (
	memoSlots = 8192
	memoTrial = 8192
	memoShare = 8 // at least one repeat in this many rows
)

var memoSeed = maphash.MakeSeed()

func mapText[O int32 | int64](m *textMap, k kernel, arr arrow.Array, offsets []O, data []byte) (arrow.Array, error) {
	n := arr.Len()
	size := int(offsets[n] - offsets[0])
	if m.width > 0 {
		size = m.width * (n - arr.NullN())
	}
	out := newTextOut[O](arr, size)
	someNull := arr.NullN() > 0
	var memo []int32
	if m.remember && n >= 64 {
		memo = make([]int32, memoSlots)
	}
	hits := 0
	for i := range n {
		if someNull && arr.IsNull(i) {
			out.end(i)
			continue
		}
		v := data[offsets[i]:offsets[i+1]]
		if memo != nil {
			slot := &memo[maphash.Bytes(memoSeed, v)%memoSlots]
			if j := int(*slot) - 1; j >= 0 && bytes.Equal(data[offsets[j]:offsets[j+1]], v) {
				hits++
				out.repeat(i, j)
				out.end(i)
				continue
			}
			*slot = int32(i + 1)
			if i == memoTrial && hits*memoShare < memoTrial {
				memo = nil
			}
		}
		d, ok := k(out.data, v)
		out.put(i, d, ok)
		out.end(i)
	}
	return out.finish()
}

// textOut collects the offsets, bytes and nulls of a string array.
type textOut[O int32 | int64] struct {
	in      arrow.Array
	offsets []O
	data    []byte
	nulled  []byte // bitmap of cells that the kernel made null; nil = none
}

func newTextOut[O int32 | int64](in arrow.Array, size int) *textOut[O] {
	return &textOut[O]{in: in, offsets: make([]O, in.Len()+1), data: make([]byte, 0, size)}
}

func (o *textOut[O]) put(i int, data []byte, ok bool) {
	if ok {
		o.data = data
		return
	}
	if o.nulled == nil {
		o.nulled = make([]byte, bitutil.BytesForBits(int64(o.in.Len())))
	}
	bitutil.SetBit(o.nulled, i)
}

// repeat gives cell i what cell j < i got.
func (o *textOut[O]) repeat(i, j int) {
	if o.nulled != nil && bitutil.BitIsSet(o.nulled, j) {
		bitutil.SetBit(o.nulled, i)
		return
	}
	o.data = append(o.data, o.data[o.offsets[j]:o.offsets[j+1]]...)
}

func (o *textOut[O]) end(i int) {
	o.offsets[i+1] = O(len(o.data))
}

func (o *textOut[O]) finish() (arrow.Array, error) {
	var t arrow.DataType = arrow.BinaryTypes.LargeString
	if _, narrow := any(o.offsets).([]int32); narrow {
		if len(o.data) > math.MaxInt32 {
			return nil, errTooLarge
		}
		t = arrow.BinaryTypes.String
	}
	valid, nulls := validity(o.in), o.in.NullN()
	if o.nulled != nil {
		n := o.in.Len()
		bits := make([]byte, bitutil.BytesForBits(int64(n)))
		for i := range n {
			if o.in.IsValid(i) && !bitutil.BitIsSet(o.nulled, i) {
				bitutil.SetBit(bits, i)
			}
		}
		nulls = n - bitutil.CountSetBits(bits, 0, n)
		valid = memory.NewBufferBytes(bits)
	}
	data := array.NewData(t, o.in.Len(), []*memory.Buffer{valid, memory.NewBufferBytes(arrow.GetBytes(o.offsets)), memory.NewBufferBytes(o.data)}, nil, nulls, 0)
	defer data.Release()
	if valid != nil {
		defer valid.Release()
	}
	return array.MakeFromData(data), nil
}
