package tabular

import (
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFilterKeepsTheChosenRowsInOrder(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "s", Type: arrow.BinaryTypes.String},
	}, nil)
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.SliceOfN(rapid.Bool(), 0, 60).Draw(t, "keep")
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		defer b.Release()
		var want []string
		for i, keep := range chosen {
			if i%7 == 3 {
				b.Field(0).AppendNull()
			} else {
				b.Field(0).(*array.Int64Builder).Append(int64(i))
			}
			b.Field(1).(*array.StringBuilder).Append(strconv.Itoa(i))
			if keep {
				want = append(want, strconv.Itoa(i))
			}
		}
		rec := b.NewRecord()
		defer rec.Release()
		out, err := Filter(rec, func(i int) bool { return chosen[i] })
		require.NoError(t, err)
		defer out.Release()
		require.EqualValues(t, len(want), out.NumRows())
		for i, w := range want {
			require.Equal(t, w, out.Column(1).ValueStr(i))
			n, _ := strconv.Atoi(w)
			require.Equal(t, n%7 == 3, out.Column(0).IsNull(i))
		}
	})
}
