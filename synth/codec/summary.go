package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth"
)

// Bounds of one column's summary: at most 32,768 distinct numbers (1.3 MB), or
// 2^20 distinct strings of together 64 MiB. Beyond them a sample is kept, and
// a sketch finds the heavy numbers.
const (
	maxNumbers   = 1 << 15
	maxTexts     = 1 << 20
	maxTextBytes = 64 << 20
)

// Summary is what a codec is learnt from: a count per value and column. It
// holds real values, so it is as sensitive as the table. Not safe for
// concurrent use.
type Summary struct {
	schema   *arrow.Schema
	contract schemas.Contract
	opt      Options
	rows     int64
	cols     []columnSummary
}

// columnSummary is one column's part. num or text is set, and neither for
// columns whose values must not be looked at.
type columnSummary struct {
	Nulls int64
	NaNs  int64
	Han   int64 // values with a Han character among the first
	Min   int64 // of num; Max < Min when there was none
	Max   int64
	num   *counts[int64]
	heavy *sketch
	text  *counts[string]
	blind bool // identifiers: only nulls are counted
	float bool
	f32   bool
}

var _ synth.Summary = (*Summary)(nil)

// NewSummary returns the empty summary of tables with this schema. It fails
// on columns without a codec (ErrUnsupported).
func NewSummary(schema *arrow.Schema, contract schemas.Contract, opt Options) (*Summary, error) {
	opt = opt.WithDefaults()
	if err := opt.Validate(); err != nil {
		return nil, fmt.Errorf("codec: %w", err)
	}
	if schema.NumFields() == 0 {
		return nil, errors.New("codec: table has no columns")
	}
	s := &Summary{schema: schema, contract: contract, opt: opt, cols: make([]columnSummary, schema.NumFields())}
	for i, f := range schema.Fields() {
		if err := checkType(f); err != nil {
			return nil, err
		}
		c := &s.cols[i]
		c.Min, c.Max = math.MaxInt64, math.MinInt64
		c.blind = identifies(contract, fieldOf(contract, f.Name), f.Name, opt)
		switch fam := familyOf(f.Type); {
		case c.blind:
		case fam == textual:
			c.text = newTextCounts(maxTexts, maxTextBytes)
		default:
			c.num = newNumberCounts(maxNumbers)
			c.float = fam == floating
			c.f32 = f.Type.ID() == arrow.FLOAT32
		}
	}
	return s, nil
}

// Rows is the number of rows added.
func (s *Summary) Rows() int64 { return s.rows }

// Add counts the rows of rec, whose schema must be the summary's.
func (s *Summary) Add(rec arrow.Record) error {
	if int(rec.NumCols()) != len(s.cols) {
		return fmt.Errorf("codec: record has %d columns, want %d", rec.NumCols(), len(s.cols))
	}
	for i := range s.cols {
		if !arrow.TypeEqual(rec.Column(i).DataType(), s.schema.Field(i).Type) {
			return fmt.Errorf("codec: column %q is %s, want %s", s.schema.Field(i).Name, rec.Column(i).DataType(), s.schema.Field(i).Type)
		}
		if err := s.cols[i].add(rec.Column(i)); err != nil {
			return fmt.Errorf("codec: column %q: %w", s.schema.Field(i).Name, err)
		}
	}
	s.rows += rec.NumRows()
	return nil
}

func (c *columnSummary) add(a arrow.Array) error {
	c.Nulls += int64(nullCount(a))
	switch {
	case c.blind:
		return c.addScript(a)
	case c.num != nil:
		return c.addNumbers(a)
	default:
		return c.addTexts(a)
	}
}

// nullCount counts null cells; arrow counts those of a Null array as none.
func nullCount(a arrow.Array) int {
	if a.DataType().ID() == arrow.NULL {
		return a.Len()
	}
	n := 0
	for i := range a.Len() {
		if isNull(a, i) {
			n++
		}
	}
	return n
}

func isNull(a arrow.Array, i int) bool {
	return a.DataType().ID() == arrow.NULL || a.IsNull(i)
}

