package codec

import (
	"encoding/json"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/synth"
)

// Links finds columns that are functions of others (education_num of
// education), so that they are modelled once. It is a mergeable summary over
// the rows: for each ordered pair of columns whose states stand for single
// values it keeps the map from states to states, and drops the pair at the
// first row that contradicts it.
type Links struct {
	codec *Codec
	enc   *Encoder
	rows  int64
	cols  []int // candidates: exact columns with 2 or more states
	pairs map[[2]int][]int16
	count [][]int64 // rows of each state
	buf   [][]uint8
}

var _ synth.Summary = (*Links)(nil)

// maxLinkColumns bounds the columns compared; wider tables compare the first.
const maxLinkColumns = 512

// NewLinks returns the empty summary.
func (c *Codec) NewLinks() *Links {
	l := &Links{codec: c, pairs: make(map[[2]int][]int16)}
	for i := range c.cols {
		col := &c.cols[i]
		if col.Generated == nil && col.exact() && col.states() > 1 && len(l.cols) < maxLinkColumns {
			l.cols = append(l.cols, i)
			l.count = append(l.count, make([]int64, col.states()))
		}
	}
	for a, i := range l.cols {
		for b, j := range l.cols {
			// A function has no more values than its argument has states.
			if a != b && c.cols[i].states() >= c.cols[j].states() {
				l.pairs[[2]int{a, b}] = nil
			}
		}
	}
	l.enc = c.encoder(l.cols)
	return l
}

// Add looks at the rows of rec.
func (l *Links) Add(rec arrow.Record) error {
	for i := range l.buf {
		l.buf[i] = l.buf[i][:0]
	}
	var err error
	if l.buf, err = l.enc.Encode(l.buf, rec); err != nil {
		return err
	}
	l.rows += rec.NumRows()
	for k, states := range l.buf {
		for _, s := range states {
			l.count[k][s]++
		}
	}
	for pair, to := range l.pairs {
		to, ok := follow(to, l.count[pair[0]], l.buf[pair[0]], l.buf[pair[1]])
		if ok {
			l.pairs[pair] = to
		} else {
			delete(l.pairs, pair)
		}
	}
	return nil
}

// follow extends the map from x's states to y's; false at a contradiction.
func follow(to []int16, states []int64, x, y []uint8) ([]int16, bool) {
	if to == nil {
		to = make([]int16, len(states))
		for i := range to {
			to[i] = -1
		}
	}
	for r, s := range x {
		switch to[s] {
		case -1:
			to[s] = int16(y[r])
		case int16(y[r]):
		default:
			return nil, false
		}
	}
	return to, true
}

// Merge adds other's rows.
func (l *Links) Merge(other synth.Summary) error {
	o, ok := other.(*Links)
	if !ok || len(o.cols) != len(l.cols) {
		return fmt.Errorf("codec: cannot merge a %T", other)
	}
	l.rows += o.rows
	for k := range l.count {
		for s, n := range o.count[k] {
			l.count[k][s] += n
		}
	}
	for pair, to := range l.pairs {
		from, alive := o.pairs[pair]
		if !alive {
			delete(l.pairs, pair)
			continue
		}
		if to == nil {
			l.pairs[pair] = append([]int16(nil), from...)
			continue
		}
		for s := range from {
			switch {
			case from[s] == -1 || from[s] == to[s]:
			case to[s] == -1:
				to[s] = from[s]
			default:
				delete(l.pairs, pair)
			}
		}
	}
	return nil
}

// MarshalBinary writes the surviving pairs in order.
func (l *Links) MarshalBinary() ([]byte, error) {
	type link struct {
		X, Y int
		To   []int16
	}
	w := struct {
		Rows  int64
		Count [][]int64
		Links []link
	}{Rows: l.rows, Count: l.count}
	for a := range l.cols {
		for b := range l.cols {
			if to, ok := l.pairs[[2]int{a, b}]; ok {
				w.Links = append(w.Links, link{a, b, to})
			}
		}
	}
	return json.Marshal(w)
}

const (
	// A link must be seen in this many rows a state on average ...
	linkRowsPerState = 20
	// ... and must have been able to fail: this many rows lie outside the
	// function's most frequent value.
	linkMinority = 30
)

// Codec returns the codec with linked columns modelled once. Of a bijection
// the first column is kept.
func (l *Links) Codec() *Codec {
	out := *l.codec
	out.cols = append([]column(nil), l.codec.cols...)
	for b := range l.cols {
		for a := range l.cols {
			to, ok := l.pairs[[2]int{a, b}]
			if !ok || to == nil || !l.firm(a, b) {
				continue
			}
			if _, mutual := l.pairs[[2]int{b, a}]; mutual && b < a {
				continue // the later of two equals follows the earlier
			}
			if out.cols[l.cols[a]].Of != 0 {
				continue // follow a column that is modelled itself
			}
			col := &out.cols[l.cols[b]]
			col.Of = l.cols[a] + 1
			col.From = make([]uint8, len(to))
			for s, t := range to {
				col.From[s] = uint8(max(t, 0))
			}
			break
		}
	}
	// A column that others follow must not follow one in turn.
	for i := range out.cols {
		if of := out.cols[i].Of; of != 0 && out.cols[of-1].Of != 0 {
			src := &out.cols[of-1]
			from := make([]uint8, len(src.From))
			for s, t := range src.From {
				from[s] = out.cols[i].From[t]
			}
			out.cols[i].Of, out.cols[i].From = src.Of, from
		}
	}
	return &out
}

// firm tells whether the rows seen could have contradicted the link.
func (l *Links) firm(a, b int) bool {
	if l.rows < linkRowsPerState*int64(len(l.count[a])) {
		return false
	}
	var most int64
	for _, n := range l.count[b] {
		most = max(most, n)
	}
	return l.rows-most >= linkMinority
}
