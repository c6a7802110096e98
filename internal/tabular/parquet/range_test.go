package parquet_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

func TestAnyRangeEqualsTheSliceOfAll(t *testing.T) {
	t.Parallel()
	all := map[string][][]any{}
	data := corpus(t)
	data["own"] = written(t, tabular.WriteOptions{RowGroupRows: 300}, everyType(), randomRecord(t, 7, everyType(), 1000))
	names := []string{"own", "alltypes_tiny_pages.parquet", "nested_maps.snappy.parquet", "nullable.impala.parquet", "repeated_no_annotation.parquet", "delta_byte_array.parquet", "datapage_v2.snappy.parquet", "list_columns.parquet"}
	for _, name := range names {
		r, err := parquet.Open(context.Background(), bytesFile(name, data[name]), tabular.ReadOptions{})
		require.NoError(t, err)
		all[name] = columns(t, r)
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(names).Draw(rt, "file")
		rows := len(all[name][0])
		first := rapid.IntRange(0, rows).Draw(rt, "first")
		count := rapid.IntRange(-1, min(rows-first, 40)).Draw(rt, "count")
		batch := rapid.IntRange(1, 500).Draw(rt, "batch")
		r, err := parquet.Open(context.Background(), bytesFile(name, data[name]), tabular.ReadOptions{
			BatchRows: batch, Rows: &tabular.Range{First: int64(first), Count: int64(count)},
		})
		require.NoError(t, err)
		end := rows
		if count >= 0 {
			end = first + count
		}
		got := columns(t, r)
		for c, cells := range got {
			require.Equal(t, append([]any(nil), all[name][c][first:end]...), cells, "%s column %d rows %d to %d", name, c, first, end)
		}
	})
}

// counting counts the bytes read between two positions of a file.
type counting struct {
	io.ReaderAt
	from, to int64
	n        atomic.Int64
}

func (c *counting) ReadAt(b []byte, off int64) (int, error) {
	lo, hi := max(off, c.from), min(off+int64(len(b)), c.to)
	if hi > lo {
		c.n.Add(hi - lo)
	}
	return c.ReaderAt.ReadAt(b, off)
}

func TestProjectionAndRangeLeaveTheRestUnread(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "a", Type: arrow.BinaryTypes.String}, {Name: "b", Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	const rows = 20_000
	for i := range rows {
		v := make([]byte, 100)
		for k := range v {
			v[k] = byte('a' + (i*(k+7)*2654435761>>9)&15)
		}
		b.Field(0).(*array.StringBuilder).Append(string(v))
		b.Field(1).(*array.StringBuilder).Append(string(v))
	}
	file := written(t, tabular.WriteOptions{RowGroupRows: rows}, schema, b.NewRecord())
	whole := bytesFile("t.parquet", file)
	half := int64(len(file) / 2)

	c := &counting{ReaderAt: whole.Body, from: half, to: int64(len(file)) - 16<<10}
	r, err := parquet.Open(context.Background(), tabular.File{Name: "t.parquet", Body: c, Size: whole.Size}, tabular.ReadOptions{Columns: []string{"a"}})
	require.NoError(t, err)
	require.Len(t, columns(t, r)[0], rows)
	require.Zero(t, c.n.Load(), "column b lies in the second half")

	c = &counting{ReaderAt: whole.Body, from: 4, to: half / 2}
	r, err = parquet.Open(context.Background(), tabular.File{Name: "t.parquet", Body: c, Size: whole.Size},
		tabular.ReadOptions{Columns: []string{"a"}, Rows: &tabular.Range{First: rows - 10, Count: 10}})
	require.NoError(t, err)
	require.Len(t, columns(t, r)[0], 10)
	require.Zero(t, c.n.Load(), "pages before the range")

	r, err = parquet.Open(context.Background(), whole, tabular.ReadOptions{Columns: []string{"b", "a"}})
	require.NoError(t, err)
	require.Equal(t, "b", r.Schema().Field(0).Name)
	for _, names := range [][]string{{"c"}, {"a", "a"}} {
		_, err = parquet.Open(context.Background(), whole, tabular.ReadOptions{Columns: names})
		require.Error(t, err)
	}
}

func TestKeptDictionariesHoldTheSameValues(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "few", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "many", Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 1000 {
		if i%9 == 0 {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.StringBuilder).Append([]string{"x", "yy", "", "zzz"}[i/100%4])
		}
		b.Field(1).(*array.StringBuilder).Append(string(rune('a'+i%26)) + string(rune(0x4e00+i)))
	}
	file := written(t, tabular.WriteOptions{RowGroupRows: 300}, schema, b.NewRecord())
	plain, err := parquet.Open(context.Background(), bytesFile("t", file), tabular.ReadOptions{BatchRows: 170})
	require.NoError(t, err)
	kept, err := parquet.OpenWith(context.Background(), bytesFile("t", file), tabular.ReadOptions{BatchRows: 170}, parquet.Options{KeepDictionaries: true})
	require.NoError(t, err)
	require.Equal(t, arrow.DICTIONARY, kept.Schema().Field(0).Type.ID())
	require.Equal(t, arrow.STRING, kept.Schema().Field(1).Type.ID())
	require.Equal(t, columns(t, plain), columns(t, kept))
}