func (c *columnSummary) addNumbers(a arrow.Array) error {
	value, err := numbers(a)
	if err != nil {
		return err
	}
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		v, ok := value(i)
		if !ok {
			c.NaNs++
			continue
		}
		c.addNumber(v, 1)
	}
	return nil
}

func (c *columnSummary) addNumber(v, n int64) {
	c.Min, c.Max = min(c.Min, v), max(c.Max, v)
	if c.heavy == nil && len(c.num.m) >= c.num.limit {
		if _, known := c.num.m[v]; !known {
			c.startSketch() // before counts are dropped
		}
	}
	if c.heavy != nil {
		c.heavy.add(v, n)
	}
	c.num.add(v, n, nil)
}

// startSketch moves from exact counting to sketching; all counts so far are
// still exact.
func (c *columnSummary) startSketch() {
	c.heavy = newSketch()
	for v, n := range c.num.m {
		c.heavy.add(v, n)
	}
}

func (c *columnSummary) addTexts(a arrow.Array) error {
	t, err := textsOf(a)
	if err != nil {
		return err
	}
	if t.index != nil {
		per := make([]int64, t.dict)
		for i := range a.Len() {
			if !a.IsNull(i) {
				per[t.index(i)]++
			}
		}
		for k, n := range per {
			if n > 0 {
				c.addText(t.value(k), n)
			}
		}
		return nil
	}
	for i := range a.Len() {
		if !isNull(a, i) {
			c.addText(t.value(i), 1)
		}
	}
	return nil
}

func (c *columnSummary) addText(v string, n int64) {
	v = validText(v)
	if hasHan(v) {
		c.Han += n
	}
	c.text.add(v, n, strings.Clone)
}

// validText replaces bytes that are not UTF-8, which no file format of ours
// could carry.
func validText(v string) string {
	if utf8.ValidString(v) {
		return v
	}
	return strings.ToValidUTF8(v, "\ufffd")
}

// addScript notes the script of an identifier column and nothing else of it.
func (c *columnSummary) addScript(a arrow.Array) error {
	if familyOf(a.DataType()) != textual {
		return nil
	}
	t, err := textsOf(a)
	if err != nil {
		return err
	}
	for i := range a.Len() {
		if isNull(a, i) {
			continue
		}
		k := i
		if t.index != nil {
			k = t.index(i)
		}
		if hasHan(t.value(k)) {
			c.Han++
		}
	}
	return nil
}

func hasHan(v string) bool {
	seen := 0
	for _, r := range v {
		if r >= 0x2e80 && unicode.Is(unicode.Han, r) {
			return true
		}
		if seen++; seen == 8 {
			return false
		}
	}
	return false
}

// Merge adds other's rows. Both must be summaries of the same schema and
// options; other stays as it is.
func (s *Summary) Merge(other synth.Summary) error {
	o, ok := other.(*Summary)
	if !ok {
		return fmt.Errorf("codec: cannot merge a %T", other)
	}
	if !s.schema.Equal(o.schema) {
		return errors.New("codec: cannot merge summaries of different schemas")
	}
	for i := range s.cols {
		s.cols[i].merge(&o.cols[i])
	}
	s.rows += o.rows
	return nil
}

func (c *columnSummary) merge(o *columnSummary) {
	c.Nulls += o.Nulls
	c.NaNs += o.NaNs
	c.Han += o.Han
	c.Min, c.Max = min(c.Min, o.Min), max(c.Max, o.Max)
	if c.text != nil {
		c.text.merge(o.text)
	}
	if c.num == nil {
		return
	}
	if c.heavy == nil && (o.heavy != nil || overflows(c.num, o.num)) {
		c.startSketch()
	}
	switch {
	case o.heavy != nil:
		c.heavy.merge(o.heavy)
	case c.heavy != nil:
		for v, n := range o.num.m {
			c.heavy.add(v, n)
		}
	}
	c.num.merge(o.num)
}

// overflows tells whether the union of two exact counts exceeds the bound.
func overflows(a, b *counts[int64]) bool {
	n := len(a.m)
	for v := range b.m {
		if _, ok := a.m[v]; !ok {
			n++
		}
	}
	return n > a.limit
}

