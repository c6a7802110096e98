package postgres

import (
	"fmt"
	"time"
)

// Options says how to reach a database. The zero value is right for most.
type Options struct {
	// Schemas are the schemas whose tables Tables lists; nil = all but the
	// system's.
	Schemas []string
	// MaxConns bounds the connections that read at once, besides the one that
	// holds the snapshot; 0 = 4. Opening one reader more waits for another to
	// be closed.
	MaxConns int
	// ConnectTimeout bounds each connection attempt; 0 = 15 s.
	ConnectTimeout time.Duration
	// StatementTimeout bounds each statement on the server, a whole table's
	// read included; 0 = none.
	StatementTimeout time.Duration
	// LockTimeout bounds the wait for a lock that, say, an ALTER TABLE holds;
	// 0 = 30 s.
	LockTimeout time.Duration
	// OnBadCell is told of each cell that its Arrow type cannot hold; the cell
	// reads as null. It is called on the goroutine of the reader. nil = the
	// first one ends the read with an error that wraps its *BadCell.
	OnBadCell func(BadCell)
}

func (o Options) withDefaults() Options {
	if o.MaxConns <= 0 {
		o.MaxConns = 4
	}
	if o.ConnectTimeout <= 0 {
		o.ConnectTimeout = 15 * time.Second
	}
	if o.LockTimeout <= 0 {
		o.LockTimeout = 30 * time.Second
	}
	return o
}

// BadCell places a value that its Arrow type cannot hold. It does not hold the
// value.
type BadCell struct {
	Table string
	Row   int64 // row of the read, from 0
	Name  string
	Type  string // the Arrow type
}

func (b *BadCell) Error() string {
	return fmt.Sprintf("a value that type %s cannot hold (infinity, NaN, 24:00 or a nested array); "+
		"send bad cells to quarantine or declare the column as text", b.Type)
}
