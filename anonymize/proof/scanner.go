package proof

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

// Target says what the output's columns are.
type Target struct {
	// Columns are the protected columns of the input, as they were collected.
	Columns []Column
	// Invented names output columns of surrogates, which may hit real values by
	// chance. They are proven by comparison with the input, row by row.
	Invented []string
	// Coded names output columns of codes and masked cells. Pieces of them, and
	// short remainders, equal somebody's real value by chance; a whole cell
	// that is somebody's strong value is a leak.
	Coded []string
}

// Scanner looks for collected values in output batches. It is not safe for
// concurrent use; several scanners may share one collector or index, and merge.
type Scanner struct {
	held   held
	target Target
	result Result
	sq, in squeezed
	clean  memo
	// compared is whether every batch so far came with its input.
	compared bool
	where    place
}

// place is where the scanner looks.
type place struct {
	column   string
	row      int64 // -1 = no row
	hidden   bool
	invented bool
	coded    bool
	raw      bool // bytes without words
}

// NewScanner returns a scanner for what c collected.
func NewScanner(c *Collector, target Target) *Scanner {
	return &Scanner{held: held{c: c, sip: c.sip, opt: c.opt}, target: target, compared: true}
}

// NewIndexScanner returns a scanner for what the parts of x collected.
func NewIndexScanner(x *Index, target Target) *Scanner {
	return &Scanner{held: held{x: x, sip: x.sip, opt: x.opt}, target: target, compared: true}
}

// Scan searches one output batch whose first row is number firstRow of the
// table. in is the input batch of the same rows; nil leaves invented columns
// unproven. Time is linear in the text.
func (s *Scanner) Scan(ctx context.Context, out, in arrow.Record, firstRow int64) error {
	if in == nil {
		s.compared = false
	} else if in.NumRows() != out.NumRows() {
		return fmt.Errorf("proof: the input batch has %d rows, the output batch %d", in.NumRows(), out.NumRows())
	}
	s.result.Rows += out.NumRows()
	for i, f := range out.Schema().Fields() {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.enter(f.Name)
		if err := s.column(out.Column(i), firstRow); err != nil {
			return err
		}
		if in == nil {
			continue
		}
		if err := s.compare(out.Column(i), in, firstRow); err != nil {
			return err
		}
	}
	return s.held.err
}

// Compare holds an output batch against the input batch of the same rows and
// searches nothing else: it proves the invented columns of a table whose other
// columns are scanned when all values are known.
func (s *Scanner) Compare(ctx context.Context, out, in arrow.Record, firstRow int64) error {
	if in.NumRows() != out.NumRows() {
		return fmt.Errorf("proof: the input batch has %d rows, the output batch %d", in.NumRows(), out.NumRows())
	}
	s.result.Rows += out.NumRows()
	for i, f := range out.Schema().Fields() {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.enter(f.Name)
		if err := s.compare(out.Column(i), in, firstRow); err != nil {
			return err
		}
	}
	return nil
}

// enter makes column the place where the scanner looks.
func (s *Scanner) enter(column string) {
	s.where = place{
		column:   column,
		hidden:   slices.ContainsFunc(s.target.Columns, func(c Column) bool { return c.Name == column }),
		invented: slices.Contains(s.target.Invented, column),
		coded:    slices.Contains(s.target.Coded, column),
	}
	s.clean.reset()
}

// column scans each cell, each entry of a dictionary, used or not, and what
// nested types hold.
func (s *Scanner) column(arr arrow.Array, firstRow int64) error {
	switch a := arr.(type) {
	case *array.Dictionary:
		return s.column(a.Dictionary(), -1)
	case *array.Struct:
		for i := range a.NumField() {
			if err := s.column(a.Field(i), -1); err != nil {
				return err
			}
		}
		return nil
	case array.ListLike: // maps too: a list of key and item
		return s.column(a.ListValues(), -1)
	case *array.Null, *array.Boolean:
		return nil // nothing to find
	}
	if _, err := transform.Cells(arr); err != nil {
		s.result.skip(s.where.column)
		return nil
	}
	if !s.where.hidden && fewDigits(arr) {
		s.result.Cells += int64(arr.Len() - arr.NullN())
		return nil
	}
	return each(arr, s.where.column, func(i int, v []byte) {
		s.where.row = -1
		if firstRow >= 0 {
			s.where.row = firstRow + int64(i)
		}
		s.result.Cells++
		if lookups, ok := s.clean.knows(v); ok {
			s.result.Lookups += lookups
			return
		}
		found, lookups := s.result.findings(), s.result.Lookups
		s.text(v)
		if s.result.findings() == found {
			s.clean.learn(v, s.result.Lookups-lookups)
		}
	})
}

// text scans one cell.
func (s *Scanner) text(v []byte) {
	s.sq.set(v)
	t := s.sq.text
	if len(t) == 0 {
		return
	}
	if s.where.hidden {
		s.result.Lookups++
		if s.held.cell(s.where.column, s.sq.key()) {
			if s.where.invented || s.where.coded {
				s.result.Coincidences++
			} else {
				s.result.hit(s.where, "cell")
			}
			return
		}
	}
	if len(t) <= maxValue && s.look(0, len(t)) {
		return
	}
	if s.where.coded {
		return // pieces of codes equal pieces of anything
	}
	for i, m := range s.sq.marks {
		if m&markStart != 0 && !s.where.raw {
			s.short(i)
		}
	}
	if len(t) < anchorBytes || !s.held.anchored() {
		return
	}
	w := binary.LittleEndian.Uint64(t)
	for i := 0; ; i++ {
		if s.sq.marks[i]&markRune != 0 {
			if h := s.held.sip.mix(w); s.held.may(h) {
				s.held.lengths(h, func(n int) {
					if i+n <= len(t) {
						s.look(i, i+n)
					}
				})
			}
		}
		if i+anchorBytes >= len(t) {
			return
		}
		w = w>>8 | uint64(t[i+anchorBytes])<<56
	}
}

