package schemas

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/apache/arrow/go/v17/arrow"
)

// decodeDictionary writes out the values that a dictionary array stands for.
func decodeDictionary(d *array.Dictionary) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, d.Dictionary().DataType())
	defer b.Release()
	b.Reserve(d.Len())
	switch values := d.Dictionary().(type) {
	case *array.String:
		b := b.(*array.StringBuilder)
		for i := range d.Len() {
			if d.IsNull(i) || values.IsNull(d.GetValueIndex(i)) {
				b.AppendNull()
			} else {
				b.Append(values.Value(d.GetValueIndex(i)))
			}
		}
	default:
		for i := range d.Len() {
			if d.IsNull(i) || values.IsNull(d.GetValueIndex(i)) {
				b.AppendNull()
			} else if err := b.AppendValueFromString(values.ValueStr(d.GetValueIndex(i))); err != nil {
				b.AppendNull()
			}
		}
	}
	return b.NewArray()
}

func yearOf(unixSeconds int64) int64 { return int64(time.Unix(unixSeconds, 0).UTC().Year()) }
