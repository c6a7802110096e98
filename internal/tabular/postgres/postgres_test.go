//go:build unix

package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/cell"
	"github.com/nocturne-data/nocturne/internal/tabular/postgres/pgtest"
)

func exec(t testing.TB, dsn string, sql ...string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	for _, q := range sql {
		_, err := conn.PgConn().Exec(ctx, q).ReadAll()
		require.NoError(t, err, q)
	}
}

func open(t testing.TB, dsn string, opt Options) *Snapshot {
	t.Helper()
	s, err := Open(context.Background(), dsn, opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func rowsOf(t testing.TB, r tabular.Reader) [][]string {
	t.Helper()
	out := [][]string{}
	for {
		rec, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			require.NoError(t, r.Close())
			return out
		}
		require.NoError(t, err)
		for i := range int(rec.NumRows()) {
			row := make([]string, rec.NumCols())
			for k, c := range rec.Columns() {
				if row[k] = "(null)"; c.IsValid(i) {
					text, err := cell.Text(c)
					require.NoError(t, err)
					row[k] = string(text(nil, i))
				}
			}
			out = append(out, row)
		}
		rec.Release()
	}
}

// TestServer shares one server among all tests that leave it alive.
func TestServer(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t)
	t.Run("types", func(t *testing.T) { testTypes(t, dsn) })
	t.Run("catalogue", func(t *testing.T) { testCatalogue(t, dsn) })
	t.Run("snapshot", func(t *testing.T) { testSnapshot(t, dsn) })
	t.Run("options", func(t *testing.T) { testReadOptions(t, dsn) })
	t.Run("bad cells", func(t *testing.T) { testBadCells(t, dsn) })
	t.Run("errors", func(t *testing.T) { testErrors(t, dsn) })
	t.Run("numeric", func(t *testing.T) { testNumeric(t, dsn) })
	t.Run("concurrent", func(t *testing.T) { testConcurrent(t, dsn) })
}

