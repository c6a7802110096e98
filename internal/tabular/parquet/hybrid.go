package parquet

import (
	"encoding/binary"
	"errors"
)

var errShort = errors.New("values end before their declared count")

// hybrid decodes the RLE/bit-packing hybrid of levels, dictionary indices and
// booleans as a stream of runs, so that a count in a header never becomes an
// allocation.
type hybrid struct {
	b     []byte
	width int
	// run holds the value of a repeated run of left values; packed, when not
	// nil, are the bytes of a bit-packed run of left values starting at bit.
	run    uint32
	left   int
	packed []byte
	bit    int
}

func newHybrid(b []byte, width int) (hybrid, error) {
	if width < 0 || width > 32 {
		return hybrid{}, errors.New("bit width outside 0..32")
	}
	return hybrid{b: b, width: width}, nil
}

// fill makes left positive by reading the next run's header.
func (h *hybrid) fill() error {
	for h.left == 0 {
		v, n := binary.Uvarint(h.b)
		if n <= 0 {
			return errShort
		}
		h.b = h.b[n:]
		if v>>1 > 1<<31 {
			return errors.New("run longer than a page can be")
		}
		if v&1 == 0 {
			bytes := (h.width + 7) / 8
			if len(h.b) < bytes {
				return errShort
			}
			h.run = 0
			for i := range bytes {
				h.run |= uint32(h.b[i]) << (8 * i)
			}
			h.b, h.packed, h.left = h.b[bytes:], nil, int(v>>1)
			continue
		}
		// The last group of a page may be cut to the bytes its values need.
		values := int(v>>1) * 8
		bytes := int(v>>1) * h.width
		if bytes > len(h.b) {
			bytes = len(h.b)
			values = bytes * 8 / h.width
		}
		h.packed, h.b, h.bit, h.left = h.b[:bytes:bytes], h.b[bytes:], 0, values
		if values == 0 && len(h.b) == 0 {
			return errShort
		}
	}
	return nil
}

// next returns up to limit values: either one value repeated n times (and no
// list), or n values unpacked into buf.
func (h *hybrid) next(buf []uint32, limit int) (value uint32, n int, list bool, err error) {
	if err := h.fill(); err != nil {
		return 0, 0, false, err
	}
	if h.packed == nil {
		n = min(h.left, limit)
		h.left -= n
		return h.run, n, false, nil
	}
	n = min(h.left, limit, len(buf))
	h.bit = unpack(buf[:n], h.packed, h.bit, h.width)
	h.left -= n
	return 0, n, true, nil
}

// unpack reads len(dst) little-endian values of width bits from src, starting
// at a bit, and returns the bit after them.
func unpack(dst []uint32, src []byte, bit, width int) int {
	if width == 0 {
		clear(dst)
		return bit
	}
	mask := uint64(1)<<width - 1
	i := 0
	for ; i < len(dst); i++ {
		at := bit >> 3
		if at+8 > len(src) {
			break
		}
		dst[i] = uint32(binary.LittleEndian.Uint64(src[at:]) >> (bit & 7) & mask)
		bit += width
	}
	for ; i < len(dst); i++ {
		var w uint64
		for k, b := range src[bit>>3:] {
			if k == 8 {
				break
			}
			w |= uint64(b) << (8 * k)
		}
		dst[i] = uint32(w >> (bit & 7) & mask)
		bit += width
	}
	return bit
}

// levels fills dst with the next len(dst) levels, none above highest.
func (h *hybrid) levels(dst []uint8, highest int, buf []uint32) error {
	for len(dst) > 0 {
		v, n, list, err := h.next(buf, len(dst))
		if err != nil {
			return err
		}
		if list {
			for i, l := range buf[:n] {
				if l > uint32(highest) {
					return errLevel
				}
				dst[i] = uint8(l)
			}
		} else {
			if v > uint32(highest) {
				return errLevel
			}
			for i := range dst[:n] {
				dst[i] = uint8(v)
			}
		}
		dst = dst[n:]
	}
	return nil
}

var errLevel = errors.New("level above the schema's highest")
