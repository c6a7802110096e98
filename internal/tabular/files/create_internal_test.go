package files

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// fullAfter is a disk with room for so many bytes.
type fullAfter int

func (f *fullAfter) Write(b []byte) (int, error) {
	n := min(len(b), int(*f))
	*f -= fullAfter(n)
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func TestFullDiskLeavesThePathAsItWas(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 50_000 {
		b.Field(0).(*array.Int64Builder).Append(int64(i * i * 7919))
	}
	rec := b.NewRecord()
	for _, name := range []string{"a.csv", "a.jsonl.gz", "a.arrow", "a.parquet"} {
		for _, room := range []int{0, 1000} {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			w, err := CreatePath(context.Background(), path, schema, tabular.WriteOptions{})
			require.NoError(t, err)
			c := w.(*created)
			left := fullAfter(room)
			c.buf = bufio.NewWriterSize(&left, 512)
			format, compression, err := Format(name)
			require.NoError(t, err)
			c.w, err = NewWriter(c.buf, format, compression, schema, tabular.WriteOptions{})
			require.NoError(t, err)
			err = w.Write(context.Background(), rec)
			if err == nil {
				err = w.Close()
			}
			require.ErrorIs(t, err, syscall.ENOSPC, name)
			require.ErrorContains(t, err, "the disk is full")
			require.Error(t, w.Close(), "a writer that failed never publishes")
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, entries, name)
		}
	}
}
