package proof_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/anonymize/proof"
)

// indexOf collects the fixture's table in parts and merges them.
func indexOf(t testing.TB, f fixture, parts int) (*proof.Index, []byte) {
	t.Helper()
	var readers []*io.SectionReader
	rows := f.in.NumRows()
	for i := range int64(parts) {
		c, err := proof.NewCollector(opt)
		require.NoError(t, err)
		part := f.in.NewSlice(i*rows/int64(parts), (i+1)*rows/int64(parts))
		require.NoError(t, c.Add(part, f.target.Columns))
		require.NoError(t, c.AddPublic(part, []string{"city"}))
		b := c.Marshal()
		readers = append(readers, io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))))
	}
	var out bytes.Buffer
	n, err := proof.WriteIndex(context.Background(), &out, readers, opt)
	require.NoError(t, err)
	x, err := proof.OpenIndex(bytes.NewReader(out.Bytes()), int64(out.Len()), opt)
	require.NoError(t, err)
	require.EqualValues(t, n, x.Values())
	return x, out.Bytes()
}

// TestIndexFindsWhatTheCollectorFinds plants leaks at random and holds every
// count of the result against that of a collector of the whole table.
func TestIndexFindsWhatTheCollectorFinds(t *testing.T) {
	t.Parallel()
	const rows = 400
	f := setup(t, rows)
	for _, parts := range []int{1, 7} {
		x, _ := indexOf(t, f, parts)
		require.Equal(t, f.c.Values(), x.Values())
		require.Equal(t, f.c.Counts(), x.Counts())
		rapid.Check(t, func(r *rapid.T) {
			out := f.out
			for range rapid.IntRange(0, 4).Draw(r, "leaks") {
				from := f.in.Column(rapid.IntRange(1, 6).Draw(r, "column"))
				v := from.ValueStr(rapid.IntRange(0, rows-1).Draw(r, "row"))
				form := rapid.SampledFrom([]string{"%s", "see %s there", "x%sx", "%s, %[1]s"}).Draw(r, "form")
				column := rapid.SampledFrom([]string{"city", "note"}).Draw(r, "into")
				out = plant(t, out, column, rapid.IntRange(0, rows-1).Draw(r, "at"), fmt.Sprintf(form, v))
			}
			want, got := result(t, proof.NewScanner(f.c, f.target), out), result(t, proof.NewIndexScanner(x, f.target), out)
			want.Lookups, want.ExpectedFalseAlarms = got.Lookups, got.ExpectedFalseAlarms // filters let some pass
			require.Equal(t, want, got)
		})
	}
}

func result(t testing.TB, s *proof.Scanner, out arrow.Record) proof.Result {
	t.Helper()
	require.NoError(t, s.Scan(context.Background(), out, nil, 0))
	return s.Result("digest", nil)
}

func TestIndexBytesDoNotDependOnTheOrderOfParts(t *testing.T) {
	t.Parallel()
	f := setup(t, 500)
	c := func(from, to int64) *io.SectionReader {
		c, err := proof.NewCollector(opt)
		require.NoError(t, err)
		require.NoError(t, c.Add(f.in.NewSlice(from, to), f.target.Columns))
		b := c.Marshal()
		return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))
	}
	var a, b, whole bytes.Buffer
	for _, w := range []struct {
		to    *bytes.Buffer
		parts []*io.SectionReader
	}{
		{&a, []*io.SectionReader{c(0, 100), c(100, 500)}},
		{&b, []*io.SectionReader{c(100, 500), c(0, 100)}},
		{&whole, []*io.SectionReader{c(0, 500)}},
	} {
		_, err := proof.WriteIndex(context.Background(), w.to, w.parts, opt)
		require.NoError(t, err)
	}
	require.Equal(t, a.Bytes(), b.Bytes())
	require.Equal(t, whole.Bytes(), a.Bytes())
}

// failing is a file that is lost in mid-read.
type failing struct{ *bytes.Reader }

var errLost = errors.New("lost")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off == 0 {
		return 0, errLost
	}
	return f.Reader.ReadAt(p, off)
}

func TestIndexFailsClosed(t *testing.T) {
	t.Parallel()
	f := setup(t, 20) // one stretch: each hit reads at 0
	_, b := indexOf(t, f, 1)
	x, err := proof.OpenIndex(failing{bytes.NewReader(b)}, int64(len(b)), opt)
	require.NoError(t, err)
	s := proof.NewIndexScanner(x, f.target)
	leak := plant(t, f.out, "note", 3, f.in.Column(3).ValueStr(2))
	require.ErrorIs(t, s.Scan(context.Background(), leak, nil, 0), errLost)

	// Damage to what is loaded is seen; entries are held by the artifact's digest.
	loaded := int(binary.LittleEndian.Uint64(b[len(b)-12:]))
	for at := loaded; at < len(b)-200; at++ {
		damaged := bytes.Clone(b)
		damaged[at] ^= 0x10
		_, err := proof.OpenIndex(bytes.NewReader(damaged), int64(len(b)), opt)
		require.Error(t, err, at)
	}
	for cut := range len(b) {
		_, err := proof.OpenIndex(bytes.NewReader(b[:cut]), int64(cut), opt)
		require.Error(t, err, cut)
	}
}

func FuzzWriteIndex(f *testing.F) {
	c, err := proof.NewCollector(opt)
	if err != nil {
		f.Fatal(err)
	}
	if err := c.Add(people(f, 5), []proof.Column{{Name: "mail", Semantic: "email", Direct: true}}); err != nil {
		f.Fatal(err)
	}
	f.Add(c.Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		if _, err := proof.WriteIndex(context.Background(), &out, []*io.SectionReader{io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))}, opt); err != nil {
			return
		}
		if _, err := proof.OpenIndex(bytes.NewReader(out.Bytes()), int64(out.Len()), opt); err != nil {
			t.Fatal(err)
		}
	})
}
