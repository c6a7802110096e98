package proof

import "github.com/nocturne-data/nocturne/internal/siphash"

// sip is the keyed hash of the proof: without the key, hashes of identifying
// values say nothing.
type sip siphash.Key

func (k sip) sum(p []byte) uint64 { return siphash.Key(k).Sum64(p) }

// mix scatters eight bytes for the filter of anchors. It is weaker than sip and
// much cheaper; it decides only where sip is asked.
func (k sip) mix(w uint64) uint64 {
	w ^= k.K0
	w *= k.K1 | 1
	w ^= w >> 32
	w *= 0x9e3779b97f4a7c15
	return w ^ w>>29
}
