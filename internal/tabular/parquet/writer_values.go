package parquet

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	pq "github.com/parquet-go/parquet-go"
)

// cells gives access to one array's values as Parquet values.
type cells struct {
	null  func(i int) bool
	value func(i int) pq.Value
	size  func(i int) int // bytes of a value of variable size; nil where fixed
}

// cellsOf resolves an array's type once, so that the loops over its values
// only call.
func cellsOf(a arrow.Array) (cells, error) {
	c := cells{null: a.IsNull}
	switch a := a.(type) {
	case *array.Null:
		c.null = func(int) bool { return true }
	case *array.Boolean:
		c.value = func(i int) pq.Value { return pq.BooleanValue(a.Value(i)) }
	case *array.Int8:
		c.value = func(i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) }
	case *array.Int16:
		c.value = func(i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) }
	case *array.Int32:
		c.value = func(i int) pq.Value { return pq.Int32Value(a.Value(i)) }
	case *array.Int64:
		c.value = func(i int) pq.Value { return pq.Int64Value(a.Value(i)) }
	case *array.Uint8:
		c.value = func(i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) }
	case *array.Uint16:
		c.value = func(i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) }
	case *array.Uint32:
		c.value = func(i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) }
	case *array.Uint64:
		c.value = func(i int) pq.Value { return pq.Int64Value(int64(a.Value(i))) }
	case *array.Float16:
		c.value = func(i int) pq.Value {
			v := a.Value(i).Uint16()
			return pq.FixedLenByteArrayValue([]byte{byte(v), byte(v >> 8)})
		}
	case *array.Float32:
		c.value = func(i int) pq.Value { return pq.FloatValue(a.Value(i)) }
	case *array.Float64:
		c.value = func(i int) pq.Value { return pq.DoubleValue(a.Value(i)) }
	case *array.String:
		if a.Len() == 0 {
			break
		}
		all, offsets := a.ValueBytes(), a.ValueOffsets()
		base := offsets[0]
		c.value = func(i int) pq.Value { return pq.ByteArrayValue(all[offsets[i]-base : offsets[i+1]-base]) }
		c.size = func(i int) int { return int(offsets[i+1] - offsets[i]) }
	case *array.LargeString:
		if a.Len() == 0 {
			break
		}
		all, offsets := a.ValueBytes(), a.ValueOffsets()
		base := offsets[0]
		c.value = func(i int) pq.Value { return pq.ByteArrayValue(all[offsets[i]-base : offsets[i+1]-base]) }
		c.size = func(i int) int { return int(offsets[i+1] - offsets[i]) }
	case *array.Binary:
		c.value = func(i int) pq.Value { return pq.ByteArrayValue(a.Value(i)) }
		c.size = a.ValueLen
	case *array.LargeBinary:
		c.value = func(i int) pq.Value { return pq.ByteArrayValue(a.Value(i)) }
		c.size = func(i int) int { return len(a.Value(i)) }
	case *array.FixedSizeBinary:
		c.value = func(i int) pq.Value { return pq.FixedLenByteArrayValue(a.Value(i)) }
	case *array.Date32:
		c.value = func(i int) pq.Value { return pq.Int32Value(int32(a.Value(i))) }
	case *array.Date64:
		c.value = func(i int) pq.Value { return pq.Int32Value(int32(floorDiv(int64(a.Value(i)), 86_400_000))) }
	case *array.Time32:
		scale := int32(1)
		if a.DataType().(*arrow.Time32Type).Unit == arrow.Second {
			scale = 1000
		}
		c.value = func(i int) pq.Value { return pq.Int32Value(int32(a.Value(i)) * scale) }
	case *array.Time64:
		c.value = func(i int) pq.Value { return pq.Int64Value(int64(a.Value(i))) }
	case *array.Timestamp:
		scale := int64(1)
		if a.DataType().(*arrow.TimestampType).Unit == arrow.Second {
			scale = 1000
		}
		c.value = func(i int) pq.Value { return pq.Int64Value(int64(a.Value(i)) * scale) }
	case *array.Duration:
		c.value = func(i int) pq.Value { return pq.Int64Value(int64(a.Value(i))) }
	case *array.Decimal128:
		if a.DataType().(*arrow.Decimal128Type).Precision <= 18 {
			c.value = func(i int) pq.Value { return pq.Int64Value(int64(a.Value(i).LowBits())) }
		} else {
			c.value = func(i int) pq.Value { return pq.FixedLenByteArrayValue(bigEndian128(a.Value(i))) }
		}
	case *array.Decimal256:
		c.value = func(i int) pq.Value {
			words := a.Value(i).Array() // least significant first
			b := make([]byte, 0, 32)
			for k := 3; k >= 0; k-- {
				b = appendBigEndian(b, words[k])
			}
			return pq.FixedLenByteArrayValue(b)
		}
	case *array.Dictionary:
		inner, err := cellsOf(a.Dictionary())
		if err != nil {
			return c, err
		}
		c.null = func(i int) bool { return a.IsNull(i) || inner.null(a.GetValueIndex(i)) }
		c.value = func(i int) pq.Value { return inner.value(a.GetValueIndex(i)) }
		if inner.size != nil {
			c.size = func(i int) int { return inner.size(a.GetValueIndex(i)) }
		}
	default:
		return c, fmt.Errorf("array of type %s", a.DataType())
	}
	return c, nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func bigEndian128(v decimal128.Num) []byte {
	return appendBigEndian(appendBigEndian(make([]byte, 0, 16), uint64(v.HighBits())), v.LowBits())
}

func appendBigEndian(b []byte, v uint64) []byte {
	n := len(b)
	for range 8 {
		b = append(b, byte(v))
		v >>= 8
	}
	slices.Reverse(b[n:])
	return b
}
