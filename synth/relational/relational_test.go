package relational_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/modelfile"
	"github.com/nocturne-data/nocturne/synth/relational"
	"github.com/nocturne-data/nocturne/synth/synthtest"
)

var fk = schemas.ForeignKey{Fields: []string{"person_id"}, Table: "persons", References: []string{"id"}}

// family makes parents of two groups, "a" with 0 to 2 children and "b" with 3
// or 4, and children whose kind follows their parent's group in nine of ten
// cases.
func family(parents int) (parent, child arrow.Record) {
	group := func(row int) string { return []string{"a", "a", "b"}[row%3] }
	id := func(row int) int64 { return 70_000_000 + 13*int64(row) }
	parent = synthtest.Make(
		1, parents,
		synthtest.IntColumn("id", func(_ *rand.Rand, row int) int64 { return id(row) }),
		synthtest.TextColumn("group", func(_ *rand.Rand, row int) string { return group(row) }),
		synthtest.IntColumn("age", func(r *rand.Rand, row int) int64 { return 20 + int64(r.IntN(30)) + int64(row%3/2*20) }),
	)
	var owner []int
	for row := range parents {
		n := row / 3 % 3
		if group(row) == "b" {
			n = 3 + row/3%2
		}
		for range n {
			owner = append(owner, row)
		}
	}
	child = synthtest.Make(
		2, len(owner)+parents/20,
		synthtest.IntColumn("contact_id", func(_ *rand.Rand, row int) int64 { return int64(row) }),
		synthtest.Column{
			Field: arrow.Field{Name: "person_id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
			Append: func(b array.Builder, _ *rand.Rand, row int) {
				if row >= len(owner) {
					b.AppendNull()
					return
				}
				b.(*array.Int64Builder).Append(id(owner[row]))
			},
		},
		synthtest.TextColumn("kind", func(r *rand.Rand, row int) string {
			if row < len(owner) && (group(owner[row]) == "b") == (r.IntN(10) > 0) {
				return "work"
			}
			return "home"
		}),
	)
	return parent, child
}

func tables(parents int, batch int64) (p, c synth.Table) {
	parent, child := family(parents)
	p = synth.Table{Rows: synthtest.Source(parent.Schema(), synthtest.Parts(parent, batch)...), Contract: schemas.Contract{Name: "persons"}}
	c = synth.Table{Rows: synthtest.Source(child.Schema(), synthtest.Parts(child, batch)...), Contract: schemas.Contract{Name: "contacts", PrimaryKey: []string{"contact_id"}, ForeignKeys: []schemas.ForeignKey{fk}}}
	return p, c
}

func fit(t *testing.T, parents int, batch int64, workers int) *relational.Model {
	t.Helper()
	p, c := tables(parents, batch)
	m, err := relational.Fit(context.Background(), p, c, fk, relational.Options{FitOptions: synth.FitOptions{Seed: 1, Workers: workers}})
	require.NoError(t, err)
	return m
}

func children(t *testing.T, m *relational.Model, seed uint64, block, parents int) []arrow.Record {
	t.Helper()
	var out []arrow.Record
	require.NoError(t, m.SampleChildren(context.Background(), seed, block, parents, func(rec arrow.Record) error {
		rec.Retain()
		out = append(out, rec)
		return nil
	}))
	return out
}

// TestIntegrity: every reference leads to a generated parent, counts and kinds
// follow the parent's group, orphans keep their share. Bounds are five
// standard errors at these sizes (fixed seed).
func TestIntegrity(t *testing.T) {
	t.Parallel()
	m := fit(t, 3000, 1000, 2)
	keys := map[int64]bool{}
	contactIDs := map[int64]bool{}
	sum, n, work, orphans := map[string]int{}, map[string]int{}, map[string]int{}, 0
	for block := range 2 {
		parents, err := m.SampleParents(context.Background(), 5, block, 2000)
		require.NoError(t, err)
		group := map[int64]string{}
		for i := range 2000 {
			id := parents.Column(0).(*array.Int64).Value(i)
			require.False(t, keys[id], "parent key twice")
			require.Less(t, id, int64(70_000_000), "a real key")
			keys[id] = true
			group[id] = parents.Column(1).ValueStr(i)
			n[group[id]]++
		}
		for _, rec := range children(t, m, 5, block, 2000) {
			for i := range int(rec.NumRows()) {
				contact := rec.Column(0).(*array.Int64).Value(i)
				require.False(t, contactIDs[contact], "child key twice")
				contactIDs[contact] = true
				if rec.Column(1).IsNull(i) {
					orphans++
					continue
				}
				g, ok := group[rec.Column(1).(*array.Int64).Value(i)]
				require.True(t, ok, "a reference to nobody")
				sum[g]++
				if rec.Column(2).ValueStr(i) == "work" {
					work[g]++
				}
			}
		}
	}
	require.InDelta(t, 1.0, float64(sum["a"])/float64(n["a"]), 0.1, "children of a")
	require.InDelta(t, 3.5, float64(sum["b"])/float64(n["b"]), 0.15, "children of b")
	require.InDelta(t, 0.1, float64(work["a"])/float64(sum["a"]), 0.06, "kinds of a's children")
	require.InDelta(t, 0.9, float64(work["b"])/float64(sum["b"]), 0.06, "kinds of b's children")
	require.InDelta(t, 200, orphans, 1)
}

func TestSameBytesForAnyPartitionAndWorkerCount(t *testing.T) {
	t.Parallel()
	file := func(m *relational.Model) []byte {
		var b bytes.Buffer
		require.NoError(t, m.MarshalTo(&b))
		return b.Bytes()
	}
	one := fit(t, 900, 5000, 1)
	require.True(t, bytes.Equal(file(one), file(fit(t, 900, 77, 3))))

	opened, err := relational.Open(bytes.NewReader(file(one)))
	require.NoError(t, err)
	a, b := children(t, one, 3, 4, 500), children(t, opened, 3, 4, 500)
	require.Len(t, b, len(a))
	for i := range a {
		require.True(t, array.RecordEqual(a[i], b[i]))
	}
	pa, err := one.SampleParents(context.Background(), 3, 4, 500)
	require.NoError(t, err)
	pb, err := opened.SampleParents(context.Background(), 3, 4, 500)
	require.NoError(t, err)
	require.True(t, array.RecordEqual(pa, pb))

	bad := file(one)
	bad[len(bad)/2] ^= 1
	_, err = relational.Open(bytes.NewReader(bad))
	require.ErrorIs(t, err, modelfile.ErrInvalid)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p, c := tables(60, 100)
	tests := []struct {
		name string
		fk   schemas.ForeignKey
		opt  relational.Options
		want string
	}{
		{"composite", schemas.ForeignKey{Fields: []string{"a", "b"}, References: []string{"a", "b"}}, relational.Options{}, "single-column"},
		{"no such parent column", schemas.ForeignKey{Fields: []string{"person_id"}, References: []string{"nope"}}, relational.Options{}, `"nope"`},
		{"no such child column", schemas.ForeignKey{Fields: []string{"nope"}, References: []string{"id"}}, relational.Options{}, `"nope"`},
		{"key not unique", schemas.ForeignKey{Fields: []string{"person_id"}, References: []string{"age"}}, relational.Options{}, "not unique"},
		{"too many", fk, relational.Options{MaxParents: 10}, "MaxParents"},
		{"classes", fk, relational.Options{Classes: 999}, "classes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := relational.Fit(ctx, p, c, tt.fk, tt.opt)
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := relational.Fit(ctx, synth.Table{}, c, fk, relational.Options{})
	require.Error(t, err)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = relational.Fit(cancelled, p, c, fk, relational.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func ExampleModel_SampleChildren() {
	parent, child := family(600)
	m, err := relational.Fit(
		context.Background(),
		synthtest.Table(parent, schemas.Contract{Name: "persons"}),
		synthtest.Table(child, schemas.Contract{Name: "contacts"}),
		fk, relational.Options{},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	persons, _ := m.SampleParents(context.Background(), 7, 0, 100)
	var contacts int64
	_ = m.SampleChildren(context.Background(), 7, 0, 100, func(rec arrow.Record) error {
		contacts += rec.NumRows()
		return nil
	})
	fmt.Println(persons.NumRows(), contacts > 100)
	// Output: 100 true
}
