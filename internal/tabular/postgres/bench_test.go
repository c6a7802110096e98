//go:build unix

package postgres

import (
	"context"
	"io"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/postgres/pgtest"
)

const benchRows = 100_000

const benchTable = `CREATE TABLE bench AS SELECT g AS id, 'Person Number ' || g AS name, 'Amsterdam'::text AS city,
date '1950-01-01' + g % 20000 AS born, (g * 1.37)::numeric(12,2) AS amount, g * 0.5::float8 AS score,
now() AS at, 'called about the invoice, will call again'::text AS note FROM generate_series(1, 100000) g`

// BenchmarkRead measures the reader whole.
func BenchmarkRead(b *testing.B) {
	dsn := pgtest.Start(b)
	exec(b, dsn, benchTable)
	s := open(b, dsn, Options{})
	for b.Loop() {
		r, err := s.Table(context.Background(), "bench", tabular.ReadOptions{})
		require.NoError(b, err)
		rows := int64(0)
		for {
			rec, err := r.Next(context.Background())
			if err == io.EOF {
				break
			}
			require.NoError(b, err)
			rows += rec.NumRows()
			rec.Release()
		}
		require.EqualValues(b, benchRows, rows)
		require.NoError(b, r.Close())
	}
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkTransport compares, without decoding, the three ways in which
// PostgreSQL streams a table: the extended protocol with binary results, COPY
// in binary, and a cursor.
func BenchmarkTransport(b *testing.B) {
	dsn := pgtest.Start(b)
	exec(b, dsn, benchTable)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(b, err)
	defer conn.Close(ctx)
	pg := conn.PgConn()
	drain := func(sql string) int {
		rows := pg.ExecParams(ctx, sql, nil, nil, nil, []int16{1})
		n := 0
		for rows.NextRow() {
			n++
		}
		_, err := rows.Close()
		require.NoError(b, err)
		return n
	}
	for name, read := range map[string]func(){
		"portal": func() { require.Equal(b, benchRows, drain("SELECT * FROM bench")) },
		"copy": func() {
			_, err := pg.CopyTo(ctx, io.Discard, "COPY (SELECT * FROM bench) TO STDOUT (FORMAT binary)")
			require.NoError(b, err)
		},
		"cursor": func() {
			_, err := pg.Exec(ctx, "BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT * FROM bench").ReadAll()
			require.NoError(b, err)
			for drain("FETCH "+strconv.Itoa(8192)+" FROM c") > 0 {
			}
			_, err = pg.Exec(ctx, "COMMIT").ReadAll()
			require.NoError(b, err)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				read()
			}
			b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
