package tabular_test

import (
	"context"
	"errors"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

var ctx = context.Background()

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
}, nil)

// tables returns a reader over rows first.. in batches of the given sizes.
func tables(t testing.TB, first int, sizes ...int) tabular.Reader {
	var recs []arrow.Record
	for _, n := range sizes {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for range n {
			b.Field(0).(*array.Int64Builder).Append(int64(first))
			l := b.Field(1).(*array.ListBuilder)
			if first%3 == 0 {
				l.AppendNull()
			} else {
				l.Append(true)
				for range first % 3 {
					l.ValueBuilder().(*array.StringBuilder).Append("t")
				}
			}
			first++
		}
		recs = append(recs, b.NewRecord())
		b.Release()
	}
	r, err := tabular.FromRecords(schema, recs...)
	require.NoError(t, err)
	return r
}

func drain(t testing.TB, r tabular.Reader) (ids []int64, sizes []int) {
	recs, err := tabular.Collect(ctx, r)
	require.NoError(t, err)
	for _, rec := range recs {
		sizes = append(sizes, int(rec.NumRows()))
		got := rec.Column(0).(*array.Int64).Int64Values()
		ids = append(ids, got...)
		if rec.NumCols() > 1 {
			tags := rec.Column(1).(*array.List)
			for i, id := range got {
				start, end := tags.ValueOffsets(i)
				require.Equal(t, id%3 == 0, tags.IsNull(i))
				require.Equal(t, id%3, end-start, "cells stay with their rows")
			}
		}
		rec.Release()
	}
	require.NoError(t, r.Close())
	return ids, sizes
}

func span(first, end int) (out []int64) {
	for i := first; i < end; i++ {
		out = append(out, int64(i))
	}
	return out
}

func drawSizes(rt *rapid.T) ([]int, int) {
	sizes := rapid.SliceOfN(rapid.IntRange(0, 12), 0, 8).Draw(rt, "sizes")
	total := 0
	for _, n := range sizes {
		total += n
	}
	return sizes, total
}

func TestRebatchDependsOnPositionAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		sizes, total := drawSizes(rt)
		want := rapid.IntRange(1, 15).Draw(rt, "rows")
		r, err := tabular.Rebatch(tables(t, 0, sizes...), want)
		require.NoError(t, err)
		ids, got := drain(t, r)
		require.Equal(t, span(0, total), ids)
		for i, n := range got {
			require.Equal(t, min(want, total-i*want), n)
		}
	})
	_, err := tabular.Rebatch(tables(t, 0), 0)
	require.Error(t, err)
}

func TestSlice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		sizes, total := drawSizes(rt)
		first := rapid.IntRange(0, total+2).Draw(rt, "first")
		count := rapid.IntRange(-1, total+2).Draw(rt, "count")
		ids, _ := drain(t, tabular.Slice(tables(t, 0, sizes...), tabular.Range{First: int64(first), Count: int64(count)}))
		end := total
		if count >= 0 {
			end = min(total, first+count)
		}
		require.Equal(t, span(first, end), ids)
	})
}

func TestConcatNumbersRowsAcrossParts(t *testing.T) {
	t.Parallel()
	part := func(first int, sizes ...int) tabular.Source {
		return func(context.Context) (tabular.Reader, error) { return tables(t, first, sizes...), nil }
	}
	r, err := tabular.Concat(ctx, part(0, 3, 4), part(7), part(7, 5))
	require.NoError(t, err)
	ids, _ := drain(t, r)
	require.Equal(t, span(0, 12), ids)

	other := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int32}, schema.Field(1)}, nil)
	r, err = tabular.Concat(ctx, part(0, 2), func(context.Context) (tabular.Reader, error) { return tabular.FromRecords(other) })
	require.NoError(t, err)
	_, err = tabular.Collect(ctx, r)
	require.ErrorContains(t, err, `part 1: column "id" is int32`)

	fault := errors.New("gone")
	r, err = tabular.Concat(ctx, part(0, 2), func(context.Context) (tabular.Reader, error) { return nil, fault })
	require.NoError(t, err)
	_, err = tabular.Collect(ctx, r)
	require.ErrorIs(t, err, fault)
	require.NoError(t, r.Close())
	_, err = tabular.Concat(ctx)
	require.Error(t, err)
}

func TestProject(t *testing.T) {
	t.Parallel()
	r, err := tabular.Project(tables(t, 0, 4), []string{"id"})
	require.NoError(t, err)
	require.Equal(t, 1, r.Schema().NumFields())
	ids, _ := drain(t, r)
	require.Equal(t, span(0, 4), ids)
	for _, names := range [][]string{{"no"}, {"id", "id"}} {
		_, err := tabular.Project(tables(t, 0), names)
		require.Error(t, err)
	}
}

func TestSameSchemaIgnoresMetadata(t *testing.T) {
	t.Parallel()
	md := arrow.NewMetadata([]string{"a"}, []string{"b"})
	require.True(t, tabular.SameSchema(schema, arrow.NewSchema(schema.Fields(), &md)))
	fields := schema.Fields()
	fields[0].Nullable = true
	require.False(t, tabular.SameSchema(schema, arrow.NewSchema(fields, nil)))
	require.False(t, tabular.SameSchema(schema, arrow.NewSchema(schema.Fields()[:1], nil)))
	require.False(t, tabular.SameSchema(schema, nil))
}
