package parquet_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

// readAll reads a file of any bytes and touches every value.
func readAll(b []byte) error {
	_, _ = parquet.Describe(bytesFile("f.parquet", b))
	r, err := parquet.OpenWith(context.Background(), bytesFile("f.parquet", b), tabular.ReadOptions{BatchRows: 4096},
		parquet.Options{KeepDictionaries: len(b)%2 == 0})
	if err != nil {
		return err
	}
	defer r.Close()
	for n := 0; n < 64; n++ {
		rec, err := r.Next(context.Background())
		if err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		for _, c := range rec.Columns() {
			for i := 0; i < c.Len(); i += 1 + c.Len()/50 {
				_ = c.ValueStr(i)
			}
		}
		rec.Release()
	}
	return nil
}

// ours is a small file of our own with every type.
func ours(t testing.TB) []byte {
	return written(t, tabular.WriteOptions{RowGroupRows: 40}, everyType(), randomRecord(t, 5, everyType(), 90))
}

func TestTruncatedFiles(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	files["ours"] = ours(t)
	for name, b := range files {
		for n := 0; n < len(b); n += 1 + len(b)/60 {
			err := readAll(b[:n])
			require.ErrorIs(t, err, tabular.ErrCorrupt, "%s cut to %d bytes", name, n)
			var te *tabular.Error
			require.ErrorAs(t, err, &te)
			require.Equal(t, "f.parquet", te.File)
		}
	}
}

func TestFlippedBytesEndInErrorsOrValues(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	files["ours"] = ours(t)
	delete(files, "alltypes_tiny_pages.parquet") // large; its encodings occur elsewhere
	delete(files, "nested_structs.rust.parquet")
	r := rand.New(rand.NewPCG(20, 26))
	for name, b := range files {
		for range 150 {
			bad := bytes.Clone(b)
			for range 1 + r.IntN(3) {
				damage(r, bad)
			}
			if err := readAll(bad); err != nil {
				var te *tabular.Error
				require.ErrorAs(t, err, &te, name)
				require.Equal(t, "f.parquet", te.File)
			}
		}
	}
}

func TestDamagedPageNamesItsPlace(t *testing.T) {
	t.Parallel()
	b := bytes.Clone(ours(t))
	meta := footerOf(t, b)
	c := meta.RowGroups[1].Columns[3]
	at := c.MetaData.DataPageOffset + c.MetaData.TotalCompressedSize - 1
	b[at] ^= 0xff // pages carry checksums
	err := readAll(b)
	require.ErrorIs(t, err, tabular.ErrCorrupt)
	require.ErrorContains(t, err, `column "i32", row group 1`)
}

// A header may promise anything; what is allocated follows from the bytes.
func TestHostileCountsDoNotAllocate(t *testing.T) {
	b := ours(t)
	r := rand.New(rand.NewPCG(1, 1))
	var before, after runtime.MemStats
	for range 300 {
		bad := bytes.Clone(b)
		at := r.IntN(len(bad) - 6)
		copy(bad[at:], []byte{0xff, 0xff, 0xff, 0xff, 0x0f})
		runtime.ReadMemStats(&before)
		_ = readAll(bad)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<20), "at %d", at)
	}
}

// damage flips a bit, replaces a byte or writes a huge length.
func damage(r *rand.Rand, b []byte) {
	at := r.IntN(len(b) - 4)
	switch r.IntN(3) {
	case 0:
		b[at] ^= 1 << r.IntN(8)
	case 1:
		b[at] = byte(r.Uint32())
	default:
		copy(b[at:], []byte{0xff, 0xff, 0xff, 0x7f})
	}
}

func FuzzOpen(f *testing.F) {
	for _, b := range corpus(f) {
		if len(b) < 5000 {
			f.Add(b)
		}
	}
	f.Add(ours(f))
	f.Fuzz(func(_ *testing.T, b []byte) { _ = readAll(b) })
}
