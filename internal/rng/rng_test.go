package rng

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The streams are part of every published byte: these values may only change
// together with every step's version.
func TestStreamsAreFixed(t *testing.T) {
	t.Parallel()
	require.Equal(t, uint64(0xaedbeec4f3148dfa), New(1, "sample", 0).Uint64())
}

func TestNamesSeparateStreams(t *testing.T) {
	t.Parallel()
	seen := map[uint64]string{}
	for _, c := range []struct {
		name string
		v    uint64
	}{
		{"seed 0", New(0, "a").Uint64()},
		{"seed 1", New(1, "a").Uint64()},
		{"purpose b", New(0, "b").Uint64()},
		{"part 0", New(0, "a", 0).Uint64()},
		{"part 1", New(0, "a", 1).Uint64()},
		{"two parts", New(0, "a", 0, 0).Uint64()},
	} {
		require.NotContains(t, seen, c.v, c.name)
		seen[c.v] = c.name
	}
}
