package proof

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/anonymize/transform"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// Options says how values are collected and compared. Collectors and scanners
// of one proof share it.
type Options struct {
	// Key is the secret of the hashes, 32 bytes; required. Derive it for the
	// run.
	Key []byte
	// MaxValues bounds the distinct values of one pass; 0 = 8,388,608, which
	// takes at most 400 MiB.
	MaxValues int
	// Shards and Shard split the values by hash over several passes, for inputs
	// with more than MaxValues of them; 0 shards = 1.
	Shards, Shard int
	// CommonRows is the number of rows from which a single word is common;
	// 0 = 10, at most 15.
	CommonRows int
}

// WithDefaults fills zero fields.
func (o Options) WithDefaults() Options {
	if o.MaxValues == 0 {
		o.MaxValues = 1 << 23
	}
	if o.Shards == 0 {
		o.Shards = 1
	}
	if o.CommonRows == 0 {
		o.CommonRows = 10
	}
	return o
}

// Validate reports all faults.
func (o Options) Validate() error {
	var errs []error
	if len(o.Key) != 32 {
		errs = append(errs, errors.New("key must have 32 bytes"))
	}
	if o.MaxValues < 1 || o.Shards < 1 || o.Shard < 0 || o.Shard >= o.Shards {
		errs = append(errs, errors.New("max values and shards must be positive and shard one of them"))
	}
	if o.CommonRows < 1 || o.CommonRows > maxCount {
		errs = append(errs, fmt.Errorf("common rows must be 1 to %d", maxCount))
	}
	return errors.Join(errs...)
}

// PassesFor is the number of shards that keeps rows of so many protected
// columns within MaxValues, were all values distinct. Names count twice for
// their words.
func (o Options) PassesFor(rows int64, columns int) int {
	o = o.WithDefaults()
	return int(max(1, (2*rows*int64(columns)+int64(o.MaxValues)-1)/int64(o.MaxValues)))
}

// Column is a column of the input whose values must be gone.
type Column struct {
	Name     string
	Semantic string
	// Direct identifiers are searched everywhere, others in their own column.
	Direct bool
}

// ErrFull is returned when an input has more protected values than MaxValues:
// prove it in more shards.
var ErrFull = errors.New("proof: too many protected values for one pass; raise Shards")

// Notes of a protected value: how often it occurred and what it is.
const (
	maxCount  = 15
	noteCount = 0x0f
	noteWord  = 0x10 // a single word of letters
	noteDigit = 0x20 // digits only
	noteName  = 0x40 // of a person's name
)

// Collector is the mergeable set of values that must be gone. It is a
// commutative monoid: batches may be added in any order to any number of
// collectors. It is not safe for concurrent use; a finished one may be read by
// many scanners.
type Collector struct {
	opt     Options
	sip     sip
	values  set // strong values and words, everywhere
	cells   set // the rest, with their column
	public  set // whole values of published columns
	anchors anchors
	stats   Counts
	sq      squeezed
}

// Counts says what was collected.
type Counts struct {
	Cells  int64 `json:"cells"`  // non-empty protected cells seen
	Strong int64 `json:"strong"` // of them strong values
	Words  int64 `json:"words"`  // of them single words
	Weak   int64 `json:"weak"`   // of them looked for in their own column only
}

func (c *Counts) add(o Counts) {
	c.Cells += o.Cells
	c.Strong += o.Strong
	c.Words += o.Words
	c.Weak += o.Weak
}

// NewCollector returns an empty collector.
func NewCollector(opt Options) (*Collector, error) {
	opt = opt.WithDefaults()
	if err := opt.Validate(); err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	return &Collector{opt: opt, sip: newSIP(opt)}, nil
}

func newSIP(opt Options) sip {
	return sip{binary.LittleEndian.Uint64(opt.Key), binary.LittleEndian.Uint64(opt.Key[8:])}
}

// Add collects the protected columns of an input batch.
func (c *Collector) Add(rec arrow.Record, columns []Column) error {
	for _, col := range columns {
		arr, err := columnOf(rec, col.Name)
		if err != nil {
			return err
		}
		t, _ := semantic.Lookup(col.Semantic)
		name := t.Family == "person_name"
		if err := each(arr, col.Name, func(_ int, v []byte) { c.add(v, col, name) }); err != nil {
			return err
		}
		if c.Size() > c.opt.MaxValues {
			return ErrFull
		}
	}
	return nil
}

