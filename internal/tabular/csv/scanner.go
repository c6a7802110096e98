package csv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

const (
	bufferBytes = 1 << 20
	// defaultMaxRecord bounds the bytes of one record, quoted newlines
	// included.
	defaultMaxRecord = 16 << 20
)

// field is one cell of the current record: buf[start:end] without its quotes.
type field struct {
	start, end int
	quoted     bool
	escaped    bool // holds doubled quotes
}

// scanner splits bytes into records. It never copies a cell: fields point into
// its buffer until the following call of next.
type scanner struct {
	name      string
	r         io.Reader
	d         Dialect
	eol       byte
	stop      [256]bool // bytes that end an unquoted run
	maxRecord int

	buf      []byte
	pos, end int // unread bytes
	eof      bool
	fields   []field
	quotes   bool  // the record has a quoted field
	line     int64 // first line of the record, from 1
	nextLine int64
	raw      int // bytes of the record including its line end
	single   bool
}

func newScanner(name string, r io.Reader, d Dialect, maxRecord int) *scanner {
	s := &scanner{name: name, r: r, d: d, eol: '\n', maxRecord: maxRecord, nextLine: 1}
	if d.CR {
		s.eol = '\r'
	}
	s.stop[d.Delimiter], s.stop[s.eol], s.stop['\r'] = true, true, true
	return s
}

var bom = []byte("\xef\xbb\xbf")

// skipBOM drops a UTF-8 byte order mark at the start of the file.
func (s *scanner) skipBOM() error {
	if err := s.fill(); err != nil {
		return err
	}
	if bytes.HasPrefix(s.buf[s.pos:s.end], bom) {
		s.pos += len(bom)
	}
	return nil
}

// fill reads until the buffer is full or the input ends. Unread bytes move to
// the front; when they fill the buffer it doubles.
func (s *scanner) fill() error {
	if s.buf == nil {
		s.buf = make([]byte, bufferBytes)
	}
	n := copy(s.buf, s.buf[s.pos:s.end])
	s.pos, s.end = 0, n
	if n == len(s.buf) {
		if n >= s.maxRecord {
			return s.corrupt(s.nextLine, fmt.Errorf(
				"a record is longer than %d bytes; a quote may be left open", s.maxRecord))
		}
		grown := make([]byte, min(2*len(s.buf), max(s.maxRecord, len(s.buf)+1)))
		copy(grown, s.buf[:n])
		s.buf = grown
	}
	for !s.eof && s.end < len(s.buf) {
		k, err := s.r.Read(s.buf[s.end:])
		s.end += k
		if errors.Is(err, io.EOF) {
			s.eof = true
		} else if err != nil {
			return s.readFault(err)
		}
	}
	return nil
}

func (s *scanner) corrupt(line int64, err error) error {
	return &tabular.Error{File: s.name, Place: fmt.Sprintf("line %d", line), Kind: tabular.ErrCorrupt, Err: err}
}

// readFault adds the line reached to a fault of the bytes below.
func (s *scanner) readFault(err error) error {
	var at *tabular.Error
	if errors.As(err, &at) {
		placed := *at
		placed.Place = fmt.Sprintf("after line %d, %s", s.nextLine-1, at.Place)
		return &placed
	}
	return &tabular.Error{File: s.name, Place: fmt.Sprintf("after line %d", s.nextLine-1), Err: err}
}

var (
	errMore     = errors.New("record continues beyond the buffer")
	errOpen     = errors.New("the quote that opens here is never closed")
	errTrailing = errors.New("text follows a closing quote; double the quotes inside quoted cells")
)

