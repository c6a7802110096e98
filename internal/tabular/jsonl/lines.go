package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

const (
	bufferBytes    = 1 << 20
	defaultMaxLine = 16 << 20
)

var bom = []byte("\xef\xbb\xbf")

// lines reads a file line by line without copying lines.
type lines struct {
	name    string
	r       io.Reader
	maxLine int

	buf      []byte
	pos, end int
	eof      bool
	number   int64 // of the line last returned, from 1
}

// next returns the next line that is not blank, valid until the following
// call; io.EOF after the last.
func (l *lines) next() ([]byte, error) {
	for {
		line, err := l.split()
		if err != nil {
			return nil, err
		}
		l.number++
		if l.number == 1 {
			line = bytes.TrimPrefix(line, bom)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if !utf8.Valid(line) {
			return nil, l.corrupt(errors.New("not valid UTF-8; convert the file, for instance with iconv -t UTF-8"))
		}
		return line, nil
	}
}

func (l *lines) split() ([]byte, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(l.buf[l.pos+seen:l.end], '\n'); i >= 0 {
			line := l.buf[l.pos : l.pos+seen+i]
			l.pos += seen + i + 1
			return line, nil
		}
		seen = l.end - l.pos
		if l.eof {
			if seen == 0 {
				return nil, io.EOF
			}
			line := l.buf[l.pos:l.end]
			l.pos = l.end
			return line, nil
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

func (l *lines) fill() error {
	if l.buf == nil {
		l.buf = make([]byte, min(bufferBytes, l.maxLine))
	}
	n := copy(l.buf, l.buf[l.pos:l.end])
	l.pos, l.end = 0, n
	if n == len(l.buf) {
		if n >= l.maxLine {
			l.number++
			return l.corrupt(fmt.Errorf("a line is longer than %d bytes; write one object a line", l.maxLine))
		}
		grown := make([]byte, min(2*n, l.maxLine))
		copy(grown, l.buf)
		l.buf = grown
	}
	for !l.eof && l.end < len(l.buf) {
		k, err := l.r.Read(l.buf[l.end:])
		l.end += k
		if errors.Is(err, io.EOF) {
			l.eof = true
		} else if err != nil {
			return l.readFault(err)
		}
	}
	return nil
}

func (l *lines) corrupt(err error) error {
	return &tabular.Error{File: l.name, Place: fmt.Sprintf("line %d", l.number), Kind: tabular.ErrCorrupt, Err: err}
}

// fault places a parser's error.
func (l *lines) fault(p *parser, err error) error {
	return &tabular.Error{
		File: l.name, Place: fmt.Sprintf("line %d, byte %d", l.number, p.p+1), Kind: tabular.ErrCorrupt, Err: err,
	}
}

// readFault adds the line reached to a fault of the bytes below.
func (l *lines) readFault(err error) error {
	var at *tabular.Error
	if errors.As(err, &at) {
		placed := *at
		placed.Place = fmt.Sprintf("after line %d, %s", l.number, at.Place)
		return &placed
	}
	return &tabular.Error{File: l.name, Place: fmt.Sprintf("after line %d", l.number), Err: err}
}
