package transform

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// feistel is a keyed permutation of the integers [0, 2^bits): an alternating
// Feistel network of 10 rounds, as in FF1 of NIST SP 800-38G, with AES-256 of
// (width, round, half) as round function. Not safe for concurrent use.
type feistel struct {
	block   cipher.Block
	in, out [aes.BlockSize]byte
	left    uint // bits of the left half
	right   uint
}

const feistelRounds = 10

func newFeistel(key []byte, bits uint) (*feistel, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("feistel: %w", err)
	}
	f := &feistel{block: block, left: bits / 2, right: bits - bits/2}
	f.in[0] = byte(bits)
	return f, nil
}

// permute returns the image of x < 2^bits.
func (f *feistel) permute(x uint64) uint64 {
	a, b := x>>f.right, x&(1<<f.right-1)
	for r := range feistelRounds {
		width := f.left
		if r%2 == 1 {
			width = f.right
		}
		f.in[1] = byte(r)
		binary.LittleEndian.PutUint64(f.in[8:], b)
		f.block.Encrypt(f.out[:], f.in[:])
		a, b = b, (a^binary.LittleEndian.Uint64(f.out[:]))&(1<<width-1)
	}
	return a<<f.right | b
}
