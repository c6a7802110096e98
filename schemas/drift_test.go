package schemas

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

func TestDiffGolden(t *testing.T) {
	t.Parallel()
	old := exampleContract()
	old.Constraints = append(old.Constraints, Constraint{Field: "tags", Set: nil, Pattern: "x"}, Constraint{Field: "visit_id", Range: &Bounds{Min: "1", Max: "100"}})
	old.Fields = append(old.Fields, field("gone", "utf8"))
	now := exampleContract()
	now.Version = "2.0.0"
	now.Fields = append(now.Fields, nullable("note", "utf8"), field("site", "utf8"))
	now.Fields[0].Type, now.Fields[0].Class = "int32", semantic.None
	now.Fields[1].Type = "decimal128(38,0)"
	now.Fields[3], now.Fields[2] = now.Fields[2], now.Fields[3]
	now.Fields[2].Type = "timestamp[ms,UTC]"
	now.Fields[5].Nullable, now.Fields[5].Class = true, semantic.QuasiIdentifier
	now.Fields[7].Nullable = false
	now.Fields[6].Semantic = "diagnosis"
	now.Fields[8].Type = "list<int64>"
	now.PrimaryKey = []string{"visit_id", "arrived"}
	now.ForeignKeys = []ForeignKey{{Fields: []string{"patient_id"}, Table: "persons", References: []string{"id"}}, {Fields: []string{"ward"}, Table: "wards", References: []string{"letter"}}}
	now.Constraints = []Constraint{
		{Field: "ward", Set: []string{"A", "B", "D"}},
		{Field: "code", Pattern: `[A-Z]\d{2}`},
		{Field: "cost", Range: &Bounds{Min: "0.50", Max: "999999.99"}},
		{Compare: &Compare{Left: "arrived", Op: "<", Right: "left"}},
		{Field: "visit_id", Range: &Bounds{Min: "1", Max: "99"}},
		{Field: "site", Set: []string{"x"}},
	}
	now.OnViolation, now.MaxQuarantine = Stop, 0.2
	golden(t, "drift.txt", []byte(Diff(old, now).String()+Diff(now, old).String()+Diff(now, now).String()))
}

func TestDiffNullableColumnIsCompatible(t *testing.T) {
	t.Parallel()
	now := exampleContract()
	now.Fields = append(now.Fields, nullable("note", "utf8"))
	d := Diff(exampleContract(), now)
	require.True(t, d.Compatible())
	require.Len(t, d.Changes, 1)
	require.False(t, Diff(now, exampleContract()).Compatible())
	require.Empty(t, Diff(now, now).Changes)
}

// TestWideningIsAnOrder: a type widens itself, and widening is transitive.
func TestWideningIsAnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyType(1).Draw(t, "a"), anyType(1).Draw(t, "b"), anyType(1).Draw(t, "c")
		require.True(t, widens(a, a))
		if widens(a, b) && widens(b, c) {
			require.True(t, widens(a, c), "%s %s %s", a, b, c)
		}
	})
}
