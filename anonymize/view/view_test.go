package view_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/view"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// batches is a reader over records in memory.
type batches struct {
	schema *arrow.Schema
	recs   []arrow.Record
	closed bool
}

func (b *batches) Schema() *arrow.Schema { return b.schema }
func (b *batches) Close() error          { b.closed = true; return nil }
func (b *batches) Next(context.Context) (arrow.Record, error) {
	if len(b.recs) == 0 {
		return nil, io.EOF
	}
	r := b.recs[0]
	b.recs = b.recs[1:]
	return r, nil
}

func records() *batches {
	s := arrow.NewSchema([]arrow.Field{{Name: "name", Type: arrow.BinaryTypes.String}, {Name: "ward", Type: arrow.BinaryTypes.String}, {Name: "extra", Type: arrow.BinaryTypes.String}}, nil)
	out := &batches{schema: s}
	for _, names := range [][]string{{"Ada", "Grace"}, {"Alan"}} {
		b := array.NewRecordBuilder(memory.DefaultAllocator, s)
		for _, n := range names {
			b.Field(0).(*array.StringBuilder).Append(n)
			b.Field(1).(*array.StringBuilder).Append("A")
			b.Field(2).(*array.StringBuilder).Append("unknown to the contract")
		}
		out.recs = append(out.recs, b.NewRecord())
	}
	return out
}

var people = schemas.Contract{Name: "people", Version: "1.0.0", Fields: []schemas.Field{
	{Name: "name", Type: "utf8", Semantic: "first_name", Class: semantic.DirectIdentifier},
	{Name: "ward", Type: "utf8", Class: semantic.None},
}}

func policy() anonymize.Policy {
	p, err := anonymize.ParsePolicy([]byte(`
name: wards
version: 1.0.0
rules:
  - {name: nurses, match: {semantic: first_name}, roles: nurse, purposes: care, transform: {name: keep}}
  - {name: names, match: {semantic: first_name}, transform: {name: mask}}
  - {name: public, match: {class: none}, transform: {name: keep}}
`))
	if err != nil {
		panic(err)
	}
	return p
}

func ExampleView() {
	for _, who := range []anonymize.Principal{
		{Purpose: "care", Roles: []string{"nurse"}},
		{Purpose: "training", Roles: []string{"nurse"}},
	} {
		v, err := view.New(policy(), who, people, records(), view.Options{})
		if err != nil {
			panic(err)
		}
		for {
			rec, err := v.Next(context.Background())
			if err != nil {
				break
			}
			for i := range int(rec.NumRows()) {
				fmt.Println(who.Purpose, rec.Column(0).ValueStr(i), rec.Column(1).ValueStr(i))
			}
			rec.Release()
		}
	}
	// Output:
	// care Ada A
	// care Grace A
	// care Alan A
	// training *** A
	// training ***** A
	// training **** A
}

func TestViewStreamsAndCloses(t *testing.T) {
	t.Parallel()
	in := records()
	v, err := view.New(policy(), anonymize.Principal{Purpose: "care"}, people, in, view.Options{})
	require.NoError(t, err)
	require.Equal(t, 2, v.Schema().NumFields(), "a column that the contract does not know is not shown")
	rec, err := v.Next(context.Background())
	require.NoError(t, err)
	require.True(t, rec.Schema().Equal(v.Schema()))
	require.Len(t, in.recs, 1, "one batch at a time")
	_, err = v.Next(context.Background())
	require.NoError(t, err)
	_, err = v.Next(context.Background())
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, v.Close())
	require.True(t, in.closed)
	require.Len(t, v.Plan().Digest(), 64)
}

func TestViewRefuses(t *testing.T) {
	t.Parallel()
	_, err := view.New(policy(), anonymize.Principal{}, people, nil, view.Options{})
	require.Error(t, err)
	other := people
	other.Fields = append([]schemas.Field{{Name: "missing", Type: "utf8", Class: semantic.None}}, people.Fields...)
	_, err = view.New(policy(), anonymize.Principal{}, other, records(), view.Options{})
	require.ErrorContains(t, err, `"missing"`)
}
