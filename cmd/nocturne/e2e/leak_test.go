package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/stretchr/testify/require"
)

// minValue is the length from which a value is looked for in everything that a
// night leaves: shorter ones stand in any text by chance.
const minValue = 5

// finder looks for very many strings at once. Each is found by one window of
// minValue bytes, the one that fewest of the strings share.
type finder struct {
	windows map[uint64][]needle
	filter  []uint64 // bits of hashed windows: most positions end here
}

type needle struct {
	value string
	at    int // where its window begins
	label string
}

const filterBits = 24

func window(s string) uint64 {
	var w uint64
	for i := range minValue {
		w = w<<8 | uint64(s[i])
	}
	return w
}

func slot(w uint64) uint64 { return w * 0x9e3779b97f4a7c15 >> (64 - filterBits) }

// newFinder takes values by label. Values under minValue bytes are left out.
func newFinder(values map[string]string) *finder {
	count := map[uint64]int{}
	for v := range values {
		for i := 0; i+minValue <= len(v); i++ {
			count[window(v[i:])]++
		}
	}
	f := &finder{windows: map[uint64][]needle{}, filter: make([]uint64, 1<<filterBits/64)}
	for v, label := range values {
		if len(v) < minValue {
			continue
		}
		best := 0
		for i := 1; i+minValue <= len(v); i++ {
			if count[window(v[i:])] < count[window(v[best:])] {
				best = i
			}
		}
		w := window(v[best:])
		f.windows[w] = append(f.windows[w], needle{v, best, label})
		f.filter[slot(w)/64] |= 1 << (slot(w) % 64)
	}
	return f
}

// find returns the labels of the values that stand in data.
func (f *finder) find(data []byte) []string {
	var out []string
	seen := map[string]bool{}
	const mask = 1<<(8*minValue) - 1
	var w uint64
	for i, b := range data {
		w = (w<<8 | uint64(b)) & mask
		if i < minValue-1 || f.filter[slot(w)/64]>>(slot(w)%64)&1 == 0 {
			continue
		}
		for _, n := range f.windows[w] {
			from := i - minValue + 1 - n.at
			if from >= 0 && from+len(n.value) <= len(data) && string(data[from:from+len(n.value)]) == n.value && !seen[n.label] {
				seen[n.label] = true
				out = append(out, n.label)
			}
		}
	}
	return out
}

func TestFinder(t *testing.T) {
	t.Parallel()
	f := newFinder(map[string]string{"Ada Lovelace": "name", "(212) 555-0142": "phone", "(212) 555-0143": "other", "tiny": "short"})
	require.Equal(t, []string{"name"}, f.find([]byte("x Ada Lovelace")))
	require.ElementsMatch(t, []string{"phone", "name"}, f.find([]byte("(212) 555-0142Ada Lovelace, tiny")))
	require.Empty(t, f.find([]byte("Ada Lovelac (212) 555-0144")))
	require.Empty(t, f.find(nil))
}

// identities are the identity values of the raw people: full names, e-mails,
// phones, social security numbers, street addresses and person ids.
func identities(t testing.TB, people []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	for i, row := range records(t, people) {
		for c, name := range []string{"person_id", "full_name", "email", "phone", "ssn", "street_address"} {
			out[row[c]] = fmt.Sprintf("%s of person %d", name, i)
		}
	}
	return out
}

func records(t testing.TB, data []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

// encodings adds other ways to write values: small and capital letters, digits
// alone, base64 at each alignment, hex, and escaped for addresses.
func encodings(values map[string]string) map[string]string {
	out := map[string]string{}
	for v, label := range values {
		add := func(how, s string) {
			if _, ok := out[s]; !ok {
				out[s] = label + how
			}
		}
		add("", v)
		add(" in small letters", strings.ToLower(v))
		add(" in capitals", strings.ToUpper(v))
		add(" in hex", hex.EncodeToString([]byte(v)))
		add(" escaped", url.QueryEscape(v))
		digits := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, v)
		if len(digits) >= 9 {
			add(" as digits", digits)
		}
		for shift := range 3 {
			// Bytes at the ends share characters with their neighbours.
			b := base64.StdEncoding.EncodeToString(append(make([]byte, shift), v...))
			from := (shift*8 + 5) / 6
			if end := (shift + len(v)) * 8 / 6; end-from >= 8 {
				add(" in base64", b[from:end])
			}
		}
	}
	return out
}