func testTypes(t *testing.T, dsn string) {
	exec(t, dsn, `CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN cents AS numeric(12,2) CHECK (VALUE >= 0);
CREATE DOMAIN price AS cents; CREATE TYPE pair AS (a int, b text)`)
	s := open(t, dsn, Options{})
	for _, tc := range []struct{ value, typ, want string }{
		{"true", "bool", "true"},
		{"(-32768)::int2", "int16", "-32768"},
		{"2147483647", "int32", "2147483647"},
		{"9223372036854775807", "int64", "9223372036854775807"},
		{"42::oid", "int64", "42"},
		{"1.5::float4", "float32", "1.5"},
		{"0.1::float8", "float64", "0.1"},
		{"'NaN'::float8", "float64", "nan"},
		{"123.45::numeric(10,2)", "decimal(10, 2)", "123.45"},
		{"(-0.05)::numeric(10,2)", "decimal(10, 2)", "-0.05"},
		{"(repeat('9',38))::numeric(38,0)", "decimal(38, 0)", strings.Repeat("9", 38)},
		{"1e-10::numeric(38,20)", "decimal(38, 20)", "0.00000000010000000000"},
		{"1.2300::numeric", "utf8", "1.2300"},
		{"'Infinity'::numeric", "utf8", "Infinity"},
		{"1::numeric(50,2)", "utf8", "1.00"},
		{"1234::numeric(6,-2)", "utf8", "1200"},
		{"'é \"x\"'::text", "utf8", "é \"x\""},
		{"'v'::varchar(3)", "utf8", "v"},
		{"'c'::char(5)", "utf8", "c"},
		{"'n'::name", "utf8", "n"},
		{`'\x00ff'::bytea`, "binary", "AP8="},
		{"'2024-02-29'::date", "date32", "2024-02-29"},
		{"'0001-01-01'::date", "date32", "0001-01-01"},
		{"'12:34:56.789'::time", "time64[us]", "12:34:56.789"},
		{"'12:34:56+02'::timetz", "utf8", "12:34:56+02"},
		{"'1999-12-31 23:59:59.999999'::timestamp", "timestamp[us]", "1999-12-31T23:59:59.999999"},
		{"'2020-07-01 12:00+02'::timestamptz", "timestamp[us, tz=UTC]", "2020-07-01T10:00:00Z"},
		{"'1 year 2 days 03:04:05.5'::interval", "utf8", "P1Y2DT3H4M5.5S"},
		{"'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", "utf8", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{`'{"a": 1}'::json`, "utf8", `{"a": 1}`},
		{`'{"a":1}'::jsonb`, "utf8", `{"a": 1}`},
		{"'sad'::mood", "utf8", "sad"},
		{"7::price", "decimal(12, 2)", "7.00"},
		{"'{1,NULL,3}'::int4[]", "list<item: int32, nullable>", "[1,null,3]"},
		{"'{}'::text[]", "list<item: utf8, nullable>", "[]"},
		{`'{"a b",c}'::text[]`, "list<item: utf8, nullable>", `["a b","c"]`},
		{"'{sad}'::mood[]", "list<item: utf8, nullable>", `["sad"]`},
		{"'{1.50}'::numeric(5,2)[]", "list<item: decimal(5, 2), nullable>", `[1.50]`},
		{"'{1.50}'::numeric[]", "list<item: utf8, nullable>", `["1.50"]`},
		{"ARRAY['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid]", "list<item: utf8, nullable>", `["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]`},
		{"'{2020-01-01}'::date[]", "list<item: date32, nullable>", `["2020-01-01"]`},
		{"'10.1.2.3'::inet", "utf8", "10.1.2.3"},
		{"'10.1.2.3/8'::inet", "utf8", "10.1.2.3/8"},
		{"'10.1.0.0/16'::cidr", "utf8", "10.1.0.0/16"},
		{"'08:00:2b:01:02:03'::macaddr", "utf8", "08:00:2b:01:02:03"},
		{"12.34::money", "utf8", "$12.34"},
		{"'[1,5)'::int4range", "utf8", "[1,5)"},
		{"ROW(1,'x')::pair", "utf8", "(1,x)"},
		{"B'101'::bit(3)", "utf8", "101"},
		{"'(1,2)'::point", "utf8", "(1,2)"},
		{"'<a/>'::xml", "utf8", "<a/>"},
		{"NULL::int4", "int32", "(null)"},
	} {
		r, err := s.Query(context.Background(), "SELECT "+tc.value+" AS v", tabular.ReadOptions{})
		if tc.value == "'<a/>'::xml" && err != nil {
			continue // servers may be built without XML
		}
		require.NoError(t, err, tc.value)
		require.Equal(t, tc.typ, r.Schema().Field(0).Type.String(), tc.value)
		require.Equal(t, [][]string{{tc.want}}, rowsOf(t, r), tc.value)
	}
}

func testCatalogue(t *testing.T, dsn string) {
	exec(t, dsn, `CREATE SCHEMA shop; CREATE SCHEMA other;
CREATE TABLE shop.person (id int PRIMARY KEY, "full Name" text NOT NULL, gone int, born date);
ALTER TABLE shop.person DROP COLUMN gone;
CREATE TABLE shop.visit (place text, at int, person int REFERENCES shop.person, PRIMARY KEY (at, place));
CREATE TABLE shop.note (at int, place text, FOREIGN KEY (place, at) REFERENCES shop.visit (place, at));
CREATE TABLE other.person (id int);
CREATE TABLE shop.part (id int) PARTITION BY RANGE (id); CREATE TABLE shop.part_1 PARTITION OF shop.part FOR VALUES FROM (0) TO (10);
CREATE VIEW shop.adults AS SELECT id FROM shop.person;
INSERT INTO shop.person SELECT g, 'p' || g, NULL FROM generate_series(1, 1000) g; INSERT INTO shop.part VALUES (3)`,
		"ANALYZE shop.person")
	s := open(t, dsn, Options{Schemas: []string{"shop", "other"}})
	tables, err := s.Tables(context.Background())
	require.NoError(t, err)
	names := []string{}
	byName := map[string]Table{}
	for _, x := range tables {
		names = append(names, x.FullName()+" "+x.Kind)
		byName[x.FullName()] = x
	}
	require.Equal(t, []string{
		"other.person table", "shop.adults view", "shop.note table", "shop.part partitioned table", "shop.person table", "shop.visit table",
	}, names)
	p := byName["shop.person"]
	require.Equal(t, []string{"id"}, p.PrimaryKey)
	require.EqualValues(t, 1000, p.EstimatedRows)
	require.EqualValues(t, -1, byName["shop.visit"].EstimatedRows)
	require.Equal(t, "full Name", p.Columns[1].Name)
	require.False(t, p.Columns[1].Nullable)
	require.Len(t, p.Columns, 3)
	require.Equal(t, []string{"at", "place"}, byName["shop.visit"].PrimaryKey)
	require.Equal(t, []ForeignKey{{"note_place_at_fkey", []string{"place", "at"}, "shop", "visit", []string{"place", "at"}}}, byName["shop.note"].ForeignKeys)

	_, err = s.Table(context.Background(), "person", tabular.ReadOptions{})
	require.ErrorContains(t, err, "shop")
	_, err = s.Table(context.Background(), "nobody", tabular.ReadOptions{})
	require.ErrorIs(t, err, tabular.ErrMissing)
	r, err := s.Table(context.Background(), "shop.part", tabular.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, [][]string{{"3"}}, rowsOf(t, r))
	r, err = s.Table(context.Background(), "adults", tabular.ReadOptions{})
	require.NoError(t, err)
	require.Len(t, rowsOf(t, r), 1000)
}

// testSnapshot writes between two reads: both must see the state before.
func testSnapshot(t *testing.T, dsn string) {
	exec(t, dsn, "CREATE TABLE snap_a (id int PRIMARY KEY); CREATE TABLE snap_b (id int PRIMARY KEY); INSERT INTO snap_a VALUES (2), (1); INSERT INTO snap_b VALUES (1)")
	s := open(t, dsn, Options{})
	a, err := s.Table(context.Background(), "snap_a", tabular.ReadOptions{})
	require.NoError(t, err)
	exec(t, dsn, "INSERT INTO snap_a VALUES (3); INSERT INTO snap_b VALUES (2); DELETE FROM snap_b WHERE id = 1")
	b, err := s.Table(context.Background(), "snap_b", tabular.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, [][]string{{"1"}, {"2"}}, rowsOf(t, a), "ordered by key, without the later row")
	require.Equal(t, [][]string{{"1"}}, rowsOf(t, b))

	q, err := s.Query(context.Background(), "UPDATE snap_a SET id = 9", tabular.ReadOptions{})
	require.Error(t, err, "only SELECT")
	require.Nil(t, q)
	r, err := s.Query(context.Background(), "SELECT id FROM snap_b -- still usable after the error;", tabular.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, [][]string{{"1"}}, rowsOf(t, r))
}

func testReadOptions(t *testing.T, dsn string) {
	exec(t, dsn, "CREATE TABLE opts (id int PRIMARY KEY, n numeric(5,2), d date, t text); INSERT INTO opts SELECT g, g, '2020-01-01', 'x' FROM generate_series(1, 10) g")
	s := open(t, dsn, Options{})
	r, err := s.Table(context.Background(), "opts", tabular.ReadOptions{
		Columns: []string{"n", "id"}, Rows: &tabular.Range{First: 3, Count: 5}, BatchRows: 2,
		Schema: arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.BinaryTypes.String}}, nil),
	})
	require.NoError(t, err)
	rec, err := r.Next(context.Background())
	require.NoError(t, err)
	require.EqualValues(t, 2, rec.NumRows())
	require.Equal(t, "4.00", rec.Column(0).(*array.String).Value(0))
	require.Equal(t, [][]string{{"6.00", "6"}, {"7.00", "7"}, {"8.00", "8"}}, rowsOf(t, r))

	_, err = s.Table(context.Background(), "opts", tabular.ReadOptions{Columns: []string{"nope"}})
	require.ErrorIs(t, err, tabular.ErrMissing)
	_, err = s.Table(context.Background(), "opts", tabular.ReadOptions{
		Schema: arrow.NewSchema([]arrow.Field{{Name: "d", Type: arrow.PrimitiveTypes.Int64}}, nil),
	})
	require.ErrorIs(t, err, tabular.ErrUnsupported)
}

