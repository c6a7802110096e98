package parquet_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

const benchRows = 2 * 65536

// people is a table of 8 text columns, three of few distinct values, like the
// one that the masking bars are measured on.
func people(b *testing.B) (*arrow.Schema, arrow.Record) {
	names := []string{"given", "surname", "email", "phone", "street", "city", "birth", "card"}
	fields := make([]arrow.Field, len(names))
	for i, n := range names {
		fields[i] = arrow.Field{Name: n, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	rb := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer rb.Release()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range benchRows {
		for c, text := range []string{
			fmt.Sprintf("Given%d", r.IntN(2000)), fmt.Sprintf("Surname%d", r.IntN(2000)), fmt.Sprintf("user%d@example.org", i),
			fmt.Sprintf("+1 %d %d", r.IntN(1000), r.IntN(1e7)), fmt.Sprintf("%d Long Street %d", r.IntN(3000), r.IntN(400)),
			fmt.Sprintf("City %d", r.IntN(2400)), fmt.Sprintf("19%02d-%02d-%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28)), fmt.Sprintf("4%015d", r.Uint64()%1e15),
		} {
			rb.Field(c).(*array.StringBuilder).Append(text)
		}
	}
	return schema, rb.NewRecord()
}

func BenchmarkRead(b *testing.B) {
	schema, rec := people(b)
	file := written(b, tabular.WriteOptions{}, schema, rec)
	for b.Loop() {
		r, err := parquet.Open(context.Background(), bytesFile("b", file), tabular.ReadOptions{})
		require.NoError(b, err)
		for {
			rec, err := r.Next(context.Background())
			if err == io.EOF {
				break
			}
			require.NoError(b, err)
			rec.Release()
		}
		require.NoError(b, r.Close())
	}
	b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWrite(b *testing.B) {
	schema, rec := people(b)
	for name, opt := range map[string]tabular.WriteOptions{
		"public": {}, "protected": {Protected: []string{"given", "surname", "email", "phone", "street", "city", "birth", "card"}},
	} {
		b.Run(name, func(b *testing.B) {
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				w, err := parquet.NewWriter(&out, schema, opt)
				require.NoError(b, err)
				require.NoError(b, w.Write(context.Background(), rec))
				require.NoError(b, w.Close())
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
