package codec

import (
	"errors"
	"slices"
)

// sketch finds the heavy values of a numeric column with too many distinct
// values to count: a count-min sketch for each byte prefix of the value
// (Cormode and Muthukrishnan 2005, hierarchical heavy hitters). It is linear,
// so it merges by adding and does not depend on the order of rows. Counts are
// never too small; they are too large by about rows/4096.
type sketch struct {
	cells []int64 // [level][row][cell]
}

const (
	sketchLevels = 8
	sketchDepth  = 3
	sketchWidth  = 4096
)

func newSketch() *sketch {
	return &sketch{cells: make([]int64, sketchLevels*sketchDepth*sketchWidth)}
}

// at is the cell of a value's prefix of level+1 bytes.
func (s *sketch) at(level, row int, prefix uint64) *int64 {
	h := hashNumber(int64(prefix ^ uint64(level*sketchDepth+row+1)*0xd6e8feb86659fd93))
	return &s.cells[(level*sketchDepth+row)*sketchWidth+int(h%sketchWidth)]
}

func (s *sketch) add(v, n int64) {
	for level := range sketchLevels {
		prefix := uint64(v) >> (56 - 8*level)
		for row := range sketchDepth {
			*s.at(level, row, prefix) += n
		}
	}
}

func (s *sketch) merge(o *sketch) {
	for i, v := range o.cells {
		s.cells[i] += v
	}
}

func (s *sketch) estimate(level int, prefix uint64) int64 {
	low := *s.at(level, 0, prefix)
	for row := 1; row < sketchDepth; row++ {
		low = min(low, *s.at(level, row, prefix))
	}
	return low
}

// heavy lists the values with an estimated count of at least least, heaviest
// first, ties by value.
func (s *sketch) heavy(least int64) []weighted {
	prefixes := []uint64{0}
	for level := range sketchLevels {
		var next []uint64
		for _, p := range prefixes {
			for b := range uint64(256) {
				if q := p<<8 | b; s.estimate(level, q) >= least {
					next = append(next, q)
				}
			}
		}
		prefixes = next
	}
	out := make([]weighted, len(prefixes))
	for i, p := range prefixes {
		out[i] = weighted{value: int64(p), count: s.estimate(sketchLevels-1, p)}
	}
	slices.SortFunc(out, heaviest)
	return out
}

// pack stores the nonzero cells as index, count pairs.
func (s *sketch) pack() []int64 {
	if s == nil {
		return nil
	}
	var out []int64
	for i, v := range s.cells {
		if v != 0 {
			out = append(out, int64(i), v)
		}
	}
	return out
}

func unpackSketch(p []int64) (*sketch, error) {
	s := newSketch()
	if len(p)%2 != 0 {
		return nil, errors.New("sketch of odd length")
	}
	for i := 0; i < len(p); i += 2 {
		if p[i] < 0 || p[i] >= int64(len(s.cells)) || p[i+1] < 0 {
			return nil, errors.New("sketch cell out of range")
		}
		s.cells[p[i]] = p[i+1]
	}
	return s, nil
}
