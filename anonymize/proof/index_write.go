package proof

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// WriteIndex merges marshaled collectors, one a part of the table, into the
// index of all of it. It streams: memory holds the filters and a small buffer a
// part. Equal parts give equal bytes in any order. The number of distinct
// protected values comes back.
func WriteIndex(ctx context.Context, w io.Writer, parts []*io.SectionReader, opt Options) (values int64, err error) {
	opt = opt.WithDefaults()
	if err := opt.Validate(); err != nil {
		return 0, fmt.Errorf("proof: %w", err)
	}
	layouts := make([]layout, len(parts))
	var stats Counts
	var sums [sectionCount + 1]int64
	for i, p := range parts {
		if layouts[i], err = readLayout(p, opt); err != nil {
			return 0, err
		}
		stats.add(layouts[i].stats)
		for k := range sums {
			sums[k] += layouts[i].n[k]
		}
	}
	out := bufio.NewWriterSize(w, 1<<18)
	words := []int64{stats.Cells, stats.Strong, stats.Words, stats.Weak}
	var counts, sizes []int64
	var loaded []byte
	var total int64
	for k := range sectionCount {
		var f filter
		if k != publicSection {
			f = newFilter(sums[k], maxFilterBytes)
		}
		fences, n, err := mergeSection(ctx, out, parts, layouts, k, f)
		if err != nil {
			return 0, err
		}
		for _, key := range fences {
			loaded = binary.LittleEndian.AppendUint64(loaded, key)
		}
		before := len(loaded)
		if f != nil {
			loaded = f.fold(n).appendTo(loaded)
		}
		counts, sizes = append(counts, n), append(sizes, int64(len(loaded)-before))
		total += n
	}
	prefixes, lengths, err := mergeAnchors(ctx, parts, layouts, newFilter(sums[sectionCount], maxFilterBytes))
	if err != nil {
		return 0, err
	}
	before := len(loaded)
	loaded = prefixes.appendTo(loaded)
	sizes = append(sizes, int64(len(loaded)-before))

	words = append(append(append(words, int64(lengths)), counts...), sizes...)
	words = append(words, total*entryBytes)
	trailer := []byte(indexMagic)
	for _, v := range words {
		trailer = binary.LittleEndian.AppendUint64(trailer, uint64(v))
	}
	trailer = binary.LittleEndian.AppendUint32(trailer, crc32.Checksum(loaded, castagnoli))
	for _, b := range [][]byte{loaded, trailer} {
		if _, err := out.Write(b); err != nil {
			return 0, fmt.Errorf("proof: write the index: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return 0, fmt.Errorf("proof: write the index: %w", err)
	}
	return counts[valueSection] + counts[cellSection], nil
}

// layout says where the sections of a marshaled collector lie; the last one
// holds the anchors.
type layout struct {
	stats Counts
	at, n [sectionCount + 1]int64
}

var errMarshaled = errors.New("proof: not a marshaled collector of these options")

func readLayout(r *io.SectionReader, opt Options) (layout, error) {
	var l layout
	at := int64(0)
	var head [len(magic) + 6*binary.MaxVarintLen64]byte
	n, err := r.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return l, fmt.Errorf("proof: read values: %w", err)
	}
	b, ok := bytes.CutPrefix(head[:n], []byte(magic))
	if !ok {
		return l, errMarshaled
	}
	at = int64(len(magic))
	number := func(b []byte) uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			ok = false
			return 0
		}
		at += int64(n)
		return v
	}
	var first [6]uint64
	for i := range first {
		first[i] = number(b[min(int64(len(b)), at-int64(len(magic))):])
	}
	if !ok || first[0] != uint64(opt.Shards) || first[1] != uint64(opt.Shard) || opt.Shards != 1 {
		return l, errMarshaled
	}
	l.stats = Counts{Cells: int64(first[2]), Strong: int64(first[3]), Words: int64(first[4]), Weak: int64(first[5])}
	for k := range l.n {
		var count [binary.MaxVarintLen64]byte
		n, err := r.ReadAt(count[:], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return l, fmt.Errorf("proof: read values: %w", err)
		}
		width := int64(entryBytes)
		if k == sectionCount {
			width = 8
		}
		v := number(count[:n])
		if !ok || v > uint64(r.Size())/uint64(width) {
			return l, errMarshaled
		}
		l.at[k], l.n[k] = at, int64(v)
		at += int64(v) * width
	}
	if at != r.Size() {
		return l, errMarshaled
	}
	return l, nil
}

