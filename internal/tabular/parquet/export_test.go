package parquet

import (
	"bytes"
	"context"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	pq "github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// UncompressedForTest writes a file whose bytes can be searched for values.
func UncompressedForTest(t testing.TB, schema *arrow.Schema, opt tabular.WriteOptions, recs ...arrow.Record) []byte {
	var out bytes.Buffer
	w, err := newWriter(&out, schema, opt, &pq.Uncompressed)
	require.NoError(t, err)
	for _, rec := range recs {
		require.NoError(t, w.Write(context.Background(), rec))
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}
