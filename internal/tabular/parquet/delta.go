package parquet

import (
	"encoding/binary"
	"errors"
)

// delta decodes DELTA_BINARY_PACKED as a stream. Reference: Apache Parquet
// format, Encodings.md, "Delta Encoding".
type delta struct {
	b        []byte
	perMini  int
	minis    int
	left     int // values not yet returned
	last     int64
	first    bool
	minDelta int64
	widths   []byte
	mini     int // index of the current miniblock
	inMini   int // values left in it
	packed   []byte
	bit      int
}

func newDelta(b []byte) (delta, error) {
	d := delta{b: b, first: true}
	block, err := d.uvarint()
	if err != nil {
		return d, err
	}
	minis, err := d.uvarint()
	if err != nil {
		return d, err
	}
	total, err := d.uvarint()
	if err != nil {
		return d, err
	}
	if block == 0 || block > 1<<20 || block%128 != 0 || minis == 0 || block%minis != 0 || block/minis%32 != 0 || total > 1<<31 {
		return d, errors.New("delta header out of range")
	}
	d.minis, d.perMini, d.left = int(minis), int(block/minis), int(total)
	d.last, err = d.varint()
	d.mini = d.minis
	return d, err
}

func (d *delta) uvarint() (uint64, error) {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		return 0, errShort
	}
	d.b = d.b[n:]
	return v, nil
}

func (d *delta) varint() (int64, error) {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		return 0, errShort
	}
	d.b = d.b[n:]
	return v, nil
}

// advance makes a miniblock with values available.
func (d *delta) advance() error {
	if d.mini == d.minis {
		var err error
		if d.minDelta, err = d.varint(); err != nil {
			return err
		}
		if len(d.b) < d.minis {
			return errShort
		}
		d.widths, d.b, d.mini = d.b[:d.minis], d.b[d.minis:], 0
	}
	width := int(d.widths[d.mini])
	if width > 64 {
		return errors.New("delta bit width above 64")
	}
	d.mini++
	bytes := d.perMini * width / 8
	if bytes > len(d.b) {
		// The last miniblock need not be padded.
		if need := (min(d.left, d.perMini)*width + 7) / 8; need > len(d.b) {
			return errShort
		}
		bytes = len(d.b)
	}
	d.packed, d.b, d.bit, d.inMini = d.b[:bytes], d.b[bytes:], 0, d.perMini
	return nil
}

// decode fills dst with the next values.
func (d *delta) decode(dst []int64) error {
	if len(dst) > d.left {
		return errShort
	}
	for len(dst) > 0 {
		if d.first {
			d.first = false
			dst[0] = d.last
			dst = dst[1:]
			d.left--
			continue
		}
		if d.inMini == 0 {
			if err := d.advance(); err != nil {
				return err
			}
		}
		n := min(d.inMini, len(dst))
		d.unpack(dst[:n], int(d.widths[d.mini-1]))
		dst = dst[n:]
		d.inMini -= n
		d.left -= n
	}
	return nil
}

func (d *delta) unpack(dst []int64, width int) {
	mask := uint64(1)<<width - 1
	if width == 64 {
		mask = ^uint64(0)
	}
	for i := range dst {
		var v uint64
		if width > 0 {
			at, shift := d.bit>>3, d.bit&7
			if at+9 <= len(d.packed) {
				v = binary.LittleEndian.Uint64(d.packed[at:]) >> shift
				if shift+width > 64 {
					v |= uint64(d.packed[at+8]) << (64 - shift)
				}
			} else {
				for k := 0; k < 9 && at+k < len(d.packed); k++ {
					if s := 8*k - shift; s < 0 {
						v |= uint64(d.packed[at+k]) >> -s
					} else {
						v |= uint64(d.packed[at+k]) << s
					}
				}
			}
			v &= mask
			d.bit += width
		}
		d.last += d.minDelta + int64(v)
		dst[i] = d.last
	}
}

// rest skips the remaining values and returns the bytes after them. The last
// block's unused miniblocks take no bytes.
func (d *delta) rest() ([]byte, error) {
	n := d.left
	if d.first && n > 0 {
		d.first = false
		n--
	}
	n -= min(n, d.inMini)
	for n > 0 {
		if err := d.advance(); err != nil {
			return nil, err
		}
		n -= min(n, d.perMini)
	}
	d.left = 0
	return d.b, nil
}
