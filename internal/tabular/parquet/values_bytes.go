package parquet

import (
	"errors"
)

// deltaLength decodes DELTA_LENGTH_BYTE_ARRAY: delta-packed lengths, then the
// bytes of all values.
type deltaLength struct {
	lengths delta
	b       []byte
	buf     [256]int64
}

func newDeltaLength(b []byte) (*deltaLength, error) {
	d, err := newDelta(b)
	if err != nil {
		return nil, err
	}
	scan := d
	rest, err := scan.rest()
	return &deltaLength{lengths: d, b: rest}, err
}

func (d *deltaLength) decode(out *dense, n int) error {
	for n > 0 {
		k := min(n, len(d.buf))
		if err := d.lengths.decode(d.buf[:k]); err != nil {
			return err
		}
		total, end := int64(0), int64(len(out.data))
		for _, l := range d.buf[:k] {
			if l < 0 || l > int64(len(d.b))-total {
				return errShort
			}
			total += l
		}
		if err := out.room(int(total)); err != nil {
			return err
		}
		for _, l := range d.buf[:k] {
			end += l
			out.offsets = append(out.offsets, int32(end))
		}
		out.data = append(out.data, d.b[:total]...)
		d.b = d.b[total:]
		out.n += k
		n -= k
	}
	return nil
}

// deltaBytes decodes DELTA_BYTE_ARRAY: each value is a prefix of the value
// before and a suffix. For fixed-size columns the values must have their size.
type deltaBytes struct {
	prefixes delta
	suffixes *deltaLength
	last     []byte
	buf      [1]int64
	one      dense
}

func newDeltaBytes(b []byte) (*deltaBytes, error) {
	d, err := newDelta(b)
	if err != nil {
		return nil, err
	}
	scan := d
	rest, err := scan.rest()
	if err != nil {
		return nil, err
	}
	s, err := newDeltaLength(rest)
	return &deltaBytes{prefixes: d, suffixes: s}, err
}

func (d *deltaBytes) decode(out *dense, n int) error {
	for range n {
		if err := d.prefixes.decode(d.buf[:]); err != nil {
			return err
		}
		prefix := d.buf[0]
		if prefix < 0 || prefix > int64(len(d.last)) {
			return errors.New("prefix longer than the value before")
		}
		d.one.data, d.one.offsets = d.one.data[:0], d.one.offsets[:0]
		if err := d.suffixes.decode(&d.one, 1); err != nil {
			return err
		}
		d.last = append(d.last[:prefix], d.one.data...)
		if out.width > 0 {
			if len(d.last) != out.width {
				return errors.New("value of another size than the column's")
			}
			copy(out.extend(1), d.last)
			continue
		}
		if err := out.room(len(d.last)); err != nil {
			return err
		}
		out.data = append(out.data, d.last...)
		out.offsets = append(out.offsets, int32(len(out.data)))
		out.n++
	}
	return nil
}

// dictIndices decodes indices into a dictionary, and looks them up unless the
// batch keeps dictionaries.
type dictIndices struct {
	h    hybrid
	dict *dictionary
	buf  [512]uint32
}

var errIndex = errors.New("index outside the dictionary")

func (d *dictIndices) decode(out *dense, n int) error {
	base := 0
	if out.keep {
		base = out.part(d.dict)
	}
	for n > 0 {
		v, k, list, err := d.h.next(d.buf[:], min(n, len(d.buf)))
		if err != nil {
			return err
		}
		if !list {
			for i := range d.buf[:k] {
				d.buf[i] = v
			}
		}
		if err := d.lookup(out, d.buf[:k], base); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

func (d *dictIndices) lookup(out *dense, indices []uint32, base int) error {
	size := uint32(d.dict.n)
	for _, x := range indices {
		if x >= size {
			return errIndex
		}
	}
	switch {
	case out.keep:
		for _, x := range indices {
			out.indices = append(out.indices, int32(base)+int32(x))
		}
		out.n += len(indices)
	case out.width == byteArrays:
		return d.gather(out, indices)
	case out.width == 4:
		dst, src := out.extend(len(indices)), d.dict.fixed
		for i, x := range indices {
			copy(dst[4*i:4*i+4], src[4*x:4*x+4])
		}
	case out.width == 8:
		dst, src := out.extend(len(indices)), d.dict.fixed
		for i, x := range indices {
			copy(dst[8*i:8*i+8], src[8*x:8*x+8])
		}
	default:
		w := max(out.width, 1)
		dst, src := out.extend(len(indices)), d.dict.fixed
		for i, x := range indices {
			copy(dst[i*w:(i+1)*w], src[int(x)*w:])
		}
	}
	return nil
}

func (d *dictIndices) gather(out *dense, indices []uint32) error {
	offsets, src := d.dict.offsets, d.dict.data
	total := 0
	for _, x := range indices {
		total += int(offsets[x+1] - offsets[x])
	}
	if err := out.room(total); err != nil {
		return err
	}
	data := out.data
	for _, x := range indices {
		data = append(data, src[offsets[x]:offsets[x+1]]...)
		out.offsets = append(out.offsets, int32(len(data)))
	}
	out.data = data
	out.n += len(indices)
	return nil
}
