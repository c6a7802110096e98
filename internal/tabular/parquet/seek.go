package parquet

import (
	"errors"
	"fmt"
	"sort"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// seek skips rows at the start of a row group: whole pages by the offset index
// where there is one, else by the row counts of the page headers.
func (c *column) seek(rows int64) error {
	if rows == 0 {
		return nil
	}
	if skipped, err := c.seekIndex(rows); err != nil {
		return err
	} else if skipped > 0 {
		c.rows -= skipped
		rows -= skipped
	}
	for rows > 0 && c.page.values == nil {
		h, err := c.win.pageHeader()
		if err != nil {
			return err
		}
		if n := pageRows(h, c.leaf.maxRep); n > 0 && n <= rows {
			c.win.skip(int64(h.CompressedPageSize))
			c.rows -= n
			rows -= n
			continue
		}
		b, err := c.win.body(h)
		if err != nil {
			return err
		}
		if _, err := c.take(h, b); err != nil {
			return err
		}
	}
	const step = 8192
	for rows > 0 {
		n := int(min(rows, step))
		out := c.newBatch(n)
		if err := c.read(n, out); err != nil {
			return err
		}
		rows -= int64(n)
	}
	return nil
}

// seekIndex moves the window to the page that holds a row and returns the rows
// before that page; 0 when the file has no usable offset index.
func (c *column) seekIndex(row int64) (int64, error) {
	off, size := c.chunk.OffsetIndexOffset, int64(c.chunk.OffsetIndexLength)
	if off <= 0 || size <= 0 || off > c.file.size || size > c.file.size-off || size > maxFooterBytes {
		return 0, nil
	}
	b := make([]byte, size)
	if err := readFull(c.file.body, b, off); err != nil {
		return 0, err
	}
	if _, err := checkThrift(b); err != nil {
		return 0, fmt.Errorf("offset index: %w", err)
	}
	var index format.OffsetIndex
	var p thrift.CompactProtocol
	if err := thrift.NewDecoder(p.NewReaderFromBytes(b)).Decode(&index); err != nil {
		return 0, fmt.Errorf("offset index: %w", err)
	}
	pages := index.PageLocations
	k := sort.Search(len(pages), func(i int) bool { return pages[i].FirstRowIndex > row }) - 1
	if k <= 0 {
		return 0, nil
	}
	start, end := chunkStart(c.meta), chunkStart(c.meta)+c.meta.TotalCompressedSize
	if pages[k].Offset < start || pages[k].Offset >= end || pages[k].FirstRowIndex > c.rows {
		return 0, errors.New("offset index points outside its column chunk")
	}
	c.win.reset(c.file.body, pages[k].Offset, end)
	return pages[k].FirstRowIndex, nil
}