// short looks for values below anchorBytes at runs of whole words from start.
func (s *Scanner) short(start int) {
	for end := start + 4; end < start+anchorBytes && end <= len(s.sq.text); end++ {
		if s.sq.marks[end-1]&markEnd != 0 {
			s.look(start, end)
		}
	}
}

// look asks whether text[start:end] is a protected value and judges the hit.
// It tells whether anything was found.
func (s *Scanner) look(start, end int) bool {
	key := s.sq.text[start:end]
	s.result.Lookups++
	h := s.held.sip.sum(key)
	note, ok := s.held.value(h)
	if !ok {
		return false
	}
	whole := start == 0 && end == len(s.sq.text)
	aligned := s.sq.marks[start]&(markStart|markPlus) != 0 && s.sq.marks[end-1]&markEnd != 0
	switch {
	case s.where.raw:
		// What little bytes spell by chance says nothing: only values of letters
		// that are no single word count.
		if note&(noteWord|noteDigit) != 0 {
			return false
		}
		s.result.hit(s.where, "substring")
	case note&(noteWord|noteDigit) != 0 && !aligned:
		return false
	case note&noteWord != 0 && !whole && s.sq.marks[start]&markUpper == 0:
		s.result.Excused++
	case note&noteWord != 0 && (int(note&noteCount) >= s.held.opt.CommonRows || gazetteer.Word(string(key)) || s.held.public(h)):
		s.result.Excused++
	case s.where.invented:
		// Among millions of codes and names some hold somebody's by chance;
		// compare holds each against what stood in its place.
		s.result.Coincidences++
	case whole:
		s.result.hit(s.where, "cell")
	case note&noteWord != 0:
		s.result.hit(s.where, "word")
	case aligned:
		s.result.hit(s.where, "phrase")
	default:
		s.result.hit(s.where, "substring")
	}
	return true
}

// compare finds cells of a hidden column that are what they were, and in a text
// column the row's own direct identifiers.
func (s *Scanner) compare(out arrow.Array, in arrow.Record, firstRow int64) error {
	if _, err := transform.Cells(out); err != nil {
		return nil // nested, null: nothing that could equal a protected cell
	}
	var sources []source
	for _, col := range s.target.Columns {
		if col.Name != s.where.column && (s.where.hidden || !col.Direct || !isText(out.DataType())) {
			continue
		}
		arr, err := columnOf(in, col.Name)
		if err != nil {
			return err
		}
		cells, err := transform.Cells(arr)
		if err != nil {
			return fmt.Errorf("proof: column %q: %w", col.Name, err)
		}
		sources = append(sources, source{arr, cells})
	}
	if len(sources) == 0 {
		return nil
	}
	if s.where.hidden {
		return s.unchanged(out, sources[0], firstRow)
	}
	var buf []byte
	return each(out, s.where.column, func(i int, v []byte) {
		s.where.row = firstRow + int64(i)
		s.sq.set(v)
		if s.sq.words < freeWords {
			return
		}
		for _, src := range sources {
			if isNull(src.arr, i) {
				continue
			}
			buf = src.cells(i, buf)
			s.in.set(buf)
			if s.in.runes >= 3 && s.phrase(s.in.text) {
				s.result.hit(s.where, "own")
			}
		}
	})
}

// unchanged finds the cells of a hidden column that are what they were, or hold
// it.
func (s *Scanner) unchanged(out arrow.Array, src source, firstRow int64) error {
	var buf, was, is []byte
	return each(out, s.where.column, func(i int, v []byte) {
		if isNull(src.arr, i) {
			return
		}
		if is = s.sq.fold(is, v); len(is) == 0 {
			return
		}
		buf = src.cells(i, buf)
		was = s.sq.fold(was, buf)
		if bytes.Equal(was, is) || len(was) >= anchorBytes && bytes.Contains(is, was) {
			s.where.row = firstRow + int64(i)
			s.result.hit(s.where, "unchanged")
		}
	})
}

// source is a protected column of the input batch.
type source struct {
	arr   arrow.Array
	cells func(int, []byte) []byte
}

// freeWords is the number of words from which a cell is a text.
const freeWords = 4

// phrase tells whether v stands in the cell as whole words.
func (s *Scanner) phrase(v []byte) bool {
	for at := 0; ; {
		i := bytes.Index(s.sq.text[at:], v)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(v)
		if s.sq.marks[start]&markStart != 0 && s.sq.marks[end-1]&markEnd != 0 {
			return true
		}
		at = start + 1
	}
}

func isNull(arr arrow.Array, i int) bool {
	if arr.IsNull(i) {
		return true
	}
	d, ok := arr.(*array.Dictionary)
	return ok && d.Dictionary().IsNull(d.GetValueIndex(i))
}

// ScanText searches a text that is no cell: file metadata, a report, a log. name
// appears in the hits.
func (s *Scanner) ScanText(name string, text []byte) error {
	s.where = place{column: name, row: -1}
	s.text(text)
	return s.held.err
}

// ScanBytes searches bytes among which there is text, such as a binary footer.
// Single words, numbers and values of less than eight bytes are not looked for:
// arbitrary bytes spell them by chance.
func (s *Scanner) ScanBytes(name string, b []byte) error {
	s.where = place{column: name, row: -1, raw: true}
	s.text(b)
	return s.held.err
}

// Merge adds what another scanner of the same proof found.
func (s *Scanner) Merge(o *Scanner) {
	s.compared = s.compared && o.compared
	s.result.merge(o.result)
}