func testBadCells(t *testing.T, dsn string) {
	const sql = `SELECT * FROM (VALUES (1, '2020-01-01'::date, 'NaN'::numeric(5,2), '24:00'::time, '{{1},{2}}'::int[]),
		(2, 'infinity', 1.5, '23:59', '{3}')) v(a, b, c, d, e)`
	var bad []BadCell
	s := open(t, dsn, Options{OnBadCell: func(b BadCell) { bad = append(bad, b) }})
	r, err := s.Query(context.Background(), sql, tabular.ReadOptions{})
	require.NoError(t, err)
	if r.Schema().Field(2).Type.ID() != arrow.DECIMAL128 {
		// VALUES drops the modifier; the column is cast to have one.
		require.NoError(t, r.Close())
		r, err = s.Query(context.Background(), "SELECT a, b, c::numeric(5,2) AS c, d, e FROM ("+sql+") q", tabular.ReadOptions{})
		require.NoError(t, err)
	}
	require.Equal(t, [][]string{
		{"1", "2020-01-01", "(null)", "(null)", "(null)"},
		{"2", "(null)", "1.50", "23:59:00", "[3]"},
	}, rowsOf(t, r))
	where := []string{}
	for _, b := range bad {
		where = append(where, string(rune('0'+b.Row))+b.Name)
	}
	require.Equal(t, []string{"0c", "0d", "0e", "1b"}, where)

	strict := open(t, dsn, Options{})
	r, err = strict.Query(context.Background(), "SELECT 'infinity'::date AS until", tabular.ReadOptions{})
	require.NoError(t, err)
	_, err = r.Next(context.Background())
	var cell *BadCell
	require.ErrorAs(t, err, &cell)
	require.ErrorContains(t, err, `row 0, column "until"`)
	require.NoError(t, r.Close())
}

