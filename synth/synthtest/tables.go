// Package synthtest is the conformance suite that every synthesis engine must
// pass, and the tables it uses.
package synthtest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/synth"
)

// Source serves records again and again.
func Source(schema *arrow.Schema, recs ...arrow.Record) tabular.Source {
	return func(context.Context) (tabular.Reader, error) { return &reader{schema: schema, recs: recs}, nil }
}

type reader struct {
	schema *arrow.Schema
	recs   []arrow.Record
}

func (r *reader) Schema() *arrow.Schema { return r.schema }
func (r *reader) Close() error          { return nil }

func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(r.recs) == 0 {
		return nil, io.EOF
	}
	rec := r.recs[0]
	r.recs = r.recs[1:]
	rec.Retain()
	return rec, nil
}

// Parts cuts a record into batches of size rows.
func Parts(rec arrow.Record, size int64) []arrow.Record {
	var out []arrow.Record
	for at := int64(0); at < rec.NumRows(); at += size {
		out = append(out, rec.NewSlice(at, min(at+size, rec.NumRows())))
	}
	return out
}

// Column is a column of a made-up table.
type Column struct {
	Field  arrow.Field
	Append func(b array.Builder, r *rand.Rand, row int)
}

// Make builds a seeded record of rows rows.
func Make(seed uint64, rows int, cols ...Column) arrow.Record {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = c.Field
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	r := rng.New(seed, "synthtest")
	for row := range rows {
		for i, c := range cols {
			c.Append(b.Field(i), r, row)
		}
	}
	return b.NewRecord()
}

// TextColumn makes a utf8 column.
func TextColumn(name string, f func(r *rand.Rand, row int) string) Column {
	return Column{arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}, func(b array.Builder, r *rand.Rand, row int) {
		b.(*array.StringBuilder).Append(f(r, row))
	}}
}

// IntColumn makes an int64 column.
func IntColumn(name string, f func(r *rand.Rand, row int) int64) Column {
	return Column{arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64, Nullable: true}, func(b array.Builder, r *rand.Rand, row int) {
		b.(*array.Int64Builder).Append(f(r, row))
	}}
}

// FloatColumn makes a float64 column.
func FloatColumn(name string, f func(r *rand.Rand, row int) float64) Column {
	return Column{arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Float64, Nullable: true}, func(b array.Builder, r *rand.Rand, row int) {
		b.(*array.Float64Builder).Append(f(r, row))
	}}
}

// Nulls makes a share of a column's cells null.
func Nulls(share float64, c Column) Column {
	inner := c.Append
	c.Append = func(b array.Builder, r *rand.Rand, row int) {
		if r.Float64() < share {
			b.AppendNull()
			return
		}
		inner(b, r, row)
	}
	return c
}

// Typed makes a column of any type from its text form.
func Typed(name string, t arrow.DataType, f func(r *rand.Rand, row int) string) Column {
	return Column{arrow.Field{Name: name, Type: t, Nullable: true}, func(b array.Builder, r *rand.Rand, row int) {
		if err := b.AppendValueFromString(f(r, row)); err != nil {
			panic(err) // a mistake in the test's own table
		}
	}}
}

// Mixed is a table with a column of every kind.
func Mixed(seed uint64, rows int) (arrow.Record, schemas.Contract) {
	day := func(r *rand.Rand, _ int) string {
		return fmt.Sprintf("20%02d-%02d-%02d", 10+r.IntN(14), 1+r.IntN(12), 1+r.IntN(28))
	}
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	level := func(r *rand.Rand, _ int) string { return []string{"low", "mid", "mid", "high"}[r.IntN(4)] }
	rec := Make(
		seed, rows,
		IntColumn("id", func(_ *rand.Rand, row int) int64 { return 900_000_000 + int64(row)*7 }),
		TextColumn("email", func(_ *rand.Rand, row int) string { return fmt.Sprintf("real.person%d@secret.example", row) }),
		IntColumn("age", func(r *rand.Rand, _ int) int64 { return 17 + int64(r.IntN(60)) }),
		IntColumn("gain", func(r *rand.Rand, _ int) int64 {
			if r.IntN(10) > 0 {
				return 0
			}
			return 5 * int64(r.IntN(20_000))
		}),
		Nulls(0.2, FloatColumn("price", func(r *rand.Rand, _ int) float64 { return float64(r.IntN(100_000)) / 100 })),
		FloatColumn("ratio", func(r *rand.Rand, _ int) float64 { return r.ExpFloat64() * 3 }),
		Nulls(0.1, TextColumn("city", func(r *rand.Rand, _ int) string { return []string{"Oslo", "Rome", "Rome", "Lima"}[r.IntN(4)] })),
		TextColumn("code", func(r *rand.Rand, _ int) string { return fmt.Sprintf("c%03d", int(r.ExpFloat64()*60)) }),
		Typed("level", dict, level),
		Typed("member", arrow.FixedWidthTypes.Boolean, func(r *rand.Rand, _ int) string { return []string{"true", "false"}[r.IntN(2)] }),
		Typed("joined", arrow.FixedWidthTypes.Date32, day),
		Typed("seen", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, func(r *rand.Rand, i int) string {
			return fmt.Sprintf("%sT%02d:%02d:00Z", day(r, i), r.IntN(24), r.IntN(60))
		}),
		Typed("amount", &arrow.Decimal128Type{Precision: 12, Scale: 2}, func(r *rand.Rand, _ int) string { return fmt.Sprintf("%d.%02d", r.IntN(900), r.IntN(100)) }),
		TextColumn("constant", func(*rand.Rand, int) string { return "same" }),
		Nulls(1.1, TextColumn("empty", nil)),
		Nulls(1.1, FloatColumn("empty_number", nil)),
	)
	return rec, schemas.Contract{
		Name: "mixed", PrimaryKey: []string{"id"},
		Fields: []schemas.Field{
			{Name: "id", Type: "int64", Semantic: "record_id", Class: semantic.None},
			{Name: "email", Type: "utf8", Semantic: "email", Class: semantic.DirectIdentifier},
		},
	}
}

// Table makes a table of one record.
func Table(rec arrow.Record, c schemas.Contract) synth.Table {
	return synth.Table{Rows: Source(rec.Schema(), rec), Contract: c}
}
