package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
)

const maxBatchBytes = 1 << 30 // 32-bit offsets, and memory

// Table reads a table or view, named "schema.table" or "table", in the order
// of its primary key if it has one. A column that ro.Schema declares utf8 is
// read as the text PostgreSQL prints; other declared types must be the
// column's own.
func (s *Snapshot) Table(ctx context.Context, name string, ro tabular.ReadOptions) (tabular.Reader, error) {
	t, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	place := fmt.Sprintf("table %q", t.FullName())
	columns, err := choose(place, t.Columns, ro)
	if err != nil {
		return nil, err
	}
	from := quote(t.Schema) + "." + quote(t.Name)
	order := make([]string, len(t.PrimaryKey))
	for i, k := range t.PrimaryKey {
		order[i] = quote(k)
	}
	return s.read(ctx, place, columns, from, order, ro)
}

// Query reads the result of one SELECT statement in the order it gives.
// Columns need distinct names.
func (s *Snapshot) Query(ctx context.Context, sql string, ro tabular.ReadOptions) (tabular.Reader, error) {
	const place = "query"
	sql = strings.TrimRight(sql, "; \t\r\n")
	all, err := s.describe(ctx, sql)
	if err != nil {
		return nil, err
	}
	columns, err := choose(place, all, ro)
	if err != nil {
		return nil, err
	}
	// On a line of its own, for the statement may end in a comment.
	return s.read(ctx, place, columns, "("+sql+"\n) AS q", nil, ro)
}

func (s *Snapshot) describe(ctx context.Context, sql string) ([]Column, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	// A failed statement would abort the transaction that holds the snapshot.
	conn := s.keeper.PgConn()
	if _, err := conn.Exec(ctx, "SAVEPOINT describe").ReadAll(); err != nil {
		return nil, fault(ctx, "query", err)
	}
	d, err := conn.Prepare(ctx, "", "SELECT * FROM ("+sql+"\n) AS q", nil)
	if _, undo := conn.Exec(ctx, "ROLLBACK TO describe; RELEASE describe").ReadAll(); err == nil {
		err = undo
	}
	if err != nil {
		return nil, fault(ctx, "query", err)
	}
	seen := map[string]bool{}
	out := make([]Column, len(d.Fields))
	for i, f := range d.Fields {
		if seen[f.Name] {
			return nil, &tabular.Error{
				File: "postgres", Place: "query",
				Err: fmt.Errorf("two columns are called %q; name them apart with AS", f.Name),
			}
		}
		seen[f.Name] = true
		m := mapType(s.types, f.DataTypeOID, f.TypeModifier)
		out[i] = Column{Name: f.Name, Type: s.types[f.DataTypeOID].name, Arrow: m.arrow, Nullable: true, mapped: m}
	}
	return out, nil
}

// choose applies projection and declared types.
func choose(place string, all []Column, ro tabular.ReadOptions) ([]Column, error) {
	byName := make(map[string]Column, len(all))
	for _, c := range all {
		byName[c.Name] = c
	}
	names := ro.Columns
	if names == nil && ro.Schema != nil {
		for _, f := range ro.Schema.Fields() {
			names = append(names, f.Name)
		}
	}
	chosen := all
	if names != nil {
		chosen = make([]Column, len(names))
		for i, n := range names {
			c, ok := byName[n]
			if !ok {
				return nil, &tabular.Error{
					File: "postgres", Place: fmt.Sprintf("%s, column %q", place, n), Kind: tabular.ErrMissing,
					Err: errors.New("no such column"),
				}
			}
			chosen[i] = c
		}
	}
	if len(chosen) == 0 {
		return nil, &tabular.Error{File: "postgres", Place: place, Kind: tabular.ErrUnsupported, Err: errors.New("no columns")}
	}
	if ro.Schema == nil {
		return chosen, nil
	}
	chosen = append([]Column(nil), chosen...)
	for i := range chosen {
		c := &chosen[i]
		f, ok := ro.Schema.FieldsByName(c.Name)
		if !ok || arrow.TypeEqual(f[0].Type, c.Arrow) {
			continue
		}
		if f[0].Type.ID() != arrow.STRING {
			return nil, &tabular.Error{
				File: "postgres", Place: fmt.Sprintf("%s, column %q", place, c.Name), Kind: tabular.ErrUnsupported,
				Err: fmt.Errorf("type %s is declared, %s is read as %s (or as utf8)", f[0].Type, c.Type, c.Arrow),
			}
		}
		c.Arrow, c.mapped = arrow.BinaryTypes.String, textMapping
	}
	return chosen, nil
}

