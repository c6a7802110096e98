package proof

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"slices"
	"sync"
)

// Index is the values of a whole table on disk, of which memory holds Bloom
// filters and fences only: about 12 to 24 bits a value and never more than
// maxFilterBytes a filter. A scanner asks the filters; what passes is looked up
// in the sorted file, so hits are as exact as those of one Collector of all
// values. A larger table than the filters were made for costs more look-ups,
// never a miss.
//
// An Index is safe for concurrent use.
type Index struct {
	opt      Options
	sip      sip
	stats    Counts
	body     io.ReaderAt
	sections [sectionCount]section
	// lengths has bit n-anchorBytes set when some value is n bytes long.
	lengths  uint64
	prefixes filter // of the first anchorBytes of values

	mu    sync.Mutex
	found map[entryKey]answer // recent exact answers: rows repeat their words
}

// The sections of an index: strong values and words, cells, public values.
const (
	valueSection = iota
	cellSection
	publicSection
	sectionCount
)

// section is a sorted run of hashes, nine bytes each with their notes.
type section struct {
	at     int64
	n      int64
	fences []uint64 // each fenceEvery-th key
	filter filter   // nil for public values, which are asked for after a hit only
}

// entryKey is a key in a section.
type entryKey struct {
	section int
	key     uint64
}

type answer struct {
	note uint8
	ok   bool
}

const (
	entryBytes     = 9
	fenceEvery     = 256
	maxFilterBytes = 128 << 20
	maxFound       = 1 << 16
	indexMagic     = "NPIX1"
	// The trailer: magic, eight counts, the start and the checksum of what is
	// loaded.
	trailerWords = 4 + 1 + 2*sectionCount + 1 + 1
	trailerBytes = len(indexMagic) + 8*trailerWords + 4
)

// OpenIndex opens what WriteIndex wrote under the same key. body must stay open
// as long as the index is used.
func OpenIndex(body io.ReaderAt, size int64, opt Options) (*Index, error) {
	opt = opt.WithDefaults()
	if err := opt.Validate(); err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	bad := fmt.Errorf("proof: not an index of %d bytes", size)
	if size < int64(trailerBytes) {
		return nil, bad
	}
	t := make([]byte, trailerBytes)
	if _, err := body.ReadAt(t, size-int64(trailerBytes)); err != nil {
		return nil, fmt.Errorf("proof: read the index: %w", err)
	}
	if string(t[:len(indexMagic)]) != indexMagic {
		return nil, bad
	}
	words := make([]int64, trailerWords)
	for i := range words {
		words[i] = int64(binary.LittleEndian.Uint64(t[len(indexMagic)+8*i:]))
	}
	x := &Index{opt: opt, sip: newSIP(opt), body: body, found: map[entryKey]answer{}}
	x.stats = Counts{Cells: words[0], Strong: words[1], Words: words[2], Weak: words[3]}
	x.lengths = uint64(words[4])
	counts, filters := words[5:5+sectionCount], words[5+sectionCount:5+2*sectionCount+1]
	loaded := words[trailerWords-1]
	var at, need int64
	for i := range x.sections {
		if counts[i] < 0 || counts[i] > size/entryBytes || filters[i] < 0 || filters[i] > size {
			return nil, bad
		}
		x.sections[i].at, x.sections[i].n = at, counts[i]
		at += counts[i] * entryBytes
		need += fenceCount(counts[i])*8 + filters[i]
	}
	last := filters[sectionCount]
	if last < 0 || last > size || loaded != at || at+need+last != size-int64(trailerBytes) {
		return nil, bad
	}
	b := make([]byte, need+last)
	if _, err := body.ReadAt(b, loaded); err != nil {
		return nil, fmt.Errorf("proof: read the index: %w", err)
	}
	if crc32.Checksum(b, castagnoli) != binary.LittleEndian.Uint32(t[trailerBytes-4:]) {
		return nil, bad
	}
	return x, x.load(b, filters)
}

// load takes fences and filters out of b.
func (x *Index) load(b []byte, filters []int64) error {
	var err error
	for i := range x.sections {
		s := &x.sections[i]
		s.fences = make([]uint64, fenceCount(s.n))
		for k := range s.fences {
			s.fences[k] = binary.LittleEndian.Uint64(b[8*k:])
		}
		b = b[8*len(s.fences):]
		if filters[i] > 0 {
			if s.filter, err = readFilter(b[:filters[i]]); err != nil {
				return err
			}
			b = b[filters[i]:]
		}
	}
	x.prefixes, err = readFilter(b)
	return err
}

func fenceCount(n int64) int64 { return (n + fenceEvery - 1) / fenceEvery }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Values is the number of distinct protected values.
func (x *Index) Values() int { return int(x.sections[valueSection].n + x.sections[cellSection].n) }

// Counts says what was collected.
func (x *Index) Counts() Counts { return x.stats }

// get returns the notes of key in a section. It reads the file only when the
// filter lets the key pass.
func (x *Index) get(in int, key uint64) (uint8, bool, error) {
	if key == 0 {
		key = 1
	}
	s := &x.sections[in]
	if s.n == 0 || s.filter != nil && !s.filter.may(key) {
		return 0, false, nil
	}
	x.mu.Lock()
	a, known := x.found[entryKey{in, key}]
	x.mu.Unlock()
	if known {
		return a.note, a.ok, nil
	}
	a, err := x.find(s, key)
	if err != nil {
		return 0, false, err
	}
	x.mu.Lock()
	if len(x.found) >= maxFound {
		clear(x.found)
	}
	x.found[entryKey{in, key}] = a
	x.mu.Unlock()
	return a.note, a.ok, nil
}

// find searches the one stretch of the file between two fences that can hold
// key.
func (x *Index) find(s *section, key uint64) (answer, error) {
	at, exact := slices.BinarySearch(s.fences, key)
	if !exact {
		at--
	}
	if at < 0 {
		return answer{}, nil
	}
	first := int64(at) * fenceEvery
	var buf [fenceEvery * entryBytes]byte
	b := buf[:min(fenceEvery, s.n-first)*entryBytes]
	if _, err := x.body.ReadAt(b, s.at+first*entryBytes); err != nil {
		return answer{}, fmt.Errorf("proof: read the index: %w", err)
	}
	for low, high := 0, len(b)/entryBytes; low < high; {
		mid := (low + high) / 2
		switch k := binary.LittleEndian.Uint64(b[mid*entryBytes:]); {
		case k == key:
			return answer{b[mid*entryBytes+8], true}, nil
		case k < key:
			low = mid + 1
		default:
			high = mid
		}
	}
	return answer{}, nil
}

// eachLength calls yield with the lengths that values of the table have, from
// the shortest.
func (x *Index) eachLength(yield func(n int)) {
	for m := x.lengths; m != 0; m &= m - 1 {
		yield(anchorBytes + bits.TrailingZeros64(m))
	}
}
