package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// divide cuts the batch by its marks: good rows in the contract's columns, bad
// rows in their original ones with position and reason.
func (v *Validator) divide(out *Checked, rec arrow.Record, cols []arrow.Array, marks []uint16, firstRow int64) error {
	for i, m := range marks {
		if m != 0 {
			r := v.reasons[m-1]
			r.Row = firstRow + int64(i)
			out.Reasons = append(out.Reasons, r)
		}
	}
	whole := array.NewRecord(v.out, cols, rec.NumRows())
	if len(out.Reasons) == 0 {
		out.Good = whole
		out.Bad = v.quarantined(rec.NewSlice(0, 0), nil)
		return nil
	}
	defer whole.Release()
	good, err := tabular.Filter(whole, func(i int) bool { return marks[i] == 0 })
	if err != nil {
		return fmt.Errorf("schemas: table %q: %w", v.contract.Name, err)
	}
	bad, err := tabular.Filter(rec, func(i int) bool { return marks[i] != 0 })
	if err != nil {
		good.Release()
		return fmt.Errorf("schemas: table %q: %w", v.contract.Name, err)
	}
	out.Good, out.Bad = good, v.quarantined(bad, out.Reasons)
	return nil
}

// quarantined takes over bad and adds the two columns.
func (v *Validator) quarantined(bad arrow.Record, reasons []Reason) arrow.Record {
	defer bad.Release()
	rows := array.NewInt64Builder(memory.DefaultAllocator)
	defer rows.Release()
	texts := array.NewStringBuilder(memory.DefaultAllocator)
	defer texts.Release()
	for _, r := range reasons {
		rows.Append(r.Row)
		texts.Append(r.Text)
	}
	row, text := rows.NewArray(), texts.NewArray()
	defer row.Release()
	defer text.Release()
	cols := append(append([]arrow.Array{}, bad.Columns()...), row, text)
	return array.NewRecord(v.bad, cols, bad.NumRows())
}
