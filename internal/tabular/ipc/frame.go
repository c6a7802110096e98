package ipc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

const (
	fileMagic    = "ARROW1"
	continuation = 0xFFFFFFFF
	// maxMetadata bounds a message's metadata, which holds types and buffer
	// positions but no data.
	maxMetadata = 256 << 20
)

var errFrame = errors.New("message cut short or malformed")

// frames reads the messages of a stream, or of a file, which is a stream
// between a magic and a footer. It implements ipc.MessageReader.
type frames struct {
	r    io.Reader
	msg  *ipc.Message
	skip int64 // rows of whole batches to pass without decoding
	body int64 // bytes of the last message's body
	err  error // why Message failed, if not at the end
}

// messagesOf returns the stretch of a file that holds messages. The file
// format ends in a footer, its length and the magic again; some writers put no
// end mark before the footer.
func messagesOf(f tabular.File) (io.Reader, error) {
	var head [6]byte
	if f.Size < 18 {
		return f.Reader(), nil
	}
	if _, err := f.Body.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	if string(head[:]) != fileMagic {
		return f.Reader(), nil
	}
	var tail [10]byte
	if n, err := f.Body.ReadAt(tail[:], f.Size-10); n < len(tail) {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	if string(tail[4:]) != fileMagic || length > f.Size-18 {
		return nil, errors.New("an Arrow file without its footer; it is truncated")
	}
	return io.NewSectionReader(f.Body, 0, f.Size-10-length), nil
}

// openFrames passes the file format's magic if it is there.
func openFrames(r io.Reader) (*frames, error) {
	var head [8]byte
	n, err := io.ReadFull(r, head[:])
	if n == 8 && string(head[:6]) == fileMagic {
		return &frames{r: r}, nil
	}
	if n == 0 {
		return nil, errors.New("empty; an Arrow stream has at least a schema")
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return &frames{r: io.MultiReader(bytes.NewReader(head[:n:n]), r)}, nil
}

func (f *frames) Retain()  {}
func (f *frames) Release() {}

// Message returns the next message; io.EOF at the end of the stream.
func (f *frames) Message() (*ipc.Message, error) {
	for {
		meta, err := f.metadata()
		if err != nil {
			return nil, f.fail(err)
		}
		m, err := parseMessage(meta)
		if err != nil {
			return nil, f.fail(err)
		}
		if m.kind == schemaMessage {
			if err := checkSchema(meta); err != nil {
				return nil, f.fail(err)
			}
		}
		if m.isBatch() && f.skip >= m.rows && m.rows > 0 {
			if err := discard(f.r, m.bodyLength); err != nil {
				return nil, f.fail(err)
			}
			f.skip -= m.rows
			continue
		}
		body, err := readN(f.r, m.bodyLength)
		if err != nil {
			return nil, f.fail(err)
		}
		f.body = m.bodyLength
		f.msg = ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(body))
		return f.msg, nil
	}
}

func (f *frames) fail(err error) error {
	if !errors.Is(err, io.EOF) {
		f.err = err
	}
	return err
}

// metadata reads the prefix and the metadata of a message. Streams before
// format version 0.15 have no continuation marker.
func (f *frames) metadata() ([]byte, error) {
	var b [4]byte
	if _, err := io.ReadFull(f.r, b[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errFrame
		}
		return nil, err // io.EOF: a stream may end without a mark
	}
	length := binary.LittleEndian.Uint32(b[:])
	if length == continuation {
		if _, err := io.ReadFull(f.r, b[:]); err != nil {
			return nil, notEOF(err)
		}
		length = binary.LittleEndian.Uint32(b[:])
	}
	if length == 0 {
		return nil, io.EOF
	}
	if length > maxMetadata {
		return nil, errFrame
	}
	return readN(f.r, int64(length))
}

// readN reads n bytes in growing steps, so that a false length ends in an
// error and not in an allocation.
func readN(r io.Reader, n int64) ([]byte, error) {
	const step = 1 << 20
	b := make([]byte, min(n, step))
	for at := int64(0); ; {
		if _, err := io.ReadFull(r, b[at:]); err != nil {
			return nil, notEOF(err)
		}
		if at = int64(len(b)); at == n {
			return b, nil
		}
		b = append(b, make([]byte, min(n-at, at))...)
	}
}

func discard(r io.Reader, n int64) error {
	if s, ok := r.(io.Seeker); ok {
		_, err := s.Seek(n, io.SeekCurrent)
		return err
	}
	_, err := io.CopyN(io.Discard, r, n)
	return notEOF(err)
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errFrame
	}
	return err
}

// message is what framing needs of a message's metadata, a flatbuffer of table
// Message in Arrow's Message.fbs.
type message struct {
	kind       byte
	rows       int64 // of a record batch
	bodyLength int64
}

// Kinds of message, in the order of the union MessageHeader.
const (
	schemaMessage = 1
	batchMessage  = 3
)

func (m message) isBatch() bool { return m.kind == batchMessage }

func parseMessage(b []byte) (m message, err error) {
	defer func() {
		if recover() != nil {
			err = errFrame
		}
	}()
	root := int(binary.LittleEndian.Uint32(b))
	if at := field(b, root, 1); at > 0 {
		m.kind = b[at]
	}
	if at := field(b, root, 3); at > 0 {
		m.bodyLength = int64(binary.LittleEndian.Uint64(b[at:]))
	}
	if at := field(b, root, 2); at > 0 && m.isBatch() {
		batch := at + int(binary.LittleEndian.Uint32(b[at:]))
		if at := field(b, batch, 0); at > 0 {
			m.rows = int64(binary.LittleEndian.Uint64(b[at:]))
		}
	}
	if m.bodyLength < 0 || m.rows < 0 {
		return m, fmt.Errorf("%w: negative length", errFrame)
	}
	return m, nil
}

// field returns the position of a table's field, 0 when it is not set.
func field(b []byte, table, index int) int {
	vtable := table - int(int32(binary.LittleEndian.Uint32(b[table:])))
	slot := 4 + 2*index
	if slot >= int(binary.LittleEndian.Uint16(b[vtable:])) {
		return 0
	}
	offset := int(binary.LittleEndian.Uint16(b[vtable+slot:]))
	if offset == 0 {
		return 0
	}
	return table + offset
}