// next reads one record; io.EOF after the last. Blank lines are skipped unless
// the table has a single column, where they are null cells.
func (s *scanner) next() error {
	for {
		if s.pos == s.end {
			if s.eof {
				return io.EOF
			}
			if err := s.fill(); err != nil {
				return err
			}
			continue
		}
		next, err := s.split()
		if err == errMore {
			if err := s.fill(); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		record := s.buf[s.pos:next]
		s.line = s.nextLine
		s.nextLine++
		if s.quotes {
			s.nextLine = s.line + int64(bytes.Count(record, []byte{s.eol}))
			if record[len(record)-1] != s.eol {
				s.nextLine++
			}
		}
		s.raw = len(record)
		s.pos = next
		if len(s.fields) == 1 && !s.single && !s.fields[0].quoted && s.fields[0].start == s.fields[0].end {
			continue
		}
		return s.check(record)
	}
}

// check refuses bytes that are no text and takes doubled quotes apart.
func (s *scanner) check(record []byte) error {
	if !utf8.Valid(record) {
		return s.corrupt(s.line, errors.New("not valid UTF-8; convert the file, for instance with iconv -t UTF-8"))
	}
	if bytes.IndexByte(record, 0) >= 0 {
		return s.corrupt(s.line, errors.New("a NUL byte: this is no text (or is UTF-16; convert it to UTF-8)"))
	}
	if s.quotes {
		for i := range s.fields {
			if f := &s.fields[i]; f.escaped {
				f.end = f.start + undouble(s.buf[f.start:f.end], s.d.Quote)
			}
		}
	}
	return nil
}

// undouble turns doubled quotes into single ones in place and returns the new
// length.
func undouble(b []byte, quote byte) int {
	n := 0
	for i := 0; i < len(b); i++ {
		b[n] = b[i]
		n++
		if b[i] == quote {
			i++ // a quote inside a quoted field is always doubled
		}
	}
	return n
}

// cell returns the text of field i of the current record.
func (s *scanner) cell(i int) []byte {
	f := &s.fields[i]
	return s.buf[f.start:f.end]
}

// split finds the fields of the record at pos and returns where the next
// record begins. errMore means that the buffer ends before the record does.
func (s *scanner) split() (int, error) {
	buf, p, end := s.buf[:s.end], s.pos, s.end
	s.fields, s.quotes = s.fields[:0], false
	delim, eol := s.d.Delimiter, s.eol
	for {
		if s.d.SkipSpace {
			for p < end && buf[p] == ' ' {
				p++
			}
		}
		var f field
		if p < end && buf[p] == s.d.Quote && s.d.Quote != 0 {
			var err error
			if f, p, err = s.splitQuoted(p); err != nil {
				return 0, err
			}
		} else {
			f.start = p
			for p < end {
				if !s.stop[buf[p]] {
					p++
					continue
				}
				if buf[p] != '\r' || eol == '\r' || (p+1 < end && buf[p+1] == eol) {
					break
				}
				if p+1 == end && !s.eof {
					return 0, errMore
				}
				p++ // a carriage return inside the cell
			}
			f.end = p
		}
		s.fields = append(s.fields, f)
		if p == end {
			if !s.eof {
				return 0, errMore
			}
			return p, nil
		}
		switch c := buf[p]; {
		case c == delim:
			p++
		case c == eol:
			return p + 1, nil
		default: // '\r' before '\n'
			return p + 2, nil
		}
	}
}

// splitQuoted reads the quoted field that opens at p, and the spaces after it.
func (s *scanner) splitQuoted(p int) (field, int, error) {
	buf, end := s.buf[:s.end], s.end
	f := field{start: p + 1, quoted: true}
	s.quotes = true
	p++
	for {
		i := bytes.IndexByte(buf[p:], s.d.Quote)
		if i < 0 {
			if s.eof {
				return f, p, s.corrupt(s.lineOf(f.start), errOpen)
			}
			return f, p, errMore
		}
		p += i + 1
		if p == end && !s.eof {
			return f, p, errMore
		}
		if p == end || buf[p] != s.d.Quote {
			break
		}
		f.escaped = true
		p++
	}
	f.end = p - 1
	for p < end && buf[p] == ' ' {
		p++
	}
	if p+1 >= end && !s.eof {
		return f, p, errMore
	}
	if p == end || buf[p] == s.d.Delimiter || buf[p] == s.eol ||
		(buf[p] == '\r' && p+1 < end && buf[p+1] == s.eol) {
		return f, p, nil
	}
	return f, p, s.corrupt(s.lineOf(p), errTrailing)
}

// lineOf returns the line of byte p of the record being split.
func (s *scanner) lineOf(p int) int64 {
	return s.nextLine + int64(bytes.Count(s.buf[s.pos:p], []byte{s.eol}))
}
