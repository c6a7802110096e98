package mixture_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/mixture"
	"github.com/nocturne-data/nocturne/synth/synthtest"
)

// TestGolden pins the model's bytes, which must be the same under GOAMD64=v1,
// GOAMD64=v3 and GOARCH=arm64. A deliberate change of the engine changes the
// hash; nothing else may.
func TestGolden(t *testing.T) {
	t.Parallel()
	rec, _ := synthtest.Mixed(1, 2500)
	table := synthtest.Table(rec, schemas.Contract{PrimaryKey: []string{"id"}})
	m, err := mixture.Engine{}.Fit(context.Background(), table, synth.FitOptions{Seed: 1})
	require.NoError(t, err)
	h := sha256.New()
	require.NoError(t, m.MarshalTo(h))
	require.Equal(t, "f44a281bbe3ed55f", hex.EncodeToString(h.Sum(nil)[:8]))
}
