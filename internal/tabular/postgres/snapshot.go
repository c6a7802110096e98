package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// closeTimeout bounds the goodbye to a server that may be gone.
const closeTimeout = 2 * time.Second

// Snapshot is one consistent view of a database. Its methods may be called
// from several goroutines.
type Snapshot struct {
	cfg *pgx.ConnConfig
	opt Options
	id  string // of the exported snapshot

	slots chan struct{} // one for each connection that reads

	mu     sync.Mutex
	keeper *pgx.Conn // holds the snapshot; answers catalogue queries
	idle   []*pgx.Conn
	types  map[uint32]pgType
	tables []Table
	closed bool
}

// Open connects to the database of dsn, a connection URL or keyword string
// (libpq's environment variables fill what it leaves out), and takes a
// snapshot. Errors never hold the password.
func Open(ctx context.Context, dsn string, opt Options) (*Snapshot, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		// The parser's message quotes the string.
		return nil, &tabular.Error{File: "postgres", Err: errors.New(
			"the connection string cannot be parsed; use postgres://user@host:5432/database?sslmode=require")}
	}
	opt = opt.withDefaults()
	cfg.ConnectTimeout = opt.ConnectTimeout
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "nocturne"
	}
	s := &Snapshot{cfg: cfg, opt: opt, slots: make(chan struct{}, opt.MaxConns)}
	if s.keeper, err = s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.keeper.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&s.id); err != nil {
		_ = s.Close()
		return nil, fault(ctx, "taking the snapshot", err)
	}
	if s.types, err = loadTypes(ctx, s.keeper); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// connect opens a connection inside the snapshot, or inside a new transaction
// when there is none yet.
func (s *Snapshot) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, s.cfg)
	if err != nil {
		return nil, connectFault(ctx, &s.cfg.Config, err)
	}
	// The settings fix how values print and keep scans from starting in the
	// middle of a table that someone else is scanning.
	setup := fmt.Sprintf(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601';
SET lc_monetary = 'C'; SET extra_float_digits = 1; SET synchronize_seqscans = off;
SET idle_in_transaction_session_timeout = 0; SET statement_timeout = %d; SET lock_timeout = %d;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`,
		s.opt.StatementTimeout.Milliseconds(), s.opt.LockTimeout.Milliseconds())
	_, err = conn.PgConn().Exec(ctx, setup).ReadAll()
	if err == nil && s.id != "" {
		// The id is the server's own: hexadecimal digits and dashes.
		if _, err = conn.PgConn().Exec(ctx, "SET TRANSACTION SNAPSHOT '"+s.id+"'").ReadAll(); err != nil {
			hangUp(conn)
			if ctx.Err() != nil {
				return nil, fault(ctx, "joining the snapshot", err)
			}
			return nil, &tabular.Error{File: "postgres", Place: "joining the snapshot", Err: ErrSnapshotLost}
		}
	}
	if err != nil {
		hangUp(conn)
		return nil, fault(ctx, "opening the transaction", err)
	}
	return conn, nil
}

func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}

// acquire returns a connection inside the snapshot; waits for a free slot.
func (s *Snapshot) acquire(ctx context.Context) (*pgx.Conn, error) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("postgres: waiting for one of %d connections: %w", s.opt.MaxConns, ctx.Err())
	}
	s.mu.Lock()
	closed := s.closed
	var conn *pgx.Conn
	if n := len(s.idle); n > 0 {
		conn, s.idle = s.idle[n-1], s.idle[:n-1]
	}
	s.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	err := errClosed
	if !closed {
		conn, err = s.connect(ctx)
	}
	if err != nil {
		<-s.slots
		return nil, err
	}
	return conn, nil
}

// release gives a connection back; a healthy one is kept for the next reader.
func (s *Snapshot) release(conn *pgx.Conn, healthy bool) {
	s.mu.Lock()
	keep := healthy && !s.closed && !conn.IsClosed()
	if keep {
		s.idle = append(s.idle, conn)
	}
	s.mu.Unlock()
	if !keep {
		hangUp(conn)
	}
	<-s.slots
}

var errClosed = errors.New("postgres: the snapshot is closed")

// Close ends the snapshot. Open readers keep their own connection until they
// are closed.
func (s *Snapshot) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	for _, c := range s.idle {
		hangUp(c)
	}
	s.idle = nil
	hangUp(s.keeper)
	return nil
}