// Codec learns the codec of the rows added so far. It fails with ErrNoRows
// when there are none.
func (s *Summary) Codec() (*Codec, error) { return fit(s) }

// wireSummary is the summary's file form: keys sorted, so equal summaries
// give equal bytes.
type wireSummary struct {
	Version int          `json:"version"`
	Rows    int64        `json:"rows"`
	Columns []wireColumn `json:"columns"`
}

type wireColumn struct {
	Nulls  int64    `json:"nulls"`
	NaNs   int64    `json:"nans,omitempty"`
	Han    int64    `json:"han,omitempty"`
	Min    int64    `json:"min"`
	Max    int64    `json:"max"`
	Level  uint8    `json:"level,omitempty"`
	Values []int64  `json:"values,omitempty"`
	Texts  []string `json:"texts,omitempty"`
	Counts []int64  `json:"counts,omitempty"`
	Sketch []int64  `json:"sketch,omitempty"`
}

const summaryVersion = 1

// MarshalBinary writes the summary; ReadSummary is its inverse.
func (s *Summary) MarshalBinary() ([]byte, error) {
	w := wireSummary{Version: summaryVersion, Rows: s.rows}
	for i := range s.cols {
		c := &s.cols[i]
		wc := wireColumn{Nulls: c.Nulls, NaNs: c.NaNs, Han: c.Han, Min: c.Min, Max: c.Max, Sketch: c.heavy.pack()}
		switch {
		case c.num != nil:
			wc.Level = c.num.level
			wc.Values, wc.Counts = sortedCounts(c.num.m)
		case c.text != nil:
			wc.Level = c.text.level
			wc.Texts, wc.Counts = sortedCounts(c.text.m)
		}
		w.Columns = append(w.Columns, wc)
	}
	return json.Marshal(w)
}

func sortedCounts[K int64 | string](m map[K]int64) ([]K, []int64) {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	n := make([]int64, len(keys))
	for i, k := range keys {
		n[i] = m[k]
	}
	return keys, n
}

// ReadSummary reads what MarshalBinary wrote, for the same schema, contract
// and options.
func ReadSummary(b []byte, schema *arrow.Schema, contract schemas.Contract, opt Options) (*Summary, error) {
	s, err := NewSummary(schema, contract, opt)
	if err != nil {
		return nil, err
	}
	var w wireSummary
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, errors.New("codec: summary is not valid JSON")
	}
	if w.Version != summaryVersion || len(w.Columns) != len(s.cols) || w.Rows < 0 {
		return nil, fmt.Errorf("codec: summary of version %d with %d columns does not fit", w.Version, len(w.Columns))
	}
	s.rows = w.Rows
	for i := range s.cols {
		if err := s.cols[i].read(w.Columns[i]); err != nil {
			return nil, fmt.Errorf("codec: summary of column %q: %w", schema.Field(i).Name, err)
		}
	}
	return s, nil
}

func (c *columnSummary) read(w wireColumn) error {
	c.Nulls, c.NaNs, c.Han, c.Min, c.Max = w.Nulls, w.NaNs, w.Han, w.Min, w.Max
	switch {
	case c.num != nil:
		if len(w.Values) != len(w.Counts) || len(w.Values) > c.num.limit || w.Level > 64 {
			return errors.New("counts do not fit their values")
		}
		c.num.level = w.Level
		for k, v := range w.Values {
			c.num.m[v] = w.Counts[k]
			c.num.bytes += 8
		}
		if w.Level > 0 || len(w.Sketch) > 0 {
			var err error
			if c.heavy, err = unpackSketch(w.Sketch); err != nil {
				return err
			}
		}
	case c.text != nil:
		if len(w.Texts) != len(w.Counts) || w.Level > 64 {
			return errors.New("counts do not fit their values")
		}
		c.text.level = w.Level
		for k, v := range w.Texts {
			c.text.m[v] = w.Counts[k]
			c.text.bytes += int64(len(v))
		}
	}
	return nil
}
