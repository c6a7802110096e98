package schemas

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCrosswalk(t *testing.T) {
	t.Parallel()
	for _, want := range []TypeNames{
		{"utf8", "string", "sc:Text", "string", "string"},
		{"int64", "integer", "sc:Integer", "int64", "integer"},
		{"float64", "number", "sc:Float", "float64", "number"},
		{"timestamp[us,UTC]", "timestamp", "sc:DateTime", "timestamp[us, tz=UTC]", "datetime"},
		{"timestamp[ms]", "timestamp", "sc:DateTime", "timestamp[ms]", "datetime"},
		{"timestamp[s,Asia/Tokyo]", "timestamp", "sc:DateTime", "timestamp[s, tz=Asia/Tokyo]", "datetime"},
		{"decimal128(12,2)", "number", "sc:Float", "decimal128(12, 2)", "number"},
		{"date32", "date", "sc:Date", "date32", "date"},
		{"bool", "boolean", "sc:Boolean", "bool", "boolean"},
		{"time32[s]", "time", "sc:Time", "time32[s]", "time"},
		{"list<utf8>", "array", "", "", "array"},
		{"struct<a:int64>", "object", "", "", "object"},
	} {
		got, err := CrosswalkTypes(want.Arrow)
		require.NoError(t, err)
		require.Equal(t, want, got)
		if want.HuggingFace != "" {
			back, ok := ArrowType(HuggingFaceFormat, want.HuggingFace)
			require.True(t, ok, want.HuggingFace)
			require.Equal(t, want.Arrow, back, "Hugging Face names lose nothing")
		}
	}
	_, err := CrosswalkTypes("int")
	require.ErrorIs(t, err, ErrType)
}

// TestCrosswalkBackAndForth: translating a name to Arrow and back gives the
// name again, in every format.
func TestCrosswalkBackAndForth(t *testing.T) {
	t.Parallel()
	for _, row := range crosswalk {
		for f, name := range []string{row.ODCS, row.Croissant, row.HuggingFace, row.Frictionless} {
			text, ok := ArrowType(Format(f), name)
			require.True(t, ok, name)
			again, err := CrosswalkTypes(text)
			require.NoError(t, err)
			require.Equal(t, name, []string{again.ODCS, again.Croissant, again.HuggingFace, again.Frictionless}[f])
		}
	}
	_, ok := ArrowType(ODCSFormat, "decimal")
	require.False(t, ok)
}
