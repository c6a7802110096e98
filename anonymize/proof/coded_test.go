package proof

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

func texts(t *testing.T, name string, cells ...string) arrow.Record {
	t.Helper()
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(cells, nil)
	col := b.NewArray()
	defer col.Release()
	return array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}}, nil), []arrow.Array{col}, int64(len(cells)))
}

// Codes are random: a number of eight digits stands in one of a few thousand
// codes of 32 hexadecimal digits. A whole cell that is somebody's value is no
// chance.
func TestCodesMayHoldPiecesButNotWholeValues(t *testing.T) {
	t.Parallel()
	in := texts(t, "id", "12345678", "87654321", "er")
	columns := []Column{{Name: "id", Direct: true}}
	for _, c := range []struct {
		name  string
		cells []string
		leak  bool
	}{
		{"a piece of a code", []string{"a12345678b", "f00dfeed", "0000"}, false},
		{"a short remainder of a masked cell", []string{"****er", "x", "y"}, false},
		{"another row's whole value", []string{"87654321", "f00dfeed", "0000"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			values, err := NewCollector(Options{Key: make([]byte, 32)})
			require.NoError(t, err)
			require.NoError(t, values.Add(in, columns))
			scan := NewScanner(values, Target{Columns: columns, Coded: []string{"id"}})
			require.NoError(t, scan.Scan(t.Context(), texts(t, "id", c.cells...), nil, 0))
			r := scan.Result("", nil)
			require.Equal(t, c.leak, r.Err() != nil, "%+v", r)
		})
	}
}
