package proof

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// memo remembers cells of one column in which nothing was found: columns of
// categories repeat a few values over millions of rows. It gives up on columns
// that do not.
type memo struct {
	seen        map[string]int64 // cell -> look-ups that it took
	asked, knew int
}

const (
	memoCells = 4096 // cells held
	memoBytes = 64   // longest one
	memoTrial = 8192 // cells after which a memo that knew less than half is dropped
)

func (m *memo) reset() { m.seen, m.asked, m.knew = nil, 0, 0 }

func (m *memo) off() bool { return m.asked >= memoTrial && 2*m.knew < m.asked }

func (m *memo) knows(v []byte) (lookups int64, ok bool) {
	if m.off() {
		return 0, false
	}
	m.asked++
	if lookups, ok = m.seen[string(v)]; ok {
		m.knew++
	}
	return lookups, ok
}

func (m *memo) learn(v []byte, lookups int64) {
	if m.off() || len(v) > memoBytes || len(m.seen) >= memoCells {
		return
	}
	if m.seen == nil {
		m.seen = map[string]int64{}
	}
	m.seen[string(v)] = lookups
}

// fewDigits tells whether no integer of the column has the seven digits from
// which a number is a protected value anywhere.
func fewDigits(arr arrow.Array) bool {
	const bound = 1_000_000
	switch a := arr.(type) {
	case *array.Int8, *array.Int16, *array.Uint8, *array.Uint16:
		return true
	case *array.Int32:
		return within(a.Int32Values(), -bound, bound)
	case *array.Int64:
		return within(a.Int64Values(), -bound, bound)
	case *array.Uint32:
		return within(a.Uint32Values(), 0, bound)
	case *array.Uint64:
		return within(a.Uint64Values(), 0, bound)
	}
	return false
}

// within tells whether all values lie between low and high, both excluded but
// for low = 0.
func within[T int32 | int64 | uint32 | uint64](v []T, low, high T) bool {
	for _, x := range v {
		if x >= high || x < low || low != 0 && x == low {
			return false
		}
	}
	return true
}
