package schemas

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseTypeForms(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"null", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
		"utf8", "large_utf8", "binary", "large_binary", "date32", "date64", "time32[s]", "time64[us]", "timestamp[us]",
		"timestamp[us,UTC]", "timestamp[ns,Europe/Berlin]", "duration[ms]", "decimal128(12,2)", "fixed_size_binary(16)",
		"list<utf8>", "large_list<int64>", "struct<a:int64,b:utf8>", `struct<"a b":list<int8>>`, "struct<>",
		"map<utf8,int64>", "map<utf8,struct<x:float64,y:float64>>",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			typ, err := ParseType(text)
			require.NoError(t, err)
			back, err := TypeText(typ)
			require.NoError(t, err)
			require.Equal(t, text, back)
		})
	}
	spaced, err := ParseType(" struct< a : decimal128( 10 , 3 ) , b: timestamp[ us , UTC ] > ")
	require.NoError(t, err)
	text, err := TypeText(spaced)
	require.NoError(t, err)
	require.Equal(t, "struct<a:decimal128(10,3),b:timestamp[us,UTC]>", text)
}

func TestParseTypeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "int", "int64 x", "list", "list<", "list<utf8", "list<>", "map<utf8>", "struct<a>", "struct<a:utf8,a:utf8>",
		`struct<"a:utf8>`, "timestamp", "timestamp[h]", "timestamp[us,]", "time64[s]", "time32[ns]", "date32[us]",
		"duration[s,UTC]", "decimal128(0,0)", "decimal128(39,2)", "decimal128(4,5)", "decimal128(4)", "fixed_size_binary(0)",
		strings.Repeat("list<", 100) + "utf8" + strings.Repeat(">", 100),
	} {
		_, err := ParseType(text)
		require.ErrorIs(t, err, ErrType, text)
	}
}

func TestTypeTextRefusesWhatContractsDoNotKnow(t *testing.T) {
	t.Parallel()
	for _, typ := range []arrow.DataType{
		arrow.FixedWidthTypes.MonthInterval,
		arrow.ListOf(&arrow.Decimal256Type{Precision: 50, Scale: 1}),
		arrow.StructOf(arrow.Field{Name: "x", Type: arrow.FixedWidthTypes.Float16}),
	} {
		_, err := TypeText(typ)
		require.ErrorIs(t, err, ErrType)
	}
	text, err := TypeText(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String})
	require.NoError(t, err)
	require.Equal(t, "utf8", text)
}

func anyType(depth int) *rapid.Generator[arrow.DataType] {
	return rapid.Custom(func(t *rapid.T) arrow.DataType {
		kinds := 6
		if depth == 0 {
			kinds = 3
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return plainTypes[rapid.IntRange(0, len(plainTypes)-1).Draw(t, "plain")].typ
		case 1:
			unit := typeUnits[rapid.IntRange(0, 3).Draw(t, "unit")].unit
			return &arrow.TimestampType{Unit: unit, TimeZone: rapid.SampledFrom([]string{"", "UTC", "+01:00", "Asia/Shanghai"}).Draw(t, "zone")}
		case 2:
			p := rapid.Int32Range(1, 38).Draw(t, "precision")
			return &arrow.Decimal128Type{Precision: p, Scale: rapid.Int32Range(0, p).Draw(t, "scale")}
		case 3:
			return arrow.ListOf(anyType(depth-1).Draw(t, "item"))
		case 4:
			return arrow.MapOf(anyType(depth-1).Draw(t, "key"), anyType(depth-1).Draw(t, "value"))
		}
		names := rapid.SliceOfNDistinct(rapid.String(), 0, 4, rapid.ID[string]).Draw(t, "names")
		var fields []arrow.Field
		for _, n := range names {
			fields = append(fields, arrow.Field{Name: strings.ToValidUTF8(n, ""), Type: anyType(depth-1).Draw(t, "field"), Nullable: true})
		}
		return arrow.StructOf(fields...)
	})
}

func TestTypeTextRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyType(3).Draw(t, "type")
		text, err := TypeText(want)
		require.NoError(t, err)
		got, err := ParseType(text)
		require.NoError(t, err, text)
		require.True(t, arrow.TypeEqual(want, got), "%s became %s", want, got)
	})
}

func FuzzParseType(f *testing.F) {
	f.Add("struct<a:list<decimal128(3,1)>,\"b c\":map<utf8,timestamp[us,UTC]>>")
	f.Add("list<list<list<int8>")
	f.Fuzz(func(t *testing.T, text string) {
		typ, err := ParseType(text)
		if err != nil {
			return
		}
		again, err := TypeText(typ)
		require.NoError(t, err)
		back, err := ParseType(again)
		require.NoError(t, err)
		require.True(t, arrow.TypeEqual(typ, back))
	})
}
