package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// seed makes the table the same on every machine.
const seed = 20261124

// table is the generated table: eight text columns, four of them direct
// identifiers, and two of numbers.
type table struct {
	rows        int64
	blockRows   int
	shardBlocks int
	twin, csv   bool
}

var schema = arrow.NewSchema([]arrow.Field{
	{Name: "person_id", Type: arrow.BinaryTypes.String},
	{Name: "full_name", Type: arrow.BinaryTypes.String},
	{Name: "email", Type: arrow.BinaryTypes.String},
	{Name: "phone", Type: arrow.BinaryTypes.String},
	{Name: "age", Type: arrow.PrimitiveTypes.Int64},
	{Name: "income", Type: arrow.PrimitiveTypes.Int64},
	{Name: "sex", Type: arrow.BinaryTypes.String},
	{Name: "occupation", Type: arrow.BinaryTypes.String},
	{Name: "region", Type: arrow.BinaryTypes.String},
	{Name: "segment", Type: arrow.BinaryTypes.String},
}, nil)

const spec = `name: scale
seed: 11
tables:
  - name: people
    source: {path: %s}
    contract:
      name: people
      version: 1.0.0
      fields:
        - {name: person_id, type: utf8, semantic: record_id, class: direct_identifier}
        - {name: full_name, type: utf8, semantic: full_name, class: direct_identifier}
        - {name: email, type: utf8, semantic: email, class: direct_identifier}
        - {name: phone, type: utf8, semantic: phone, class: direct_identifier}
        - {name: age, type: int64, semantic: age, class: quasi_identifier}
        - {name: income, type: int64, semantic: income, class: sensitive}
        - {name: sex, type: utf8, semantic: gender, class: quasi_identifier}
        - {name: occupation, type: utf8, semantic: occupation, class: quasi_identifier}
        - {name: region, type: utf8, semantic: region, class: quasi_identifier}
        - {name: segment, type: utf8, semantic: category, class: none}
      primary_key: [person_id]
    target: segment
policy: policy.yaml
principal: {purpose: training}
layout: {block_rows: %d, shard_blocks: %d}
synthesis: {off: %t}
`

const policy = `name: scale
version: 1.0.0
rules:
  - name: ids
    match: {column: person_id}
    transform: {name: pseudonym, params: {length: 20, prefix: "p_"}}
  - name: names
    match: {semantic: full_name}
    transform: {name: surrogate}
  - name: e-mail
    match: {semantic: email}
    transform: {name: pseudonym, params: {length: 20}}
  - name: phones
    match: {semantic: phone}
    transform: {name: mask, params: {last: 2}}
  - name: the-rest
    match: {class: [quasi_identifier, sensitive, none]}
    transform: {name: keep}
`

// write puts the table, its pipeline and its policy into dir.
func (t table) write(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := "people.parquet"
	if t.csv {
		name = "people.csv.gz"
	}
	if err := os.WriteFile(filepath.Join(dir, "pipeline.yaml"), fmt.Appendf(nil, spec, name, t.blockRows, t.shardBlocks, !t.twin), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(policy), 0o600); err != nil {
		return err
	}
	w, err := files.CreatePath(ctx, filepath.Join(dir, name), schema, tabular.WriteOptions{Workers: parallel.Workers(0)})
	if err != nil {
		return err
	}
	defer w.Abort()
	blocks := int((t.rows + parallel.BlockRows - 1) / parallel.BlockRows)
	err = parallel.Ordered(ctx, blocks, 0,
		func(_ context.Context, i int) (arrow.Record, error) {
			return block(i, min(parallel.BlockRows, t.rows-int64(i)*parallel.BlockRows))
		},
		func(_ int, rec arrow.Record) error {
			defer rec.Release()
			return w.Write(ctx, rec)
		})
	if err != nil {
		return err
	}
	return w.Close()
}

var (
	occupations = []string{"clerical", "craft", "farming", "handling", "machine operation", "management", "private service", "professional", "protective", "sales", "technical support", "transport"}
	regions     = []string{"north", "north east", "east", "south east", "south", "south west", "west", "north west", "centre"}
	segments    = []string{"none", "basic", "plus", "premium"}
)

// block draws rows whose columns depend on each other: income on age and
// occupation, segment on income.
func block(i int, rows int64) (arrow.Record, error) {
	types := make([]semantic.Type, 2)
	for k, name := range []string{"first_name", "last_name"} {
		t, ok := semantic.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("no semantic type %s", name)
		}
		types[k] = t
	}
	r := rng.New(seed, "nightscale", uint64(i))
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Reserve(int(rows))
	text := func(c int) *array.StringBuilder { return b.Field(c).(*array.StringBuilder) }
	number := func(c int) *array.Int64Builder { return b.Field(c).(*array.Int64Builder) }
	for k := range rows {
		n := int64(i)*parallel.BlockRows + k
		given, family := types[0].Generate(r, semantic.Context{}), types[1].Generate(r, semantic.Context{})
		text(0).Append(fmt.Sprintf("P%010d", n*7919%10_000_000_019))
		text(1).Append(given + " " + family)
		text(2).Append(fmt.Sprintf("%s.%s.%d@example.org", given, family, r.IntN(100_000)))
		text(3).Append(fmt.Sprintf("(%d) 555-%04d", 200+r.IntN(800), r.IntN(10_000)))
		age := 18 + r.IntN(65)
		job := min(r.IntN(len(occupations)), r.IntN(len(occupations)))
		income := 12_000 + 250*age + 3_000*job + int(8_000*r.ExpFloat64())
		number(4).Append(int64(age))
		number(5).Append(int64(income))
		text(6).Append([]string{"female", "male"}[r.IntN(2)])
		text(7).Append(occupations[job])
		text(8).Append(regions[(r.IntN(5)+age/9)%len(regions)])
		text(9).Append(segments[min(len(segments)-1, max(0, income/20_000-r.IntN(2)))])
	}
	return b.NewRecord(), nil
}
