package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// window reads a stretch of a file forwards through one reused buffer.
type window struct {
	r        io.ReaderAt
	off, end int64 // file positions of the next unread byte and of the end
	buf      []byte
	at       int // start of the unread bytes in buf
}

// readAhead is how many bytes a column asks of the file at a time.
const readAhead = 256 << 10

func (w *window) left() int64 { return int64(len(w.buf)-w.at) + w.end - w.off }

// peek returns the next n bytes without passing them, fewer at the end. They
// are valid until the next call.
func (w *window) peek(n int) ([]byte, error) {
	have := len(w.buf) - w.at
	if have < n && w.off < w.end {
		want := int(min(int64(max(n-have, readAhead)), w.end-w.off))
		if have+want > cap(w.buf) {
			grown := make([]byte, have, have+want)
			copy(grown, w.buf[w.at:])
			w.buf = grown
		} else {
			w.buf = w.buf[:copy(w.buf[:have], w.buf[w.at:])]
		}
		w.at = 0
		if err := readFull(w.r, w.buf[have:have+want], w.off); err != nil {
			return nil, err
		}
		w.buf = w.buf[:have+want]
		w.off += int64(want)
	}
	return w.buf[w.at:min(w.at+n, len(w.buf))], nil
}

func (w *window) pass(n int) { w.at += n }

// skip passes n bytes without reading those that are not in the buffer yet.
func (w *window) skip(n int64) {
	if k := int64(len(w.buf) - w.at); n > k {
		w.buf, w.at = w.buf[:0], 0
		w.off += n - k
		return
	}
	w.at += int(n)
}

func (w *window) reset(r io.ReaderAt, start, end int64) {
	*w = window{r: r, off: start, end: end, buf: w.buf[:0]}
}

// pageHeader decodes the header at the window's position and passes it.
func (w *window) pageHeader() (*format.PageHeader, error) {
	for size := 4 << 10; ; size *= 8 {
		b, err := w.peek(size)
		if err != nil {
			return nil, err
		}
		n, err := checkThrift(b)
		if err != nil {
			if len(b) < size || size > maxPageBytes/8 {
				return nil, fmt.Errorf("page header: %w", err)
			}
			continue
		}
		h := &format.PageHeader{}
		var p thrift.CompactProtocol
		if err := thrift.NewDecoder(p.NewReaderFromBytes(b[:n])).Decode(h); err != nil {
			return nil, fmt.Errorf("page header: %w", err)
		}
		w.pass(n)
		if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || int64(h.CompressedPageSize) > w.left() {
			return nil, errors.New("page size outside its column chunk")
		}
		if h.CompressedPageSize > maxPageBytes || h.UncompressedPageSize > maxPageBytes {
			return nil, fmt.Errorf("%w: page above %d bytes", tabular.ErrUnsupported, maxPageBytes)
		}
		return h, nil
	}
}

// body returns the stored bytes after a header, checked against its checksum.
func (w *window) body(h *format.PageHeader) ([]byte, error) {
	n := int(h.CompressedPageSize)
	b, err := w.peek(n)
	if err != nil {
		return nil, err
	}
	if len(b) < n {
		return nil, errShort
	}
	w.pass(n)
	if h.CRC != 0 && crc32.ChecksumIEEE(b) != uint32(h.CRC) {
		return nil, errors.New("page checksum does not match")
	}
	return b, nil
}

// page is a data page ready to be decoded.
type page struct {
	slots    int // levels, or values of a column without levels, still to come
	rep, def hybrid
	values   valueDecoder
}

// pageRows returns the rows of a data page, or -1 where only its levels tell.
func pageRows(h *format.PageHeader, maxRep int) int64 {
	switch {
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		return int64(h.DataPageHeaderV2.V.NumRows)
	case h.Type == format.DataPage && h.DataPageHeader.Valid && maxRep == 0:
		return int64(h.DataPageHeader.V.NumValues)
	}
	return -1
}

