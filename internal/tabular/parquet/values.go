package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/format"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Widths of values in memory: a positive width is the bytes of a fixed-size
// value, the others stand for the two shapes without one.
const (
	byteArrays = 0
	booleans   = -1 // one byte a value, 0 or 1
)

// dense is a growing run of present values of one column, without nulls.
type dense struct {
	width   int
	n       int
	fixed   []byte  // fixed-size values and booleans
	offsets []int32 // byte arrays: n+1 offsets into data
	data    []byte
	// indices are kept instead of values when keep is set; they point into
	// the parts in order.
	keep    bool
	indices []int32
	parts   []*dictionary
	partEnd int // entries in all parts
}

func newDense(width, capacity, bytes int, keep bool) *dense {
	d := &dense{width: width, keep: keep}
	switch {
	case keep:
		d.indices = make([]int32, 0, capacity)
	case width == byteArrays:
		d.offsets = make([]int32, 1, capacity+1)
		d.data = make([]byte, 0, bytes)
	case width == booleans:
		d.fixed = make([]byte, 0, capacity)
	default:
		d.fixed = make([]byte, 0, capacity*width)
	}
	return d
}

// extend grows fixed by n values and returns the new bytes.
func (d *dense) extend(n int) []byte {
	w := max(d.width, 1)
	at := len(d.fixed)
	if at+n*w <= cap(d.fixed) {
		d.fixed = d.fixed[:at+n*w]
	} else {
		d.fixed = append(d.fixed, make([]byte, n*w)...)
	}
	d.n += n
	return d.fixed[at:]
}

// errBatchBytes is returned when a batch's texts outgrow 32-bit offsets.
var errBatchBytes = fmt.Errorf("%w: more than 2 GiB of text in one batch; read fewer rows a batch", tabular.ErrUnsupported)

// room reports whether bytes more of text fit.
func (d *dense) room(bytes int) error {
	if len(d.data)+bytes > math.MaxInt32 {
		return errBatchBytes
	}
	return nil
}

// part makes dict the last of the parts and returns the position of its first
// entry among the entries of all.
func (d *dense) part(dict *dictionary) int {
	if n := len(d.parts); n == 0 || d.parts[n-1] != dict {
		d.parts = append(d.parts, dict)
		d.partEnd += dict.n
	}
	return d.partEnd - dict.n
}

// dictionary is the decoded dictionary page of a column chunk, or in a batch
// that keeps dictionaries the plain values that met no dictionary.
type dictionary struct{ dense }

// valueDecoder yields the present values of one page.
type valueDecoder interface {
	// decode appends the next n values.
	decode(out *dense, n int) error
}

// newValueDecoder returns the decoder of the values in b; dict is the chunk's
// dictionary or nil.
func newValueDecoder(enc format.Encoding, typ format.Type, width int, b []byte, dict *dictionary) (valueDecoder, error) {
	switch enc {
	case format.Plain:
		switch width {
		case byteArrays:
			return &plainBytes{b: b}, nil
		case booleans:
			return &plainBools{b: b}, nil
		default:
			return &plainFixed{b: b, width: width}, nil
		}
	case format.PlainDictionary, format.RLEDictionary:
		if dict == nil {
			return nil, errors.New("dictionary indices without a dictionary")
		}
		if len(b) == 0 {
			return &dictIndices{dict: dict}, nil
		}
		h, err := newHybrid(b[1:], int(b[0]))
		return &dictIndices{h: h, dict: dict}, err
	case format.RLE:
		if typ != format.Boolean {
			break
		}
		if len(b) < 4 {
			return nil, errShort
		}
		if size := binary.LittleEndian.Uint32(b); uint64(size) <= uint64(len(b)-4) {
			b = b[:4+size]
		}
		h, err := newHybrid(b[4:], 1)
		return &rleBools{h: h}, err
	case format.DeltaBinaryPacked:
		if typ != format.Int32 && typ != format.Int64 {
			break
		}
		d, err := newDelta(b)
		return &deltaInts{d: d, width: width}, err
	case format.DeltaLengthByteArray:
		if width != byteArrays {
			break
		}
		return newDeltaLength(b)
	case format.DeltaByteArray:
		if width == booleans || (width != byteArrays && typ != format.FixedLenByteArray) {
			break
		}
		return newDeltaBytes(b)
	case format.ByteStreamSplit:
		if width <= 0 {
			break
		}
		return &streamSplit{b: b, n: len(b) / width, width: width}, nil
	}
	return nil, fmt.Errorf("%w: encoding %v of %v values", tabular.ErrUnsupported, enc, typ)
}

type plainFixed struct {
	b     []byte
	width int
}

func (p *plainFixed) decode(out *dense, n int) error {
	size := n * p.width
	if size > len(p.b) {
		return errShort
	}
	copy(out.extend(n), p.b[:size])
	p.b = p.b[size:]
	return nil
}

type plainBools struct {
	b   []byte
	bit int
}

func (p *plainBools) decode(out *dense, n int) error {
	if p.bit+n > 8*len(p.b) {
		return errShort
	}
	dst := out.extend(n)
	for i := range dst {
		dst[i] = p.b[p.bit>>3] >> (p.bit & 7) & 1
		p.bit++
	}
	return nil
}

type plainBytes struct{ b []byte }

func (p *plainBytes) decode(out *dense, n int) error {
	b := p.b
	if err := out.room(len(b)); err != nil {
		return err
	}
	for range n {
		if len(b) < 4 {
			return errShort
		}
		size := uint64(binary.LittleEndian.Uint32(b))
		if size > uint64(len(b)-4) {
			return errShort
		}
		out.data = append(out.data, b[4:4+size]...)
		out.offsets = append(out.offsets, int32(len(out.data)))
		b = b[4+size:]
	}
	out.n += n
	p.b = b
	return nil
}

type rleBools struct {
	h   hybrid
	buf [256]uint32
}

func (r *rleBools) decode(out *dense, n int) error {
	return r.h.levels(out.extend(n), 1, r.buf[:])
}

// streamSplit decodes BYTE_STREAM_SPLIT: byte k of every value, then byte k+1.
type streamSplit struct {
	b            []byte
	n, width, at int
}

func (s *streamSplit) decode(out *dense, n int) error {
	if s.at+n > s.n {
		return errShort
	}
	dst := out.extend(n)
	for k := range s.width {
		src := s.b[k*s.n+s.at : k*s.n+s.at+n]
		for i, v := range src {
			dst[i*s.width+k] = v
		}
	}
	s.at += n
	return nil
}

type deltaInts struct {
	d     delta
	width int
	buf   [256]int64
}

func (d *deltaInts) decode(out *dense, n int) error {
	for n > 0 {
		k := min(n, len(d.buf))
		if err := d.d.decode(d.buf[:k]); err != nil {
			return err
		}
		dst := out.extend(k)
		for i, v := range d.buf[:k] {
			if d.width == 4 {
				binary.LittleEndian.PutUint32(dst[4*i:], uint32(v))
			} else {
				binary.LittleEndian.PutUint64(dst[8*i:], uint64(v))
			}
		}
		n -= k
	}
	return nil
}
