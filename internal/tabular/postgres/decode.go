package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// PostgreSQL counts days and microseconds from 2000-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 24 * 3600 * 1_000_000
	dayMicros   = 24 * 3600 * 1_000_000
)

// decode appends one binary value; false = the builder's type cannot hold it,
// nothing appended.
type decode func(v []byte) bool

func decoder(w wire, bld array.Builder) decode {
	switch w {
	case wireBool:
		b := bld.(*array.BooleanBuilder)
		return func(v []byte) bool { return len(v) == 1 && yes(b.Append, v[0] != 0) }
	case wireInt2:
		b := bld.(*array.Int16Builder)
		return func(v []byte) bool { return len(v) == 2 && yes(b.Append, int16(binary.BigEndian.Uint16(v))) }
	case wireInt4:
		b := bld.(*array.Int32Builder)
		return func(v []byte) bool { return len(v) == 4 && yes(b.Append, int32(binary.BigEndian.Uint32(v))) }
	case wireInt8:
		b := bld.(*array.Int64Builder)
		return func(v []byte) bool { return len(v) == 8 && yes(b.Append, int64(binary.BigEndian.Uint64(v))) }
	case wireFloat4:
		b := bld.(*array.Float32Builder)
		return func(v []byte) bool {
			return len(v) == 4 && yes(b.Append, math.Float32frombits(binary.BigEndian.Uint32(v)))
		}
	case wireFloat8:
		b := bld.(*array.Float64Builder)
		return func(v []byte) bool {
			return len(v) == 8 && yes(b.Append, math.Float64frombits(binary.BigEndian.Uint64(v)))
		}
	case wireNumeric:
		b := bld.(*array.Decimal128Builder)
		scale := b.Type().(*arrow.Decimal128Type).Scale
		return func(v []byte) bool {
			n, ok := numeric(v, int(scale))
			return ok && yes(b.Append, n)
		}
	case wireBytes:
		b := bld.(*array.BinaryBuilder)
		return func(v []byte) bool { b.Append(v); return true }
	case wireDate:
		b := bld.(*array.Date32Builder)
		return func(v []byte) bool {
			if len(v) != 4 {
				return false
			}
			d := int32(binary.BigEndian.Uint32(v))
			if d == math.MaxInt32 || d == math.MinInt32 { // infinities
				return false
			}
			return yes(b.Append, arrow.Date32(d+epochDays))
		}
	case wireTime:
		b := bld.(*array.Time64Builder)
		return func(v []byte) bool {
			if len(v) != 8 {
				return false
			}
			us := int64(binary.BigEndian.Uint64(v))
			return us < dayMicros && yes(b.Append, arrow.Time64(us))
		}
	case wireTimestamp:
		b := bld.(*array.TimestampBuilder)
		return func(v []byte) bool {
			if len(v) != 8 {
				return false
			}
			us := int64(binary.BigEndian.Uint64(v))
			if us > math.MaxInt64-epochMicros || us == math.MinInt64 {
				return false
			}
			return yes(b.Append, arrow.Timestamp(us+epochMicros))
		}
	case wireUUID:
		b := bld.(*array.StringBuilder)
		var text [36]byte
		return func(v []byte) bool {
			if len(v) != 16 {
				return false
			}
			uuid(&text, v)
			b.BinaryBuilder.Append(text[:])
			return true
		}
	case wireArray:
		return list(bld.(*array.ListBuilder))
	}
	b := bld.(*array.StringBuilder)
	return func(v []byte) bool {
		if !utf8.Valid(v) { // possible in databases of encoding SQL_ASCII
			return false
		}
		b.BinaryBuilder.Append(v)
		return true
	}
}

func yes[T any](add func(T), v T) bool {
	add(v)
	return true
}

func uuid(dst *[36]byte, v []byte) {
	at := 0
	for i, n := range [...]int{4, 2, 2, 2, 6} {
		if i > 0 {
			dst[at] = '-'
			at++
		}
		hex.Encode(dst[at:], v[:n])
		at += 2 * n
		v = v[n:]
	}
}

// elementWire says how a list's elements travel.
func elementWire(t arrow.DataType) wire {
	switch t.ID() {
	case arrow.BOOL:
		return wireBool
	case arrow.INT16:
		return wireInt2
	case arrow.INT32:
		return wireInt4
	case arrow.INT64:
		return wireInt8
	case arrow.FLOAT32:
		return wireFloat4
	case arrow.FLOAT64:
		return wireFloat8
	case arrow.DECIMAL128:
		return wireNumeric
	case arrow.BINARY:
		return wireBytes
	case arrow.DATE32:
		return wireDate
	case arrow.TIME64:
		return wireTime
	case arrow.TIMESTAMP:
		return wireTimestamp
	}
	return wireText
}

