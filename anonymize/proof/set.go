package proof

import (
	"cmp"
	"slices"
)

// set is a hash set of nonzero 64-bit keys with one byte of notes each: open
// addressing, linear probing, at most three quarters full.
type set struct {
	keys  []uint64
	notes []uint8
	n     int
}

// slot returns where key is, or where it would go.
func (s *set) slot(key uint64) int {
	mask := uint64(len(s.keys) - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		if s.keys[i] == key || s.keys[i] == 0 {
			return int(i)
		}
	}
}

// get returns the notes of key.
func (s *set) get(key uint64) (uint8, bool) {
	if s.n == 0 {
		return 0, false
	}
	if key == 0 {
		key = 1
	}
	i := s.slot(key)
	return s.notes[i], s.keys[i] != 0
}

// put combines note with what key had; fold(old, note) with old = 0 for a new
// key.
func (s *set) put(key uint64, note uint8, fold func(old, note uint8) uint8) {
	if key == 0 {
		key = 1
	}
	if 4*(s.n+1) > 3*len(s.keys) {
		s.grow()
	}
	i := s.slot(key)
	if s.keys[i] == 0 {
		s.keys[i] = key
		s.n++
	}
	s.notes[i] = fold(s.notes[i], note)
}

func (s *set) grow() {
	old := *s
	size := max(64, 2*len(old.keys))
	s.keys, s.notes = make([]uint64, size), make([]uint8, size)
	for i, k := range old.keys {
		if k != 0 {
			j := s.slot(k)
			s.keys[j], s.notes[j] = k, old.notes[i]
		}
	}
}

// entry is a key with its notes.
type entry struct {
	key  uint64
	note uint8
}

// sorted lists the entries by rising key. Keys are hashes, so dealing them out
// by their first byte and sorting each deal is faster than sorting all.
func (s *set) sorted() []entry {
	var starts [257]int
	for _, k := range s.keys {
		if k != 0 {
			starts[k>>56+1]++
		}
	}
	for i := range 256 {
		starts[i+1] += starts[i]
	}
	out, at := make([]entry, s.n), starts
	for i, k := range s.keys {
		if k != 0 {
			out[at[k>>56]] = entry{k, s.notes[i]}
			at[k>>56]++
		}
	}
	for i := range 256 {
		slices.SortFunc(out[starts[i]:starts[i+1]], func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	}
	return out
}

// anchors is a multimap from the first eight bytes of squeezed values to their
// lengths. A slot holds 58 bits of the scattered bytes and length - anchorBytes
// in the low six. Two equal prefixes of equal length share a slot.
type anchors struct {
	slots []uint64
	// filter has 16 bits for each slot's worth of values: most windows of a
	// text stop at it without touching the table.
	filter []uint64
	n      int
}

const (
	anchorBytes = 8
	maxValue    = anchorBytes + 62 // bytes of a squeezed value that are compared
)

func (a *anchors) put(h uint64, length int) {
	if 2*(a.n+1) > len(a.slots) {
		a.grow()
	}
	a.insert(h&^63 | uint64(length-anchorBytes+1))
}

func (a *anchors) insert(v uint64) {
	mask := uint64(len(a.slots) - 1)
	for i := v >> 6 & mask; ; i = (i + 1) & mask {
		if a.slots[i] == v {
			return
		}
		if a.slots[i] == 0 {
			a.slots[i] = v
			a.n++
			f := v >> 6 & (uint64(len(a.filter))*64 - 1)
			a.filter[f>>6] |= 1 << (f & 63)
			return
		}
	}
}

func (a *anchors) grow() {
	old := a.slots
	size := max(64, 2*len(old))
	a.slots, a.filter, a.n = make([]uint64, size), make([]uint64, size/8), 0
	for _, v := range old {
		if v != 0 {
			a.insert(v)
		}
	}
}

// may tells whether an anchor with hash h can exist.
func (a *anchors) may(h uint64) bool {
	if a.n == 0 {
		return false
	}
	f := h >> 6 & (uint64(len(a.filter))*64 - 1)
	return a.filter[f>>6]>>(f&63)&1 != 0
}

// lengths calls yield with each length of values under h.
func (a *anchors) lengths(h uint64, yield func(length int)) {
	mask := uint64(len(a.slots) - 1)
	for i := h >> 6 & mask; a.slots[i] != 0; i = (i + 1) & mask {
		if a.slots[i]>>6 == h>>6 {
			yield(int(a.slots[i]&63) + anchorBytes - 1)
		}
	}
}
