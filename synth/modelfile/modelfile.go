// Package modelfile frames the files in which engines keep their models: eight
// bytes that name engine and version, the length of the body, the body, and
// SHA-256 over all of it.
package modelfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrInvalid is matched by errors about bytes that are no model file, or a
// damaged one. Reading again does not help.
var ErrInvalid = errors.New("not a valid model file")

// MagicLen is the length of a magic, in bytes.
const MagicLen = 8

// maxBody bounds what Read takes.
const maxBody = 1 << 31

// Write frames body.
func Write(w io.Writer, magic string, body []byte) error {
	if len(magic) != MagicLen {
		return fmt.Errorf("modelfile: magic of %d bytes, want %d", len(magic), MagicLen)
	}
	head := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(body)))
	h := sha256.New()
	h.Write(head)
	h.Write(body)
	for _, part := range [][]byte{head, body, h.Sum(nil)} {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("modelfile: write: %w", err)
		}
	}
	return nil
}

// Read returns the body of a file with this magic, checked.
func Read(r io.Reader, magic string) ([]byte, error) {
	head := make([]byte, MagicLen+8)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:MagicLen]) != magic {
		return nil, fmt.Errorf("modelfile: %w: wrong engine or version", ErrInvalid)
	}
	n := binary.LittleEndian.Uint64(head[MagicLen:])
	if n > maxBody {
		return nil, fmt.Errorf("modelfile: %w: body of %d bytes", ErrInvalid, n)
	}
	var buf bytes.Buffer // grows with what is there, not with what is claimed
	if _, err := io.CopyN(&buf, r, int64(n)+sha256.Size); err != nil {
		return nil, fmt.Errorf("modelfile: %w: truncated", ErrInvalid)
	}
	body, sum := buf.Bytes()[:n], buf.Bytes()[n:]
	h := sha256.New()
	h.Write(head)
	h.Write(body)
	if !bytes.Equal(h.Sum(nil), sum) {
		return nil, fmt.Errorf("modelfile: %w: checksum differs", ErrInvalid)
	}
	return body, nil
}

// Magic looks at a file's first bytes and leaves them to be read.
func Magic(r *bufio.Reader) (string, error) {
	b, err := r.Peek(MagicLen)
	if err != nil {
		return "", fmt.Errorf("modelfile: %w: shorter than its head", ErrInvalid)
	}
	return string(b), nil
}

// AppendBytes appends b with its length before it.
func AppendBytes(dst, b []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(dst, uint64(len(b))), b...)
}

// CutBytes is AppendBytes' inverse: the part and what follows it.
func CutBytes(b []byte) (part, rest []byte, err error) {
	if len(b) < 8 {
		return nil, nil, fmt.Errorf("modelfile: %w: truncated", ErrInvalid)
	}
	n := binary.LittleEndian.Uint64(b)
	if n > uint64(len(b)-8) {
		return nil, nil, fmt.Errorf("modelfile: %w: truncated", ErrInvalid)
	}
	return b[8 : 8+n], b[8+n:], nil
}
