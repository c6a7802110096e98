package cell

import (
	"encoding/base64"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Parse appends one value, read from its text, to a builder. It returns false
// and appends nothing when the text is not a value of the builder's type.
type Parse func(b []byte) bool

// Parser returns the parser that feeds bld. Text that Text writes reads back
// as the same value. Types without one match tabular.ErrUnsupported.
func Parser(bld array.Builder) (Parse, error) {
	switch b := bld.(type) {
	case *array.BooleanBuilder:
		return func(s []byte) bool {
			v, ok := ParseBool(s)
			if !ok {
				n, isInt := ParseInt(s) // 0 and 1 where boolean is declared
				v, ok = n == 1, isInt && (n == 0 || n == 1)
			}
			if ok {
				b.Append(v)
			}
			return ok
		}, nil
	case *array.Int8Builder:
		return intParser(b.Append), nil
	case *array.Int16Builder:
		return intParser(b.Append), nil
	case *array.Int32Builder:
		return intParser(b.Append), nil
	case *array.Int64Builder:
		return func(s []byte) bool {
			v, ok := ParseInt(s)
			if ok {
				b.Append(v)
			}
			return ok
		}, nil
	case *array.Uint8Builder:
		return uintParser(b.Append), nil
	case *array.Uint16Builder:
		return uintParser(b.Append), nil
	case *array.Uint32Builder:
		return uintParser(b.Append), nil
	case *array.Uint64Builder:
		return uintParser(b.Append), nil
	case *array.Float32Builder:
		return func(s []byte) bool {
			v, ok := ParseFloat(s, 32)
			if ok {
				b.Append(float32(v))
			}
			return ok
		}, nil
	case *array.Float64Builder:
		return func(s []byte) bool {
			v, ok := ParseFloat(s, 64)
			if ok {
				b.Append(v)
			}
			return ok
		}, nil
	case *array.Decimal128Builder:
		t := b.Type().(*arrow.Decimal128Type)
		return func(s []byte) bool {
			v, ok := ParseDecimal(s, t.Precision, t.Scale)
			if ok {
				b.Append(v)
			}
			return ok
		}, nil
	}
	return calendarParser(bld)
}

func calendarParser(bld array.Builder) (Parse, error) {
	switch b := bld.(type) {
	case *array.Date32Builder:
		return func(s []byte) bool {
			v, ok := ParseISODate(s)
			if ok {
				b.Append(arrow.Date32(v))
			}
			return ok
		}, nil
	case *array.Date64Builder:
		return func(s []byte) bool {
			v, ok := ParseISODate(s)
			if ok {
				b.Append(arrow.Date64(int64(v) * 86_400_000))
			}
			return ok
		}, nil
	case *array.TimestampBuilder:
		t := b.Type().(*arrow.TimestampType)
		return func(s []byte) bool {
			us, zoned, ok := ParseTimestamp(s)
			v, exact := ticks(us, t.Unit)
			ok = ok && exact && (!zoned || t.TimeZone != "")
			if ok {
				b.Append(arrow.Timestamp(v))
			}
			return ok
		}, nil
	case *array.Time32Builder:
		unit := b.Type().(*arrow.Time32Type).Unit
		return func(s []byte) bool {
			us, ok := ParseTime(s)
			v, exact := ticks(us, unit)
			if ok && exact {
				b.Append(arrow.Time32(v))
			}
			return ok && exact
		}, nil
	case *array.Time64Builder:
		unit := b.Type().(*arrow.Time64Type).Unit
		return func(s []byte) bool {
			us, ok := ParseTime(s)
			v, exact := ticks(us, unit)
			if ok && exact {
				b.Append(arrow.Time64(v))
			}
			return ok && exact
		}, nil
	}
	return bytesParser(bld)
}

func bytesParser(bld array.Builder) (Parse, error) {
	switch b := bld.(type) {
	case *array.StringBuilder:
		return func(s []byte) bool { b.BinaryBuilder.Append(s); return true }, nil
	case *array.LargeStringBuilder:
		return func(s []byte) bool { b.BinaryBuilder.Append(s); return true }, nil
	case *array.BinaryDictionaryBuilder:
		return func(s []byte) bool { return b.Append(s) == nil }, nil
	case *array.BinaryBuilder:
		var scratch []byte
		return func(s []byte) bool {
			out, err := base64.StdEncoding.AppendDecode(scratch[:0], s)
			if err != nil {
				return false
			}
			scratch = out
			b.Append(out)
			return true
		}, nil
	}
	return nil, fmt.Errorf("%w: type %s is not read from text", tabular.ErrUnsupported, bld.Type())
}

// ticks converts microseconds to unit; exact is false where digits are lost or
// int64 overflows.
func ticks(us int64, unit arrow.TimeUnit) (v int64, exact bool) {
	switch unit {
	case arrow.Second:
		return us / 1_000_000, us%1_000_000 == 0
	case arrow.Millisecond:
		return us / 1_000, us%1_000 == 0
	case arrow.Nanosecond:
		return us * 1_000, us*1_000/1_000 == us
	}
	return us, true
}

func intParser[T signed](add func(T)) Parse {
	return func(s []byte) bool {
		v, ok := ParseInt(s)
		if !ok || int64(T(v)) != v {
			return false
		}
		add(T(v))
		return true
	}
}

func uintParser[T unsigned](add func(T)) Parse {
	return func(s []byte) bool {
		v, ok := ParseUint(s)
		if !ok || uint64(T(v)) != v {
			return false
		}
		add(T(v))
		return true
	}
}
