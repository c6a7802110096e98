package proof

import (
	"encoding/binary"
	"fmt"
)

// filter is a split-block Bloom filter: Putze, Sanders and Singler, "Cache-,
// Hash- and Space-Efficient Bloom Filters" (2007), with blocks of eight 32-bit
// words and one bit a word. A look-up touches one cache line; at 12 bits a key
// about one absent key in 200 passes. Keys are hashes.
type filter [][filterWords]uint32

const (
	filterWords = 8
	blockBytes  = 4 * filterWords
	keyBits     = 12
)

// filterSalt spreads a key's low half over the words of a block: odd
// multipliers, here the fractions of square roots of primes.
var filterSalt = [filterWords]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef373, 0xa54ff53b, 0x510e527f, 0x9b05688d, 0x1f83d9ab, 0x5be0cd19}

// newFilter has room for n keys at keyBits or more a key, unless that takes more
// than maxBytes: then more absent keys pass.
func newFilter(n int64, maxBytes int64) filter {
	blocks := int64(1)
	for blocks*blockBytes*8 < n*keyBits && 2*blocks*blockBytes <= maxBytes {
		blocks *= 2
	}
	return make(filter, blocks)
}

func (f filter) block(key uint64) *[filterWords]uint32 {
	return &f[(key>>32)*uint64(len(f))>>32]
}

func (f filter) put(key uint64) {
	b, low := f.block(key), uint32(key)
	for i, salt := range filterSalt {
		b[i] |= 1 << (low * salt >> 27)
	}
}

// may tells whether key can have been put.
func (f filter) may(key uint64) bool {
	b, low := f.block(key), uint32(key)
	for i, salt := range filterSalt {
		if b[i]>>(low*salt>>27)&1 == 0 {
			return false
		}
	}
	return true
}

// fold halves the filter as long as n keys keep their bits: a filter made for
// the sum of many parts is too large when the parts share their keys.
func (f filter) fold(n int64) filter {
	for len(f) > 1 && int64(len(f)/2)*blockBytes*8 >= n*keyBits {
		for i := range len(f) / 2 {
			for w := range filterWords {
				f[i][w] = f[2*i][w] | f[2*i+1][w]
			}
		}
		f = f[:len(f)/2]
	}
	return f
}

func (f filter) appendTo(b []byte) []byte {
	for i := range f {
		for _, w := range f[i] {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
	}
	return b
}

// readFilter reads what appendTo wrote.
func readFilter(b []byte) (filter, error) {
	n := len(b) / blockBytes
	if n == 0 || len(b)%blockBytes != 0 || n&(n-1) != 0 {
		return nil, fmt.Errorf("proof: a filter of %d bytes", len(b))
	}
	f := make(filter, n)
	for i := range f {
		for w := range f[i] {
			f[i][w] = binary.LittleEndian.Uint32(b[i*blockBytes+4*w:])
		}
	}
	return f, nil
}
