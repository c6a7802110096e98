package transform

import (
	"crypto/sha256"
	"encoding"
	"hash"
)

// prf is HMAC-SHA-256 (RFC 2104) under one key. The two states after the key
// blocks are computed once and loaded for each value, so a short value costs
// two compressions instead of four and allocates nothing.
type prf struct {
	h            hash.Hash
	load         encoding.BinaryUnmarshaler
	inner, outer []byte // marshaled SHA-256 states
	sum          [sha256.Size]byte
}

// newPRF makes an HMAC under a key of at most 64 bytes.
func newPRF(key []byte) *prf {
	p := &prf{h: sha256.New()}
	p.load = p.h.(encoding.BinaryUnmarshaler)
	p.inner, p.outer = padState(key, 0x36), padState(key, 0x5c)
	return p
}

func padState(key []byte, pad byte) []byte {
	var block [sha256.BlockSize]byte
	copy(block[:], key)
	for i := range block {
		block[i] ^= pad
	}
	h := sha256.New()
	h.Write(block[:])
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic("transform: SHA-256 state: " + err.Error()) // cannot happen: the type always marshals
	}
	return state
}

// of returns the 32-byte tag of v; it is overwritten by the next call.
func (p *prf) of(v []byte) []byte {
	_ = p.load.UnmarshalBinary(p.inner)
	p.h.Write(v)
	s := p.h.Sum(p.sum[:0])
	_ = p.load.UnmarshalBinary(p.outer)
	p.h.Write(s)
	return p.h.Sum(p.sum[:0])
}
