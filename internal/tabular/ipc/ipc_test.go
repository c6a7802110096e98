package ipc_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/ipc"
)

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "city", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, Nullable: true},
	{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
}, nil)

// table makes records of the given sizes whose cells follow from the row.
func table(t testing.TB, sizes ...int) []arrow.Record {
	var out []arrow.Record
	row := 0
	for _, n := range sizes {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for range n {
			b.Field(0).(*array.Int64Builder).Append(int64(row))
			city := b.Field(1).(*array.BinaryDictionaryBuilder)
			if row%5 == 0 {
				city.AppendNull()
			} else {
				require.NoError(t, city.AppendString(fmt.Sprintf("city %d", row%7)))
			}
			list := b.Field(2).(*array.ListBuilder)
			list.Append(true)
			for k := range row % 3 {
				list.ValueBuilder().(*array.StringBuilder).Append(fmt.Sprint(k))
			}
			row++
		}
		out = append(out, b.NewRecord())
		b.Release()
	}
	return out
}

func written(t testing.TB, stream bool, recs []arrow.Record) []byte {
	var out bytes.Buffer
	w, err := ipc.NewWriter(&out, schema, stream, tabular.WriteOptions{})
	require.NoError(t, err)
	for _, rec := range recs {
		require.NoError(t, w.Write(context.Background(), rec))
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func file(b []byte) tabular.File {
	return tabular.File{Name: "t.arrow", Body: bytes.NewReader(b), Size: int64(len(b))}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		b := written(t, stream, table(t, 10, 1, 25))
		info, err := ipc.Describe(context.Background(), file(b), "")
		require.NoError(t, err)
		require.Equal(t, int64(36), info.Rows)
		require.Equal(t, []int64{10, 1, 25}, info.Groups)
		for _, rows := range []*tabular.Range{nil, {First: 0, Count: 5}, {First: 10, Count: 1}, {First: 12, Count: -1}, {First: 36, Count: 2}, {First: 7, Count: 20}} {
			r, err := ipc.Open(context.Background(), file(b), "", tabular.ReadOptions{BatchRows: 8, Rows: rows})
			require.NoError(t, err)
			require.Equal(t, arrow.STRING, r.Schema().Field(1).Type.ID(), "dictionaries are read as their values")
			recs, err := tabular.Collect(context.Background(), r)
			require.NoError(t, err)
			first, want := int64(0), int64(36)
			if rows != nil {
				first, want = rows.First, 36-rows.First
				if rows.Count >= 0 {
					want = min(want, rows.Count)
				}
			}
			got := int64(0)
			for k, rec := range recs {
				if k < len(recs)-1 {
					require.Equal(t, int64(8), rec.NumRows())
				}
				for i := range int(rec.NumRows()) {
					row := first + got
					require.Equal(t, row, rec.Column(0).(*array.Int64).Value(i))
					require.Equal(t, row%5 == 0, rec.Column(1).IsNull(i))
					if row%5 != 0 {
						require.Equal(t, fmt.Sprintf("city %d", row%7), rec.Column(1).(*array.String).Value(i))
					}
					got++
				}
			}
			require.Equal(t, want, got, "%+v", rows)
			require.NoError(t, r.Close())
		}
	}
}

// read walks everything in a table, so that a bad buffer would be touched.
func read(b []byte) error {
	r, err := ipc.Open(context.Background(), file(b), "", tabular.ReadOptions{})
	if err != nil {
		return err
	}
	defer r.Close()
	recs, err := tabular.Collect(context.Background(), r)
	for _, rec := range recs {
		for _, c := range rec.Columns() {
			for i := range c.Len() {
				_ = c.ValueStr(i)
			}
		}
	}
	return err
}

func TestDamagedFilesEndInErrors(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		good := written(t, stream, table(t, 40, 3))
		require.NoError(t, read(good))
		for n := 0; n < len(good)-64; n += 37 {
			if err := read(good[:n]); err != nil {
				var te *tabular.Error
				require.ErrorAs(t, err, &te)
				require.ErrorIs(t, err, tabular.ErrCorrupt)
			}
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 3000 {
			bad := bytes.Clone(good)
			for range 1 + r.IntN(3) {
				damage(r, bad)
			}
			_ = read(bad) // must neither panic nor hang
		}
	}
}

// damage flips a bit, replaces a byte or writes a huge length.
func damage(r *rand.Rand, b []byte) {
	at := r.IntN(len(b) - 4)
	switch r.IntN(3) {
	case 0:
		b[at] ^= 1 << r.IntN(8)
	case 1:
		b[at] = byte(r.Uint32())
	default:
		copy(b[at:], []byte{0xff, 0xff, 0xff, 0x7f})
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(written(f, false, table(f, 10)))
	f.Add(written(f, true, table(f, 10)))
	f.Fuzz(func(_ *testing.T, b []byte) { _ = read(b) })
}