const uuidOID = 2950

// list reads a one-dimensional array: dimensions, flags, element type, then
// for each dimension its length and lower bound, then the elements. An element
// that its type cannot hold makes the whole array a bad cell.
func list(b *array.ListBuilder) decode {
	values := b.ValueBuilder()
	elem := decoder(elementWire(values.Type()), values)
	var asUUID decode
	if _, ok := values.(*array.StringBuilder); ok {
		asUUID = decoder(wireUUID, values)
	}
	probe := array.NewBuilder(memory.DefaultAllocator, values.Type())
	try := decoder(elementWire(values.Type()), probe)
	return func(v []byte) bool {
		if len(v) < 12 {
			return false
		}
		dims, oid := binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[8:])
		if dims == 0 {
			b.Append(true)
			return true
		}
		if dims > 1 || len(v) < 20 {
			return false
		}
		count, rest := binary.BigEndian.Uint32(v[12:]), v[20:]
		isUUID := asUUID != nil && oid == uuidOID
		if !isUUID && !wellFormed(rest, count, try, probe) || isUUID && !wellFormed(rest, count, nil, nil) {
			return false
		}
		b.Append(true)
		for range count {
			n := int32(binary.BigEndian.Uint32(rest))
			rest = rest[4:]
			switch {
			case n < 0:
				values.AppendNull()
				continue
			case isUUID:
				asUUID(rest[:n])
			default:
				elem(rest[:n])
			}
			rest = rest[n:]
		}
		return true
	}
}

// wellFormed checks the elements of an array before any of them is appended.
func wellFormed(rest []byte, count uint32, try decode, probe array.Builder) bool {
	ok := true
	for range count {
		if len(rest) < 4 {
			return false
		}
		n := int32(binary.BigEndian.Uint32(rest))
		rest = rest[4:]
		if n < 0 {
			continue
		}
		if int(n) > len(rest) || (try == nil && n != 16) {
			return false
		}
		ok = ok && (try == nil || try(rest[:n]))
		rest = rest[n:]
	}
	if probe != nil && probe.Len() > 0 {
		probe.NewArray().Release() // empty it
	}
	return ok
}

// numeric reads PostgreSQL's base-10000 digits as an unscaled decimal128 of
// the given scale. NaN and infinities are not held.
func numeric(v []byte, scale int) (decimal128.Num, bool) {
	if len(v) < 8 {
		return decimal128.Num{}, false
	}
	digits := int(binary.BigEndian.Uint16(v))
	weight := int(int16(binary.BigEndian.Uint16(v[2:])))
	sign := binary.BigEndian.Uint16(v[4:])
	v = v[8:]
	if (sign != 0 && sign != 0x4000) || len(v) != 2*digits {
		return decimal128.Num{}, false
	}
	// The value is digits * 10^shift in units of 10^-scale.
	shift := (weight-digits+1)*4 + scale
	var hi, lo uint64
	var ok bool
	for i := range digits {
		d := uint64(binary.BigEndian.Uint16(v[2*i:]))
		factor := uint64(10_000)
		if i == digits-1 && shift < 0 {
			// The last group reaches below the scale: take its leading digits.
			if shift <= -4 {
				return decimal128.Num{}, false
			}
			for ; shift < 0; shift++ {
				if d%10 != 0 {
					return decimal128.Num{}, false
				}
				d /= 10
				factor /= 10
			}
		}
		hi, lo, ok = mulAdd(hi, lo, factor, d)
		if !ok {
			return decimal128.Num{}, false
		}
	}
	for ; digits > 0 && shift > 0; shift-- {
		if hi, lo, ok = mulAdd(hi, lo, 10, 0); !ok {
			return decimal128.Num{}, false
		}
	}
	n := decimal128.New(int64(hi), lo)
	if sign == 0x4000 {
		n = n.Negate()
	}
	return n, true
}

// mulAdd returns m*(hi,lo) + d; ok is false beyond 127 bits.
func mulAdd(hi, lo, m, d uint64) (uint64, uint64, bool) {
	carry, low := bits.Mul64(lo, m)
	over, high := bits.Mul64(hi, m)
	low, c := bits.Add64(low, d, 0)
	high, c2 := bits.Add64(high, carry, c)
	return high, low, over == 0 && c2 == 0 && high>>63 == 0
}
