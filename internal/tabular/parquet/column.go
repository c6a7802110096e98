package parquet

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/parquet-go/parquet-go/format"
)

// column reads one leaf column of a file, row group after row group.
type column struct {
	file    *file
	leaf    *node
	width   int  // of its values, see dense
	keep    bool // dictionaries instead of looking values up
	flat    bool // at most one value a row, and levels only tell null or not
	group   int
	meta    *columnMetaData
	chunk   *columnChunk
	win     window
	dict    *dictionary
	page    page
	rows    int64 // rows of the current row group not yet read
	scratch []byte
	// lastBytes is the text of the batch before, to size the next one.
	lastBytes int
	runs      [512]uint32
	// Levels decoded ahead of their use, in columns that are not flat.
	reps, defs []uint8
	at         int
}

// levels are the definition and repetition levels of a batch.
type levels struct{ defs, reps []uint8 }

// batch is what a column read for one record batch.
type batch struct {
	dense *dense
	// Flat columns: validity and its count of nulls.
	valid []byte
	nulls int
	slots int
	levels
}

// begin opens the column chunk of a row group.
func (c *column) begin(group int) {
	rg := &c.file.footer.meta.RowGroups[group]
	c.group = group
	c.chunk = &rg.Columns[c.leaf.leaf]
	c.meta = &c.chunk.MetaData
	start := chunkStart(c.meta)
	c.win.reset(c.file.body, start, start+c.meta.TotalCompressedSize)
	c.dict, c.page = nil, page{}
	c.reps, c.defs, c.at = c.reps[:0], c.defs[:0], 0
	c.rows = rg.NumRows
}

// nextPage opens the next data page of the chunk.
func (c *column) nextPage() error {
	for {
		h, err := c.nextHeader()
		if err != nil {
			return err
		}
		b, err := c.win.body(h)
		if err != nil {
			return err
		}
		if done, err := c.take(h, b); done || err != nil {
			return err
		}
	}
}

func (c *column) nextHeader() (*format.PageHeader, error) {
	if c.win.left() == 0 {
		return nil, errors.New("column chunk ends before its row group")
	}
	return c.win.pageHeader()
}

// take handles a page's body and reports whether it was a data page.
func (c *column) take(h *format.PageHeader, b []byte) (bool, error) {
	var err error
	switch h.Type {
	case format.DictionaryPage:
		if c.dict == nil {
			err = c.openDictionary(h, b)
		}
		return false, err
	case format.DataPage, format.DataPageV2:
		c.page, err = c.openPage(h, b)
		return true, err
	default:
		return false, nil // index pages hold no values
	}
}

// newBatch makes room for about n rows.
func (c *column) newBatch(n int) *batch {
	bytes := 0
	if c.width == byteArrays && !c.keep && c.meta != nil && c.meta.NumValues > 0 {
		// The chunk's mean size is a good guess where it is not dictionary
		// encoded, and a bad one never costs more than growing.
		bytes = int(min(c.meta.TotalUncompressedSize/c.meta.NumValues+2, 256)) * n
		bytes = max(bytes, c.lastBytes+c.lastBytes/16)
	}
	b := &batch{dense: newDense(c.width, n, bytes, c.keep)}
	switch {
	case !c.flat:
		b.defs = make([]uint8, 0, n)
		if c.leaf.maxRep > 0 {
			b.reps = make([]uint8, 0, n)
		}
	case c.leaf.maxDef > 0:
		b.valid = make([]byte, bitutil.BytesForBits(int64(n)))
	}
	return b
}

// read appends the next n rows of the current row group to out.
func (c *column) read(n int, out *batch) error {
	// The last row of a group ends with its chunk, which readLevels must know.
	last := int64(n) == c.rows
	c.rows -= int64(n)
	if c.flat {
		return c.readFlat(n, out)
	}
	return c.readLevels(n, last, out)
}

func (c *column) readFlat(n int, out *batch) error {
	for n > 0 {
		if c.page.slots == 0 {
			if err := c.nextPage(); err != nil {
				return err
			}
			continue
		}
		k := min(n, c.page.slots)
		if c.leaf.maxDef == 0 {
			if err := c.page.values.decode(out.dense, k); err != nil {
				return err
			}
		} else if err := c.readOptional(k, out); err != nil {
			return err
		}
		out.slots += k
		c.page.slots -= k
		n -= k
	}
	return nil
}

// readOptional turns k definition levels of 0 or 1 into validity bits and
// decodes the values that are present.
func (c *column) readOptional(k int, out *batch) error {
	present, at := 0, out.slots
	for k > 0 {
		v, m, list, err := c.page.def.next(c.runs[:], k)
		if err != nil {
			return err
		}
		switch {
		case list:
			for i, l := range c.runs[:m] {
				if l > 1 {
					return errLevel
				}
				present += int(l)
				out.valid[(at+i)>>3] |= byte(l) << ((at + i) & 7)
			}
		case v == 1:
			bitutil.SetBitsTo(out.valid, int64(at), int64(m), true)
			present += m
		case v > 1:
			return errLevel
		}
		at += m
		k -= m
	}
	out.nulls += at - out.slots - present
	if present == 0 {
		return nil
	}
	return c.page.values.decode(out.dense, present)
}

// readLevels reads n whole rows of a nested column with their levels; last says
// that they end the row group.
func (c *column) readLevels(n int, last bool, out *batch) error {
	for begun := 0; ; {
		if c.at == len(c.defs) {
			if begun == n && (c.leaf.maxRep == 0 || (last && c.page.slots == 0 && c.win.left() == 0)) {
				return nil
			}
			if c.page.slots == 0 {
				if err := c.nextPage(); err != nil {
					return err
				}
				continue
			}
			if err := c.refill(); err != nil {
				return err
			}
		}
		end, present := c.at, 0
		for ; end < len(c.defs); end++ {
			if c.leaf.maxRep == 0 || c.reps[end] == 0 {
				if begun == n {
					break
				}
				begun++
			} else if begun == 0 {
				return errors.New("a row group begins inside a row")
			}
			if int(c.defs[end]) == c.leaf.maxDef {
				present++
			}
		}
		out.defs = append(out.defs, c.defs[c.at:end]...)
		if c.leaf.maxRep > 0 {
			out.reps = append(out.reps, c.reps[c.at:end]...)
		}
		c.at = end
		if present > 0 {
			if err := c.page.values.decode(out.dense, present); err != nil {
				return err
			}
		}
		if end < len(c.defs) {
			return nil
		}
	}
}

// refill decodes the next stretch of the page's levels.
func (c *column) refill() error {
	const stretch = 4096
	n := min(c.page.slots, stretch)
	if cap(c.defs) < n {
		c.defs, c.reps = make([]uint8, 0, stretch), make([]uint8, 0, stretch)
	}
	c.defs, c.at = c.defs[:n], 0
	if c.leaf.maxDef > 0 {
		if err := c.page.def.levels(c.defs, c.leaf.maxDef, c.runs[:]); err != nil {
			return err
		}
	} else {
		clear(c.defs)
	}
	if c.leaf.maxRep > 0 {
		c.reps = c.reps[:n]
		if err := c.page.rep.levels(c.reps, c.leaf.maxRep, c.runs[:]); err != nil {
			return err
		}
	}
	c.page.slots -= n
	return nil
}

// place names the column and row group in errors.
func (c *column) place() string {
	return fmt.Sprintf("column %q, row group %d", c.leaf.path(), c.group)
}

// levelWidth is the bit width of levels up to a highest one.
func levelWidth(highest int) int { return bits.Len(uint(highest)) }
