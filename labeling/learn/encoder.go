// Package learn holds the learner behind the queue: softmax regression over
// hashed text and table features, cheap enough to be fitted again after every
// batch, and the simulation that tells how many labels it would have needed.
package learn

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/ml/linear"
)

// EncoderConfig says how rows become features. The zero value is a good start.
type EncoderConfig struct {
	// Exclude names columns that are not features: the label, record ids.
	Exclude []string
	// Bits is the width of the hash space, 10 to 24; 0 = 18 (262,144 columns).
	Bits int
	// MaxCategories is how many distinct texts a column may hold to be treated as
	// a category rather than as text; 0 = 64.
	MaxCategories int
	// WordsOnly leaves character n-grams out: faster, worse with typing errors.
	WordsOnly bool
}

// WithDefaults returns a copy with zero values replaced.
func (c EncoderConfig) WithDefaults() EncoderConfig {
	if c.Bits == 0 {
		c.Bits = 18
	}
	if c.MaxCategories == 0 {
		c.MaxCategories = 64
	}
	return c
}

// Validate joins all violations, naming the fields.
func (c EncoderConfig) Validate() error {
	var errs []error
	if c.Bits < 10 || c.Bits > 24 {
		errs = append(errs, fmt.Errorf("learn: Bits is %d, must be 10 to 24", c.Bits))
	}
	if c.MaxCategories < 1 {
		errs = append(errs, errors.New("learn: MaxCategories must be at least 1"))
	}
	return errors.Join(errs...)
}

// Encoder turns Arrow rows into sparse features. It first observes the pool, to
// learn scales, bins and how rare words are, and then encodes any rows of the
// same schema. Labels play no part. Not safe for concurrent use.
//
// A number becomes its standardised value and its bin of ten; a category one
// feature; a text its words, word pairs and character n-grams, weighted by TF-IDF
// and scaled to length one; a null a feature of its own.
type Encoder struct {
	cfg     EncoderConfig
	columns []column
	rows    float64
	sealed  bool
	// Scratch of one row.
	cells []cell
	index []int32
	value []float64
}

// cell is a hashed feature before equal ones are added up.
type cell struct {
	index int32
	value float64
}

type role int

const (
	undecided role = iota // text until Seal
	asNumber
	asCategory
	asText
)

// column is what is learnt about one column.
type column struct {
	at       int // in the schema
	role     role
	distinct map[string]struct{} // of a text column, until it has too many
	df       []uint32            // rows a feature occurs in, of a text column
	sample   []float64           // of a number, every stride-th value
	stride   int64
	count    int64
	mean, sd float64
	edges    []float64 // of ten bins
}

// sampleSize bounds the numbers kept for bins.
const sampleSize = 1 << 15

// NewEncoder prepares an encoder for rows of a schema. Columns that are neither
// numbers, times, booleans nor text are read by their text form.
func NewEncoder(schema *arrow.Schema, cfg EncoderConfig) (*Encoder, error) {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Encoder{cfg: cfg}
	for i, f := range schema.Fields() {
		if slices.Contains(cfg.Exclude, f.Name) {
			continue
		}
		c := column{at: i, stride: 1}
		if numeric(f.Type) {
			c.role = asNumber
		} else {
			c.distinct = map[string]struct{}{}
			c.df = make([]uint32, 1<<cfg.Bits)
		}
		e.columns = append(e.columns, c)
	}
	if len(e.columns) == 0 {
		return nil, errors.New("learn: no column is left to learn from")
	}
	return e, nil
}

// Cols returns the width of the feature space.
func (e *Encoder) Cols() int { return 1 << e.cfg.Bits }

// Observe learns from one batch of the pool.
func (e *Encoder) Observe(rec arrow.Record) error {
	if e.sealed {
		return errors.New("learn: the encoder is sealed: observe the pool before encoding")
	}
	e.rows += float64(rec.NumRows())
	for i := range e.columns {
		c := &e.columns[i]
		if c.at >= int(rec.NumCols()) {
			return fmt.Errorf("learn: the batch has %d columns, the schema had more", rec.NumCols())
		}
		a := rec.Column(c.at)
		if c.role == asNumber {
			get, err := numbers(a)
			if err != nil {
				return fmt.Errorf("learn: column %q: %w", rec.ColumnName(c.at), err)
			}
			for row := range a.Len() {
				if !a.IsNull(row) {
					c.observe(get(row))
				}
			}
			continue
		}
		get := texts(a)
		for row := range a.Len() {
			if a.IsNull(row) {
				continue
			}
			text := get(row)
			if c.distinct != nil {
				if _, ok := c.distinct[text]; !ok {
					c.distinct[string(append([]byte(nil), text...))] = struct{}{}
					if len(c.distinct) > e.cfg.MaxCategories {
						c.distinct = nil
					}
				}
			}
			e.cells = e.cells[:0]
			e.text(text, c.at)
			e.merge()
			for _, f := range e.cells {
				c.df[f.index]++
			}
		}
	}
	return nil
}

