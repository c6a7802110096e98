package csv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/cell"
)

const flushBytes = 256 << 10

// NewWriter writes record batches to w as RFC 4180 with a header, commas and
// "\n" line ends. It does not compress and does not close w.
//
// A null is an empty cell, an empty string is "". Text is quoted only where it
// would not read back as it is: delimiters, quotes, line ends, outer spaces,
// null markers. Other types are written as package cell writes them. The bytes
// depend on the values alone.
func NewWriter(w io.Writer, schema *arrow.Schema, _ tabular.WriteOptions) (tabular.Writer, error) {
	wr := &writer{w: w, schema: schema}
	if schema.NumFields() == 0 {
		return nil, fmt.Errorf("csv: %w: a table without columns", tabular.ErrUnsupported)
	}
	for i, f := range schema.Fields() {
		probe := array.MakeArrayOfNull(memory.DefaultAllocator, f.Type, 0)
		_, err := cell.Text(probe)
		probe.Release()
		if err != nil {
			return nil, fmt.Errorf("csv: column %q: %w", f.Name, err)
		}
		if i > 0 {
			wr.buf = append(wr.buf, ',')
		}
		wr.buf = appendText(wr.buf, f.Name)
	}
	wr.buf = append(wr.buf, '\n')
	return wr, nil
}

type writer struct {
	w      io.Writer
	schema *arrow.Schema
	buf    []byte
	rows   int64
	err    error
}

var (
	errClosed  = errors.New("csv: write after Close")
	errAborted = errors.New("csv: the output was aborted")
)

func (w *writer) Write(ctx context.Context, rec arrow.Record) error {
	if w.err != nil {
		return w.err
	}
	if !sameTypes(rec.Schema(), w.schema) {
		return errors.New("csv: the record's columns are not those the writer was made for")
	}
	columns := make([]cell.Append, rec.NumCols())
	arrays := rec.Columns()
	for i, a := range arrays {
		f, err := appender(a)
		if err != nil {
			return fmt.Errorf("csv: column %q: %w", w.schema.Field(i).Name, err)
		}
		columns[i] = f
	}
	for row := range int(rec.NumRows()) {
		for i, f := range columns {
			if i > 0 {
				w.buf = append(w.buf, ',')
			}
			if arrays[i].IsValid(row) {
				w.buf = f(w.buf, row)
			}
		}
		w.buf = append(w.buf, '\n')
		if len(w.buf) >= flushBytes {
			if err := w.flush(ctx); err != nil {
				return err
			}
		}
	}
	w.rows += rec.NumRows()
	return nil
}

func sameTypes(a, b *arrow.Schema) bool {
	if a.NumFields() != b.NumFields() {
		return false
	}
	for i := range a.NumFields() {
		if a.Field(i).Name != b.Field(i).Name || !arrow.TypeEqual(a.Field(i).Type, b.Field(i).Type) {
			return false
		}
	}
	return true
}

// appender quotes what may need it; numbers and dates never do.
func appender(arr arrow.Array) (cell.Append, error) {
	switch a := arr.(type) {
	case *array.String:
		return func(dst []byte, i int) []byte { return appendText(dst, a.Value(i)) }, nil
	case *array.LargeString:
		return func(dst []byte, i int) []byte { return appendText(dst, a.Value(i)) }, nil
	case *array.Dictionary:
		values, err := appender(a.Dictionary())
		if err != nil {
			return nil, err
		}
		return func(dst []byte, i int) []byte { return values(dst, a.GetValueIndex(i)) }, nil
	case array.ListLike, *array.Struct, *array.Binary, *array.LargeBinary, *array.FixedSizeBinary:
		plain, err := cell.Text(arr)
		if err != nil {
			return nil, err
		}
		var scratch []byte
		return func(dst []byte, i int) []byte {
			scratch = plain(scratch[:0], i)
			return appendText(dst, string(scratch))
		}, nil
	}
	return cell.Text(arr)
}

// quoteBytes are the bytes that need quotes wherever they stand.
var quoteBytes = [256]bool{',': true, '"': true, '\n': true, '\r': true, ';': true, '\t': true, '|': true}

// appendText appends a text cell. Other dialects' delimiters are quoted too,
// so that detection cannot take them for this file's own. Bytes that are not
// UTF-8 become U+FFFD and NUL becomes U+2400, for a reader refuses both.
func appendText(dst []byte, s string) []byte {
	if len(s) == 0 {
		return append(dst, '"', '"')
	}
	quote := s[0] == ' ' || s[0] == '\'' || s[len(s)-1] == ' ' || (len(s) <= 4 && markerIndex([]byte(s)) >= 0)
	plain, high := true, byte(0)
	for i := range len(s) {
		c := s[i]
		quote = quote || quoteBytes[c]
		plain = plain && c != '"' && c != 0
		high |= c
	}
	if quote {
		dst = append(dst, '"')
	}
	if plain && (high < utf8.RuneSelf || utf8.ValidString(s)) {
		dst = append(dst, s...)
	} else {
		for _, r := range s {
			switch r {
			case '"':
				dst = append(dst, '"', '"')
			case 0:
				dst = append(dst, "\u2400"...)
			default:
				dst = utf8.AppendRune(dst, r)
			}
		}
	}
	if quote {
		dst = append(dst, '"')
	}
	return dst
}

func (w *writer) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := w.w.Write(w.buf); err != nil {
		w.err = fmt.Errorf("csv: writing after row %d: %w", w.rows, err)
		return w.err
	}
	w.buf = w.buf[:0]
	return nil
}

func (w *writer) Close() error {
	if w.err != nil {
		if errors.Is(w.err, errClosed) {
			return nil
		}
		return w.err
	}
	err := w.flush(context.Background())
	if err == nil {
		w.err = errClosed
	}
	return err
}

func (w *writer) Abort() {
	if w.err == nil {
		w.err, w.buf = errAborted, nil
	}
}
