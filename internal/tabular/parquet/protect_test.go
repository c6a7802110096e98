package parquet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

func footerOf(t testing.TB, b []byte) format.FileMetaData {
	var meta format.FileMetaData
	var p thrift.CompactProtocol
	n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	require.NoError(t, thrift.Unmarshal(&p, b[len(b)-8-n:len(b)-8], &meta))
	return meta
}

// secrets is a table whose protected columns hold few distinct values, the
// case in which a writer would like a dictionary.
func secrets() (*arrow.Schema, arrow.Record) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "open", Type: arrow.BinaryTypes.String},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "code", Type: arrow.PrimitiveTypes.Int64},
		{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String)},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 2000 {
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("open%d", i%3))
		if i%10 == 0 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("canary-%d", i%5))
		}
		b.Field(2).(*array.Int64Builder).Append(0x1122334455667788 + int64(i%2))
		l := b.Field(3).(*array.ListBuilder)
		l.Append(true)
		l.ValueBuilder().(*array.StringBuilder).Append("tagcanary")
	}
	return schema, b.NewRecord()
}

func TestProtectedColumnsLeaveNoValueOutsideDataPages(t *testing.T) {
	t.Parallel()
	schema, rec := secrets()
	protected := []string{"name", "code", "tags"}
	opt := tabular.WriteOptions{Protected: protected, RowGroupRows: 700}
	file := parquet.UncompressedForTest(t, schema, opt, rec)
	meta := footerOf(t, file)
	require.Len(t, meta.RowGroups, 3)
	firstIndex := len(file)
	for g := range meta.RowGroups {
		for _, c := range meta.RowGroups[g].Columns {
			if c.MetaData.PathInSchema[0] == "open" {
				require.NotEmpty(t, c.MetaData.Statistics.MinValue, "public columns keep their statistics")
				require.NotZero(t, c.MetaData.DictionaryPageOffset)
				require.NotZero(t, c.ColumnIndexOffset)
				firstIndex = min(firstIndex, int(c.ColumnIndexOffset))
				continue
			}
			s := c.MetaData.Statistics
			require.Empty(t, append(append(append(append([]byte{}, s.Min...), s.Max...), s.MinValue...), s.MaxValue...))
			require.Zero(t, c.MetaData.DictionaryPageOffset)
			require.Zero(t, c.MetaData.BloomFilterOffset)
			require.Zero(t, c.ColumnIndexOffset)
			require.Zero(t, c.ColumnIndexLength)
			for _, p := range c.MetaData.EncodingStats {
				require.NotEqual(t, format.DictionaryPage, p.PageType)
			}
			require.NotZero(t, c.OffsetIndexOffset, "readers still seek by page")
		}
	}
	tail := file[firstIndex:]
	var code [8]byte
	binary.LittleEndian.PutUint64(code[:], 0x1122334455667788)
	for _, canary := range [][]byte{[]byte("canary"), code[:7]} {
		require.False(t, bytes.Contains(tail, canary), "page indexes and footer")
	}
	// Every canary in the file is a cell: a dictionary or a page header would
	// add more.
	require.Equal(t, 2000-200, bytes.Count(file, []byte("canary-")))
	require.Equal(t, 2000, bytes.Count(file, []byte("tagcanary")))

	r, err := parquet.Open(context.Background(), bytesFile("t", file), tabular.ReadOptions{})
	require.NoError(t, err)
	got := columns(t, r)
	for c := range got {
		for i := range got[c] {
			require.Equal(t, exact(t, rec.Column(c), i), got[c][i])
		}
	}
	_, err = parquet.NewWriter(&bytes.Buffer{}, schema, tabular.WriteOptions{Protected: []string{"no such"}})
	require.Error(t, err)
}

func TestBytesDependOnRowsAlone(t *testing.T) {
	t.Parallel()
	schema := everyType()
	rec := randomRecord(t, 3, schema, 2000)
	opt := tabular.WriteOptions{RowGroupRows: 300, Protected: []string{"text"}, Metadata: map[string]string{"z": "1", "a": "2", "m": "3"}}
	want := written(t, opt, schema, rec)
	for _, workers := range []int{0, 1, 2, 7} {
		for _, batch := range []int64{2000, 299, 64} {
			var recs []arrow.Record
			for at := int64(0); at < 2000; at += batch {
				recs = append(recs, rec.NewSlice(at, min(at+batch, 2000)))
			}
			opt.Workers = workers
			require.True(t, bytes.Equal(want, written(t, opt, schema, recs...)), "%d workers, batches of %d", workers, batch)
		}
	}
	require.Equal(t, "nocturne", footerOf(t, want).CreatedBy)
}

func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	twice := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int8}, {Name: "a", Type: arrow.PrimitiveTypes.Int8}}, nil)
	_, err := parquet.NewWriter(&bytes.Buffer{}, twice, tabular.WriteOptions{})
	require.Error(t, err)
	for _, typ := range []arrow.DataType{arrow.StructOf(), arrow.FixedWidthTypes.MonthInterval, arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int8)} {
		_, err := parquet.NewWriter(&bytes.Buffer{}, arrow.NewSchema([]arrow.Field{{Name: "a", Type: typ}}, nil), tabular.WriteOptions{})
		require.ErrorIs(t, err, tabular.ErrUnsupported, typ.String())
	}
	required := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int8}}, nil)
	b := array.NewInt8Builder(memory.DefaultAllocator)
	b.AppendNull()
	rec := array.NewRecord(required, []arrow.Array{b.NewArray()}, 1)
	w, err := parquet.NewWriter(&bytes.Buffer{}, required, tabular.WriteOptions{})
	require.NoError(t, err)
	require.NoError(t, w.Write(context.Background(), rec))
	require.ErrorContains(t, w.Close(), `column "a"`)
}
