package cell

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Append appends the text of the value at row i, which must not be null.
type Append func(dst []byte, i int) []byte

// Text returns the text form of arr's values: numbers in decimal, booleans as
// true and false, dates and times in ISO 8601 (zoned timestamps in UTC with
// Z), strings as they are, binary in base64, lists and structs as JSON. Other
// types match tabular.ErrUnsupported.
func Text(arr arrow.Array) (Append, error) {
	switch a := arr.(type) {
	case *array.Null:
		return func(dst []byte, _ int) []byte { return dst }, nil
	case *array.Boolean:
		return func(dst []byte, i int) []byte { return strconv.AppendBool(dst, a.Value(i)) }, nil
	case *array.Int8:
		return ints(a.Int8Values()), nil
	case *array.Int16:
		return ints(a.Int16Values()), nil
	case *array.Int32:
		return ints(a.Int32Values()), nil
	case *array.Int64:
		return ints(a.Int64Values()), nil
	case *array.Uint8:
		return uints(a.Uint8Values()), nil
	case *array.Uint16:
		return uints(a.Uint16Values()), nil
	case *array.Uint32:
		return uints(a.Uint32Values()), nil
	case *array.Uint64:
		return uints(a.Uint64Values()), nil
	case *array.Float32:
		return func(dst []byte, i int) []byte { return AppendFloat(dst, float64(a.Value(i)), 32) }, nil
	case *array.Float64:
		return func(dst []byte, i int) []byte { return AppendFloat(dst, a.Value(i), 64) }, nil
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		return func(dst []byte, i int) []byte { return AppendDecimal(dst, a.Value(i), scale) }, nil
	case *array.Date32:
		return func(dst []byte, i int) []byte { return AppendDate(dst, int64(a.Value(i))) }, nil
	case *array.Date64:
		return func(dst []byte, i int) []byte { return AppendDate(dst, floorDiv(int64(a.Value(i)), 86_400_000)) }, nil
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		return func(dst []byte, i int) []byte {
			return AppendTimestamp(dst, int64(a.Value(i)), t.Unit, t.TimeZone != "")
		}, nil
	case *array.Time32:
		unit := a.DataType().(*arrow.Time32Type).Unit
		return func(dst []byte, i int) []byte { return AppendTime(dst, int64(a.Value(i)), unit) }, nil
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		return func(dst []byte, i int) []byte { return AppendTime(dst, int64(a.Value(i)), unit) }, nil
	case *array.String:
		return func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }, nil
	case *array.LargeString:
		return func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }, nil
	case *array.Binary:
		return func(dst []byte, i int) []byte { return base64.StdEncoding.AppendEncode(dst, a.Value(i)) }, nil
	case *array.LargeBinary:
		return func(dst []byte, i int) []byte { return base64.StdEncoding.AppendEncode(dst, a.Value(i)) }, nil
	case *array.FixedSizeBinary:
		return func(dst []byte, i int) []byte { return base64.StdEncoding.AppendEncode(dst, a.Value(i)) }, nil
	case *array.Dictionary:
		values, err := Text(a.Dictionary())
		if err != nil {
			return nil, err
		}
		return func(dst []byte, i int) []byte { return values(dst, a.GetValueIndex(i)) }, nil
	case array.ListLike, *array.Struct:
		return JSON(arr)
	}
	return nil, fmt.Errorf("%w: no text form for type %s", tabular.ErrUnsupported, arr.DataType())
}

type signed interface {
	~int8 | ~int16 | ~int32 | ~int64
}

type unsigned interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64
}

func ints[T signed](v []T) Append {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(v[i]), 10) }
}

func uints[T unsigned](v []T) Append {
	return func(dst []byte, i int) []byte { return strconv.AppendUint(dst, uint64(v[i]), 10) }
}
