package parquet_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

// everyType is a schema with all types that Nocturne writes.
func everyType() *arrow.Schema {
	null := func(name string, t arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: true}
	}
	pair := arrow.StructOf(null("x", arrow.PrimitiveTypes.Int32), arrow.Field{Name: "y", Type: arrow.BinaryTypes.String})
	return arrow.NewSchema([]arrow.Field{
		null("zeta", arrow.FixedWidthTypes.Boolean), // out of alphabetical order on purpose
		null("i8", arrow.PrimitiveTypes.Int8), null("i16", arrow.PrimitiveTypes.Int16),
		null("i32", arrow.PrimitiveTypes.Int32), null("i64", arrow.PrimitiveTypes.Int64),
		null("u8", arrow.PrimitiveTypes.Uint8), null("u16", arrow.PrimitiveTypes.Uint16),
		null("u32", arrow.PrimitiveTypes.Uint32), null("u64", arrow.PrimitiveTypes.Uint64),
		null("f16", arrow.FixedWidthTypes.Float16), null("f32", arrow.PrimitiveTypes.Float32), null("f64", arrow.PrimitiveTypes.Float64),
		null("text", arrow.BinaryTypes.String), null("large", arrow.BinaryTypes.LargeString), null("bytes", arrow.BinaryTypes.Binary),
		null("fixed", &arrow.FixedSizeBinaryType{ByteWidth: 5}), null("date", arrow.FixedWidthTypes.Date32),
		null("time_s", arrow.FixedWidthTypes.Time32s), null("time_ms", arrow.FixedWidthTypes.Time32ms),
		null("time_us", arrow.FixedWidthTypes.Time64us), null("time_ns", arrow.FixedWidthTypes.Time64ns),
		null("at_s", &arrow.TimestampType{Unit: arrow.Second}), null("at_ms", &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}),
		null("at_us", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"}), null("at_ns", &arrow.TimestampType{Unit: arrow.Nanosecond}),
		null("span", arrow.FixedWidthTypes.Duration_ms),
		null("money", &arrow.Decimal128Type{Precision: 12, Scale: 2}), null("wide", &arrow.Decimal128Type{Precision: 38, Scale: 3}),
		null("nothing", arrow.Null),
		null("list", arrow.ListOf(arrow.PrimitiveTypes.Int64)),
		null("struct", pair), null("lists", arrow.ListOf(arrow.ListOf(pair))),
		null("map", arrow.MapOf(arrow.BinaryTypes.String, arrow.ListOf(arrow.PrimitiveTypes.Float64))),
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
}

// fill appends one random value to a builder, null where allowed.
func fill(t testing.TB, r *rand.Rand, b array.Builder, nullable bool) {
	if nullable && r.IntN(4) == 0 {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(r.IntN(2) == 0)
	case *array.Int8Builder:
		b.Append(int8(r.Uint32()))
	case *array.Int16Builder:
		b.Append(int16(r.Uint32()))
	case *array.Int32Builder:
		b.Append(int32(r.Uint32()))
	case *array.Int64Builder:
		b.Append(int64(r.Uint64()))
	case *array.Uint8Builder:
		b.Append(uint8(r.Uint32()))
	case *array.Uint16Builder:
		b.Append(uint16(r.Uint32()))
	case *array.Uint32Builder:
		b.Append(r.Uint32())
	case *array.Uint64Builder:
		b.Append(r.Uint64())
	case *array.Float16Builder:
		b.Append(float16.New(float32(r.NormFloat64())))
	case *array.Float32Builder:
		b.Append(float32(r.NormFloat64()))
	case *array.Float64Builder:
		b.Append(r.NormFloat64())
	case *array.StringBuilder:
		b.Append(fmt.Sprintf("täxt %d", r.IntN(40)))
	case *array.LargeStringBuilder:
		b.Append(fmt.Sprintf("large %d", r.Uint32()))
	case *array.BinaryBuilder:
		b.Append([]byte{byte(r.Uint32()), 0, 255}[:r.IntN(4)])
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte{1, 2, byte(r.Uint32()), 4, 5})
	case *array.Date32Builder:
		b.Append(arrow.Date32(r.IntN(40000) - 10000))
	case *array.Time32Builder:
		b.Append(arrow.Time32(r.IntN(86400)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(r.IntN(86400_000_000)))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(r.IntN(2_000_000_000) - 500_000_000))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(r.IntN(1e9)))
	case *array.Decimal128Builder:
		if b.Type().(*arrow.Decimal128Type).Precision <= 18 {
			b.Append(decimal128.FromI64(int64(r.IntN(1e12)) - 5e11))
		} else {
			b.Append(decimal128.New(int64(r.IntN(1<<40))-1<<39, r.Uint64()))
		}
	case *array.Decimal256Builder:
		b.Append(decimal256.FromI64(int64(r.IntN(1e12)) - 5e11))
	case *array.MapBuilder:
		b.Append(true)
		for k := range r.IntN(3) {
			b.KeyBuilder().(*array.StringBuilder).Append(fmt.Sprintf("k%d", k))
			fill(t, r, b.ItemBuilder(), true)
		}
	case *array.ListBuilder:
		b.Append(true)
		for range r.IntN(4) {
			fill(t, r, b.ValueBuilder(), true)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range b.Type().(*arrow.StructType).Fields() {
			fill(t, r, b.FieldBuilder(i), f.Nullable)
		}
	default:
		require.Failf(t, "no random value", "%T", b)
	}
}

func randomRecord(t testing.TB, seed uint64, schema *arrow.Schema, rows int) arrow.Record {
	r := rand.New(rand.NewPCG(seed, 1))
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for range rows {
		for i, f := range schema.Fields() {
			fill(t, r, b.Field(i), f.Nullable)
		}
	}
	return b.NewRecord()
}

func written(t testing.TB, opt tabular.WriteOptions, schema *arrow.Schema, recs ...arrow.Record) []byte {
	var out bytes.Buffer
	w, err := parquet.NewWriter(&out, schema, opt)
	require.NoError(t, err)
	for _, rec := range recs {
		require.NoError(t, w.Write(context.Background(), rec))
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestRoundTripOfEveryType(t *testing.T) {
	t.Parallel()
	schema := everyType()
	for _, rows := range []int{0, 1, 1000} {
		rec := randomRecord(t, uint64(rows), schema, rows)
		b := written(t, tabular.WriteOptions{RowGroupRows: 300, Metadata: map[string]string{"b": "2", "a": "1"}}, schema, rec)
		r, err := parquet.Open(context.Background(), bytesFile("t.parquet", b), tabular.ReadOptions{BatchRows: 128})
		require.NoError(t, err)
		for i, f := range r.Schema().Fields() {
			require.Equal(t, schema.Field(i).Name, f.Name)
			require.True(t, tabular.SameField(schema.Field(i), f), "%s: %s", f.Name, f.Type)
		}
		got := columns(t, r)
		for c := range got {
			for i := range rows {
				require.Equal(t, exact(t, rec.Column(c), i), got[c][i], "%s row %d", schema.Field(c).Name, i)
			}
		}
	}
}
