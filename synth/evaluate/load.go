package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Kind is how a column is compared.
type Kind string

// The kinds of columns. They are decided from train alone.
const (
	Numerical   Kind = "numerical"
	Datetime    Kind = "datetime"
	Categorical Kind = "categorical"
)

// The three tables, as indices.
const (
	inTrain = iota
	inHoldout
	inSynthetic
)

var tableNames = [3]string{"train", "holdout", "synthetic"}

// column is one column of the three samples.
type column struct {
	name   string
	kind   Kind
	form   form
	hidden bool // protected: no labels, no distribution

	num    [3][]float64 // numerical (as is) and datetime (seconds); NaN = missing
	code   [3][]int32   // categorical; negative = missing
	levels int
	labels []string // by code, empty where unknown; nil = none known

	nulls [3]int64 // missing cells among all rows
	names labels
	index map[uint64]int32 // level to code, while loading
}

func (c *column) categorical() bool { return c.kind == Categorical }

// data is what the measures work on.
type data struct {
	columns []*column
	rows    [3]int64 // of the whole tables
	used    [3]int   // of the samples
	copies  Copies
	skipped []string
	notes   []string
	target  *column
}

// load streams the tables one after another, train first because it decides
// the kinds of the columns.
func load(ctx context.Context, sources [3]tabular.Source, opt Options) (*data, error) {
	d := &data{}
	known := &fingerprints{limit: maxFingerprints}
	for which, src := range sources {
		if src == nil {
			return nil, fmt.Errorf("evaluate: there is no %s table", tableNames[which])
		}
		if err := d.loadTable(ctx, which, src, known, opt); err != nil {
			return nil, fmt.Errorf("evaluate: %s: %w", tableNames[which], err)
		}
	}
	d.copies = known.copies()
	for _, c := range d.columns {
		if c.hidden || c.names.overflow {
			c.labels = nil
		}
		c.names, c.index = labels{}, nil
	}
	return d, nil
}

func (d *data) loadTable(ctx context.Context, which int, src tabular.Source, known *fingerprints, opt Options) (err error) {
	r, err := src(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	schema := r.Schema()
	if which == inTrain {
		if err := d.chooseColumns(schema, opt); err != nil {
			return err
		}
	}
	at := make([]int, len(d.columns))
	for i, c := range d.columns {
		where := schema.FieldIndices(c.name)
		if len(where) != 1 {
			return fmt.Errorf("column %q is needed exactly once, found %d times", c.name, len(where))
		}
		at[i] = where[0]
	}
	if which != inTrain {
		d.noteExtra(which, schema, opt)
	}
	s := newReservoir(min(opt.MaxRows, max(maxCells/max(len(d.columns), 1), 1000)), len(d.columns), opt.Seed, tableNames[which])
	bad := make([]int64, len(d.columns))
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for lo := int64(0); lo < rec.NumRows(); lo += parallel.BlockRows {
			part := rec.NewSlice(lo, min(lo+parallel.BlockRows, rec.NumRows()))
			d.loadRows(part, at, which, s, known, bad)
			part.Release()
		}
		rec.Release()
	}
	if s.seen == 0 {
		return errors.New("the table has no rows")
	}
	for i, n := range bad {
		if n > 0 {
			d.notes = append(d.notes, fmt.Sprintf("%s: column %q: %d cells are not %s and count as missing", tableNames[which], d.columns[i].name, n, d.columns[i].kind))
		}
	}
	d.rows[which], d.used[which] = s.seen, s.len()
	if which == inTrain {
		known.seal()
	}
	d.keep(which, s, schema, at, opt)
	return nil
}

// chooseColumns takes train's columns but the skipped and the nested ones.
func (d *data) chooseColumns(schema *arrow.Schema, opt Options) error {
	for _, f := range schema.Fields() {
		form := formOf(f.Type)
		switch {
		case slices.Contains(opt.Skip, f.Name):
			d.skipped = append(d.skipped, f.Name)
		case form == formNone:
			d.skipped = append(d.skipped, f.Name)
			d.notes = append(d.notes, fmt.Sprintf("column %q of type %s is not compared", f.Name, f.Type))
		default:
			d.columns = append(d.columns, &column{name: f.Name, form: form, hidden: slices.Contains(opt.Protected, f.Name)})
		}
	}
	if len(d.columns) == 0 {
		return errors.New("no column is left to compare")
	}
	for _, name := range append(slices.Clone(opt.Categorical), opt.Protected...) {
		if len(schema.FieldIndices(name)) == 0 {
			return fmt.Errorf("there is no column %q", name)
		}
	}
	if opt.Target != "" {
		i := slices.IndexFunc(d.columns, func(c *column) bool { return c.name == opt.Target })
		if i < 0 {
			return fmt.Errorf("there is no target column %q to compare", opt.Target)
		}
		d.target = d.columns[i]
	}
	return nil
}

