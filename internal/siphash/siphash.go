// Package siphash is SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast
// short-input PRF", 2012) with 64 and, by its variant of 2015, 128 bits of
// output. Being a keyed pseudorandom function, its hashes of identifying values
// say nothing as long as the key is secret.
package siphash

import (
	"encoding/binary"
	"math/bits"
)

// Key is a 128-bit key, little-endian halves.
type Key struct{ K0, K1 uint64 }

// NewKey reads a key from its bytes.
func NewKey(key [16]byte) Key {
	return Key{binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:])}
}

// Sum64 is the 64-bit hash of p.
func (k Key) Sum64(p []byte) uint64 {
	v0, v1, v2, v3 := k.absorb(p, 0)
	v2 ^= 0xff
	for range 4 {
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
	}
	return v0 ^ v1 ^ v2 ^ v3
}

// Sum128 is the 128-bit hash of p; the two halves are independent.
func (k Key) Sum128(p []byte) (lo, hi uint64) {
	v0, v1, v2, v3 := k.absorb(p, 0xee)
	v2 ^= 0xee
	for range 4 {
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
	}
	lo = v0 ^ v1 ^ v2 ^ v3
	v1 ^= 0xdd
	for range 4 {
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
	}
	return lo, v0 ^ v1 ^ v2 ^ v3
}

// absorb takes the message in; variant sets the 128-bit form apart.
func (k Key) absorb(p []byte, variant uint64) (v0, v1, v2, v3 uint64) {
	v0 = k.K0 ^ 0x736f6d6570736575
	v1 = k.K1 ^ 0x646f72616e646f6d ^ variant
	v2 = k.K0 ^ 0x6c7967656e657261
	v3 = k.K1 ^ 0x7465646279746573
	last := uint64(len(p)) << 56
	for ; len(p) >= 8; p = p[8:] {
		m := binary.LittleEndian.Uint64(p)
		v3 ^= m
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
		v0 ^= m
	}
	for i, b := range p {
		last |= uint64(b) << (8 * i)
	}
	v3 ^= last
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0, v1, v2, v3 = round(v0, v1, v2, v3)
	v0 ^= last
	return v0, v1, v2, v3
}

func round(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v3
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 += v3
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 += v1
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}
