package schemas

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Tags of the canonical encoding of a cell.
const (
	tagText = 's' + iota
	tagBinary
	tagInteger
	tagUnsigned
	tagFloat
	tagDecimal
	tagBool
	tagMoment
	tagOther
)

// appendCell appends an encoding of row i that is equal for equal values, also
// when two columns store them in different widths, units or scales: int32 7
// and int64 7, or a timestamp in seconds and one in microseconds. The encoding
// is self-delimiting, so that those of several columns can be joined.
func appendCell(buf []byte, arr arrow.Array, i int) []byte {
	switch a := arr.(type) {
	case *array.String:
		return appendSized(append(buf, tagText), a.Value(i))
	case *array.LargeString:
		return appendSized(append(buf, tagText), a.Value(i))
	case *array.Int64:
		return binary.LittleEndian.AppendUint64(append(buf, tagInteger), uint64(a.Value(i)))
	case *array.Int8, *array.Int16, *array.Int32, *array.Duration:
		return binary.LittleEndian.AppendUint64(append(buf, tagInteger), uint64(signedAt(arr, i)))
	case *array.Uint8:
		return binary.LittleEndian.AppendUint64(append(buf, tagInteger), uint64(a.Value(i)))
	case *array.Uint16:
		return binary.LittleEndian.AppendUint64(append(buf, tagInteger), uint64(a.Value(i)))
	case *array.Uint32:
		return binary.LittleEndian.AppendUint64(append(buf, tagInteger), uint64(a.Value(i)))
	case *array.Uint64:
		if v := a.Value(i); v > math.MaxInt64 {
			return binary.LittleEndian.AppendUint64(append(buf, tagUnsigned), v)
		}
		return binary.LittleEndian.AppendUint64(append(buf, tagInteger), a.Value(i))
	case *array.Float64:
		return appendFloat(buf, a.Value(i))
	case *array.Float32:
		return appendFloat(buf, float64(a.Value(i)))
	case *array.Boolean:
		if a.Value(i) {
			return append(buf, tagBool, 1)
		}
		return append(buf, tagBool, 0)
	case *array.Date32, *array.Date64, *array.Timestamp, *array.Time32, *array.Time64:
		seconds, nanos := moment(arr, i)
		buf = binary.LittleEndian.AppendUint64(append(buf, tagMoment), uint64(seconds))
		return binary.LittleEndian.AppendUint32(buf, uint32(nanos))
	case *array.Decimal128:
		text := a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale)
		return appendSized(append(buf, tagDecimal), trimDecimal(text))
	case *array.Binary:
		return appendSized(append(buf, tagBinary), string(a.Value(i)))
	case *array.LargeBinary:
		return appendSized(append(buf, tagBinary), string(a.Value(i)))
	case *array.FixedSizeBinary:
		return appendSized(append(buf, tagBinary), string(a.Value(i)))
	case *array.Dictionary:
		return appendCell(buf, a.Dictionary(), a.GetValueIndex(i))
	}
	return appendSized(append(buf, tagOther), arr.ValueStr(i))
}

func appendSized(buf []byte, s string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

// appendFloat makes the two zeros equal, and all not-a-numbers.
func appendFloat(buf []byte, v float64) []byte {
	switch {
	case v == 0:
		v = 0
	case v != v:
		v = math.NaN()
	}
	return binary.LittleEndian.AppendUint64(append(buf, tagFloat), math.Float64bits(v))
}

func trimDecimal(s string) string {
	pointed := false
	for i := range len(s) {
		pointed = pointed || s[i] == '.'
	}
	for pointed && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if pointed && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

// cellOf returns a one-row array of type t that holds the value text spells.
func cellOf(t arrow.DataType, put func(array.Builder, string) bool, text string) (arrow.Array, bool) {
	b := array.NewBuilder(memory.DefaultAllocator, t)
	defer b.Release()
	if !put(b, text) {
		return nil, false
	}
	return b.NewArray(), true
}
