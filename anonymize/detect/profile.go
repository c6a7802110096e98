package detect

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

const (
	maxValueBytes = 256    // longer values are examined by their first bytes
	maxHashes     = 16_384 // rows up to which distinct values are counted exactly
)

// kind is the broad type of a column's cells.
type kind uint8

const (
	kindText kind = iota
	kindInt
	kindFloat
	kindBool
	kindDate
	kindTime
	kindOther
)

// profile is what is kept of one column while its rows stream by.
type profile struct {
	name     string
	declared kind
	rows     int64
	nulls    int64

	limit  int
	index  map[string]int // value to its place in values
	values []string
	counts []int64

	hashes   map[uint64]struct{}
	hashRows int64

	last          float64
	seenNumber    bool
	up, down, eq  int64
	sumLen        int64
	maxLen        int
	cellsWithText int64
}

func newProfile(name string, t arrow.DataType, limit int) *profile {
	return &profile{name: name, declared: kindOf(t), limit: limit, index: map[string]int{}, hashes: map[uint64]struct{}{}}
}

func kindOf(t arrow.DataType) kind {
	if d, ok := t.(*arrow.DictionaryType); ok {
		return kindOf(d.ValueType)
	}
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING:
		return kindText
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return kindInt
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128, arrow.DECIMAL256:
		return kindFloat
	case arrow.BOOL:
		return kindBool
	case arrow.DATE32, arrow.DATE64:
		return kindDate
	case arrow.TIMESTAMP, arrow.TIME32, arrow.TIME64:
		return kindTime
	}
	return kindOther
}

func (p *profile) add(a arrow.Array, n int) {
	p.rows += int64(n)
	switch a := a.(type) {
	case *array.String:
		for i := range n {
			if a.IsNull(i) {
				p.nulls++
				continue
			}
			p.text(a.Value(i))
		}
	case *array.Int64:
		var buf [24]byte
		for i := range n {
			if a.IsNull(i) {
				p.nulls++
				continue
			}
			p.order(float64(a.Value(i)))
			p.cell(string(strconv.AppendInt(buf[:0], a.Value(i), 10)))
		}
	case *array.Float64:
		var buf [32]byte
		for i := range n {
			if a.IsNull(i) || math.IsNaN(a.Value(i)) {
				p.nulls++
				continue
			}
			p.order(a.Value(i))
			p.cell(string(strconv.AppendFloat(buf[:0], a.Value(i), 'f', -1, 64)))
		}
	default:
		for i := range n {
			if a.IsNull(i) {
				p.nulls++
				continue
			}
			p.text(a.ValueStr(i))
		}
	}
}

// text takes one cell of a column whose numbers, if any, come as text.
func (p *profile) text(v string) {
	v = strings.TrimSpace(v)
	if v == "" {
		p.nulls++
		return
	}
	if c := v[0]; len(v) <= 24 && (c >= '0' && c <= '9' || c == '-' || c == '.') {
		if x, err := strconv.ParseFloat(v, 64); err == nil {
			p.order(x)
		}
	}
	p.cell(v)
}

// order counts how often a number is above, below or equal to its predecessor.
func (p *profile) order(x float64) {
	if p.seenNumber {
		switch {
		case x > p.last:
			p.up++
		case x < p.last:
			p.down++
		default:
			p.eq++
		}
	}
	p.last, p.seenNumber = x, true
}

func (p *profile) cell(v string) {
	p.cellsWithText++
	p.sumLen += int64(len(v))
	p.maxLen = max(p.maxLen, len(v))
	if p.hashRows < maxHashes {
		p.hashRows++
		p.hashes[hash(v)] = struct{}{}
	}
	if len(v) > maxValueBytes {
		cut := maxValueBytes
		for cut > 0 && !utf8.RuneStart(v[cut]) {
			cut--
		}
		v = v[:cut]
	}
	if i, ok := p.index[v]; ok {
		p.counts[i]++
		return
	}
	if len(p.values) < p.limit {
		v = strings.Clone(v)
		p.index[v] = len(p.values)
		p.values = append(p.values, v)
		p.counts = append(p.counts, 1)
	}
}

// hash is FNV-1a with a final mix, the same on every machine.
func hash(v string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(v); i++ {
		h = (h ^ uint64(v[i])) * 1099511628211
	}
	h ^= h >> 32
	return h * 0x9e3779b97f4a7c15
}
