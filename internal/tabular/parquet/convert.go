package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

func unsupported(msg string, args ...any) error {
	return &tabular.Error{Kind: tabular.ErrUnsupported, Err: fmt.Errorf(msg, args...)}
}

// conversion says how stored values become those of an Arrow type.
type conversion struct {
	typ   arrow.DataType
	width int // of stored values, see dense
	// fixed rewrites stored values to fixed-size Arrow values; nil when the
	// stored bytes already are Arrow's, or are byte arrays.
	fixed func(d *dense) ([]byte, error)
}

var errDecimal = errors.New("decimal wider than its Arrow type")

// conversionOf maps a leaf's physical and logical type to Arrow. The hint
// restores what Parquet cannot say about files that Nocturne wrote.
func conversionOf(e *format.SchemaElement, h hint) (conversion, error) {
	c, err := plainConversion(e)
	if err != nil {
		return c, err
	}
	return h.apply(c), nil
}

func plainConversion(e *format.SchemaElement) (conversion, error) {
	logical := e.LogicalType.Value
	if logical == nil {
		logical = logicalOf(e)
	}
	if _, null := logical.(*format.NullType); null {
		return conversion{typ: arrow.Null, width: physicalWidth(e)}, nil
	}
	width := physicalWidth(e)
	c := conversion{width: width}
	switch e.Type.V {
	case format.Boolean:
		c.typ = arrow.FixedWidthTypes.Boolean
	case format.Int32:
		c.typ = arrow.PrimitiveTypes.Int32
		switch l := logical.(type) {
		case *format.IntType:
			return intConversion(l, 4)
		case *format.DateType:
			c.typ = arrow.FixedWidthTypes.Date32
		case *format.TimeType:
			c.typ = arrow.FixedWidthTypes.Time32ms
		case *format.DecimalType:
			return decimalConversion(l, width, littleEndian)
		}
	case format.Int64:
		c.typ = arrow.PrimitiveTypes.Int64
		switch l := logical.(type) {
		case *format.IntType:
			return intConversion(l, 8)
		case *format.TimeType:
			c.typ = &arrow.Time64Type{Unit: unitOf(l.Unit)}
		case *format.TimestampType:
			t := &arrow.TimestampType{Unit: unitOf(l.Unit)}
			if l.IsAdjustedToUTC {
				t.TimeZone = "UTC"
			}
			c.typ = t
		case *format.DecimalType:
			return decimalConversion(l, width, littleEndian)
		}
	case format.Int96:
		c.typ, c.fixed = &arrow.TimestampType{Unit: arrow.Nanosecond}, int96
	case format.Float:
		c.typ = arrow.PrimitiveTypes.Float32
	case format.Double:
		c.typ = arrow.PrimitiveTypes.Float64
	case format.ByteArray:
		c.typ = arrow.BinaryTypes.Binary
		switch l := logical.(type) {
		case *format.StringType, *format.EnumType, *format.JsonType:
			c.typ = arrow.BinaryTypes.String
		case *format.DecimalType:
			return decimalConversion(l, width, bigEndian)
		}
	case format.FixedLenByteArray:
		if width <= 0 || width > 1<<20 {
			return c, errors.New("fixed-size values of no usable size")
		}
		c.typ = &arrow.FixedSizeBinaryType{ByteWidth: width}
		switch l := logical.(type) {
		case *format.Float16Type:
			if width == 2 {
				c.typ = arrow.FixedWidthTypes.Float16
			}
		case *format.DecimalType:
			return decimalConversion(l, width, bigEndian)
		}
	default:
		return c, errors.New("unknown physical type")
	}
	return c, nil
}

func physicalWidth(e *format.SchemaElement) int {
	switch e.Type.V {
	case format.Boolean:
		return booleans
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	case format.FixedLenByteArray:
		return int(e.TypeLength.V)
	}
	return byteArrays
}

// logicalOf translates the converted type of older files.
func logicalOf(e *format.SchemaElement) format.LogicalTypeValue {
	if !e.ConvertedType.Valid {
		return nil
	}
	millis := format.TimeUnit{Value: &format.MilliSeconds{}}
	micros := format.TimeUnit{Value: &format.MicroSeconds{}}
	switch e.ConvertedType.V {
	case deprecated.UTF8:
		return &format.StringType{}
	case deprecated.Enum:
		return &format.EnumType{}
	case deprecated.Json:
		return &format.JsonType{}
	case deprecated.Decimal:
		return &format.DecimalType{Scale: e.Scale.V, Precision: e.Precision.V}
	case deprecated.Date:
		return &format.DateType{}
	case deprecated.TimeMillis:
		return &format.TimeType{IsAdjustedToUTC: true, Unit: millis}
	case deprecated.TimeMicros:
		return &format.TimeType{IsAdjustedToUTC: true, Unit: micros}
	case deprecated.TimestampMillis:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: millis}
	case deprecated.TimestampMicros:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: micros}
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return &format.IntType{BitWidth: 8 << (e.ConvertedType.V - deprecated.Uint8)}
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return &format.IntType{BitWidth: 8 << (e.ConvertedType.V - deprecated.Int8), IsSigned: true}
	}
	return nil
}

