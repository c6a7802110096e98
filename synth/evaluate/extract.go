package evaluate

import (
	"math"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// form is how a column's cells are stored: as numbers or as hashes of texts.
type form uint8

const (
	formNone   form = iota // nested types: not compared
	formNumber             // integers, floats, decimals
	formTime               // dates, times, timestamps, durations as seconds
	formText
)

func formOf(t arrow.DataType) form {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return formOf(d.ValueType)
	}
	switch t.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64,
		arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128, arrow.DECIMAL256:
		return formNumber
	case arrow.DATE32, arrow.DATE64, arrow.TIMESTAMP, arrow.TIME32, arrow.TIME64, arrow.DURATION:
		return formTime
	case arrow.BOOL, arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY, arrow.FIXED_SIZE_BINARY, arrow.NULL:
		return formText
	}
	return formNone
}

// extract writes the column's cells to out. names, if not nil, learns the
// texts behind hashes.
func extract(col arrow.Array, out []uint64, names *labels) {
	if d, ok := col.(*array.Dictionary); ok {
		values := make([]uint64, d.Dictionary().Len())
		extract(d.Dictionary(), values, names)
		for i := range out {
			out[i] = missing
			if d.IsValid(i) {
				out[i] = values[d.GetValueIndex(i)]
			}
		}
		return
	}
	switch a := col.(type) {
	case *array.Int64:
		numbers(a, a.Int64Values(), out)
	case *array.Int32:
		numbers(a, a.Int32Values(), out)
	case *array.Int16:
		numbers(a, a.Int16Values(), out)
	case *array.Int8:
		numbers(a, a.Int8Values(), out)
	case *array.Uint64:
		numbers(a, a.Uint64Values(), out)
	case *array.Uint32:
		numbers(a, a.Uint32Values(), out)
	case *array.Uint16:
		numbers(a, a.Uint16Values(), out)
	case *array.Uint8:
		numbers(a, a.Uint8Values(), out)
	case *array.Float64:
		numbers(a, a.Float64Values(), out)
	case *array.Float32:
		numbers(a, a.Float32Values(), out)
	case *array.Float16:
		each(a, out, func(i int) uint64 { return numberCell(float64(a.Value(i).Float32())) })
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		each(a, out, func(i int) uint64 { return numberCell(a.Value(i).ToFloat64(scale)) })
	case *array.Decimal256:
		scale := a.DataType().(*arrow.Decimal256Type).Scale
		each(a, out, func(i int) uint64 { return numberCell(a.Value(i).ToFloat64(scale)) })
	case *array.Date32:
		each(a, out, func(i int) uint64 { return numberCell(float64(a.Value(i)) * 86400) })
	case *array.Date64:
		each(a, out, func(i int) uint64 { return numberCell(float64(a.Value(i)) / 1e3) })
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		each(a, out, func(i int) uint64 { return numberCell(float64(a.Value(i)) / perSecond(unit)) })
	case *array.Time32:
		unit := a.DataType().(*arrow.Time32Type).Unit
		each(a, out, func(i int) uint64 { return numberCell(float64(a.Value(i)) / perSecond(unit)) })
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		each(a, out, func(i int) uint64 { return numberCell(float64(a.Value(i)) / perSecond(unit)) })
	case *array.Duration:
		unit := a.DataType().(*arrow.DurationType).Unit
		each(a, out, func(i int) uint64 { return numberCell(float64(a.Value(i)) / perSecond(unit)) })
	case *array.Boolean:
		each(a, out, func(i int) uint64 {
			if a.Value(i) {
				names.learn(levelTrue, "True")
				return levelTrue
			}
			names.learn(levelFalse, "False")
			return levelFalse
		})
	case *array.String:
		each(a, out, func(i int) uint64 { return names.text(a.Value(i)) })
	case *array.LargeString:
		each(a, out, func(i int) uint64 { return names.text(a.Value(i)) })
	case *array.Binary:
		each(a, out, func(i int) uint64 { return hashText(string(a.Value(i))) })
	case *array.LargeBinary:
		each(a, out, func(i int) uint64 { return hashText(string(a.Value(i))) })
	case *array.FixedSizeBinary:
		each(a, out, func(i int) uint64 { return hashText(string(a.Value(i))) })
	default:
		for i := range out {
			out[i] = missing
		}
	}
}

func perSecond(u arrow.TimeUnit) float64 { return float64(time.Second) / float64(u.Multiplier()) }

func numbers[T int64 | int32 | int16 | int8 | uint64 | uint32 | uint16 | uint8 | float64 | float32](a arrow.Array, v []T, out []uint64) {
	for i, x := range v[:len(out)] {
		out[i] = numberCell(float64(x))
	}
	clearNulls(a, out)
}

func each(a arrow.Array, out []uint64, f func(i int) uint64) {
	for i := range out {
		out[i] = missing
		if a.IsValid(i) {
			out[i] = f(i)
		}
	}
}

func clearNulls(a arrow.Array, out []uint64) {
	if a.NullN() == 0 {
		return
	}
	for i := range out {
		if a.IsNull(i) {
			out[i] = missing
		}
	}
}

// asNumbers reads the text cells of a column whose kind is numeric or
// datetime: a writer may have stored them as texts. Texts that do not parse
// become missing; their count is returned.
func asNumbers(col arrow.Array, out []uint64, parse func(string) (float64, bool)) (bad int64) {
	get := func(int) string { return "" }
	switch a := col.(type) {
	case *array.Dictionary:
		values := make([]uint64, a.Dictionary().Len())
		asNumbers(a.Dictionary(), values, parse)
		for i := range out {
			out[i] = missing
			if a.IsValid(i) {
				if out[i] = values[a.GetValueIndex(i)]; out[i] == missing {
					bad++
				}
			}
		}
		return bad
	case *array.String:
		get = a.Value
	case *array.LargeString:
		get = a.Value
	}
	for i := range out {
		out[i] = missing
		if col.IsNull(i) {
			continue
		}
		if v, ok := parse(get(i)); ok && !math.IsInf(v, 0) {
			out[i] = numberCell(v)
		} else {
			bad++
		}
	}
	return bad
}

// parseTime reads an ISO 8601 date or timestamp as seconds.
func parseTime(s string) (float64, bool) {
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.UnixNano()) / 1e9, true
		}
	}
	return 0, false
}

// maxNames bounds the distinct texts remembered for a column; a column with
// more shows no labels.
const maxNames = 256

// labels remembers which text is behind a hash while there are few.
type labels struct {
	of       map[uint64]string
	overflow bool
	last     string
	lastHash uint64
}

func (l *labels) learn(h uint64, s string) {
	if l == nil || l.overflow {
		return
	}
	if _, ok := l.of[h]; ok {
		return
	}
	if len(l.of) == maxNames {
		l.of, l.overflow = nil, true
		return
	}
	if l.of == nil {
		l.of = map[uint64]string{}
	}
	l.of[h] = strings.Clone(strings.TrimSpace(s))
}

// begin forgets the last text: its memory may belong to a released batch.
func (l *labels) begin() { l.last, l.lastHash = "", 0 }

// text is textLevel, learning the label. Runs of one text are common in
// sorted data and cost one comparison.
func (l *labels) text(s string) uint64 {
	if l == nil {
		return textLevel(s)
	}
	if l.lastHash != 0 && s == l.last {
		return l.lastHash
	}
	h := textLevel(s)
	l.learn(h, s)
	l.last, l.lastHash = s, h
	return h
}
