package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Table is what the catalogue says of a table or view.
type Table struct {
	Schema      string
	Name        string
	Kind        string // "table", "partitioned table", "view", "materialized view", "foreign table"
	Columns     []Column
	PrimaryKey  []string // in key order; nil = none
	ForeignKeys []ForeignKey
	// EstimatedRows is the planner's estimate; -1 = never analysed, or a view.
	EstimatedRows int64
}

// FullName returns "schema.table".
func (t Table) FullName() string { return t.Schema + "." + t.Name }

// ArrowSchema returns the schema as Snapshot.Table reads it.
func (t Table) ArrowSchema() *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: c.Arrow, Nullable: c.Nullable}
	}
	return arrow.NewSchema(fields, nil)
}

// Column is one column of a table.
type Column struct {
	Name     string
	Type     string // as PostgreSQL prints it: numeric(10,2)
	Arrow    arrow.DataType
	Nullable bool

	mapped mapping
}

// ForeignKey is a reference from a table's columns to those of another.
type ForeignKey struct {
	Name       string
	Columns    []string
	RefSchema  string
	RefTable   string
	RefColumns []string // in the order of Columns
}

var relationKinds = map[string]string{
	"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table",
}

// Partitions are read through their parent.
const columnsQuery = `
SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.reltuples::float8,
       a.attname, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", a.attnum`

const keysQuery = `
SELECT k.conrelid, k.conname, k.contype::text, coalesce(n.nspname, ''), coalesce(r.relname, ''),
       (SELECT array_agg(a.attname::text ORDER BY u.at) FROM unnest(k.conkey) WITH ORDINALITY u(num, at)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
       coalesce((SELECT array_agg(a.attname::text ORDER BY u.at) FROM unnest(k.confkey) WITH ORDINALITY u(num, at)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num), '{}')
FROM pg_catalog.pg_constraint k
LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE k.contype IN ('p', 'f') AND k.conrelid = ANY ($1)
ORDER BY k.conrelid, k.conname COLLATE "C"`

// Tables lists tables and views by schema and name. Partitions are part of
// their parent.
func (s *Snapshot) Tables(ctx context.Context) ([]Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	if s.tables == nil {
		tables, err := s.loadTables(ctx)
		if err != nil {
			return nil, err
		}
		s.tables = tables
	}
	return slices.Clone(s.tables), nil
}

func (s *Snapshot) loadTables(ctx context.Context) ([]Table, error) {
	const place = "reading the catalogue's tables"
	tables := []Table{}
	oids := []uint32{}
	at := map[uint32]int{}
	rows, err := s.keeper.Query(ctx, columnsQuery, s.opt.Schemas)
	if err != nil {
		return nil, fault(ctx, place, err)
	}
	defer rows.Close()
	for rows.Next() {
		var oid, typ uint32
		var t Table
		var c Column
		var kind string
		var estimate float64
		var mod int32
		var notNull bool
		if err := rows.Scan(&oid, &t.Schema, &t.Name, &kind, &estimate, &c.Name, &typ, &mod, &c.Type, &notNull); err != nil {
			return nil, fault(ctx, place, err)
		}
		i, ok := at[oid]
		if !ok {
			i = len(tables)
			at[oid] = i
			oids = append(oids, oid)
			t.Kind, t.EstimatedRows = relationKinds[kind], int64(estimate)
			if kind == "v" {
				t.EstimatedRows = -1
			}
			tables = append(tables, t)
		}
		c.mapped = mapType(s.types, typ, mod)
		c.Arrow, c.Nullable = c.mapped.arrow, !notNull
		tables[i].Columns = append(tables[i].Columns, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fault(ctx, place, err)
	}
	return tables, s.loadKeys(ctx, tables, oids, at)
}

func (s *Snapshot) loadKeys(ctx context.Context, tables []Table, oids []uint32, at map[uint32]int) error {
	const place = "reading the catalogue's keys"
	rows, err := s.keeper.Query(ctx, keysQuery, oids)
	if err != nil {
		return fault(ctx, place, err)
	}
	defer rows.Close()
	for rows.Next() {
		var oid uint32
		var kind string
		var k ForeignKey
		if err := rows.Scan(&oid, &k.Name, &kind, &k.RefSchema, &k.RefTable, &k.Columns, &k.RefColumns); err != nil {
			return fault(ctx, place, err)
		}
		t := &tables[at[oid]]
		if kind == "p" {
			t.PrimaryKey = k.Columns
		} else {
			t.ForeignKeys = append(t.ForeignKeys, k)
		}
	}
	return fault(ctx, place, rows.Err())
}

// find returns the table called name: "schema.table", or "table" where only
// one schema has it (public wins).
func (s *Snapshot) find(ctx context.Context, name string) (Table, error) {
	tables, err := s.Tables(ctx)
	if err != nil {
		return Table{}, err
	}
	var found []Table
	for _, t := range tables {
		if t.FullName() == name {
			return t, nil
		}
		if t.Name == name {
			found = append(found, t)
		}
	}
	if i := slices.IndexFunc(found, func(t Table) bool { return t.Schema == "public" }); i >= 0 {
		return found[i], nil
	}
	at := &tabular.Error{File: "postgres", Place: fmt.Sprintf("table %q", name), Kind: tabular.ErrMissing}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		at.Err = fmt.Errorf("not among the %d tables that this login sees", len(tables))
	default:
		schemas := make([]string, len(found))
		for i, t := range found {
			schemas[i] = t.Schema
		}
		at.Kind, at.Err = nil, fmt.Errorf("in the schemas %s; write schema.table", strings.Join(schemas, ", "))
	}
	return Table{}, at
}
