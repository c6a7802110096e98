package files_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
)

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

func record(t testing.TB, first, n int) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := first; i < first+n; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("name %d", i))
	}
	return b.NewRecord()
}

func create(t testing.TB, path string, first, n int) {
	w, err := files.CreatePath(context.Background(), path, schema, tabular.WriteOptions{})
	require.NoError(t, err)
	require.NoError(t, w.Write(context.Background(), record(t, first, n)))
	require.NoError(t, w.Close())
}

func ids(t testing.TB, r tabular.Reader) (out []int64, sizes []int64) {
	defer r.Close()
	recs, err := tabular.Collect(context.Background(), r)
	require.NoError(t, err)
	for _, rec := range recs {
		sizes = append(sizes, rec.NumRows())
		out = append(out, rec.Column(0).(*array.Int64).Int64Values()...)
	}
	return out, sizes
}

func upTo(first, end int) (out []int64) {
	for i := first; i < end; i++ {
		out = append(out, int64(i))
	}
	return out
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"a.csv": {"csv", ""}, "a.CSV.GZ": {"csv", "gzip"}, "x/b.jsonl.zst": {"jsonl", "zstd"}, "c.ndjson": {"jsonl", ""},
		"d.tsv": {"tsv", ""}, "e.arrow": {"arrow", ""}, "f.feather": {"arrow", ""}, "part-0.parquet": {"parquet", ""},
	} {
		format, compression, err := files.Format(name)
		require.NoError(t, err, name)
		require.Equal(t, want, [2]string{format, compression}, name)
	}
	for _, name := range []string{"", "a", "a.xlsx", "a.gz", "a.parquet.gz"} {
		_, _, err := files.Format(name)
		require.ErrorIs(t, err, tabular.ErrUnsupported, name)
	}
}

func TestEveryFormatRoundTrips(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.csv", "a.csv.gz", "a.csv.zst", "a.jsonl", "a.ndjson.gz", "a.arrow", "a.arrow.zst", "a.feather", "a.parquet"} {
		path := filepath.Join(t.TempDir(), name)
		create(t, path, 0, 100)
		r, err := files.OpenPath(context.Background(), path, tabular.ReadOptions{BatchRows: 32, Rows: &tabular.Range{First: 10, Count: 70}})
		require.NoError(t, err, name)
		got, sizes := ids(t, r)
		require.Equal(t, upTo(10, 80), got, name)
		require.Equal(t, []int64{32, 32, 6}, sizes, name)
		info, err := files.DescribePath(context.Background(), path)
		require.NoError(t, err, name)
		require.Contains(t, []int64{-1, 100}, info.Rows, name)
	}
}

func TestPartsAreOneTable(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{".csv.gz", ".parquet", ".arrow"} {
		dir := t.TempDir()
		create(t, filepath.Join(dir, "p-00001"+ending), 30, 50)
		create(t, filepath.Join(dir, "p-00000"+ending), 0, 30)
		create(t, filepath.Join(dir, "p-00002"+ending), 80, 7)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("no part"), 0o600))
		for _, path := range []string{dir, filepath.Join(dir, "p-*"+ending)} {
			for _, rows := range []*tabular.Range{nil, {First: 25, Count: 20}, {First: 80, Count: -1}, {First: 200, Count: -1}} {
				r, err := files.OpenPath(context.Background(), path, tabular.ReadOptions{BatchRows: 16, Rows: rows})
				require.NoError(t, err)
				got, sizes := ids(t, r)
				first, end := 0, 87
				if rows != nil {
					first = min(int(rows.First), 87)
					if rows.Count >= 0 {
						end = first + int(rows.Count)
					}
				}
				require.Equal(t, upTo(first, end), got)
				for _, n := range sizes[:max(len(sizes)-1, 0)] {
					require.Equal(t, int64(16), n, "batches cross parts")
				}
			}
		}
	}
	dir := t.TempDir()
	create(t, filepath.Join(dir, "p-0.parquet"), 0, 30)
	create(t, filepath.Join(dir, "p-1.parquet"), 30, 5)
	info, err := files.DescribePath(context.Background(), dir)
	require.NoError(t, err)
	require.Equal(t, []int64{30, 5}, info.Groups)
	require.Equal(t, int64(35), info.Rows)
}

func TestMissingSources(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "no.csv"), dir, filepath.Join(dir, "*.parquet")} {
		_, err := files.OpenPath(context.Background(), path, tabular.ReadOptions{})
		require.ErrorIs(t, err, tabular.ErrMissing)
		require.ErrorContains(t, err, path)
		_, err = files.DescribePath(context.Background(), path)
		require.ErrorIs(t, err, tabular.ErrMissing)
	}
	_, err := files.CreatePath(context.Background(), filepath.Join(dir, "no", "a.csv"), schema, tabular.WriteOptions{})
	require.ErrorIs(t, err, tabular.ErrMissing)
}

func TestMixedPartsAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	create(t, filepath.Join(dir, "a.csv"), 0, 3)
	create(t, filepath.Join(dir, "b.parquet"), 0, 3)
	_, err := files.OpenPath(context.Background(), dir, tabular.ReadOptions{})
	require.ErrorContains(t, err, "different formats")
}

func TestNothingHalfWrittenStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.csv")
	require.NoError(t, os.WriteFile(path, []byte("before"), 0o600))
	w, err := files.CreatePath(context.Background(), path, schema, tabular.WriteOptions{})
	require.NoError(t, err)
	require.NoError(t, w.Write(context.Background(), record(t, 0, 1000)))
	w.Abort()
	w.Abort()
	require.Error(t, w.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "before", string(b))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestFullDisk(t *testing.T) {
	// A write beyond the file size limit fails as one to a full disk does, on
	// any machine: /dev/full is that disk.
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		full = nil
	}
	for _, name := range []string{"csv", "jsonl.gz", "arrow", "parquet"} {
		var out io.Writer = failing{}
		if full != nil {
			out = full
		}
		w, err := files.NewOutput(out, name, schema, tabular.WriteOptions{})
		require.NoError(t, err)
		err = w.Write(context.Background(), record(t, 0, 100_000))
		if err == nil {
			err = w.Close()
		}
		require.ErrorIs(t, err, syscall.ENOSPC, name)
		w.Abort()
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestStandardInputAndOutput(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"csv", "jsonl.zst", "parquet", "arrow"} {
		var out bytes.Buffer
		w, err := files.NewOutput(&out, format, schema, tabular.WriteOptions{})
		require.NoError(t, err)
		require.NoError(t, w.Write(context.Background(), record(t, 0, 50)))
		require.NoError(t, w.Close())
		r, err := files.OpenInput(context.Background(), &out, format, tabular.ReadOptions{})
		require.NoError(t, err)
		got, _ := ids(t, r)
		require.Equal(t, upTo(0, 50), got)
	}
	_, err := files.OpenInput(context.Background(), strings.NewReader("x"), "xlsx", tabular.ReadOptions{})
	require.ErrorIs(t, err, tabular.ErrUnsupported)
}
