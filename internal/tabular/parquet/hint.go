package parquet

import (
	"encoding/binary"
	"encoding/json"

	"github.com/apache/arrow/go/v17/arrow"
)

// hintsKey is the metadata key under which a file written here remembers what
// Parquet's types cannot say: seconds, durations, time-zone names, large
// offsets. Other readers see the plain Parquet types.
const hintsKey = "nocturne:types"

// hint restores the Arrow type of one leaf.
type hint struct {
	Kind string `json:"kind"`           // "timestamp", "time32", "duration", "date64", "large_utf8", "large_binary"
	Unit string `json:"unit,omitempty"` // "s", "ms", "us", "ns"
	Zone string `json:"zone,omitempty"` // of timestamps
}

var units = map[string]arrow.TimeUnit{"s": arrow.Second, "ms": arrow.Millisecond, "us": arrow.Microsecond, "ns": arrow.Nanosecond}

// hintOf returns the hint that a type needs, if any.
func hintOf(t arrow.DataType) (hint, bool) {
	switch t := t.(type) {
	case *arrow.TimestampType:
		h := hint{Kind: "timestamp", Unit: t.Unit.String(), Zone: t.TimeZone}
		return h, t.Unit == arrow.Second || (t.TimeZone != "" && t.TimeZone != "UTC")
	case *arrow.Time32Type:
		return hint{Kind: "time32", Unit: "s"}, t.Unit == arrow.Second
	case *arrow.DurationType:
		return hint{Kind: "duration", Unit: t.Unit.String()}, true
	case *arrow.Date64Type:
		return hint{Kind: "date64"}, true
	case *arrow.LargeStringType:
		return hint{Kind: "large_utf8"}, true
	case *arrow.LargeBinaryType:
		return hint{Kind: "large_binary"}, true
	}
	return hint{}, false
}

// apply changes a conversion where the hint fits it; hints that do not fit are
// ignored, for a foreign file may say anything.
func (h hint) apply(c conversion) conversion {
	unit, known := units[h.Unit]
	switch t := c.typ.(type) {
	case *arrow.TimestampType:
		if h.Kind != "timestamp" || !known || c.fixed != nil {
			break
		}
		if h.Zone != "" && t.TimeZone != "" && knownZone(h.Zone) {
			c.typ = &arrow.TimestampType{Unit: t.Unit, TimeZone: h.Zone}
		}
		if unit == arrow.Second && t.Unit == arrow.Millisecond {
			c.typ = &arrow.TimestampType{Unit: arrow.Second, TimeZone: c.typ.(*arrow.TimestampType).TimeZone}
			c.fixed = scaleInt64(8, 8, func(v int64) int64 { return v / 1000 })
		}
	case *arrow.Time32Type:
		if h.Kind == "time32" && unit == arrow.Second {
			c.typ = arrow.FixedWidthTypes.Time32s
			c.fixed = scaleInt64(4, 4, func(v int64) int64 { return v / 1000 })
		}
	case *arrow.Int64Type:
		if h.Kind == "duration" && known {
			c.typ = &arrow.DurationType{Unit: unit}
		}
	case *arrow.Date32Type:
		if h.Kind == "date64" {
			c.typ = arrow.FixedWidthTypes.Date64
			c.fixed = scaleInt64(4, 8, func(v int64) int64 { return v * 86_400_000 })
		}
	case *arrow.StringType:
		if h.Kind == "large_utf8" {
			c.typ = arrow.BinaryTypes.LargeString
		}
	case *arrow.BinaryType:
		if h.Kind == "large_binary" {
			c.typ = arrow.BinaryTypes.LargeBinary
		}
	}
	return c
}

// knownZone reports whether a zone's name resolves: Arrow's arrays panic on
// names that do not.
func knownZone(name string) bool {
	_, err := (&arrow.TimestampType{TimeZone: name}).GetZone()
	return err == nil
}

// scaleInt64 rewrites signed integers of one width to another.
func scaleInt64(from, to int, f func(int64) int64) func(*dense) ([]byte, error) {
	return func(d *dense) ([]byte, error) {
		dst := make([]byte, d.n*to)
		for i := range d.n {
			var v int64
			if from == 4 {
				v = int64(int32(binary.LittleEndian.Uint32(d.fixed[4*i:])))
			} else {
				v = int64(binary.LittleEndian.Uint64(d.fixed[8*i:]))
			}
			if v = f(v); to == 4 {
				binary.LittleEndian.PutUint32(dst[4*i:], uint32(v))
			} else {
				binary.LittleEndian.PutUint64(dst[8*i:], uint64(v))
			}
		}
		return dst, nil
	}
}

func readHints(text string) map[string]hint {
	var h map[string]hint
	if json.Unmarshal([]byte(text), &h) != nil {
		return nil
	}
	return h
}