const secret = "S3cretValue"

func testErrors(t *testing.T, dsn string) {
	ctx := context.Background()
	for _, bad := range []string{"postgres://u:" + secret + "@[::bad", "host=/nowhere dbname=x password=" + secret, "postgres://u:" + secret + "@127.0.0.1:1/x?connect_timeout=2"} {
		_, err := Open(ctx, bad, Options{})
		require.Error(t, err)
		require.NotContains(t, err.Error(), secret)
	}
	_, err := Open(ctx, strings.Replace(dsn, "/postgres?", "/absent?", 1), Options{})
	require.ErrorIs(t, err, tabular.ErrMissing)
	require.ErrorContains(t, err, "absent")

	s := open(t, dsn, Options{StatementTimeout: 200 * time.Millisecond})
	// The server's message would quote the value.
	r, err := s.Query(ctx, "SELECT '"+secret+"'::text::int AS v FROM generate_series(1, 2)", tabular.ReadOptions{})
	if err == nil {
		_, err = r.Next(ctx)
		require.NoError(t, r.Close())
	}
	require.ErrorContains(t, err, "22P02")
	require.NotContains(t, err.Error(), secret)
	var server *ServerError
	require.ErrorAs(t, err, &server)

	r, err = s.Query(ctx, "SELECT pg_sleep(5)::text AS v", tabular.ReadOptions{})
	require.NoError(t, err)
	_, err = r.Next(ctx)
	require.ErrorContains(t, err, "57014")
	require.NoError(t, r.Close())

	s = open(t, dsn, Options{})
	r, err = s.Query(ctx, "SELECT generate_series(1, 100000000) AS v", tabular.ReadOptions{BatchRows: 10})
	require.NoError(t, err)
	cancelled, cancel := context.WithCancel(ctx)
	_, err = r.Next(cancelled)
	require.NoError(t, err)
	cancel()
	for err == nil {
		_, err = r.Next(cancelled)
	}
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, r.Close())

	_, err = s.Query(ctx, "SELECT 1 AS a, 2 AS a", tabular.ReadOptions{})
	require.ErrorContains(t, err, "AS")
}

