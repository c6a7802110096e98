// Package rng derives the random streams of a run. A stream is named by the
// run's seed, a purpose and the block it serves, so any worker that computes a
// block draws the same numbers.
//
// These streams are reproducible on purpose. Secrets and privacy noise use
// crypto/rand instead.
package rng

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// New returns the stream of (seed, purpose, parts), a PCG whose two seed words
// are the first 16 bytes of SHA-256 over them. Streams with different names
// start at unrelated states.
func New(seed uint64, purpose string, parts ...uint64) *rand.Rand {
	hi, lo := Words(seed, purpose, parts...)
	return rand.New(rand.NewPCG(hi, lo))
}

// Words returns the two seed words behind New, for callers that keep many
// generators and reseed them in place.
func Words(seed uint64, purpose string, parts ...uint64) (hi, lo uint64) {
	buf := make([]byte, 0, 16+len(purpose)+8*len(parts))
	buf = binary.BigEndian.AppendUint64(buf, seed)
	buf = binary.BigEndian.AppendUint64(buf, uint64(len(purpose)))
	buf = append(buf, purpose...)
	for _, p := range parts {
		buf = binary.BigEndian.AppendUint64(buf, p)
	}
	sum := sha256.Sum256(buf)
	return binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])
}
