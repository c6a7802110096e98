package codec

import (
	"encoding/json"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
)

func TestSchemaRoundTrip(t *testing.T) {
	t.Parallel()
	types := append([]arrow.DataType{
		&arrow.Decimal128Type{Precision: 12, Scale: 2},
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint16, ValueType: arrow.BinaryTypes.String, Ordered: true},
		arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
		arrow.FixedWidthTypes.Duration_s, arrow.FixedWidthTypes.Duration_ns,
		&arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Rome"},
	}, plainTypes...)
	var fields []arrow.Field
	for i, typ := range types {
		require.NoError(t, checkType(arrow.Field{Name: "x", Type: typ}))
		fields = append(fields, arrow.Field{
			Name: string(rune('a' + i)), Type: typ, Nullable: i%2 == 0,
			Metadata: arrow.NewMetadata([]string{"k"}, []string{typ.Name()}),
		})
	}
	meta := arrow.NewMetadata([]string{"origin"}, []string{"test"})
	want := arrow.NewSchema(fields, &meta)
	b, err := json.Marshal(packSchema(want))
	require.NoError(t, err)
	var w wireSchema
	require.NoError(t, json.Unmarshal(b, &w))
	got, err := w.unpack()
	require.NoError(t, err)
	require.True(t, got.Equal(want))
	require.True(t, got.Metadata().Equal(meta))
	require.True(t, got.Field(3).Metadata.Equal(want.Field(3).Metadata))
}
