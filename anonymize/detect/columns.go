package detect

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Columns reads up to opt.MaxRows rows of r and says for each column what it
// means, which privacy class it has and how sure that is. Memory is bounded by
// opt.MaxValues values a column. The reader stays open.
func Columns(ctx context.Context, table string, r tabular.Reader, opt Options) (Report, error) {
	s, err := NewScan(table, r.Schema(), opt)
	if err != nil {
		return Report{}, err
	}
	for !s.Full() {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Report{}, fmt.Errorf("detect: table %q: %w", table, err)
		}
		s.Add(rec)
		rec.Release()
	}
	return s.Report(), nil
}

// Scan gathers what detection needs from record batches that somebody else
// reads. It is not safe for concurrent use.
type Scan struct {
	table string
	opt   Options
	rows  int64
	cols  []*profile
}

// NewScan starts a scan of the named table.
func NewScan(table string, schema *arrow.Schema, opt Options) (*Scan, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	opt = opt.WithDefaults()
	s := &Scan{table: table, opt: opt, cols: make([]*profile, schema.NumFields())}
	for i := range s.cols {
		s.cols[i] = newProfile(schema.Field(i).Name, schema.Field(i).Type, opt.MaxValues)
	}
	return s, nil
}

// Full tells whether MaxRows rows have been seen.
func (s *Scan) Full() bool { return s.rows >= s.opt.MaxRows }

// Add looks at the rows of rec that MaxRows still allows. The record must have
// the scan's schema; it is not kept.
func (s *Scan) Add(rec arrow.Record) {
	n := min(rec.NumRows(), s.opt.MaxRows-s.rows)
	for i, p := range s.cols {
		p.add(rec.Column(i), int(n))
	}
	s.rows += n
}

// Report says what the rows seen so far amount to.
func (s *Scan) Report() Report {
	return Report{Table: s.table, Rows: s.rows, Columns: classify(s.table, s.cols, s.opt)}
}

// Document is the shape that the command line prints: table, then column.
func Document(reports ...Report) map[string]map[string]Column {
	out := make(map[string]map[string]Column, len(reports))
	for _, r := range reports {
		m := make(map[string]Column, len(r.Columns))
		for _, c := range r.Columns {
			m[c.Name] = c
		}
		out[r.Table] = m
	}
	return out
}
