package csv

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

func errorsIs(err, target error) bool { return errors.Is(err, target) }

// TestWrittenTablesReadBack draws tables of every scalar type with nulls and
// nasty text; under their own schema they must read back equal.
func TestWrittenTablesReadBack(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "i", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "u", Type: arrow.PrimitiveTypes.Uint16, Nullable: true},
		{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "g", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
		{Name: "b", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "d", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		{Name: "t", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true},
		{Name: "h", Type: arrow.FixedWidthTypes.Time64us, Nullable: true},
		{Name: "m", Type: &arrow.Decimal128Type{Precision: 38, Scale: 4}, Nullable: true},
		{Name: "x", Type: arrow.BinaryTypes.Binary, Nullable: true},
	}, nil)
	words := []string{"", " ", "NA", "?", "a,b", "a;b", "\"", "\"\"", "x\ny", "\r", "\r\n", "é", "007", "'q'", "\t", "true", "1"}
	rapid.Check(t, func(t *rapid.T) {
		bld := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		defer bld.Release()
		for range rapid.IntRange(0, 20).Draw(t, "rows") {
			for i := range schema.NumFields() {
				if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
					bld.Field(i).AppendNull()
					continue
				}
				switch b := bld.Field(i).(type) {
				case *array.StringBuilder:
					b.Append(rapid.SampledFrom(words).Draw(t, "s"))
				case *array.Int64Builder:
					b.Append(rapid.Int64().Draw(t, "i"))
				case *array.Uint16Builder:
					b.Append(rapid.Uint16().Draw(t, "u"))
				case *array.Float64Builder:
					b.Append(rapid.Float64().Draw(t, "f"))
				case *array.Float32Builder:
					b.Append(rapid.Float32().Draw(t, "g"))
				case *array.BooleanBuilder:
					b.Append(rapid.Bool().Draw(t, "b"))
				case *array.Date32Builder:
					b.Append(arrow.Date32(rapid.Int32Range(-719162, 2932896).Draw(t, "d")))
				case *array.TimestampBuilder:
					b.Append(arrow.Timestamp(rapid.Int64Range(-62135596800000000, 253402300799999999).Draw(t, "t")))
				case *array.Time64Builder:
					b.Append(arrow.Time64(rapid.Int64Range(0, 86399999999).Draw(t, "h")))
				case *array.Decimal128Builder:
					b.Append(decimal128.New(rapid.Int64Range(-5e18, 5e18).Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")))
				case *array.BinaryBuilder:
					b.Append(rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "x"))
				}
			}
		}
		rec := bld.NewRecord()
		defer rec.Release()
		var buf bytes.Buffer
		w, err := NewWriter(&buf, schema, tabular.WriteOptions{})
		require.NoError(t, err)
		require.NoError(t, w.Write(context.Background(), rec))
		require.NoError(t, w.Close())
		f := tabular.File{Name: "t.csv", Body: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len())}
		r, err := OpenWith(context.Background(), f, "", tabular.ReadOptions{Schema: schema, NullMarkers: []string{""}}, Options{})
		require.NoError(t, err, buf.String())
		defer r.Close()
		got, err := r.Next(context.Background())
		if rec.NumRows() == 0 {
			require.ErrorIs(t, err, io.EOF)
			return
		}
		require.NoError(t, err, buf.String())
		defer got.Release()
		require.True(t, array.RecordEqual(rec, got), "%s\n%v\n%v", buf.String(), rec, got)
	})
}

func TestTruncatedGzip(t *testing.T) {
	t.Parallel()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	for range 200_000 {
		_, err := w.Write([]byte("1,some text,2020-01-01\n"))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	for _, cut := range []int{0, 5, z.Len() / 2, z.Len() - 4} {
		f := tabular.File{Name: "t.csv.gz", Body: bytes.NewReader(z.Bytes()), Size: int64(cut)}
		r, err := Open(context.Background(), f, "gzip", tabular.ReadOptions{InferRows: 10})
		for err == nil {
			_, err = r.Next(context.Background())
		}
		require.ErrorIs(t, err, tabular.ErrCorrupt, "cut at %d", cut)
		require.ErrorContains(t, err, "compressed byte")
	}
}

func TestCompressedStreams(t *testing.T) {
	t.Parallel()
	text := []byte("a,b\n" + strings.Repeat("1,x\n", 100_000))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	enc, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	frame := enc.EncodeAll(text, nil)
	for name, tc := range map[string]struct {
		bytes       []byte
		compression string
		kind        error
		place       string
	}{
		"plain":           {bytes: text},
		"gzip":            {bytes: z.Bytes(), compression: "gzip"},
		"zstd":            {bytes: frame, compression: "zstd"},
		"truncated zstd":  {bytes: frame[:len(frame)/2], compression: "zstd", kind: tabular.ErrCorrupt, place: "compressed byte"},
		"not gzip":        {bytes: text, compression: "gzip", kind: tabular.ErrCorrupt, place: "compressed byte"},
		"not zstd":        {bytes: text, compression: "zstd", kind: tabular.ErrCorrupt, place: "compressed byte"},
		"gzip not undone": {bytes: z.Bytes(), kind: tabular.ErrCorrupt, place: "line 1"},
		"unknown":         {bytes: text, compression: "lzma", kind: tabular.ErrUnsupported, place: "t.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := tabular.File{Name: "t.csv", Body: bytes.NewReader(tc.bytes), Size: int64(len(tc.bytes))}
			r, err := Open(context.Background(), f, tc.compression, tabular.ReadOptions{})
			rows := int64(0)
			for err == nil {
				var rec arrow.Record
				if rec, err = r.Next(context.Background()); err == nil {
					rows += rec.NumRows()
				}
			}
			if tc.kind == nil {
				require.ErrorIs(t, err, io.EOF)
				require.EqualValues(t, 100_000, rows)
				return
			}
			require.ErrorIs(t, err, tc.kind)
			require.ErrorContains(t, err, tc.place)
		})
	}
}

func TestCancelledReadStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Open(ctx, file("a\n"+strings.Repeat("1\n", 5000)), "", tabular.ReadOptions{})
	require.NoError(t, err)
	cancel()
	_, err = r.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzOpen(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "\"a\"\"\",b\r\n", "a;b\n1,5;2\n", "a\tb\n\"x\ty\n", "39, x, ?\n", "\xef\xbb\xbf\n\n,",
		"'a','b'\n'c','d'\n", "a\r1\r2", "1.5e3,0.10000000000000001\n", "\"\n\"\"", "2020-01-01T00:00+99:99\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := tabular.File{Name: "t.csv", Body: bytes.NewReader(b), Size: int64(len(b))}
		ctx := context.Background()
		r, err := Open(ctx, in, "", tabular.ReadOptions{BatchRows: 64})
		if err != nil {
			return
		}
		var buf bytes.Buffer
		w, err := NewWriter(&buf, r.Schema(), tabular.WriteOptions{})
		require.NoError(t, err)
		var recs []arrow.Record
		for {
			rec, err := r.Next(ctx)
			if err != nil {
				require.ErrorIs(t, err, io.EOF, "what inference accepted must read")
				break
			}
			recs = append(recs, rec)
			require.NoError(t, w.Write(ctx, rec))
		}
		require.NoError(t, w.Close())
		again := tabular.File{Name: "t.csv", Body: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len())}
		d := Dialect{Delimiter: ',', Quote: '"', Header: true}
		r2, err := OpenWith(ctx, again, "", tabular.ReadOptions{Schema: r.Schema(), NullMarkers: []string{""}, BatchRows: 64}, Options{Dialect: &d})
		require.NoError(t, err, "%q", buf.String())
		for _, want := range recs {
			got, err := r2.Next(ctx)
			require.NoError(t, err, "%q", buf.String())
			require.True(t, array.RecordEqual(want, got), "%q", buf.String())
		}
	})
}

func benchTable(b *testing.B) (*bytes.Buffer, arrow.Record) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "name", Type: arrow.BinaryTypes.String},
		{Name: "city", Type: arrow.BinaryTypes.String},
		{Name: "born", Type: arrow.FixedWidthTypes.Date32},
		{Name: "amount", Type: arrow.PrimitiveTypes.Float64},
		{Name: "note", Type: arrow.BinaryTypes.String},
	}, nil)
	bld := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 50_000 {
		bld.Field(0).(*array.Int64Builder).Append(int64(i) * 37)
		bld.Field(1).(*array.StringBuilder).Append("Person Number")
		bld.Field(2).(*array.StringBuilder).Append("Amsterdam")
		bld.Field(3).(*array.Date32Builder).Append(arrow.Date32(i % 20000))
		bld.Field(4).(*array.Float64Builder).Append(math.Round(float64(i)*1.37*100) / 100)
		bld.Field(5).(*array.StringBuilder).Append("called about the invoice, will call again on Monday")
	}
	rec := bld.NewRecord()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, schema, tabular.WriteOptions{})
	require.NoError(b, err)
	require.NoError(b, w.Write(context.Background(), rec))
	require.NoError(b, w.Close())
	return &buf, rec
}

func rate(b *testing.B, rows int64, size int) {
	b.SetBytes(int64(size))
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkRead(b *testing.B) {
	buf, rec := benchTable(b)
	f := tabular.File{Name: "t.csv", Body: bytes.NewReader(buf.Bytes()), Size: int64(buf.Len())}
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(context.Background(), f, "", tabular.ReadOptions{})
		require.NoError(b, err)
		for {
			rec, err := r.Next(context.Background())
			if err != nil {
				break
			}
			rec.Release()
		}
		r.Close()
	}
	rate(b, rec.NumRows(), buf.Len())
}

func BenchmarkScan(b *testing.B) {
	buf, rec := benchTable(b)
	for b.Loop() {
		s := newScanner("t.csv", bytes.NewReader(buf.Bytes()), Dialect{Delimiter: ',', Quote: '"'}, defaultMaxRecord)
		for s.next() == nil {
		}
	}
	rate(b, rec.NumRows(), buf.Len())
}

func BenchmarkWrite(b *testing.B) {
	buf, rec := benchTable(b)
	b.ReportAllocs()
	for b.Loop() {
		w, err := NewWriter(io.Discard, rec.Schema(), tabular.WriteOptions{})
		require.NoError(b, err)
		require.NoError(b, w.Write(context.Background(), rec))
		require.NoError(b, w.Close())
	}
	rate(b, rec.NumRows(), buf.Len())
}
