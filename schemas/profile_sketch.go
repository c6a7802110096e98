package schemas

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
)

// sketchSize is k of the bottom-k sketch.
const sketchSize = 1024

// sketch keeps the k smallest of the hashes of all values seen, with the exact
// number of times each was seen: a value among the k smallest of the whole is
// among the k smallest of every part, so no occurrence was ever dropped. It
// estimates distinct counts and containment (Beyer, Haas, Reinwald, Sismanis,
// Gemulla: "On synopses for distinct-value estimation under multiset
// operations", 2007).
type sketch struct {
	counts map[uint64]int64
	limit  uint64 // hashes above it are not kept
}

func newSketch() sketch { return sketch{counts: map[uint64]int64{}, limit: 1<<64 - 1} }

func (s *sketch) add(h uint64, n int64) {
	if h > s.limit {
		return
	}
	s.counts[h] += n
	if len(s.counts) >= 2*sketchSize {
		s.prune()
	}
}

// prune drops all but the k smallest hashes.
func (s *sketch) prune() {
	if len(s.counts) <= sketchSize {
		return
	}
	hashes := s.hashes()
	s.limit = hashes[sketchSize-1]
	for _, h := range hashes[sketchSize:] {
		delete(s.counts, h)
	}
}

func (s *sketch) hashes() []uint64 { return slices.Sorted(maps.Keys(s.counts)) }

func (s *sketch) merge(o *sketch) {
	s.limit = min(s.limit, o.limit)
	for h, n := range o.counts {
		if h <= s.limit {
			s.counts[h] += n
		}
	}
	for h := range s.counts {
		if h > s.limit {
			delete(s.counts, h)
		}
	}
	s.prune()
}

// exact tells whether the sketch holds every value seen.
func (s *sketch) exact() bool {
	s.prune()
	return s.limit == 1<<64-1
}

// distinct is the number of distinct values: exact below k, else the unbiased
// estimate (k-1) * 2^64 / (k-th smallest hash), in integer arithmetic.
func (s *sketch) distinct() int64 {
	if s.exact() {
		return int64(len(s.counts))
	}
	if s.limit < sketchSize {
		return math.MaxInt64
	}
	q, _ := bits.Div64(sketchSize-1, 0, s.limit)
	return int64(min(q, math.MaxInt64))
}

// unique tells whether every sampled value was seen once.
func (s *sketch) unique() bool {
	s.prune()
	for _, n := range s.counts {
		if n > 1 {
			return false
		}
	}
	return len(s.counts) > 0
}

// containment compares the values of child with those of parent: of the
// sampled values of child that parent's sample would hold, how many are there.
func containment(child, parent *sketch) (sampled, found int) {
	child.prune()
	parent.prune()
	for h := range child.counts {
		if h > parent.limit {
			continue
		}
		sampled++
		if _, ok := parent.counts[h]; ok {
			found++
		}
	}
	return sampled, found
}

// bytes packs the sketch: its limit, then hash and count of each entry, ascending.
func (s *sketch) bytes() []byte {
	s.prune()
	out := binary.BigEndian.AppendUint64(nil, s.limit)
	for _, h := range s.hashes() {
		out = binary.BigEndian.AppendUint64(out, h)
		out = binary.AppendUvarint(out, uint64(s.counts[h]))
	}
	return out
}

func parseSketch(p []byte) (sketch, error) {
	s := newSketch()
	bad := fmt.Errorf("schemas: profile: damaged sketch")
	if len(p) < 8 {
		return s, bad
	}
	s.limit = binary.BigEndian.Uint64(p)
	p = p[8:]
	for last := uint64(0); len(p) > 0; {
		if len(p) < 9 || len(s.counts) >= sketchSize {
			return s, bad
		}
		h := binary.BigEndian.Uint64(p)
		n, size := binary.Uvarint(p[8:])
		if size <= 0 || n == 0 || n > 1<<62 || h > s.limit || len(s.counts) > 0 && h <= last {
			return s, bad
		}
		s.counts[h] = int64(n)
		last = h
		p = p[8+size:]
	}
	if s.limit != 1<<64-1 && len(s.counts) != sketchSize {
		return s, bad
	}
	return s, nil
}
