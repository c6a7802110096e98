package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// sink passes row groups through and holds back what parquet-go writes at the
// end: the page indexes and the footer.
type sink struct {
	w    io.Writer
	at   int64
	hold bool
	tail []byte
}

func (s *sink) Write(b []byte) (int, error) {
	if s.hold {
		s.tail = append(s.tail, b...)
		return len(b), nil
	}
	n, err := s.w.Write(b)
	s.at += int64(n)
	return n, err
}

// finish rewrites the held-back end of the file and writes it. parquet-go
// gives pages without bounds empty ones, by which a reader would prune pages
// that do match; the column index of such columns is left out. Protected
// columns also lose what their chunk's metadata says about values.
func (s *sink) finish(leaves []*outLeaf) error {
	if len(s.tail) < 8 {
		return errors.New("no footer")
	}
	size := int(binary.LittleEndian.Uint32(s.tail[len(s.tail)-8:]))
	var meta format.FileMetaData
	p := new(thrift.CompactProtocol)
	footer := s.tail[len(s.tail)-8-size : len(s.tail)-8]
	if err := thrift.NewDecoder(p.NewReaderFromBytes(footer)).Decode(&meta); err != nil {
		return err
	}
	var out bytes.Buffer
	if s.at == 0 {
		out.WriteString(magic)
	}
	// move copies a part of the tail and returns its new position.
	move := func(offset int64, length int32) int64 {
		from := offset - s.at
		at := s.at + int64(out.Len())
		out.Write(s.tail[from : from+int64(length)])
		return at
	}
	for g := range meta.RowGroups {
		for i := range meta.RowGroups[g].Columns {
			c := &meta.RowGroups[g].Columns[i]
			st := &c.MetaData.Statistics
			if l := leaves[i]; l.hidden || l.unbound {
				c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0
				*st = format.Statistics{NullCount: st.NullCount}
			} else {
				c.ColumnIndexOffset = move(c.ColumnIndexOffset, c.ColumnIndexLength)
			}
		}
	}
	for g := range meta.RowGroups {
		for i := range meta.RowGroups[g].Columns {
			c := &meta.RowGroups[g].Columns[i]
			c.OffsetIndexOffset = move(c.OffsetIndexOffset, c.OffsetIndexLength)
		}
	}
	start := out.Len()
	if err := thrift.NewEncoder(p.NewWriter(&out)).Encode(&meta); err != nil {
		return err
	}
	var end [8]byte
	binary.LittleEndian.PutUint32(end[:], uint32(out.Len()-start))
	copy(end[4:], magic)
	out.Write(end[:])
	_, err := s.w.Write(out.Bytes())
	return err
}