// cursor reads one section of one part in order.
type cursor struct {
	key  uint64
	note uint8
	left int64
	in   *bufio.Reader
}

func (c *cursor) next() (more bool, err error) {
	if c.left == 0 {
		return false, nil
	}
	var b [entryBytes]byte
	if _, err := io.ReadFull(c.in, b[:]); err != nil {
		return false, fmt.Errorf("proof: read values: %w", err)
	}
	key := binary.LittleEndian.Uint64(b[:])
	if key <= c.key {
		return false, errMarshaled // zero, or out of order
	}
	c.key, c.note, c.left = key, b[8], c.left-1
	return true, nil
}

// checkEvery is how many entries are merged between two looks at the context.
const checkEvery = 1 << 16

// mergeSection writes one section of all parts in rising order, each key once
// with its notes combined, and puts the keys into f.
func mergeSection(ctx context.Context, w *bufio.Writer, parts []*io.SectionReader, layouts []layout, k int, f filter) (fences []uint64, n int64, err error) {
	var heap []*cursor
	for i, p := range parts {
		l := layouts[i]
		c := &cursor{left: l.n[k], in: bufio.NewReaderSize(io.NewSectionReader(p, l.at[k], l.n[k]*entryBytes), 1<<15)}
		more, err := c.next()
		if err != nil {
			return nil, 0, err
		}
		if more {
			heap = append(heap, c)
		}
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		sift(heap, i)
	}
	var b [entryBytes]byte
	for len(heap) > 0 {
		key, note := heap[0].key, uint8(0)
		for len(heap) > 0 && heap[0].key == key {
			note = combine(note, heap[0].note)
			more, err := heap[0].next()
			if err != nil {
				return nil, 0, err
			}
			if !more {
				heap[0] = heap[len(heap)-1]
				heap = heap[:len(heap)-1]
			}
			sift(heap, 0)
		}
		if n%fenceEvery == 0 {
			fences = append(fences, key)
		}
		if n%checkEvery == 0 && ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		if f != nil {
			f.put(key)
		}
		n++
		binary.LittleEndian.PutUint64(b[:], key)
		b[8] = note
		if _, err := w.Write(b[:]); err != nil {
			return nil, 0, fmt.Errorf("proof: write the index: %w", err)
		}
	}
	return fences, n, nil
}

// sift restores the heap below i; the smallest key is on top.
func sift(heap []*cursor, i int) {
	for {
		least := 2*i + 1
		if least >= len(heap) {
			return
		}
		if r := least + 1; r < len(heap) && heap[r].key < heap[least].key {
			least = r
		}
		if heap[i].key <= heap[least].key {
			return
		}
		heap[i], heap[least] = heap[least], heap[i]
		i = least
	}
}

// mergeAnchors puts the prefixes of all parts into f and returns it with the
// lengths that occur.
func mergeAnchors(ctx context.Context, parts []*io.SectionReader, layouts []layout, f filter) (filter, uint64, error) {
	var lengths uint64
	for i, p := range parts {
		l := layouts[i]
		r := bufio.NewReaderSize(io.NewSectionReader(p, l.at[sectionCount], l.n[sectionCount]*8), 1<<15)
		for k := range l.n[sectionCount] {
			if k%checkEvery == 0 && ctx.Err() != nil {
				return nil, 0, ctx.Err()
			}
			var b [8]byte
			if _, err := io.ReadFull(r, b[:]); err != nil {
				return nil, 0, fmt.Errorf("proof: read values: %w", err)
			}
			v := binary.LittleEndian.Uint64(b[:])
			if v&63 == 0 {
				return nil, 0, errMarshaled
			}
			f.put(v &^ 63)
			lengths |= 1 << (v&63 - 1)
		}
	}
	return f, lengths, nil
}
