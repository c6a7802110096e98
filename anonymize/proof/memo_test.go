package proof

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestNumbersAreSearchedFromSevenDigits holds the short cut for columns of small
// integers against values on both sides of its bound.
func TestNumbersAreSearchedFromSevenDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value int64
		found bool
	}{{999_999, false}, {1_000_000, true}, {-1_000_000, true}, {1_234_567, true}} {
		b := array.NewInt64Builder(memory.DefaultAllocator)
		b.AppendValues([]int64{1, c.value, -5}, nil)
		col := b.NewArray()
		rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "n", Type: col.DataType()}}, nil), []arrow.Array{col}, 3)
		values, err := NewCollector(Options{Key: make([]byte, 32)})
		require.NoError(t, err)
		require.NoError(t, values.Add(texts(t, "id", fmt.Sprint(c.value)), []Column{{Name: "id", Direct: true}}))
		s := NewScanner(values, Target{})
		require.NoError(t, s.Scan(context.Background(), rec, nil, 0))
		r := s.Result("", nil)
		require.Equal(t, c.found, r.Err() != nil, c.value)
		require.EqualValues(t, 3, r.Cells)
	}
}

// TestMemoForgetsNothing scans columns in which a value repeats, found or not,
// and expects of each cell what it gives alone.
func TestMemoForgetsNothing(t *testing.T) {
	t.Parallel()
	values, err := NewCollector(Options{Key: make([]byte, 32)})
	require.NoError(t, err)
	require.NoError(t, values.Add(texts(t, "id", "anna.meyer@example.org", "Smith", "12345678"), []Column{{Name: "id", Direct: true}}))
	rapid.Check(t, func(r *rapid.T) {
		cells := rapid.SliceOfN(rapid.SampledFrom([]string{"", "north", "see 12345678 there", "Smith", "smith was here", "anna.meyer@example.org", "plain words only"}), 1, 40).Draw(r, "cells")
		all := NewScanner(values, Target{})
		require.NoError(t, all.Scan(context.Background(), texts(t, "city", cells...), nil, 0))
		each := NewScanner(values, Target{})
		for i, c := range cells {
			require.NoError(t, each.Scan(context.Background(), texts(t, "city", c), nil, int64(i)))
		}
		require.Equal(t, each.Result("", nil), all.Result("", nil))
	})
}

// TestFilterPassesFew bounds the share of absent keys that pass: about 0.5 % at
// 12 bits a key. Keys are fixed, so there is no false alarm.
func TestFilterPassesFew(t *testing.T) {
	t.Parallel()
	const n = 1 << 16
	k := sip{1, 2}
	f := newFilter(n, maxFilterBytes)
	for i := range n {
		f.put(k.sum([]byte(fmt.Sprint(i))))
	}
	folded := f.fold(n)
	passed := 0
	for i := range 2 * n {
		switch may := folded.may(k.sum([]byte(fmt.Sprint(i)))); {
		case i < n && !may:
			t.Fatal("the filter forgets", i)
		case i >= n && may:
			passed++
		}
	}
	require.Less(t, passed, n/100)
}
