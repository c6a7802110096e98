package evaluate

import (
	"cmp"
	"slices"

	"github.com/nocturne-data/nocturne/internal/rng"
)

// reservoir keeps the k rows whose hashed row numbers are smallest: a uniform
// sample without replacement that depends on seed, table and row number alone
// (bottom-k sampling, Cohen and Kaplan 2007).
type reservoir struct {
	size  int
	seen  int64
	word  [2]uint64
	heap  []drawn // largest key first
	slots [][]uint64
	batch [][]uint64
	print []uint64
}

type drawn struct {
	key  uint64
	row  int64
	slot int32
}

func newReservoir(size, columns int, seed uint64, table string) *reservoir {
	r := &reservoir{size: size, slots: make([][]uint64, columns), batch: make([][]uint64, columns)}
	r.word[0], r.word[1] = rng.Words(seed, "evaluate/sample/"+table)
	return r
}

// cells is the buffer for a batch's cells of one column.
func (r *reservoir) cells(column, n int) []uint64 {
	if cap(r.batch[column]) < n {
		r.batch[column] = make([]uint64, n)
	}
	r.batch[column] = r.batch[column][:n]
	return r.batch[column]
}

// prints is the buffer for a batch's row fingerprints, zeroed.
func (r *reservoir) prints(n int) []uint64 {
	if cap(r.print) < n {
		r.print = make([]uint64, n)
	}
	r.print = r.print[:n]
	clear(r.print)
	return r.print
}

// add offers the n rows in the cell buffers.
func (r *reservoir) add(n int) {
	for i := range n {
		e := drawn{key: mix(uint64(r.seen)^r.word[0], r.word[1]), row: r.seen}
		r.seen++
		switch {
		case len(r.heap) < r.size:
			e.slot = int32(len(r.heap))
			for c, cells := range r.batch {
				r.slots[c] = append(r.slots[c], cells[i])
			}
			r.heap = append(r.heap, e)
			r.up(len(r.heap) - 1)
		case less(e, r.heap[0]):
			e.slot = r.heap[0].slot
			for c, cells := range r.batch {
				r.slots[c][e.slot] = cells[i]
			}
			r.heap[0] = e
			r.down(0)
		}
	}
}

func less(a, b drawn) bool { return a.key < b.key || (a.key == b.key && a.row < b.row) }

func (r *reservoir) up(i int) {
	for i > 0 && less(r.heap[(i-1)/2], r.heap[i]) {
		r.heap[i], r.heap[(i-1)/2] = r.heap[(i-1)/2], r.heap[i]
		i = (i - 1) / 2
	}
}

func (r *reservoir) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(r.heap) {
			return
		}
		if c+1 < len(r.heap) && less(r.heap[c], r.heap[c+1]) {
			c++
		}
		if !less(r.heap[i], r.heap[c]) {
			return
		}
		r.heap[i], r.heap[c] = r.heap[c], r.heap[i]
		i = c
	}
}

func (r *reservoir) len() int { return len(r.heap) }

// order lists the slots of the kept rows in the order of the table.
func (r *reservoir) order() []int32 {
	slices.SortFunc(r.heap, func(a, b drawn) int { return cmp.Compare(a.row, b.row) })
	out := make([]int32, len(r.heap))
	for i, e := range r.heap {
		out[i] = e.slot
	}
	return out
}

func (r *reservoir) kept(column int, order []int32) []uint64 {
	out := make([]uint64, len(order))
	for i, s := range order {
		out[i] = r.slots[column][s]
	}
	r.slots[column] = nil
	return out
}
