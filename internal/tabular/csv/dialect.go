package csv

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Dialect is how a file spells records.
type Dialect struct {
	Delimiter byte // ',', ';', '\t' or '|'; 0 = a single column
	Quote     byte // '"' or '\''; 0 = no quoting
	Header    bool // the first record holds the names
	SkipSpace bool // spaces after a delimiter are no data, as in "39, State-gov"
	CR        bool // lines end with a carriage return alone
}

const (
	sampleBytes   = 256 << 10
	sampleRecords = 1000
)

// sample is the records of a file's beginning, as one dialect splits them.
type sample struct {
	rows   [][]string
	quoted [][]bool
	broken bool // the dialect cannot read the sample
}

// readSample splits at most sampleRecords complete records of head. whole says
// that head is the entire file, so that its last record is complete.
func readSample(head []byte, whole bool, d Dialect) sample {
	var out sample
	if !whole {
		head = wholeRunes(head)
	}
	s := newScanner("", nil, d, len(head))
	s.buf, s.end, s.eof = bytes.Clone(head), len(head), true
	used := 0
	for len(out.rows) < sampleRecords {
		err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// A cut sample may end inside quotes; nothing else may go wrong.
			out.broken = whole || len(out.rows) == 0 || !errors.Is(err, errOpen)
			break
		}
		used += s.raw
		row, quoted := make([]string, len(s.fields)), make([]bool, len(s.fields))
		for i := range s.fields {
			row[i], quoted[i] = string(s.cell(i)), s.fields[i].quoted
		}
		out.rows, out.quoted = append(out.rows, row), append(out.quoted, quoted)
	}
	if !whole && used == len(head) && len(out.rows) > 1 {
		out.rows = out.rows[:len(out.rows)-1]
		out.quoted = out.quoted[:len(out.quoted)-1]
	}
	return out
}

func unquoted(d Dialect) Dialect {
	d.Quote = 0
	return d
}

// wholeRunes drops a character that the end of a cut sample splits.
func wholeRunes(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			break
		}
	}
	return b
}

// width returns the most common number of fields and the share of records
// that have it.
func (s sample) width() (int, float64) {
	count := map[int]int{}
	best := 0
	for _, r := range s.rows {
		n := len(r)
		count[n]++
		if count[n] > count[best] || (count[n] == count[best] && n > best) {
			best = n
		}
	}
	if len(s.rows) == 0 {
		return 0, 0
	}
	return best, float64(count[best]) / float64(len(s.rows))
}

// detect chooses the dialect that splits head most regularly.
func detect(name string, head []byte, whole bool) Dialect {
	head = bytes.TrimPrefix(head, bom)
	d := Dialect{Delimiter: ',', Quote: '"'}
	d.CR = bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0
	delimiters := []byte{',', ';', '\t', '|'}
	base := strings.ToLower(name)
	if strings.Contains(base, ".tsv") || strings.HasSuffix(base, ".tab") {
		delimiters = []byte{'\t', ',', ';', '|'}
	}
	d.Delimiter = delimiters[0]
	best, chosen := 0.0, sample{}
	for _, delim := range delimiters {
		if bytes.IndexByte(head, delim) < 0 {
			continue
		}
		try := d
		try.Delimiter = delim
		s := readSample(head, whole, try)
		if t := trySingleQuotes(head, whole, try, s); t.Quote != try.Quote {
			try = t
			s = readSample(head, whole, try)
		}
		if delim == '\t' && s.broken {
			// Tab-separated text seldom quotes: a quote in it is a character.
			if bare := readSample(head, whole, unquoted(try)); !bare.broken {
				try, s = unquoted(try), bare
			}
		}
		n, share := s.width()
		// The first record must be split too: commas inside the prose of a
		// single-column file do not reach its header.
		if s.broken || n < 2 || len(s.rows[0]) < 2 || share < 0.5 {
			continue
		}
		if score := share + regularity(s, n); score > best {
			best, d, chosen = score, try, s
		}
	}
	if chosen.rows == nil {
		chosen = readSample(head, whole, d)
		if n, share := chosen.width(); len(chosen.rows) > 0 && len(chosen.rows[0]) == 1 && (n == 1 || share < 0.5) {
			// One column, perhaps of prose with commas.
			d.Delimiter = 0
			chosen = readSample(head, whole, d)
		}
	} else if spacesAfterDelimiter(chosen) {
		d.SkipSpace = true
		chosen = readSample(head, whole, d)
	}
	d.Header = hasHeader(chosen)
	return d
}

// regularity breaks ties between delimiters that split all records alike: a
// comma in every cell of "1,5;2,5" splits as evenly as the semicolon, but not
// the header above it.
func regularity(s sample, n int) float64 {
	if len(s.rows[0]) == n {
		return 0.5
	}
	return 0
}

// trySingleQuotes prefers ' where cells are wrapped in it and none in ".
func trySingleQuotes(head []byte, whole bool, d Dialect, s sample) Dialect {
	wrapped := 0
	for i, r := range s.rows {
		for k, c := range r {
			if s.quoted[i][k] {
				return d
			}
			if len(c) >= 2 && c[0] == '\'' && c[len(c)-1] == '\'' {
				wrapped++
			}
		}
	}
	single := d
	single.Quote = '\''
	if wrapped < 2 || 2*wrapped < len(s.rows) || readSample(head, whole, single).broken {
		return d
	}
	return single
}

// spacesAfterDelimiter says whether every non-empty cell but the first of each
// record begins with a space. The header may do without.
func spacesAfterDelimiter(s sample) bool {
	seen := 0
	for i, r := range s.rows {
		for k := 1; k < len(r); k++ {
			if r[k] == "" && !s.quoted[i][k] {
				continue
			}
			if s.quoted[i][k] || r[k][0] != ' ' {
				if i == 0 {
					continue
				}
				return false
			}
			seen++
		}
	}
	return seen > 0
}
