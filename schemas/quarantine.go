package schemas

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
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
	good, err := filter(whole, marks, false)
	if err != nil {
		return fmt.Errorf("schemas: table %q: %w", v.contract.Name, err)
	}
	bad, err := filter(rec, marks, true)
	if err != nil {
		good.Release()
		return fmt.Errorf("schemas: table %q: %w", v.contract.Name, err)
	}
	out.Good, out.Bad = good, v.quarantined(bad, out.Reasons)
	return nil
}

// filter keeps the rows that are marked, or those that are not: it joins the
// runs of rows to keep.
func filter(rec arrow.Record, marks []uint16, marked bool) (arrow.Record, error) {
	type run struct{ from, to int64 }
	var runs []run
	for i := 0; i < len(marks); {
		if (marks[i] != 0) != marked {
			i++
			continue
		}
		from := i
		for i < len(marks) && (marks[i] != 0) == marked {
			i++
		}
		runs = append(runs, run{int64(from), int64(i)})
	}
	if len(runs) == 0 {
		return rec.NewSlice(0, 0), nil
	}
	rows := int64(0)
	for _, r := range runs {
		rows += r.to - r.from
	}
	cols := make([]arrow.Array, rec.NumCols())
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	parts := make([]arrow.Array, len(runs))
	for c := range cols {
		for i, r := range runs {
			parts[i] = array.NewSlice(rec.Column(c), r.from, r.to)
		}
		joined, err := array.Concatenate(parts, memory.DefaultAllocator)
		for _, p := range parts {
			p.Release()
		}
		if err != nil {
			return nil, err
		}
		cols[c] = joined
	}
	return array.NewRecord(rec.Schema(), cols, rows), nil
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
