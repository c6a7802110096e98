package schemas

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// KeySet is the set of keys of a parent table, against which foreign keys are
// checked: 12 bytes of hash a distinct key. It is a commutative monoid under
// Merge with the zero KeySet as identity.
type KeySet struct {
	keys []keyHash // sorted, distinct
}

// NewKeySet collects the keys of blocks.
func NewKeySet(blocks ...*KeyBlock) *KeySet {
	s := &KeySet{}
	n := 0
	for _, b := range blocks {
		n += len(b.keys)
	}
	s.keys = make([]keyHash, 0, n)
	h := newBlockHeap(blocks)
	for h.len() > 0 {
		k, _ := h.next()
		if len(s.keys) == 0 || s.keys[len(s.keys)-1] != k {
			s.keys = append(s.keys, k)
		}
	}
	return s
}

// Len is the number of distinct keys.
func (s *KeySet) Len() int { return len(s.keys) }

// Merge returns the union of both sets.
func (s *KeySet) Merge(o *KeySet) *KeySet {
	out := &KeySet{keys: make([]keyHash, 0, len(s.keys)+len(o.keys))}
	a, b := s.keys, o.keys
	for len(a) > 0 && len(b) > 0 {
		switch c := a[0].compare(b[0]); {
		case c < 0:
			out.keys, a = append(out.keys, a[0]), a[1:]
		case c > 0:
			out.keys, b = append(out.keys, b[0]), b[1:]
		default:
			out.keys, a, b = append(out.keys, a[0]), a[1:], b[1:]
		}
	}
	out.keys = append(append(out.keys, a...), b...)
	return out
}

func (s *KeySet) contains(h keyHash) bool {
	_, ok := slices.BinarySearchFunc(s.keys, h, keyHash.compare)
	return ok
}

const keySetVersion = 1

// MarshalBinary writes a version byte and 12 bytes a key, ascending.
func (s *KeySet) MarshalBinary() ([]byte, error) {
	out := make([]byte, 0, 1+12*len(s.keys))
	out = append(out, keySetVersion)
	for _, k := range s.keys {
		out = binary.LittleEndian.AppendUint64(out, k.lo)
		out = binary.LittleEndian.AppendUint32(out, k.hi)
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (s *KeySet) UnmarshalBinary(p []byte) error {
	if len(p) < 1 || p[0] != keySetVersion || (len(p)-1)%12 != 0 {
		return fmt.Errorf("schemas: not a key set of version %d", keySetVersion)
	}
	s.keys = make([]keyHash, 0, (len(p)-1)/12)
	for p = p[1:]; len(p) > 0; p = p[12:] {
		k := keyHash{binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint32(p[8:])}
		if n := len(s.keys); n > 0 && s.keys[n-1].compare(k) >= 0 {
			return fmt.Errorf("schemas: key set is not ascending")
		}
		s.keys = append(s.keys, k)
	}
	return nil
}
