package inflate

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

func file(data []byte) tabular.File {
	return tabular.File{Name: "t.csv", Body: bytes.NewReader(data), Size: int64(len(data))}
}

func compressed(t *testing.T, kind, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch kind {
	case "":
		return []byte(text)
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b)
		require.NoError(t, err)
		w = z
	}
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestStreamsReadBackWhole(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a,b\n1,2\n", 50_000)
	for _, kind := range []string{"", "gzip", "zstd"} {
		t.Run("kind "+kind, func(t *testing.T) {
			t.Parallel()
			twice := append(compressed(t, kind, text), compressed(t, kind, text)...)
			r, err := Open(file(twice), kind)
			require.NoError(t, err)
			got, err := io.ReadAll(r)
			require.NoError(t, err)
			require.Equal(t, text+text, string(got))
			require.NoError(t, r.Close())
		})
	}
}

func TestDamageIsPlaced(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("secret,value\n", 10_000)
	for _, kind := range []string{"gzip", "zstd"} {
		whole := compressed(t, kind, text)
		for name, data := range map[string][]byte{
			"truncated": whole[:len(whole)/2],
			"empty":     {},
			"no stream": []byte("plain text, not compressed at all"),
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				r, err := Open(file(data), kind)
				if err == nil {
					_, err = io.ReadAll(r)
				}
				if kind == "zstd" && name == "empty" && err == nil {
					return // no frame at all is an empty stream (RFC 8878)
				}
				require.ErrorIs(t, err, tabular.ErrCorrupt)
				var placed *tabular.Error
				require.ErrorAs(t, err, &placed)
				require.Contains(t, placed.Place, "byte")
				require.NotContains(t, err.Error(), "secret")
			})
		}
	}
}

func TestUnknownCompressionIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Open(file(nil), "lzma")
	require.ErrorIs(t, err, tabular.ErrUnsupported)
}