// AddPublic collects the values of columns that are published as they are.
func (c *Collector) AddPublic(rec arrow.Record, columns []string) error {
	for _, name := range columns {
		arr, err := columnOf(rec, name)
		if err != nil {
			return err
		}
		if !isText(arr.DataType()) {
			continue
		}
		err = each(arr, name, func(_ int, v []byte) {
			c.sq.set(v)
			if c.sq.words > publicWords {
				return // a text, not a value
			}
			c.sq.eachWord(func(start, end int) {
				if h := c.sip.sum(c.sq.text[start:end]); end-start <= maxValue && c.mine(h) {
					c.public.put(h, 0, combine)
				}
			})
		})
		if err != nil {
			return err
		}
		if c.Size() > c.opt.MaxValues {
			return ErrFull
		}
	}
	return nil
}

// publicWords bounds the words of a cell whose words count as public.
const publicWords = 8

func columnOf(rec arrow.Record, name string) (arrow.Array, error) {
	at := rec.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil, fmt.Errorf("proof: column %q is in the data %d times", name, len(at))
	}
	return rec.Column(at[0]), nil
}

// each calls f with the text of each non-null cell; for a dictionary column the
// rows, not the dictionary.
func each(arr arrow.Array, name string, f func(i int, v []byte)) error {
	cells, err := transform.Cells(arr)
	if err != nil {
		return fmt.Errorf("proof: column %q: %w", name, err)
	}
	d, _ := arr.(*array.Dictionary)
	var buf []byte
	for i := range arr.Len() {
		if arr.IsNull(i) || (d != nil && d.Dictionary().IsNull(d.GetValueIndex(i))) {
			continue
		}
		buf = cells(i, buf)
		f(i, buf)
	}
	return nil
}

func isText(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	return t.ID() == arrow.STRING || t.ID() == arrow.LARGE_STRING || t.ID() == arrow.BINARY
}

// mine tells whether a hash belongs to this pass.
func (c *Collector) mine(h uint64) bool {
	return c.opt.Shards == 1 || int(h>>32)%c.opt.Shards == c.opt.Shard
}

func (c *Collector) add(v []byte, col Column, name bool) {
	c.sq.set(v)
	if len(c.sq.text) == 0 {
		return
	}
	c.stats.Cells++
	note, ok := classify(&c.sq)
	if !ok || !col.Direct {
		c.stats.Weak++
		if h := c.sip.cell(col.Name, c.sq.key()); c.mine(h) {
			c.cells.put(h, 1, combine)
		}
		return
	}
	if note&noteWord != 0 {
		c.stats.Words++
	} else {
		c.stats.Strong++
	}
	if name {
		note |= noteName
	}
	c.remember(c.sq.key(), note)
	if !name || c.sq.words < 2 {
		return
	}
	// The words of a name are protected too.
	c.sq.eachWord(func(start, end int) {
		if end-start >= 4 && end-start <= maxValue && allLetters(c.sq.text[start:end]) && c.sq.han == 0 {
			c.remember(c.sq.text[start:end], noteWord|noteName)
		}
	})
}

func (c *Collector) remember(key []byte, note uint8) {
	h := c.sip.sum(key)
	if !c.mine(h) {
		return
	}
	c.values.put(h, note|1, combine)
	if len(key) >= anchorBytes {
		c.anchors.put(c.sip.mix(binary.LittleEndian.Uint64(key)), len(key))
	}
}

// classify tells whether a value is searched everywhere, and as what.
func classify(s *squeezed) (note uint8, ok bool) {
	switch {
	case s.alpha == 0:
		return noteDigit, s.digit >= 7
	case s.digit == 0 && s.words <= 1 && s.han == 0:
		return noteWord, s.runes >= 4
	case s.han > 0 && s.digit == 0 && s.runes < 5:
		return noteWord, s.runes >= 2
	case s.han > 0:
		return 0, s.runes >= 4
	}
	return 0, s.runes >= 8 || (s.words > 1 && s.runes >= 6)
}

func allLetters(v []byte) bool {
	return !bytes.ContainsAny(v, "0123456789")
}

