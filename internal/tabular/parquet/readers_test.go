package parquet_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// storedTypes are what the readers see of columns whose Arrow type Parquet
// cannot say, and the factor of their values.
var storedTypes = map[string]struct {
	typ    string
	factor int64
}{
	"time_s": {"time32[ms]", 1000}, "at_s": {"timestamp[ms]", 1000}, "at_us": {"timestamp[us, tz=UTC]", 1}, "span": {"int64", 1},
}

// pyarrowNames are the spellings of types that differ from Arrow for Go's.
var pyarrowNames = map[string]string{
	"i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64", "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
	"zeta": "bool", "f16": "halffloat", "f32": "float", "f64": "double", "text": "string", "large": "string", "bytes": "binary",
	"fixed": "fixed_size_binary[5]", "date": "date32[day]", "time_ms": "time32[ms]", "time_us": "time64[us]", "time_ns": "time64[ns]",
	"at_ms": "timestamp[ms, tz=UTC]", "at_ns": "timestamp[ns]", "money": "decimal128(12, 2)", "wide": "decimal128(38, 3)",
	"nothing": "null", "list": "list<item: int64>", "struct": "struct<x: int32, y: string>",
	"lists": "list<item: list<item: struct<x: int32, y: string>>>", "map": "map<string, list<item: double>>", "id": "int64",
}

// TestFilesOpenInOtherReaders needs the interpreter that NOCTURNE_PYTHON names,
// with pyarrow, duckdb, polars and datasets installed; `make test` sets it.
func TestFilesOpenInOtherReaders(t *testing.T) {
	t.Parallel()
	python := os.Getenv("NOCTURNE_PYTHON")
	if python == "" {
		t.Skip("NOCTURNE_PYTHON is not set: written files were not opened in pyarrow, DuckDB, Polars and datasets")
	}
	for name, test := range map[string]struct {
		without []string
		rows    int
		readers []string
	}{
		// datasets has no maps; DuckDB cuts times to microseconds.
		"common":    {[]string{"map", "time_ns"}, 1000, []string{"pyarrow", "duckdb", "polars", "datasets"}},
		"maps":      {[]string{"time_ns"}, 500, []string{"pyarrow", "duckdb", "polars"}},
		"times":     {nil, 500, []string{"pyarrow", "polars"}},
		"no rows":   {[]string{"map", "time_ns"}, 0, []string{"pyarrow", "duckdb", "polars"}},
		"one group": {[]string{"map", "time_ns"}, 3, []string{"pyarrow", "duckdb", "polars", "datasets"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields := slices.DeleteFunc(slices.Clone(everyType().Fields()), func(f arrow.Field) bool { return slices.Contains(test.without, f.Name) })
			schema := arrow.NewSchema(fields, nil)
			rec := randomRecord(t, 11, schema, test.rows)
			path := filepath.Join(t.TempDir(), "table.parquet")
			b := written(t, tabular.WriteOptions{RowGroupRows: 300, Protected: []string{"text", "i64"}}, schema, rec)
			require.NoError(t, os.WriteFile(path, b, 0o600))
			cmd := exec.Command(python, append([]string{"testdata/readers.py", path}, test.readers...)...)
			out, err := cmd.Output()
			require.NoError(t, err)
			var reports map[string]struct {
				Error string
				Types map[string]string
				Cells map[string]json.RawMessage
			}
			require.NoError(t, json.Unmarshal(out, &reports))
			for _, reader := range test.readers {
				got := reports[reader]
				require.Empty(t, got.Error, reader)
				require.Len(t, got.Types, len(fields))
				for c, f := range fields {
					want, factor := pyarrowNames[f.Name], int64(1)
					if s, ok := storedTypes[f.Name]; ok {
						want, factor = s.typ, s.factor
					}
					require.Equal(t, want, got.Types[f.Name], "%s: %s", reader, f.Name)
					cells := make([]any, test.rows)
					for i := range cells {
						cells[i] = scaled(t, exact(t, rec.Column(c), i), factor)
					}
					require.JSONEq(t, viaJSON(t, cells), string(got.Cells[f.Name]), "%s: %s", reader, f.Name)
				}
			}
		})
	}
}

func scaled(t testing.TB, cell any, factor int64) any {
	if factor == 1 || cell == nil {
		return cell
	}
	var n int64
	require.NoError(t, json.Unmarshal([]byte(cell.(string)), &n))
	b, err := json.Marshal(n * factor)
	require.NoError(t, err)
	return string(b)
}