// observe keeps a systematic sample: every stride-th value, the stride doubling
// when the sample is full.
func (c *column) observe(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	if c.count%c.stride == 0 {
		if len(c.sample) == sampleSize {
			for i := range sampleSize / 2 {
				c.sample[i] = c.sample[2*i]
			}
			c.sample = c.sample[:sampleSize/2]
			c.stride *= 2
		}
		if c.count%c.stride == 0 {
			c.sample = append(c.sample, v)
		}
	}
	c.count++
}

// bins is the number of quantile bins of a number.
const bins = 10

// Seal ends observation.
func (e *Encoder) Seal() {
	for i := range e.columns {
		c := &e.columns[i]
		switch {
		case c.role == asNumber:
			c.seal()
		case c.distinct != nil:
			c.role, c.df = asCategory, nil
		default:
			c.role = asText
		}
		c.distinct = nil
	}
	e.sealed = true
}

func (c *column) seal() {
	slices.Sort(c.sample)
	n := float64(len(c.sample))
	for _, v := range c.sample {
		c.mean += v / n
	}
	for _, v := range c.sample {
		c.sd += float64((v-c.mean)*(v-c.mean)) / n
	}
	c.sd = math.Sqrt(c.sd)
	for b := 1; b < bins && len(c.sample) > 0; b++ {
		edge := c.sample[b*len(c.sample)/bins]
		if edge > c.sample[0] && (len(c.edges) == 0 || edge > c.edges[len(c.edges)-1]) {
			c.edges = append(c.edges, edge)
		}
	}
	c.sample = nil
}

// Encode appends the rows of a batch to x, whose Cols must be e.Cols().
func (e *Encoder) Encode(x *linear.Matrix, rec arrow.Record) error {
	if !e.sealed {
		return errors.New("learn: seal the encoder before encoding")
	}
	if x.Cols != e.Cols() {
		return fmt.Errorf("learn: the matrix has %d columns, the encoder writes %d", x.Cols, e.Cols())
	}
	number := make([]func(int) float64, len(e.columns))
	text := make([]func(int) string, len(e.columns))
	for i, c := range e.columns {
		if c.at >= int(rec.NumCols()) {
			return fmt.Errorf("learn: the batch has %d columns, the schema had more", rec.NumCols())
		}
		if c.role != asNumber {
			text[i] = texts(rec.Column(c.at))
			continue
		}
		get, err := numbers(rec.Column(c.at))
		if err != nil {
			return fmt.Errorf("learn: column %q: %w", rec.ColumnName(c.at), err)
		}
		number[i] = get
	}
	for row := range int(rec.NumRows()) {
		e.index, e.value = e.index[:0], e.value[:0]
		for i := range e.columns {
			c := &e.columns[i]
			e.cells = e.cells[:0]
			switch {
			case rec.Column(c.at).IsNull(row):
				e.add(finish(start(c.at, saltValue)), half)
			case c.role == asNumber:
				e.number(c, number[i](row))
			case c.role == asCategory:
				h := start(c.at, saltValue)
				for _, b := range []byte(text[i](row)) {
					h = hashByte(h, b)
				}
				e.add(finish(hashByte(h, 1)), half)
			default:
				e.text(text[i](row), c.at)
				e.merge()
				e.weigh(c)
			}
			for _, f := range e.cells {
				e.index, e.value = append(e.index, f.index), append(e.value, f.value)
			}
		}
		x.Append(e.index, e.value)
	}
	return nil
}

// half is the weight of a table feature: with a text's features scaled to length
// one, two or three table columns weigh as much as one text.
const half = 0.5

func (e *Encoder) number(c *column, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		e.add(finish(start(c.at, saltValue)), half)
		return
	}
	if c.sd > 0 {
		e.add(finish(start(c.at, saltNumber)), half*max(-3, min(3, (v-c.mean)/c.sd)))
	}
	b, _ := slices.BinarySearchFunc(c.edges, v, func(edge, v float64) int {
		if edge <= v {
			return -1
		}
		return 1
	})
	e.add(finish(hashByte(start(c.at, saltNumber), byte(b))), half)
}

func (e *Encoder) text(s string, column int) {
	tokens(s, column, !e.cfg.WordsOnly, func(h uint64) { e.add(h, 1) })
}

func (e *Encoder) add(h uint64, v float64) {
	e.cells = append(e.cells, cell{int32(h >> (64 - e.cfg.Bits)), v})
}

// merge adds up equal features of the row.
func (e *Encoder) merge() {
	slices.SortFunc(e.cells, func(a, b cell) int { return cmp.Compare(a.index, b.index) })
	n := 0
	for _, f := range e.cells {
		if n > 0 && e.cells[n-1].index == f.index {
			e.cells[n-1].value += f.value
			continue
		}
		e.cells[n] = f
		n++
	}
	e.cells = e.cells[:n]
}
