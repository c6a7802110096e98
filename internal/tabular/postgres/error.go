package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// ErrSnapshotLost is matched by errors after which the snapshot cannot be
// read any more: the server stopped or the connection broke. What was read so
// far is not a whole table; open a new snapshot and read all tables again.
var ErrSnapshotLost = errors.New("the snapshot is lost; open a new one and read every table again")

// ServerError is what may be said of an error from the server. The server's
// own message, detail and hint can quote rows and are dropped.
type ServerError struct {
	Code string // SQLSTATE
}

func (e *ServerError) Error() string {
	return fmt.Sprintf("SQLSTATE %s (%s)", e.Code, className(e.Code))
}

// className names the condition (PostgreSQL manual, appendix A): a few codes
// by themselves, others by their class.
func className(code string) string {
	if n, ok := conditions[code]; ok {
		return n
	}
	if len(code) == 5 {
		if n, ok := classes[code[:2]]; ok {
			return n
		}
	}
	return "server error"
}

var conditions = map[string]string{
	"42P01": "undefined table", "42703": "undefined column", "42501": "insufficient privilege: grant SELECT",
	"42601": "syntax error", "42883": "undefined function", "3D000": "no such database", "3F000": "no such schema",
	"28P01": "wrong password", "28000": "login refused", "55P03": "lock not available in time",
	"57014": "cancelled, or over the statement timeout", "57P01": "the server is shutting down",
	"57P02": "the server crashed", "57P03": "the server is starting up", "53300": "too many connections",
	"40001": "serialization failure", "22023": "invalid parameter",
}

var classes = map[string]string{
	"08": "connection exception", "0A": "feature not supported", "22": "data exception", "23": "integrity violation",
	"25": "invalid transaction state", "28": "login refused", "40": "transaction rolled back", "42": "wrong statement or access",
	"53": "insufficient resources", "54": "limit exceeded", "55": "wrong state", "57": "operator intervention",
	"58": "system error", "XX": "internal error",
}

// fault turns an error of the driver into one that names the place and holds
// no data value.
func fault(ctx context.Context, place string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("postgres: %s: %w", place, context.Cause(ctx))
	}
	out := &tabular.Error{File: "postgres", Place: place}
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		out.Err = fmt.Errorf("the connection to the server broke: %w", ErrSnapshotLost)
		return out
	}
	known := &ServerError{Code: server.Code}
	switch server.Code {
	case "42P01", "42703", "3D000", "3F000":
		out.Kind = tabular.ErrMissing
	case "57P01", "57P02", "57P03", "58000", "XX000", "XX001", "XX002":
		out.Err = fmt.Errorf("%w: %w", known, ErrSnapshotLost)
		return out
	}
	out.Err = known
	return out
}

// connectFault describes a failed connection by where it went. The driver's
// message is not passed on: it can quote the connection string.
func connectFault(ctx context.Context, cfg *pgconn.Config, err error) error {
	place := fmt.Sprintf("database %q at %s:%d", cfg.Database, cfg.Host, cfg.Port)
	if ctx.Err() != nil {
		return fmt.Errorf("postgres: %s: %w", place, context.Cause(ctx))
	}
	out := &tabular.Error{File: "postgres", Place: place}
	var server *pgconn.PgError
	switch {
	case errors.As(err, &server):
		out.Err = &ServerError{Code: server.Code}
		if server.Code == "3D000" {
			out.Kind = tabular.ErrMissing
		}
	case pgconn.Timeout(err):
		out.Err = errors.New("no answer in time; check the address and the firewall")
	default:
		out.Err = errors.New("cannot connect; check the address, that the server runs, and sslmode")
	}
	return out
}
