package activities

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/ml/linear"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/labeling/learn"
	"github.com/nocturne-data/nocturne/schemas"
)

// poolRows bounds the rows among which the acquisition function chooses: the
// first of the table. Choosing among more costs time and gains little.
const poolRows = 20_000

// pool is the rows of a de-identified table that may be asked about, in
// memory: encoded for the learner, and as annotators see them.
type pool struct {
	ids     []string
	at      map[string]int
	x       *linear.Matrix
	records []arrow.Record
	starts  []int // first row of each record
	shown   []int // columns that annotators see
	truth   int   // column that scripted annotators know; -1 = none
}

// rowID names a row for labelling: by its primary key where the table still has
// one, so that a label stays with its record when other columns change, else by
// everything the row holds.
type rowID struct {
	table   string
	columns []int
}

func newRowID(table string, schema *arrow.Schema, c schemas.Contract) rowID {
	id := rowID{table: table}
	for _, name := range c.PrimaryKey {
		at := schema.FieldIndices(name)
		if len(at) == 0 {
			id.columns = nil
			break
		}
		id.columns = append(id.columns, at[0])
	}
	if len(id.columns) == 0 {
		for i := range schema.Fields() {
			id.columns = append(id.columns, i)
		}
	}
	return id
}

func (r rowID) of(rec arrow.Record, row int) string {
	parts := make([]string, 0, len(r.columns)+1)
	parts = append(parts, r.table)
	for _, c := range r.columns {
		if col := rec.Column(c); col.IsNull(row) {
			parts = append(parts, "\x00null")
		} else {
			parts = append(parts, col.ValueStr(row))
		}
	}
	return labeling.TaskID("row", parts...)
}

// pools keeps the pool that was loaded last: every activity of every round asks
// for the same one. Nothing changes a pool once it is loaded.
type pools struct {
	mu   sync.Mutex
	key  store.Digest
	last *pool
}

// pool returns the pool of a table. Activities that ask at once wait for the one
// that loads it.
func (a *Activities) pool(ctx context.Context, in LabelInput, l pipeline.Labels) (*pool, error) {
	settings, err := store.CanonicalJSON(l)
	if err != nil {
		return nil, err
	}
	key := store.DigestOf(in.Protected.Table, string(in.Protected.Ref.Digest), string(in.Protected.Decision.Digest), string(settings))
	a.pools.mu.Lock()
	defer a.pools.mu.Unlock()
	if a.pools.key == key {
		return a.pools.last, nil
	}
	p, err := a.loadPool(ctx, in, l)
	if err != nil {
		return nil, err
	}
	a.pools.key, a.pools.last = key, p
	return p, nil
}

func (x *pools) drop() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.key, x.last = "", nil
}

// loadPool reads and encodes the pool of a table.
func (a *Activities) loadPool(ctx context.Context, in LabelInput, l pipeline.Labels) (*pool, error) {
	var c schemas.Contract
	if err := a.readJSON(ctx, in.Protected.Decision, "output.json", &c); err != nil {
		return nil, err
	}
	rd, err := a.openProtected(ctx, in.Protected, 0, in.Protected.Shards)
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	schema := rd.Schema()
	p := &pool{at: map[string]int{}, truth: -1}
	hidden := slices.Clone(l.Hide)
	if l.Scripted != nil {
		at := schema.FieldIndices(l.Scripted.Truth)
		if len(at) == 0 {
			return nil, fail(InvalidSpec, fmt.Errorf("labels.scripted.truth: the de-identified table %s has no column %q", in.Protected.Table, l.Scripted.Truth))
		}
		p.truth = at[0]
		hidden = append(hidden, l.Scripted.Truth)
	}
	keys := append([]string(nil), c.PrimaryKey...)
	for _, fk := range c.ForeignKeys {
		keys = append(keys, fk.Fields...)
	}
	for i, f := range schema.Fields() {
		if !slices.Contains(hidden, f.Name) {
			p.shown = append(p.shown, i)
		}
	}
	id := newRowID(in.Protected.Table, schema, c)
	enc, err := learn.NewEncoder(schema, learn.EncoderConfig{Exclude: present(schema, append(hidden, keys...))})
	if err != nil {
		return nil, err
	}
	limited := tabular.Slice(rd, tabular.Range{Count: poolRows})
	for {
		rec, err := limited.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		p.starts = append(p.starts, len(p.ids))
		p.records = append(p.records, rec)
		for row := range int(rec.NumRows()) {
			key := id.of(rec, row)
			if _, twice := p.at[key]; !twice {
				p.at[key] = len(p.ids)
			}
			p.ids = append(p.ids, key)
		}
		if err := enc.Observe(rec); err != nil {
			return nil, err
		}
	}
	enc.Seal()
	p.x = &linear.Matrix{Cols: enc.Cols()}
	for _, rec := range p.records {
		if err := enc.Encode(p.x, rec); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func present(schema *arrow.Schema, names []string) []string {
	var out []string
	for _, n := range names {
		if schema.HasField(n) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// locate returns the record and row of item i.
func (p *pool) locate(i int) (arrow.Record, int) {
	n, found := slices.BinarySearch(p.starts, i)
	if !found {
		n--
	}
	return p.records[n], i - p.starts[n]
}

// task is item i as an annotator sees it.
func (p *pool) task(i int, l pipeline.Labels, slice labeling.Slice) labeling.Task {
	rec, row := p.locate(i)
	t := labeling.Task{ID: p.ids[i], Kind: labeling.RowTask, Slice: slice, Title: firstLine(l.Guidelines)}
	for _, c := range p.shown {
		f := labeling.Field{Name: rec.ColumnName(c)}
		if col := rec.Column(c); col.IsNull(row) {
			f.Null = true
		} else {
			f.Value = cell(col, row)
		}
		t.Fields = append(t.Fields, f)
	}
	for _, choice := range l.Choices {
		t.Choices = append(t.Choices, labeling.Choice{Value: choice})
	}
	return t
}

// cell writes a value for people: binary as its length, all else as Arrow does.
func cell(col arrow.Array, row int) string {
	if b, ok := col.(*array.Binary); ok {
		return fmt.Sprintf("%d bytes", b.ValueLen(row))
	}
	return col.ValueStr(row)
}

func (p *pool) truthOf(i int) (string, bool) {
	if p.truth < 0 {
		return "", false
	}
	rec, row := p.locate(i)
	col := rec.Column(p.truth)
	if col.IsNull(row) {
		return "", false
	}
	return col.ValueStr(row), true
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
