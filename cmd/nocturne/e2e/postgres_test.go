//go:build unix

package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/tabular/postgres/pgtest"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// line is a TCP connection to a database that can be cut.
type line struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	left  int64 // bytes that the database may still send; negative = any number
	dead  bool  // refuse new connections too
	broke bool
	conns map[net.Conn]bool
}

func newLine(t testing.TB, dsn string) (*line, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	l := &line{target: u.Host, left: -1, conns: map[net.Conn]bool{}}
	l.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.listener.Close(); l.cut(true) })
	go func() {
		for {
			c, err := l.listener.Accept()
			if err != nil {
				return
			}
			go l.serve(c)
		}
	}()
	u.Host = l.listener.Addr().String()
	return l, u.String()
}

func (l *line) serve(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer far.Close()
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		return
	}
	l.conns[near] = true
	l.mu.Unlock()
	go func() { _, _ = io.Copy(far, near); far.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := far.Read(buf)
		if n > 0 {
			if !l.pass(int64(n)) {
				return
			}
			if _, err := near.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass counts bytes and cuts every connection when too many have gone through.
func (l *line) pass(n int64) bool {
	l.mu.Lock()
	over := false
	if l.left >= 0 {
		l.left -= n
		over = l.left < 0
	}
	l.mu.Unlock()
	if over {
		l.cut(false)
	}
	return !over
}

// cut breaks all connections; dead refuses new ones.
func (l *line) cut(dead bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left, l.dead, l.broke = -1, dead, true
	for c := range l.conns {
		c.Close()
		delete(l.conns, c)
	}
}

// breakAfter lets n more bytes through, then cuts.
func (l *line) breakAfter(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left, l.dead, l.broke = n, false, false
}

const shop = `
CREATE TYPE tier AS ENUM ('basic', 'gold');
CREATE TABLE customers (
  customer_id int PRIMARY KEY, email text NOT NULL, joined timestamptz NOT NULL, balance numeric(12,2),
  tier tier NOT NULL, profile jsonb);
CREATE TABLE orders (
  order_id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, paid numeric(12,2) NOT NULL,
  at timestamptz NOT NULL, note text NOT NULL);
INSERT INTO customers SELECT i, 'buyer' || i || '@shop.example', timestamptz '2026-01-01 12:00:00.123456+02' + i * interval '1 hour',
  CASE WHEN i % 10 = 0 THEN NULL ELSE i * 1.25 - 100 END, CASE WHEN i % 4 = 0 THEN 'gold' ELSE 'basic' END::tier,
  jsonb_build_object('visits', i % 7) FROM generate_series(1, 400) i;
INSERT INTO orders SELECT i, 1 + i % 400, (i % 1000) / 4.0, timestamptz '2026-02-01 00:00+00' + i * interval '1 minute', repeat('x', 40)
  FROM generate_series(1, 20000) i;
ANALYZE`

func shopSpec(name string) pipeline.Spec {
	return pipeline.Spec{
		Name: name, Synthesis: pipeline.Synthesis{Off: true}, Layout: pipeline.Layout{BlockRows: 4096},
		Policy: `name: shop
version: 1.0.0
rules:
  - {name: keys, match: {column: customer_id}, transform: {name: pseudonym}}
  - {name: addresses, match: {column: email}, transform: {name: pseudonym, params: {length: 20}}}
  - {name: rest, match: {class: [quasi_identifier, sensitive, none]}, transform: {name: keep}}
`,
		Tables: []pipeline.Table{{
			Name: "orders", Source: pipeline.Source{Postgres: "env:SHOP"},
			Contract: &schemas.Contract{
				Name: "orders", Version: "1.0.0", PrimaryKey: []string{"order_id"},
				ForeignKeys: []schemas.ForeignKey{{Fields: []string{"customer_id"}, Table: "customers", References: []string{"customer_id"}}},
				Fields: []schemas.Field{
					{Name: "order_id", Type: "int32", Semantic: "record_id", Class: "none"},
					{Name: "customer_id", Type: "int32", Semantic: "foreign_key", Class: "direct_identifier"},
					{Name: "paid", Type: "decimal128(12,2)", Semantic: "money", Class: "sensitive"},
					{Name: "at", Type: "timestamp[us,UTC]", Semantic: "date", Class: "quasi_identifier"},
					{Name: "note", Type: "utf8", Semantic: "category", Class: "none"},
				},
			},
		}, {
			Name: "customers", Source: pipeline.Source{Postgres: "env:SHOP", Table: "public.customers"},
			Contract: &schemas.Contract{
				Name: "customers", Version: "1.0.0", PrimaryKey: []string{"customer_id"},
				Fields: []schemas.Field{
					{Name: "customer_id", Type: "int32", Semantic: "record_id", Class: "direct_identifier"},
					{Name: "email", Type: "utf8", Semantic: "email", Class: "direct_identifier"},
					{Name: "joined", Type: "timestamp[us,UTC]", Semantic: "date", Class: "quasi_identifier"},
					{Name: "balance", Type: "decimal128(12,2)", Semantic: "money", Class: "sensitive", Nullable: true},
					{Name: "tier", Type: "utf8", Semantic: "category", Class: "none"},
					{Name: "profile", Type: "utf8", Semantic: "category", Class: "none", Nullable: true},
				},
			},
		}},
	}
}

// TestPostgres publishes two tables of one database, read while somebody keeps
// writing to both; then the line to the database breaks in mid-read, once and
// for good.
func TestPostgres(t *testing.T) {
	t.Parallel()
	binary(t)
	dsn := pgtest.Start(t)
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	db, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	defer db.Close(context.Background())
	_, err = db.Exec(ctx, shop)
	require.NoError(t, err)

	l, through := newLine(t, dsn)
	h := newHome(t, "SHOP="+through)
	h.up(t)
	c := h.client(t)

	// New customers come with orders in one transaction: two snapshots at two
	// moments would show orders of customers that are not there.
	writing, stop := context.WithCancel(ctx)
	var wrote sync.WaitGroup
	wrote.Go(func() {
		w, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return
		}
		defer w.Close(context.Background())
		for i := 0; writing.Err() == nil; i++ {
			_, _ = w.Exec(ctx, fmt.Sprintf(`BEGIN;
INSERT INTO customers VALUES (%d, 'late%d@shop.example', now(), 1, 'gold', NULL);
INSERT INTO orders SELECT %d + g, %d, 1, now(), 'late' FROM generate_series(1, 50) g; COMMIT`, 100000+i, i, 1000000+100*i, 100000+i))
		}
	})
	s := shopSpec("shop")
	out, err := night(t, c, "shop", workflows.NightInput{Spec: &s})
	stop()
	wrote.Wait()
	require.NoError(t, err)
	for _, p := range out.Protected {
		require.Zero(t, p.Quarantined, "%s: one snapshot has no orphans", p.Table)
		require.GreaterOrEqual(t, p.RowsIn, int64(400))
	}

	folder := h.path("store", "datasets", "shop", h.version(t, "shop").Version, "data")
	customers, orders := filepath.Join(folder, "customers"), filepath.Join(folder, "orders")
	for rec := range batches(t, customers) {
		require.Equal(t, "decimal(12, 2)", rec.Schema().Field(rec.Schema().FieldIndices("balance")[0]).Type.String())
		require.Equal(t, "timestamp[us, tz=UTC]", rec.Schema().Field(rec.Schema().FieldIndices("joined")[0]).Type.String())
		break
	}
	rows, err := db.Query(ctx, `SELECT to_char(joined AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), coalesce(trim_scale(balance)::text, ''), tier::text, profile::text
		FROM customers WHERE customer_id <= 400 ORDER BY customer_id`)
	require.NoError(t, err)
	joined, balance, tier, profile := column(t, customers, "joined"), column(t, customers, "balance"), column(t, customers, "tier"), column(t, customers, "profile")
	for i := 0; rows.Next(); i++ {
		var at, money, level, json string
		require.NoError(t, rows.Scan(&at, &money, &level, &json))
		require.Equal(t, at, strings.TrimSuffix(strings.Replace(joined[i], "T", " ", 1), "Z"), "row %d", i)
		require.Equal(t, money, balance[i], "row %d", i)
		require.Equal(t, level, tier[i])
		require.Equal(t, json, profile[i])
	}
	require.NoError(t, rows.Err())
	parents := map[string]bool{}
	for _, id := range column(t, customers, "customer_id") {
		parents[id] = true
	}
	for _, id := range column(t, orders, "customer_id") {
		require.True(t, parents[id], "pseudonyms join")
	}

	t.Run("the line breaks once", func(t *testing.T) {
		l.breakAfter(600 << 10)
		s := shopSpec("shop-once")
		_, err := night(t, c, "shop-once", workflows.NightInput{Spec: &s})
		require.NoError(t, err)
		l.mu.Lock()
		defer l.mu.Unlock()
		require.True(t, l.broke, "it did break")
	})
	t.Run("the database is gone", func(t *testing.T) {
		s := shopSpec("shop-gone")
		l.breakAfter(600 << 10)
		run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "shop-gone", TaskQueue: workflows.Queue}, workflows.NightlyPipelineName, workflows.NightInput{Spec: &s})
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.broke
		}, 30*time.Second, time.Millisecond, "it broke in mid-read")
		l.cut(true)
		err = run.Get(ctx, nil)
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		t.Log(app)
		require.Equal(t, "SourceLost", app.Type())
		require.Contains(t, app.Message(), "ingest")
		require.False(t, h.published("shop-gone"))
		requireClean(t, h, "shop-gone")

		l.cut(false)
		_, err = night(t, c, "shop-back", workflows.NightInput{Spec: &s})
		require.NoError(t, err)
	})
	require.NotContains(t, string(h.said.all()), "buyer1@", "no value of a row was printed")
}
