package parquet_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

type expectedFile struct {
	Rows    int
	Columns [][2]json.RawMessage
}

func bytesFile(name string, b []byte) tabular.File {
	return tabular.File{Name: name, Body: bytes.NewReader(b), Size: int64(len(b))}
}

func corpus(t testing.TB) map[string][]byte {
	paths, err := filepath.Glob("testdata/apache/*.parquet")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	out := map[string][]byte{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		out[filepath.Base(p)] = b
	}
	return out
}

func expected(t testing.TB) map[string]expectedFile {
	f, err := os.Open("testdata/expected.json.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var out map[string]expectedFile
	require.NoError(t, json.NewDecoder(z).Decode(&out))
	return out
}

// columns reads a whole table into exact cells, column by column.
func columns(t testing.TB, r tabular.Reader) [][]any {
	out := make([][]any, r.Schema().NumFields())
	for {
		rec, err := r.Next(context.Background())
		if err == io.EOF {
			return out
		}
		require.NoError(t, err)
		for c := range out {
			for i := range int(rec.NumRows()) {
				out[c] = append(out[c], exact(t, rec.Column(c), i))
			}
		}
		rec.Release()
	}
}

// viaJSON gives cells the Go types that decoding JSON yields.
func viaJSON(t testing.TB, cells []any) string {
	if cells == nil {
		cells = []any{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(cells))
	return b.String()
}

func TestCorpusValuesEqualPyarrow(t *testing.T) {
	t.Parallel()
	want := expected(t)
	for name, b := range corpus(t) {
		for _, rows := range []int{0, 1, 7} {
			r, err := parquet.Open(context.Background(), bytesFile(name, b), tabular.ReadOptions{BatchRows: rows})
			require.NoError(t, err, name)
			got := columns(t, r)
			require.NoError(t, r.Close())
			require.Len(t, got, len(want[name].Columns), name)
			for c, cells := range got {
				var column string
				require.NoError(t, json.Unmarshal(want[name].Columns[c][0], &column))
				require.Equal(t, column, r.Schema().Field(c).Name, name)
				require.Len(t, cells, want[name].Rows)
				require.JSONEq(t, string(want[name].Columns[c][1]), viaJSON(t, cells), "%s: %s, batches of %d", name, column, rows)
			}
		}
	}
}
