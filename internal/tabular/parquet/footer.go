package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Limits against hostile files. A file that honestly needs more is refused
// with ErrUnsupported.
const (
	maxFooterBytes = 256 << 20
	maxPageBytes   = 512 << 20 // of one page, compressed or not
	maxSchemaDepth = 64
	maxColumns     = 1 << 16
)

const magic = "PAR1"

// footer is a file's metadata after its sizes and counts were checked.
type footer struct {
	meta   fileMetaData
	root   *node
	leaves []*node
}

// readFooter reads and checks the metadata at the end of f. Every count and
// offset that is used later as a size or a position is checked here.
func readFooter(f tabular.File) (*footer, error) {
	if f.Size < int64(2*len(magic)+4) {
		return nil, errors.New("too short for a Parquet file")
	}
	var tail [8]byte
	if err := readFull(f.Body, tail[:], f.Size-8); err != nil {
		return nil, fmt.Errorf("reading the footer: %w", err)
	}
	switch string(tail[4:]) {
	case magic:
	case "PARE":
		return nil, fmt.Errorf("%w: the file is encrypted", tabular.ErrUnsupported)
	default:
		return nil, errors.New("does not end in a Parquet footer; the file is truncated or of another format")
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if length > f.Size-12 {
		return nil, fmt.Errorf("footer of %d bytes in a file of %d", length, f.Size)
	}
	if length > maxFooterBytes {
		return nil, fmt.Errorf("%w: footer of %d bytes", tabular.ErrUnsupported, length)
	}
	b := make([]byte, length)
	if err := readFull(f.Body, b, f.Size-8-length); err != nil {
		return nil, fmt.Errorf("reading the footer: %w", err)
	}
	if _, err := checkThrift(b); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	out := &footer{}
	var p thrift.CompactProtocol
	if err := thrift.NewDecoder(p.NewReaderFromBytes(b)).Decode(&out.meta); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	var err error
	if out.root, out.leaves, err = schemaTree(out.meta.Schema); err != nil {
		return nil, err
	}
	return out, out.check(f.Size)
}

func (ft *footer) check(size int64) error {
	var rows int64
	for g := range ft.meta.RowGroups {
		rg := &ft.meta.RowGroups[g]
		if rg.NumRows < 0 {
			return fmt.Errorf("row group %d declares %d rows", g, rg.NumRows)
		}
		rows += rg.NumRows
		if rows < 0 {
			return errors.New("row counts overflow")
		}
		if len(rg.Columns) != len(ft.leaves) {
			return fmt.Errorf("row group %d has %d columns, the schema %d", g, len(rg.Columns), len(ft.leaves))
		}
		for c := range rg.Columns {
			cc := &rg.Columns[c]
			m := &cc.MetaData
			start := chunkStart(m)
			switch {
			case cc.FilePath != "":
				return fmt.Errorf("%w: column chunks in other files", tabular.ErrUnsupported)
			case rg.NumRows > 0 && (start < 4 || m.TotalCompressedSize < 0 || start > size || m.TotalCompressedSize > size-start):
				return fmt.Errorf("column %q, row group %d: chunk lies outside the file", ft.leaves[c].path(), g)
			case m.NumValues < 0:
				return fmt.Errorf("column %q, row group %d: %d values", ft.leaves[c].path(), g, m.NumValues)
			case rg.NumRows > 0 && m.Type != ft.leaves[c].elem.Type.V:
				return fmt.Errorf("column %q, row group %d: physical type differs from the schema's", ft.leaves[c].path(), g)
			}
		}
	}
	return nil
}

// chunkStart is the position of a column chunk's first page. Some writers
// leave the dictionary's offset zero although the chunk starts with one.
func chunkStart(m *columnMetaData) int64 {
	if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < m.DataPageOffset {
		return m.DictionaryPageOffset
	}
	return m.DataPageOffset
}

// readFull fills b. Bytes that should be there and are not are corruption; any
// other failure is the storage's.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	default:
		return &ioError{err}
	}
}

// checkThrift walks one compact-protocol struct and returns its length. It
// guarantees that no count in it promises more elements than there are bytes,
// so that decoding it allocates in proportion to its size.
func checkThrift(b []byte) (int, error) {
	w := thriftWalk{b: b}
	w.structure(0)
	if w.bad {
		return 0, errThrift
	}
	return w.at, nil
}

var errThrift = errors.New("malformed or cut short")

type thriftWalk struct {
	b   []byte
	at  int
	bad bool
}

func (w *thriftWalk) byte() byte {
	if w.at >= len(w.b) {
		w.bad = true
		return 0
	}
	w.at++
	return w.b[w.at-1]
}

func (w *thriftWalk) varint() uint64 {
	v, n := binary.Uvarint(w.b[min(w.at, len(w.b)):])
	if n <= 0 {
		w.bad = true
		return 0
	}
	w.at += n
	return v
}

func (w *thriftWalk) skip(n uint64) {
	if n > uint64(len(w.b)-w.at) {
		w.bad = true
		return
	}
	w.at += int(n)
}

func (w *thriftWalk) structure(depth int) {
	if depth > 24 {
		w.bad = true
	}
	for !w.bad {
		h := w.byte()
		if h == 0 {
			return
		}
		if h>>4 == 0 {
			w.varint()
		}
		w.value(h&15, depth, false)
	}
}

// value skips one value of a compact type code; in a collection a boolean
// takes a byte of its own.
func (w *thriftWalk) value(code byte, depth int, element bool) {
	switch code {
	case 1, 2:
		if element {
			w.skip(1)
		}
	case 3:
		w.skip(1)
	case 4, 5, 6:
		w.varint()
	case 7:
		w.skip(8)
	case 8:
		w.skip(w.varint())
	case 9, 10:
		h := w.byte()
		n := uint64(h >> 4)
		if n == 15 {
			n = w.varint()
		}
		least := uint64(1)
		if h&15 == 12 {
			least = 3 // no struct of the format is shorter
		}
		if n > uint64(len(w.b)-w.at)/least {
			w.bad = true
			return
		}
		for i := uint64(0); i < n && !w.bad; i++ {
			w.value(h&15, depth+1, true)
		}
	case 12:
		w.structure(depth + 1)
	default:
		w.bad = true // maps do not occur in the format
	}
}
