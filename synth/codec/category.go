package codec

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"
)

// maxLevels leaves room for the pool and for "missing".
const maxLevels = maxStates - 2

// PooledText is what a pooled state decodes to when no level of the column
// has enough support to be shown.
const PooledText = "other"

// categoryCodec holds a category's states: its levels, most frequent first,
// then the pool of all others.
//
// The pool stands for two kinds of values: levels that are frequent enough but
// beyond the 254 that have states of their own (Tail), and levels with less
// support than Options.MinSupport, whose names are forgotten. A pooled state
// decodes to a level of the tail in proportion to its rows; without a tail to
// a level that has a state, in proportion to its rows; without any, to
// PooledText. Rare levels are never emitted.
type categoryCodec struct {
	Levels []string `json:"levels,omitempty"`
	Pool   bool     `json:"pool,omitempty"`
	// Tail lists what the pool decodes to, Weight its rows.
	Tail   []string `json:"tail,omitempty"`
	Weight []int64  `json:"weight,omitempty"`
}

// maxTail bounds the levels that the pool may decode to.
const maxTail = 1 << 16

type level struct {
	text string
	rows int64
}

// fitCategory learns a category's states.
func fitCategory(s *columnSummary, opt Options) *categoryCodec {
	var shown []level
	rare := false
	for text, rows := range s.text.m {
		if rows < opt.MinSupport {
			rare = true
			continue
		}
		shown = append(shown, level{text, rows})
	}
	slices.SortFunc(shown, func(a, b level) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.text, b.text))
	})
	c := &categoryCodec{}
	own := min(len(shown), maxLevels)
	for _, l := range shown[:own] {
		c.Levels = append(c.Levels, l.text)
	}
	tail := shown[own:]
	c.Pool = rare || len(tail) > 0
	if !c.Pool {
		return c
	}
	if len(tail) == 0 {
		tail = shown
	}
	for _, l := range tail[:min(len(tail), maxTail)] {
		c.Tail = append(c.Tail, l.text)
		c.Weight = append(c.Weight, l.rows)
	}
	return c
}

func (c *categoryCodec) states() int {
	if c.Pool {
		return len(c.Levels) + 1
	}
	return len(c.Levels)
}

// categoryEncoder looks levels up.
type categoryEncoder struct {
	*categoryCodec
	code map[string]int
}

func (c *categoryCodec) encoder() categoryEncoder {
	e := categoryEncoder{categoryCodec: c, code: make(map[string]int, len(c.Levels))}
	for i, l := range c.Levels {
		e.code[l] = i
	}
	return e
}

// encode returns a level's state; an unknown one takes the pool, or the most
// frequent level where there is no pool.
func (e *categoryEncoder) encode(v string) int {
	if i, ok := e.code[v]; ok {
		return i
	}
	if i, ok := e.code[validText(v)]; ok {
		return i
	}
	if e.Pool {
		return len(e.Levels)
	}
	return 0
}

// categoryDecoder draws a text for a state.
type categoryDecoder struct {
	*categoryCodec
	upto []int64 // cumulated weights of the tail
}

func (c *categoryCodec) decoder() categoryDecoder {
	d := categoryDecoder{categoryCodec: c, upto: make([]int64, len(c.Weight))}
	var total int64
	for i, w := range c.Weight {
		total += w
		d.upto[i] = total
	}
	return d
}

func (d *categoryDecoder) append(b array.Builder, r *rand.Rand, state int) {
	if state < len(d.Levels) {
		appendText(b, d.Levels[state])
		return
	}
	appendText(b, d.pooled(r))
}

func (d *categoryDecoder) pooled(r *rand.Rand) string {
	if len(d.upto) == 0 {
		return PooledText
	}
	x := r.Int64N(d.upto[len(d.upto)-1])
	return d.Tail[sort.Search(len(d.upto), func(i int) bool { return d.upto[i] > x })]
}

// folded lowers a header or value for comparison.
func folded(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
