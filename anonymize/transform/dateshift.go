package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// DateShiftParams are the parameters of date_shift.
type DateShiftParams struct {
	// MaxDays is the largest move in either direction; default 365. A subject's
	// move is never 0.
	MaxDays int64 `json:"max_days,omitempty"`
	// Keep "weekday" moves by whole weeks; default "" = any day.
	Keep string `json:"keep,omitempty" jsonschema:"enum=weekday"`
	// Key names the derived key; default "subject". Equal in all tables, so
	// that intervals between them are kept.
	Key string `json:"key,omitempty"`
	// Subject is the column that identifies the data subject; default the one
	// that the plan finds.
	Subject string `json:"subject,omitempty"`
}

// dateShift moves all dates of one subject by the same number of days, drawn
// uniformly by HMAC-SHA-256 of the subject, so intervals and order within a
// subject stay. Rows without a subject, and text that is no ISO date, become
// null.
type dateShift struct {
	col     Column
	subject string
	units   uint64 // steps in either direction
	step    int64  // days a step
	key     []byte
	text    bool
	move    func(arrow.Array, func(int, int64) (int64, bool), bool) arrow.Array
}

func newDateShift(spec Spec, col Column, keys Keys) (Transform, error) {
	p := DateShiftParams{MaxDays: 365, Key: "subject", Subject: col.Subject}
	if err := params(spec, &p); err != nil {
		return nil, err
	}
	var errs []error
	d := &dateShift{col: col, subject: p.Subject, step: 1}
	switch p.Keep {
	case "":
	case "weekday":
		d.step = 7
	default:
		errs = append(errs, fmt.Errorf("parameter keep %q is not weekday", p.Keep))
	}
	if p.MaxDays < d.step || p.MaxDays > 36525 {
		errs = append(errs, fmt.Errorf("parameter max_days must be %d to 36525", d.step))
	}
	d.units = uint64(p.MaxDays / d.step)
	if p.Subject == "" {
		errs = append(errs, errors.New("needs a subject: the table has no key of a person; name the column in the parameter subject"))
	}
	t := valueType(col.Type)
	d.text = t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING
	var err error
	if !d.text {
		if d.move, err = dayMover(t); err != nil {
			errs = append(errs, err)
		}
	}
	d.key, err = derive(keys, "date_shift/"+p.Key)
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return d, nil
}

// OutputType is the plain value type: a dictionary's value moves by different
// days in different rows.
func (d *dateShift) OutputType() arrow.DataType {
	if d.text {
		return textType(d.col.Type)
	}
	return valueType(d.col.Type)
}

func (d *dateShift) Properties() Properties {
	return Properties{
		Deterministic: true, FormatPreserving: true, NeedsKey: true, NeedsSubject: true,
		Leaks: []string{"null", "order", "range"},
	}
}

// days is the subject's move.
func (d *dateShift) days(h *prf, subject []byte) int64 {
	k := int64(word(h.of(subject)) % (2 * d.units)) // bias below 2^-46
	if k -= int64(d.units); k >= 0 {
		k++
	}
	return k * d.step
}

func (d *dateShift) Apply(ctx context.Context, rec arrow.Record, col int) (arrow.Array, error) {
	arr, err := input(ctx, rec, col, d.col)
	if err != nil {
		return nil, err
	}
	at := rec.Schema().FieldIndices(d.subject)
	if len(at) != 1 {
		return nil, fmt.Errorf("transform: column %q: date_shift: subject column %q is not in the table once", d.col.Name, d.subject)
	}
	subjects := rec.Column(at[0])
	cells, err := Cells(subjects)
	if err != nil {
		return nil, fmt.Errorf("transform: column %q: date_shift: subject column %q: %w", d.col.Name, d.subject, err)
	}
	h := newPRF(d.key)
	var buf []byte
	shift := func(i int) (int64, bool) {
		if isNull(subjects, i) {
			return 0, false
		}
		buf = cells(i, buf)
		return d.days(h, buf), true
	}
	if d.text {
		return d.moveText(arr, shift)
	}
	plain, err := decoded(arr)
	if err != nil {
		return nil, err
	}
	defer plain.Release()
	return d.move(plain, func(i int, days int64) (int64, bool) {
		by, ok := shift(i)
		return days + by, ok
	}, false), nil
}

func (d *dateShift) moveText(arr arrow.Array, shift func(int) (int64, bool)) (arrow.Array, error) {
	if d.OutputType().ID() == arrow.LARGE_STRING {
		return shiftText[int64](arr, shift)
	}
	return shiftText[int32](arr, shift)
}

func shiftText[O int32 | int64](arr arrow.Array, shift func(int) (int64, bool)) (arrow.Array, error) {
	cells, err := Cells(arr)
	if err != nil {
		return nil, err
	}
	out := newTextOut[O](arr, 12*arr.Len())
	for i := range arr.Len() {
		if isNull(arr, i) {
			out.put(i, nil, false)
			out.end(i)
			continue
		}
		days, rest, ok := parseDate(cells(i, nil))
		by, known := shift(i)
		if ok && known {
			out.data = append(appendDate(out.data, days+by), rest...)
		} else {
			out.put(i, nil, false)
		}
		out.end(i)
	}
	return out.finish()
}

// isNull also sees nulls inside a dictionary.
func isNull(arr arrow.Array, i int) bool {
	if arr.IsNull(i) {
		return true
	}
	d, ok := arr.(*array.Dictionary)
	return ok && d.Dictionary().IsNull(d.GetValueIndex(i))
}

// decoded returns a dictionary array of dates as a plain one.
func decoded(arr arrow.Array) (arrow.Array, error) {
	d, ok := arr.(*array.Dictionary)
	if !ok {
		arr.Retain()
		return arr, nil
	}
	values := d.Dictionary()
	var lost []int
	for i := range d.Len() {
		if isNull(d, i) {
			lost = append(lost, i)
		}
	}
	switch values.DataType().ID() {
	case arrow.DATE32:
		return withNulls(gather[int32](d, values), lost), nil
	case arrow.DATE64, arrow.TIMESTAMP:
		return withNulls(gather[int64](d, values), lost), nil
	}
	return nil, fmt.Errorf("transform: a dictionary of %s cannot be read row by row", values.DataType())
}

func gather[T arrow.FixedWidthType](d *array.Dictionary, values arrow.Array) arrow.Array {
	in := arrow.GetValues[T](values.Data(), 1)
	out := make([]T, d.Len())
	for i := range out {
		if d.IsValid(i) {
			out[i] = in[d.GetValueIndex(i)]
		}
	}
	data := array.NewData(values.DataType(), d.Len(), fixedBuffers(out), nil, 0, 0)
	defer data.Release()
	return array.MakeFromData(data)
}