// searchHome looks for values in every file of an installation, decoded where
// the format hides the text, in the files' names, and in what its processes
// said. The pipelines' sources are not part of it.
func searchHome(t testing.TB, h *home, f *finder) {
	t.Helper()
	searched := 0
	err := filepath.WalkDir(h.dir, func(path string, e os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // temporary files of a running process
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(h.dir, path)
		require.NoError(t, err)
		if name == "examples" {
			return filepath.SkipDir
		}
		require.Empty(t, f.find([]byte(name)), "the name of %s", name)
		if e.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		require.NoError(t, err)
		searched++
		require.Empty(t, f.find(data), "bytes of %s", name)
		if strings.HasSuffix(name, ".parquet") {
			require.Empty(t, f.find(cells(t, path)), "cells of %s", name)
		}
		if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			text, err := io.ReadAll(z)
			require.NoError(t, err, name)
			require.Empty(t, f.find(text), "unpacked bytes of %s", name)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, searched, 50)
	require.Empty(t, f.find(h.said.all()), "standard output and error")
}

// cells are all values of a table as text, one a line.
func cells(t testing.TB, path string) []byte {
	t.Helper()
	var b bytes.Buffer
	for rec := range batches(t, path) {
		for c := range int(rec.NumCols()) {
			col := rec.Column(c)
			for row := range int(rec.NumRows()) {
				b.WriteString(col.ValueStr(row))
				b.WriteByte('\n')
			}
		}
	}
	return b.Bytes()
}

// batches reads a file or a folder of part files.
func batches(t testing.TB, path string) func(func(arrow.Record) bool) {
	return func(yield func(arrow.Record) bool) {
		ctx := context.Background()
		rd, err := files.OpenPath(ctx, path, tabular.ReadOptions{})
		require.NoError(t, err)
		defer rd.Close()
		for {
			rec, err := rd.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			require.NoError(t, err)
			more := yield(rec)
			rec.Release()
			if !more {
				return
			}
		}
	}
}

// column reads one column of a table as text; null is "".
func column(t testing.TB, path, name string) []string {
	t.Helper()
	var out []string
	for rec := range batches(t, path) {
		at := rec.Schema().FieldIndices(name)
		require.Len(t, at, 1, "column %s of %s", name, path)
		col := rec.Column(at[0])
		for row := range int(rec.NumRows()) {
			if col.IsNull(row) {
				out = append(out, "")
			} else {
				out = append(out, col.ValueStr(row))
			}
		}
	}
	return out
}

// checkNotes compares each published note with its own person: no part of her
// name, nor anything else that tells who she is, may stand in it. Parts of names
// that the notes' own wording uses ("Will", "Call") are left out, and so are
// parts under three letters.
func checkNotes(t testing.TB, people []byte, notes []string) {
	t.Helper()
	rows := records(t, people)
	require.Len(t, notes, len(rows), "no row went to quarantine, so rows can be compared one by one")
	wording := map[string]bool{}
	for _, row := range rows {
		note := row[len(row)-1]
		if !strings.Contains(note, row[1]) {
			for _, part := range append(strings.Fields(row[1]), row[2:7]...) {
				note = strings.ReplaceAll(note, part, " ")
			}
			for _, w := range words(note) {
				wording[w] = true
			}
		}
	}
	named := 0
	for i, row := range rows {
		for _, value := range row[1:7] {
			require.False(t, notes[i] != "" && strings.Contains(notes[i], value), "note of person %d holds an identity value", i)
		}
		raw, have := words(row[len(row)-1]), words(notes[i])
		for _, part := range strings.Fields(row[1]) {
			if len(part) < 3 || wording[part] {
				continue
			}
			for _, w := range raw {
				if w == part {
					named++
				}
			}
			require.NotContains(t, have, part, "note of person %d holds a part of her name", i)
		}
	}
	require.Greater(t, named, len(rows)/5, "the raw notes do name people: otherwise this test tells nothing")
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
}
