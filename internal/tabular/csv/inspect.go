package csv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/inflate"
)

// defaultInferRows is how many rows inference looks at when not told.
const defaultInferRows = 1_000_000

// layout is all that is known of a file before its rows are read.
type layout struct {
	dialect Dialect
	names   []string
	columns []resolved
	rows    int64 // -1 = inference stopped before the end
}

func (l *layout) schema() *arrow.Schema {
	fields := make([]arrow.Field, len(l.names))
	for i, n := range l.names {
		fields[i] = arrow.Field{Name: n, Type: l.columns[i].typ, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// inspect detects the dialect on the head of f and infers types and null
// markers in one pass.
//
// Tab-separated text whose quotes turn out beyond the head not to be quoting
// is inspected again with quotes as plain characters.
func inspect(ctx context.Context, f tabular.File, compression string, opt tabular.ReadOptions, o Options) (*layout, error) {
	l, err := inspectAs(ctx, f, compression, opt, o)
	if err == nil || o.Dialect != nil || l == nil || l.dialect.Delimiter != '\t' || l.dialect.Quote == 0 ||
		!errors.Is(err, errOpen) && !errors.Is(err, errTrailing) {
		return l, err
	}
	d := unquoted(l.dialect)
	o.Dialect = &d
	return inspectAs(ctx, f, compression, opt, o)
}

func inspectAs(ctx context.Context, f tabular.File, compression string, opt tabular.ReadOptions, o Options) (*layout, error) {
	z, err := inflate.Open(f, compression)
	if err != nil {
		return nil, err
	}
	defer z.Close()

	head := make([]byte, sampleBytes)
	n, err := io.ReadFull(z, head)
	whole := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !whole {
		return nil, err
	}
	head = head[:n]
	if len(bytes.TrimSpace(bytes.TrimPrefix(head, bom))) == 0 && whole {
		return nil, &tabular.Error{
			File: f.Name, Kind: tabular.ErrCorrupt,
			Err: errors.New("the file is empty: no header and no rows"),
		}
	}
	l := &layout{rows: -1}
	if o.Dialect != nil {
		l.dialect = *o.Dialect
	} else {
		l.dialect = detect(f.Name, head, whole)
		l.dialect.Header = l.dialect.Header || headerOf(head, whole, l.dialect, opt.Schema)
	}
	s := newScanner(f.Name, io.MultiReader(bytes.NewReader(head), z), l.dialect, o.MaxRecordBytes)
	return l, l.infer(ctx, s, opt)
}

// headerOf says whether the first record holds every declared name.
func headerOf(head []byte, whole bool, d Dialect, declared *arrow.Schema) bool {
	s := readSample(bytes.TrimPrefix(head, bom), whole, d)
	if declared == nil || declared.NumFields() == 0 || len(s.rows) == 0 {
		return false
	}
	have := map[string]bool{}
	for _, n := range columnNames(s.rows[0], len(s.rows[0])) {
		have[n] = true
	}
	for _, f := range declared.Fields() {
		if !have[f.Name] {
			return false
		}
	}
	return true
}

// readHeader reads the first record, which is the first row when there is no
// header, and returns the number of columns.
func (l *layout) readHeader(s *scanner) (int, error) {
	if err := s.skipBOM(); err != nil {
		return 0, err
	}
	err := s.next()
	if errors.Is(err, io.EOF) {
		return 0, s.corrupt(1, errors.New("no header and no rows"))
	}
	if err != nil {
		return 0, err
	}
	n := len(s.fields)
	s.single = n == 1
	if l.names == nil {
		var header []string
		if l.dialect.Header {
			header = make([]string, n)
			for i := range header {
				header[i] = string(s.cell(i))
			}
		}
		l.names = columnNames(header, n)
	}
	return n, nil
}

func (l *layout) infer(ctx context.Context, s *scanner, opt tabular.ReadOptions) error {
	n, err := l.readHeader(s)
	if err != nil {
		return err
	}
	columns := make([]*column, n)
	for i := range columns {
		columns[i] = newColumn(l.names[i], opt.NullMarkers)
	}
	limit := opt.InferRows
	if limit <= 0 {
		limit = defaultInferRows
	}
	rows := int64(0)
	for pending := !l.dialect.Header; ; pending = false {
		if !pending {
			err := s.next()
			if errors.Is(err, io.EOF) {
				l.rows = rows
				break
			}
			if err != nil {
				return err
			}
		}
		if rows == limit {
			break
		}
		if rows%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.checkWidth(n); err != nil {
			return err
		}
		rows++
		for i, c := range columns {
			f := &s.fields[i]
			b := s.buf[f.start:f.end]
			c.add(b, f.quoted, f.quoted && !c.needless && s.needsQuotes(b))
		}
	}
	l.columns = resolveAll(columns, opt.NullMarkers)
	return nil
}

// needsQuotes says whether b could not stand in the file without quotes.
func (s *scanner) needsQuotes(b []byte) bool {
	if len(b) == 0 || b[0] == ' ' || b[len(b)-1] == ' ' || markerIndex(b) >= 0 {
		return true
	}
	return bytes.IndexByte(b, s.d.Delimiter) >= 0 || bytes.IndexByte(b, s.d.Quote) >= 0 ||
		bytes.IndexByte(b, '\n') >= 0 || bytes.IndexByte(b, '\r') >= 0
}

// checkWidth refuses a ragged record.
func (s *scanner) checkWidth(n int) error {
	if len(s.fields) == n {
		return nil
	}
	return s.corrupt(s.line, fmt.Errorf("%d fields where the first record has %d", len(s.fields), n))
}