// read starts one statement that streams the rows. Measured against a cursor
// (FETCH 8192) and COPY (FORMAT binary), the plain extended protocol with
// binary results is as fast as COPY and simpler to end early; see the
// benchmark.
func (s *Snapshot) read(ctx context.Context, place string, columns []Column, from string, order []string, ro tabular.ReadOptions) (tabular.Reader, error) {
	var sql strings.Builder
	sql.WriteString("SELECT ")
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		if i > 0 {
			sql.WriteString(", ")
		}
		sql.WriteString(c.mapped.expr(quote(c.Name)))
		fields[i] = arrow.Field{Name: c.Name, Type: c.Arrow, Nullable: c.Nullable}
	}
	sql.WriteString(" FROM " + from)
	if len(order) > 0 {
		sql.WriteString(" ORDER BY " + strings.Join(order, ", "))
	}
	if ro.Rows != nil {
		fmt.Fprintf(&sql, " OFFSET %d", ro.Rows.First)
		if ro.Rows.Count >= 0 {
			fmt.Fprintf(&sql, " LIMIT %d", ro.Rows.Count)
		}
	}
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{
		snapshot: s, conn: conn, place: place, schema: arrow.NewSchema(fields, nil),
		batch: ro.BatchRows, bad: s.opt.OnBadCell,
	}
	if r.batch <= 0 {
		r.batch = parallel.BlockRows
	}
	for i, c := range columns {
		b := array.NewBuilder(memory.DefaultAllocator, fields[i].Type)
		r.builders = append(r.builders, b)
		r.decode = append(r.decode, decoder(c.mapped.wire, b))
	}
	// The read outlives this call; Next ties it to its own context.
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.rows = conn.PgConn().ExecParams(r.ctx, sql.String(), nil, nil, nil, []int16{1})
	return r, nil
}

type reader struct {
	snapshot *Snapshot
	conn     *pgx.Conn
	place    string
	schema   *arrow.Schema
	builders []array.Builder
	decode   []decode
	batch    int
	bad      func(BadCell)

	ctx    context.Context
	cancel context.CancelFunc
	rows   *pgconn.ResultReader
	row    int64
	err    error
	closed bool
}

func (r *reader) Schema() *arrow.Schema { return r.schema }

func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	stop := context.AfterFunc(ctx, r.cancel)
	rows, err := r.fill()
	stop()
	if err != nil && !errors.Is(err, io.EOF) {
		// Rows of a read that failed are dropped: a prefix must not pass for
		// a table.
		if ctx.Err() != nil {
			err = fmt.Errorf("postgres: %s: %w", r.place, context.Cause(ctx))
		}
		r.err = err
		return nil, err
	}
	r.err = err
	if rows == 0 {
		return nil, io.EOF
	}
	columns := make([]arrow.Array, len(r.builders))
	for i, b := range r.builders {
		columns[i] = b.NewArray()
	}
	rec := array.NewRecord(r.schema, columns, int64(rows))
	for _, c := range columns {
		c.Release()
	}
	return rec, nil
}

// fill appends up to a batch of rows; io.EOF only after the server has said
// that the statement is complete.
func (r *reader) fill() (int, error) {
	size := 0
	for rows := range r.batch {
		if !r.rows.NextRow() {
			if _, err := r.rows.Close(); err != nil {
				return rows, fault(r.ctx, fmt.Sprintf("%s after row %d", r.place, r.row), err)
			}
			return rows, io.EOF
		}
		for i, v := range r.rows.Values() {
			size += len(v)
			if v == nil {
				r.builders[i].AppendNull()
			} else if !r.decode[i](v) {
				if err := r.refuse(i); err != nil {
					return rows, err
				}
				r.builders[i].AppendNull()
			}
		}
		r.row++
		if size > maxBatchBytes {
			return rows, &tabular.Error{File: "postgres", Place: r.place, Err: fmt.Errorf(
				"a batch of %d rows exceeds %d bytes; read in smaller batches", r.batch, maxBatchBytes)}
		}
	}
	return r.batch, nil
}

func (r *reader) refuse(column int) error {
	f := r.schema.Field(column)
	b := BadCell{Table: r.place, Row: r.row, Name: f.Name, Type: f.Type.String()}
	if r.bad == nil {
		return &tabular.Error{File: "postgres", Place: fmt.Sprintf("%s, row %d, column %q", r.place, b.Row, b.Name), Err: &b}
	}
	r.bad(b)
	return nil
}

// Close ends the read. Unread rows are not waited for: the connection is
// dropped instead.
func (r *reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	finished := errors.Is(r.err, io.EOF)
	if !finished {
		r.cancel()
		_, _ = r.rows.Close()
	}
	r.cancel()
	for _, b := range r.builders {
		b.Release()
	}
	r.snapshot.release(r.conn, finished)
	if r.err == nil || finished {
		r.err = errors.New("postgres: read after Close")
	}
	return nil
}
