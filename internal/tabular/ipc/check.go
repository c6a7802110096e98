package ipc

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

var errBuffers = errors.New("buffers shorter than the array they belong to")

// check verifies that an array's buffers hold what its length promises, since
// the Arrow library does not and later code indexes them unchecked.
func check(d arrow.ArrayData) error {
	n := d.Offset() + d.Len()
	if d.Len() < 0 || d.Offset() < 0 || n < 0 {
		return errBuffers
	}
	bufs := d.Buffers()
	size := func(i int) int {
		if i >= len(bufs) || bufs[i] == nil {
			return 0
		}
		return bufs[i].Len()
	}
	if d.DataType().ID() == arrow.NULL {
		return nil
	}
	if d.NullN() != 0 && size(0) < int(bitutil.BytesForBits(int64(n))) {
		return errBuffers
	}
	switch t := d.DataType().(type) {
	case *arrow.BooleanType:
		if size(1) < int(bitutil.BytesForBits(int64(n))) {
			return errBuffers
		}
	case *arrow.StringType, *arrow.BinaryType:
		return checkOffsets32(d, size(1), size(2))
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return checkOffsets64(d, size(1), size(2))
	case *arrow.ListType, *arrow.MapType:
		if err := checkOffsets32(d, size(1), d.Children()[0].Len()); err != nil {
			return err
		}
		return check(d.Children()[0])
	case *arrow.LargeListType:
		if err := checkOffsets64(d, size(1), d.Children()[0].Len()); err != nil {
			return err
		}
		return check(d.Children()[0])
	case *arrow.FixedSizeListType:
		if w := int(t.Len()); w > 0 && d.Children()[0].Len()/w < n {
			return errBuffers
		}
		return check(d.Children()[0])
	case *arrow.StructType:
		for _, c := range d.Children() {
			if c.Len() < n {
				return errBuffers
			}
			if err := check(c); err != nil {
				return err
			}
		}
	case *arrow.DictionaryType:
		if w := t.Bytes(); w <= 0 || size(1)/w < n {
			return errBuffers
		}
		return check(d.Dictionary())
	case *arrow.TimestampType:
		if _, err := t.GetZone(); err != nil {
			return errors.New("a time zone of unknown name")
		}
		if size(1)/8 < n {
			return errBuffers
		}
	case arrow.FixedWidthDataType:
		if w := t.Bytes(); w <= 0 || size(1)/w < n {
			return errBuffers
		}
	default:
		return fmt.Errorf("%w: arrays of type %s", tabular.ErrUnsupported, t)
	}
	return nil
}

func checkOffsets32(d arrow.ArrayData, have, limit int) error {
	if d.Len() == 0 {
		return nil
	}
	n := d.Offset() + d.Len() + 1
	if have < 4*n {
		return errBuffers
	}
	return ascending(arrow.Int32Traits.CastFromBytes(d.Buffers()[1].Bytes())[:n], int32(min(limit, 1<<31-1)))
}

func checkOffsets64(d arrow.ArrayData, have, limit int) error {
	if d.Len() == 0 {
		return nil
	}
	n := d.Offset() + d.Len() + 1
	if have < 8*n {
		return errBuffers
	}
	return ascending(arrow.Int64Traits.CastFromBytes(d.Buffers()[1].Bytes())[:n], int64(limit))
}

func ascending[T int32 | int64](offsets []T, limit T) error {
	last := T(0)
	for _, o := range offsets {
		if o < last {
			return errors.New("offsets that descend")
		}
		last = o
	}
	if last > limit {
		return errBuffers
	}
	return nil
}