// testNumeric compares decoded decimals with the server's own text.
func testNumeric(t *testing.T, dsn string) {
	s := open(t, dsn, Options{})
	rapid.Check(t, func(rt *rapid.T) {
		var q strings.Builder
		var want []string
		for range 50 {
			scale := 7
			unscaled, _ := new(big.Int).SetString(rapid.StringMatching(`-?[0-9]{1,38}`).Draw(rt, "n"), 10)
			text := new(big.Rat).SetFrac(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
			if q.Len() > 0 {
				q.WriteString(" UNION ALL ")
			}
			q.WriteString("SELECT (" + text + ")::numeric(38,7) AS v")
			want = append(want, text)
		}
		r, err := s.Query(context.Background(), q.String(), tabular.ReadOptions{})
		require.NoError(rt, err)
		rec, err := r.Next(context.Background())
		require.NoError(rt, err)
		got := rec.Column(0).(*array.Decimal128)
		for i, w := range want {
			require.Equal(rt, w, got.Value(i).ToString(7))
		}
		_, err = r.Next(context.Background())
		require.ErrorIs(rt, err, io.EOF)
		require.NoError(rt, r.Close())
	})
}

func testConcurrent(t *testing.T, dsn string) {
	exec(t, dsn, "CREATE TABLE many (id int PRIMARY KEY); INSERT INTO many SELECT generate_series(1, 5000)")
	s := open(t, dsn, Options{MaxConns: 2})
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			r, err := s.Table(context.Background(), "many", tabular.ReadOptions{BatchRows: 1000})
			if err != nil {
				errs <- err
				return
			}
			defer r.Close()
			n := int64(0)
			for {
				rec, err := r.Next(context.Background())
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					errs <- err
					return
				}
				n += rec.NumRows()
			}
			if n != 5000 {
				errs <- errors.New("rows are missing")
				return
			}
			errs <- nil
		}()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	a, err := s.Table(ctx, "many", tabular.ReadOptions{})
	require.NoError(t, err)
	b, err := s.Table(ctx, "many", tabular.ReadOptions{})
	require.NoError(t, err)
	_, err = s.Table(ctx, "many", tabular.ReadOptions{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
}

// TestServerDiesInMidRead: no end of table is ever reported, and the error
// names the table.
func TestServerDiesInMidRead(t *testing.T) {
	t.Parallel()
	server := pgtest.New(t)
	exec(t, server.DSN, "CREATE TABLE big (id int PRIMARY KEY, note text); INSERT INTO big SELECT g, repeat('x', 200) FROM generate_series(1, 100000) g")
	s := open(t, server.DSN, Options{})
	r, err := s.Table(context.Background(), "big", tabular.ReadOptions{BatchRows: 100})
	require.NoError(t, err)
	_, err = r.Next(context.Background())
	require.NoError(t, err)
	server.Kill()
	for err == nil {
		_, err = r.Next(context.Background())
	}
	require.NotErrorIs(t, err, io.EOF)
	require.ErrorIs(t, err, ErrSnapshotLost)
	require.ErrorContains(t, err, `table "public.big" after row`)
	_, again := r.Next(context.Background())
	require.Equal(t, err, again)
	require.NoError(t, r.Close())
	_, err = s.Table(context.Background(), "big", tabular.ReadOptions{})
	require.Error(t, err)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 2, 0, 0, 0, 0, 0, 2, 0, 1, 0x27, 0x0f}, uint8(wireNumeric))
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1}, uint8(wireArray))
	f.Fuzz(func(t *testing.T, v []byte, w uint8) {
		if len(v) >= 20 && binary.BigEndian.Uint32(v[12:]) > 1<<16 {
			return
		}
		for _, m := range mappings {
			if m.wire == wire(w) {
				b := array.NewBuilder(memory.DefaultAllocator, m.arrow)
				decoder(m.wire, b)(v)
				require.LessOrEqual(t, b.Len(), 1)
			}
		}
		for _, e := range []arrow.DataType{arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String, &arrow.Decimal128Type{Precision: 10, Scale: 2}} {
			b := array.NewBuilder(memory.DefaultAllocator, arrow.ListOf(e))
			ok := decoder(wireArray, b)(v)
			require.Equal(t, ok, b.Len() == 1)
			b.NewArray().Release()
		}
	})
}