func unitOf(u format.TimeUnit) arrow.TimeUnit {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return arrow.Millisecond
	case *format.NanoSeconds:
		return arrow.Nanosecond
	}
	return arrow.Microsecond
}

func intConversion(l *format.IntType, width int) (conversion, error) {
	signed := map[int8]arrow.DataType{8: arrow.PrimitiveTypes.Int8, 16: arrow.PrimitiveTypes.Int16, 32: arrow.PrimitiveTypes.Int32, 64: arrow.PrimitiveTypes.Int64}
	unsigned := map[int8]arrow.DataType{8: arrow.PrimitiveTypes.Uint8, 16: arrow.PrimitiveTypes.Uint16, 32: arrow.PrimitiveTypes.Uint32, 64: arrow.PrimitiveTypes.Uint64}
	types := unsigned
	if l.IsSigned {
		types = signed
	}
	typ, ok := types[l.BitWidth]
	if !ok || int(l.BitWidth)/8 > width || (width == 8 && l.BitWidth != 64) {
		return conversion{}, errors.New("integer annotation of another size than the column's")
	}
	c := conversion{typ: typ, width: width}
	if to := int(l.BitWidth) / 8; to < width {
		c.fixed = func(d *dense) ([]byte, error) { return narrow(d.fixed, width, to), nil }
	}
	return c, nil
}

// narrow keeps the low bytes of little-endian integers.
func narrow(src []byte, from, to int) []byte {
	n := len(src) / from
	dst := make([]byte, n*to)
	for i := range n {
		copy(dst[i*to:(i+1)*to], src[i*from:])
	}
	return dst
}

// int96 turns the legacy timestamps (nanoseconds of the day, Julian day) into
// nanoseconds since 1970, wrapping like every other reader where they overflow.
func int96(d *dense) ([]byte, error) {
	const julianEpoch = 2440588
	dst := make([]byte, 8*d.n)
	for i := range d.n {
		v := d.fixed[12*i:]
		days := int64(binary.LittleEndian.Uint32(v[8:])) - julianEpoch
		ns := days*86_400_000_000_000 + int64(binary.LittleEndian.Uint64(v))
		binary.LittleEndian.PutUint64(dst[8*i:], uint64(ns))
	}
	return dst, nil
}

type byteOrder int

const (
	littleEndian byteOrder = iota
	bigEndian
)

// decimalConversion widens two's-complement integers to Arrow decimals.
func decimalConversion(l *format.DecimalType, width int, order byteOrder) (conversion, error) {
	if l.Precision < 1 || l.Precision > 76 || l.Scale < 0 || l.Scale > l.Precision {
		return conversion{}, errors.New("decimal precision or scale out of range")
	}
	c := conversion{width: width}
	to := 16
	if l.Precision <= 38 {
		c.typ = &arrow.Decimal128Type{Precision: l.Precision, Scale: l.Scale}
	} else {
		to, c.typ = 32, &arrow.Decimal256Type{Precision: l.Precision, Scale: l.Scale}
	}
	c.fixed = func(d *dense) ([]byte, error) {
		dst := make([]byte, to*d.n)
		for i := range d.n {
			var v []byte
			if width == byteArrays {
				v = d.data[d.offsets[i]:d.offsets[i+1]]
			} else {
				v = d.fixed[i*width : (i+1)*width]
			}
			if err := widen(dst[i*to:(i+1)*to], v, order); err != nil {
				return nil, err
			}
		}
		return dst, nil
	}
	return c, nil
}

func widen(dst, src []byte, order byteOrder) error {
	var buf [64]byte
	if len(src) > len(buf) {
		return errDecimal
	}
	v := buf[:copy(buf[:], src)]
	if order == bigEndian {
		slices.Reverse(v)
	}
	sign := byte(0)
	if len(v) > 0 && v[len(v)-1]&0x80 != 0 {
		sign = 0xff
	}
	for _, b := range v[min(len(v), len(dst)):] {
		if b != sign {
			return errDecimal
		}
	}
	for i := copy(dst, v); i < len(dst); i++ {
		dst[i] = sign
	}
	return nil
}
