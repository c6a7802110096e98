package schemas

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/siphash"
)

// keyHash is 96 bits of a keyed hash: over 10^9 keys a false match has
// probability 10^18 / 2^97, below 10^-11.
type keyHash struct {
	lo uint64
	hi uint32
}

func (h keyHash) compare(o keyHash) int {
	if c := cmp.Compare(h.lo, o.lo); c != 0 {
		return c
	}
	return cmp.Compare(h.hi, o.hi)
}

// KeyHasher turns the values of some columns of a row into hashes. Values that
// are equal give equal hashes whatever the width, unit or scale of the columns
// that hold them, so the keys of two tables can be compared. It is immutable
// and safe for concurrent use.
type KeyHasher struct {
	columns []int
	key     siphash.Key
}

// NewKeyHasher hashes the named columns of records of schema s under a 128-bit
// key. Use a secret key where the hashes leave the run: hashes of identifying
// values under a known key can be reversed by guessing.
func NewKeyHasher(s *arrow.Schema, columns []string, key [16]byte) (*KeyHasher, error) {
	h := &KeyHasher{key: siphash.NewKey(key)}
	for _, name := range columns {
		at := s.FieldIndices(name)
		if len(at) != 1 {
			return nil, &ColumnError{Kind: ErrMissingColumn, Columns: []string{name}, Advice: "a key needs each of its columns exactly once"}
		}
		h.columns = append(h.columns, at[0])
	}
	return h, nil
}

// Block hashes the keys of rec, whose first row stands at firstRow in its
// table. Rows with a null in a key column have no key, as in SQL.
func (h *KeyHasher) Block(rec arrow.Record, firstRow int64) *KeyBlock {
	return h.block(rec.Columns(), int(rec.NumRows()), firstRow, nil)
}

// block leaves out the rows that are marked.
func (h *KeyHasher) block(cols []arrow.Array, rows int, firstRow int64, marks []uint16) *KeyBlock {
	b := &KeyBlock{firstRow: firstRow, keys: make([]blockKey, 0, rows)}
	h.each(cols, rows, marks, func(i int, hash keyHash) {
		b.keys = append(b.keys, blockKey{hash, uint32(i)})
	})
	slices.SortFunc(b.keys, blockKey.compare)
	return b
}

func (h *KeyHasher) each(cols []arrow.Array, rows int, marks []uint16, f func(i int, hash keyHash)) {
	buf := make([]byte, 0, 64)
rows:
	for i := range rows {
		if marks != nil && marks[i] != 0 {
			continue
		}
		buf = buf[:0]
		for _, c := range h.columns {
			if cols[c].IsNull(i) {
				continue rows
			}
			buf = appendCell(buf, cols[c], i)
		}
		lo, hi := h.key.Sum128(buf)
		f(i, keyHash{lo, uint32(hi)})
	}
}

type blockKey struct {
	keyHash
	row uint32 // counted from the block's first row
}

func (k blockKey) compare(o blockKey) int {
	if c := k.keyHash.compare(o.keyHash); c != 0 {
		return c
	}
	return cmp.Compare(k.row, o.row)
}

// KeyBlock holds the key hashes of one run of rows with their positions. It is
// what a uniqueness check keeps of the rows: 16 bytes each.
type KeyBlock struct {
	firstRow int64
	keys     []blockKey
}

// Len is the number of keys.
func (b *KeyBlock) Len() int { return len(b.keys) }

// keep drops the keys that do not belong to part p of n (a power of two).
func (b *KeyBlock) keep(p, n uint64) {
	if n > 1 {
		b.keys = slices.DeleteFunc(b.keys, func(k blockKey) bool { return k.lo&(n-1) != p })
	}
}

const keyBlockVersion = 1

// MarshalBinary writes a version byte, the first row and 16 bytes a key.
func (b *KeyBlock) MarshalBinary() ([]byte, error) {
	out := make([]byte, 0, 9+16*len(b.keys))
	out = append(out, keyBlockVersion)
	out = binary.LittleEndian.AppendUint64(out, uint64(b.firstRow))
	for _, k := range b.keys {
		out = binary.LittleEndian.AppendUint64(out, k.lo)
		out = binary.LittleEndian.AppendUint32(out, k.hi)
		out = binary.LittleEndian.AppendUint32(out, k.row)
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (b *KeyBlock) UnmarshalBinary(p []byte) error {
	if len(p) < 9 || p[0] != keyBlockVersion || (len(p)-9)%16 != 0 {
		return fmt.Errorf("schemas: not a key block of version %d", keyBlockVersion)
	}
	b.firstRow = int64(binary.LittleEndian.Uint64(p[1:]))
	b.keys = make([]blockKey, 0, (len(p)-9)/16)
	for p = p[9:]; len(p) > 0; p = p[16:] {
		b.keys = append(b.keys, blockKey{
			keyHash{binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint32(p[8:])}, binary.LittleEndian.Uint32(p[12:]),
		})
	}
	if !slices.IsSortedFunc(b.keys, blockKey.compare) {
		return fmt.Errorf("schemas: key block is not sorted")
	}
	return nil
}

// FindDuplicates returns the positions of the rows whose key stands at an
// earlier row already, ascending. The answer depends on the rows alone: not on
// how they were cut into blocks, nor on the order of the blocks.
//
// The blocks are merged by a heap over their sorted keys, so the work is
// O(n log b) for n keys in b blocks, and nothing but the result is allocated.
func FindDuplicates(blocks []*KeyBlock) []int64 {
	h := newBlockHeap(blocks)
	var out []int64
	var last keyHash
	for first := true; h.len() > 0; first = false {
		k, row := h.next()
		if !first && k == last {
			out = append(out, row)
		}
		last = k
	}
	slices.Sort(out)
	return out
}

// blockHeap yields the keys of sorted blocks by (hash, row).
type blockHeap struct {
	blocks []*KeyBlock
	at     []int // next key of each block
	heap   []int // block indices
}

func newBlockHeap(blocks []*KeyBlock) *blockHeap {
	h := &blockHeap{blocks: blocks, at: make([]int, len(blocks))}
	for i, b := range blocks {
		if len(b.keys) > 0 {
			h.heap = append(h.heap, i)
		}
	}
	for i := len(h.heap)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
	return h
}

func (h *blockHeap) len() int { return len(h.heap) }

func (h *blockHeap) head(i int) (keyHash, int64) {
	b := h.blocks[h.heap[i]]
	k := b.keys[h.at[h.heap[i]]]
	return k.keyHash, b.firstRow + int64(k.row)
}

func (h *blockHeap) less(i, j int) bool {
	a, ra := h.head(i)
	b, rb := h.head(j)
	if c := a.compare(b); c != 0 {
		return c < 0
	}
	return ra < rb
}

func (h *blockHeap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h.heap) {
			return
		}
		if child+1 < len(h.heap) && h.less(child+1, child) {
			child++
		}
		if !h.less(child, i) {
			return
		}
		h.heap[i], h.heap[child] = h.heap[child], h.heap[i]
		i = child
	}
}

func (h *blockHeap) next() (keyHash, int64) {
	k, row := h.head(0)
	b := h.heap[0]
	h.at[b]++
	if h.at[b] == len(h.blocks[b].keys) {
		h.heap[0] = h.heap[len(h.heap)-1]
		h.heap = h.heap[:len(h.heap)-1]
	}
	h.down(0)
	return k, row
}