// cell hashes a value with the column it stands in.
func (k sip) cell(column string, key []byte) uint64 {
	return k.sum(key) ^ k.mix(k.sum([]byte(column)))
}

// combine adds counts up to maxCount and joins what values are. A word that is
// elsewhere part of something strong stays a word.
func combine(old, note uint8) uint8 {
	count := min(maxCount, old&noteCount+note&noteCount)
	return (old|note)&^noteCount | count
}

// Merge adds what another collector of the same options holds.
func (c *Collector) Merge(o *Collector) error {
	if !bytes.Equal(c.opt.Key, o.opt.Key) || c.opt.Shards != o.opt.Shards || c.opt.Shard != o.opt.Shard {
		return errors.New("proof: collectors of different keys or shards cannot be merged")
	}
	for _, p := range [][2]*set{{&c.values, &o.values}, {&c.cells, &o.cells}, {&c.public, &o.public}} {
		for i, k := range p[1].keys {
			if k != 0 {
				p[0].put(k, p[1].notes[i], combine)
			}
		}
	}
	for _, v := range o.anchors.slots {
		if v != 0 {
			c.anchors.put(v, int(v&63)+anchorBytes-1)
		}
	}
	c.stats.add(o.stats)
	if c.Size() > c.opt.MaxValues {
		return ErrFull
	}
	return nil
}

// Values is the number of distinct protected values held.
func (c *Collector) Values() int { return c.values.n + c.cells.n }

// Size is the number of hashes held, those of published values among them: what
// MaxValues bounds.
func (c *Collector) Size() int { return c.values.n + c.cells.n + c.public.n }

// Counts says what was collected.
func (c *Collector) Counts() Counts { return c.stats }

// magic names the binary form, with its version.
const magic = "NPRF1"

// Marshal writes the collector without its key: hashes in rising order, so that
// equal collectors have equal bytes. Keep it sealed all the same.
func (c *Collector) Marshal() []byte {
	b := []byte(magic)
	b = binary.AppendUvarint(b, uint64(c.opt.Shards))
	b = binary.AppendUvarint(b, uint64(c.opt.Shard))
	for _, n := range []int64{c.stats.Cells, c.stats.Strong, c.stats.Words, c.stats.Weak} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, s := range []*set{&c.values, &c.cells, &c.public} {
		b = binary.AppendUvarint(b, uint64(s.n))
		for _, e := range s.sorted() {
			b = binary.LittleEndian.AppendUint64(b, e.key)
			b = append(b, e.note)
		}
	}
	slots := slices.DeleteFunc(slices.Clone(c.anchors.slots), func(v uint64) bool { return v == 0 })
	slices.Sort(slots)
	b = binary.AppendUvarint(b, uint64(len(slots)))
	for _, v := range slots {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

// Unmarshal reads what Marshal wrote under the same options.
func Unmarshal(b []byte, opt Options) (*Collector, error) {
	c, err := NewCollector(opt)
	if err != nil {
		return nil, err
	}
	bad := errMarshaled
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok {
		return nil, bad
	}
	number := func() uint64 {
		v, n := binary.Uvarint(rest)
		if n <= 0 {
			ok = false
			return 0
		}
		rest = rest[n:]
		return v
	}
	if s, i := number(), number(); !ok || s != uint64(c.opt.Shards) || i != uint64(c.opt.Shard) {
		return nil, bad
	}
	for _, p := range []*int64{&c.stats.Cells, &c.stats.Strong, &c.stats.Words, &c.stats.Weak} {
		*p = int64(number())
	}
	for _, s := range []*set{&c.values, &c.cells, &c.public} {
		n := number()
		if !ok || n > uint64(len(rest)/9) {
			return nil, bad
		}
		for range n {
			s.put(binary.LittleEndian.Uint64(rest), rest[8], combine)
			rest = rest[9:]
		}
	}
	n := number()
	if !ok || n != uint64(len(rest))/8 || len(rest)%8 != 0 {
		return nil, bad
	}
	for ; len(rest) > 0; rest = rest[8:] {
		v := binary.LittleEndian.Uint64(rest)
		if v&63 == 0 {
			return nil, bad
		}
		c.anchors.put(v, int(v&63)+anchorBytes-1)
	}
	return c, nil
}
