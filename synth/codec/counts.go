package codec

import (
	"encoding/binary"
	"hash/fnv"
	"maps"
	"math/bits"
)

// counts counts values exactly while there are few of them. Beyond its bounds
// it keeps the exact counts of a sample of the distinct values: those whose
// hash ends in at least level zero bits (distinct sampling, Gibbons 2001). The
// level is the smallest one at which the bounds hold for all the values seen,
// so neither order nor grouping of the rows matters.
type counts[K comparable] struct {
	limit    int   // most distinct values kept
	maxBytes int64 // most bytes of kept values
	hash     func(K) uint64
	size     func(K) int64

	level uint8
	bytes int64
	m     map[K]int64
}

func newNumberCounts(limit int) *counts[int64] {
	return &counts[int64]{
		limit: limit, maxBytes: int64(limit) * 8, hash: hashNumber,
		size: func(int64) int64 { return 8 }, m: make(map[int64]int64),
	}
}

func newTextCounts(limit int, maxBytes int64) *counts[string] {
	return &counts[string]{
		limit: limit, maxBytes: maxBytes, hash: hashText,
		size: func(s string) int64 { return int64(len(s)) }, m: make(map[string]int64),
	}
}

// add counts n more rows of k. keep makes the stored copy of a new key.
func (c *counts[K]) add(k K, n int64, keep func(K) K) (raised bool) {
	if v, ok := c.m[k]; ok {
		c.m[k] = v + n
		return false
	}
	if c.level > 0 && !c.passes(k) {
		return false
	}
	if keep != nil {
		k = keep(k)
	}
	c.m[k] = n
	c.bytes += c.size(k)
	return c.settle()
}

func (c *counts[K]) over() bool { return len(c.m) > c.limit || c.bytes > c.maxBytes }

func (c *counts[K]) passes(k K) bool { return bits.TrailingZeros64(c.hash(k)) >= int(c.level) }

// settle raises the level until the bounds hold.
func (c *counts[K]) settle() (raised bool) {
	for c.over() && c.level < 64 {
		c.raise(c.level + 1)
		raised = true
	}
	return raised
}

func (c *counts[K]) raise(level uint8) {
	if level <= c.level {
		return
	}
	c.level = level
	maps.DeleteFunc(c.m, func(k K, _ int64) bool {
		if c.passes(k) {
			return false
		}
		c.bytes -= c.size(k)
		return true
	})
}

// merge adds o's counts, which stays as it is.
func (c *counts[K]) merge(o *counts[K]) {
	c.raise(o.level)
	for k, n := range o.m {
		if c.level > o.level && !c.passes(k) {
			continue
		}
		if _, ok := c.m[k]; !ok {
			c.bytes += c.size(k)
		}
		c.m[k] += n
	}
	c.settle()
}

// distinct estimates the number of distinct values; exact at level 0.
func (c *counts[K]) distinct() int64 {
	if c.level > 40 {
		return 1 << 60
	}
	return int64(len(c.m)) << c.level
}

// hashNumber is the SplitMix64 finaliser (Steele, Lea, Flood 2014).
func hashNumber(v int64) uint64 {
	x := uint64(v) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hashText is FNV-1a put through the same finaliser.
func hashText(s string) uint64 {
	h := fnv.New64a()
	var buf [64]byte
	for len(s) > 0 {
		n := copy(buf[:], s)
		h.Write(buf[:n])
		s = s[n:]
	}
	return hashNumber(int64(binary.BigEndian.Uint64(h.Sum(buf[:0]))))
}