func (d *data) noteExtra(which int, schema *arrow.Schema, opt Options) {
	for _, f := range schema.Fields() {
		known := slices.ContainsFunc(d.columns, func(c *column) bool { return c.name == f.Name })
		if !known && !slices.Contains(d.skipped, f.Name) && !slices.Contains(opt.Skip, f.Name) {
			d.notes = append(d.notes, fmt.Sprintf("column %q is only in %s and is not compared", f.Name, tableNames[which]))
		}
	}
}

func (d *data) loadRows(rec arrow.Record, at []int, which int, s *reservoir, known *fingerprints, bad []int64) {
	n := int(rec.NumRows())
	prints := s.prints(n)
	for i, c := range d.columns {
		col := rec.Column(at[i])
		cells := s.cells(i, n)
		form := formOf(col.DataType())
		switch {
		case which != inTrain && !c.categorical() && form == formText:
			parse := parseNumber
			if c.kind == Datetime {
				parse = parseTime
			}
			bad[i] += asNumbers(col, cells, parse)
			form = c.form
		default:
			names := &c.names
			if c.hidden {
				names = nil
			} else {
				names.begin()
			}
			extract(col, cells, names)
		}
		if form == formText {
			for r, cell := range cells {
				if cell == missing {
					c.nulls[which]++
				}
				prints[r] = mix(prints[r], cell)
			}
			continue
		}
		for r, cell := range cells {
			if cell == missing {
				c.nulls[which]++
			}
			prints[r] = mix(prints[r], levelOf(cell))
		}
	}
	for _, p := range prints {
		known.see(which, p)
	}
	s.add(n)
}

// keep turns a table's sample into columns.
func (d *data) keep(which int, s *reservoir, schema *arrow.Schema, at []int, opt Options) {
	order := s.order()
	for i, c := range d.columns {
		cells := s.kept(i, order)
		form := formOf(schema.Field(at[i]).Type)
		if which == inTrain {
			c.kind = decideKind(c, cells, opt)
			if c.categorical() && form == formText && len(cells) >= 100 {
				if n := distinct(cells); n > len(cells)*9/10 {
					d.notes = append(d.notes, fmt.Sprintf("column %q is nearly unique; if it names records, list it among the columns to skip", c.name))
				}
			}
		}
		if c.categorical() {
			c.encode(which, cells, form)
			continue
		}
		v := make([]float64, len(cells))
		for r, cell := range cells {
			v[r] = math.NaN()
			if cell != missing {
				v[r] = math.Float64frombits(cell)
			}
		}
		c.num[which] = v
	}
}

func distinct(cells []uint64) int {
	v := slices.Clone(cells)
	slices.Sort(v)
	return len(slices.Compact(v))
}

// maxTargetClasses is the most distinct numbers of a target that is taken as
// classes.
const maxTargetClasses = 20

func decideKind(c *column, cells []uint64, opt Options) Kind {
	if c.form == formText || slices.Contains(opt.Categorical, c.name) {
		return Categorical
	}
	most := 2
	if c.name == opt.Target {
		most = maxTargetClasses
	}
	seen := map[uint64]bool{}
	for _, cell := range cells {
		if cell != missing && !seen[cell] {
			seen[cell] = true
			if len(seen) > most {
				if c.form == formTime {
					return Datetime
				}
				return Numerical
			}
		}
	}
	if c.form == formTime && len(seen) > 0 {
		return Datetime
	}
	return Categorical
}

// encode gives levels codes in the order in which the tables show them.
func (c *column) encode(which int, cells []uint64, form form) {
	if c.index == nil {
		c.index = map[uint64]int32{}
	}
	codes := make([]int32, len(cells))
	for r, cell := range cells {
		h := cell
		if form != formText {
			h = levelOf(cell)
		}
		if h == missing {
			codes[r] = -1
			continue
		}
		code, ok := c.index[h]
		if !ok {
			code = int32(c.levels)
			c.index[h] = code
			c.levels++
			name := c.names.of[h]
			if name == "" && form != formText && !c.hidden {
				name = formatCell(math.Float64frombits(cell), form)
			}
			c.labels = append(c.labels, name)
		}
		codes[r] = code
	}
	c.code[which] = codes
}

func formatCell(v float64, f form) string {
	if f == formTime {
		return time.Unix(int64(v), 0).UTC().Format(time.DateOnly)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
