package proof

// held is what a scanner looks for: a collector in memory, or the index of a
// larger table on disk. The first failure to read the index stays in err; the
// scan then fails, whatever it found.
type held struct {
	c   *Collector
	x   *Index
	sip sip
	opt Options
	err error
}

func (h *held) get(section int, key uint64) (uint8, bool) {
	note, ok, err := h.x.get(section, key)
	if err != nil && h.err == nil {
		h.err = err
	}
	return note, ok
}

// value returns the notes of a strong value or word.
func (h *held) value(key uint64) (uint8, bool) {
	if h.c != nil {
		return h.c.values.get(key)
	}
	return h.get(valueSection, key)
}

// cell tells whether v stood in a protected column.
func (h *held) cell(column string, v []byte) bool {
	key := h.sip.cell(column, v)
	if h.c != nil {
		_, ok := h.c.cells.get(key)
		return ok
	}
	_, ok := h.get(cellSection, key)
	return ok
}

// public tells whether a word is published as it is.
func (h *held) public(key uint64) bool {
	if h.c != nil {
		_, ok := h.c.public.get(key)
		return ok
	}
	_, ok := h.get(publicSection, key)
	return ok
}

// anchored tells whether any value is long enough to be found by its prefix.
func (h *held) anchored() bool {
	if h.c != nil {
		return h.c.anchors.n > 0
	}
	return h.x.lengths != 0
}

// may tells whether a value can start with the prefix that hashes to key.
func (h *held) may(key uint64) bool {
	if h.c != nil {
		return h.c.anchors.may(key)
	}
	return h.x.prefixes.may(key &^ 63)
}

// lengths calls yield with the lengths that values with this prefix may have.
func (h *held) lengths(key uint64, yield func(n int)) {
	if h.c != nil {
		h.c.anchors.lengths(key, yield)
		return
	}
	h.x.eachLength(yield)
}

// values is the number of distinct protected values.
func (h *held) values() int {
	if h.c != nil {
		return h.c.Values()
	}
	return h.x.Values()
}

func (h *held) counts() Counts {
	if h.c != nil {
		return h.c.stats
	}
	return h.x.stats
}