// openPage decompresses a data page and opens its decoders.
func (c *column) openPage(h *format.PageHeader, b []byte) (page, error) {
	var p page
	var enc format.Encoding
	n := c.leaf
	size := int(h.UncompressedPageSize)
	switch {
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		v := &h.DataPageHeaderV2.V
		reps, defs := int(v.RepetitionLevelsByteLength), int(v.DefinitionLevelsByteLength)
		if v.NumValues < 0 || reps < 0 || defs < 0 || reps > len(b) || defs > len(b)-reps || reps+defs > size {
			return p, errors.New("levels longer than their page")
		}
		var err error
		if p.rep, err = newHybrid(b[:reps], levelWidth(n.maxRep)); err != nil {
			return p, err
		}
		if p.def, err = newHybrid(b[reps:reps+defs], levelWidth(n.maxDef)); err != nil {
			return p, err
		}
		codec := c.meta.Codec
		if v.IsCompressed.Valid && !v.IsCompressed.V {
			codec = format.Uncompressed
		}
		// The levels stay in the window's buffer; only the values are packed.
		if b, err = c.unpacked(codec, b[reps+defs:], size-reps-defs); err != nil {
			return p, err
		}
		p.slots, enc = int(v.NumValues), v.Encoding
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		v := &h.DataPageHeader.V
		if v.NumValues < 0 {
			return p, errors.New("negative value count")
		}
		var err error
		if b, err = c.unpacked(c.meta.Codec, b, size); err != nil {
			return p, err
		}
		if n.maxRep > 0 {
			if p.rep, b, err = levelsV1(b, v.RepetitionLevelEncoding, n.maxRep); err != nil {
				return p, err
			}
		}
		if n.maxDef > 0 {
			if p.def, b, err = levelsV1(b, v.DefinitionLevelEncoding, n.maxDef); err != nil {
				return p, err
			}
		}
		p.slots, enc = int(v.NumValues), v.Encoding
	default:
		return p, errors.New("page header without its data page part")
	}
	if isDictionary(enc) && c.dict == nil {
		if err := c.loadDictionary(); err != nil {
			return p, err
		}
	}
	var err error
	if p.values, err = newValueDecoder(enc, n.elem.Type.V, c.width, b, c.dict); err != nil {
		return p, err
	}
	if c.keep && !isDictionary(enc) {
		p.values = &keptPlain{values: p.values}
	}
	return p, nil
}

func isDictionary(e format.Encoding) bool {
	return e == format.PlainDictionary || e == format.RLEDictionary
}

func levelsV1(b []byte, enc format.Encoding, highest int) (hybrid, []byte, error) {
	if enc != format.RLE {
		return hybrid{}, nil, fmt.Errorf("%w: level encoding %v", tabular.ErrUnsupported, enc)
	}
	if len(b) < 4 {
		return hybrid{}, nil, errShort
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	if size > uint64(len(b)-4) {
		return hybrid{}, nil, errors.New("levels longer than their page")
	}
	h, err := newHybrid(b[4:4+size], levelWidth(highest))
	return h, b[4+size:], err
}

// unpacked decompresses into the column's scratch buffer.
func (c *column) unpacked(codec format.CompressionCodec, b []byte, size int) ([]byte, error) {
	out, err := c.file.packer.decode(codec, c.scratch, b, size)
	if err == nil && codec != format.Uncompressed {
		c.scratch = out[:0]
	}
	return out, err
}

// loadDictionary reads the chunk's dictionary from its start, as is needed
// after a seek has passed it.
func (c *column) loadDictionary() error {
	w := window{r: c.file.body, off: chunkStart(c.meta), end: chunkStart(c.meta) + c.meta.TotalCompressedSize}
	h, err := w.pageHeader()
	if err != nil {
		return err
	}
	if h.Type != format.DictionaryPage {
		return errors.New("dictionary indices without a dictionary")
	}
	b, err := w.body(h)
	if err != nil {
		return err
	}
	return c.openDictionary(h, b)
}

func (c *column) openDictionary(h *format.PageHeader, b []byte) error {
	if !h.DictionaryPageHeader.Valid {
		return errors.New("page header without its dictionary part")
	}
	v := &h.DictionaryPageHeader.V
	if v.Encoding != format.Plain && v.Encoding != format.PlainDictionary {
		return fmt.Errorf("%w: dictionary encoding %v", tabular.ErrUnsupported, v.Encoding)
	}
	// A dictionary outlives its page, so it gets bytes of its own.
	b, err := c.file.packer.decode(c.meta.Codec, nil, b, int(h.UncompressedPageSize))
	if err != nil {
		return err
	}
	least := max(c.width, 1)
	if c.width == byteArrays {
		least = 4
	}
	if v.NumValues < 0 || (c.width != booleans && int64(v.NumValues)*int64(least) > int64(len(b))) {
		return errors.New("dictionary holds fewer values than declared")
	}
	values, err := newValueDecoder(format.Plain, c.leaf.elem.Type.V, c.width, b, nil)
	if err != nil {
		return err
	}
	d := &dictionary{dense: *newDense(c.width, int(v.NumValues), len(b), false)}
	if err := values.decode(&d.dense, int(v.NumValues)); err != nil {
		return err
	}
	c.dict = d
	return nil
}
