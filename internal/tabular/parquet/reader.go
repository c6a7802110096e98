package parquet

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Options are what only Parquet offers. The zero value is what Open uses.
type Options struct {
	// KeepDictionaries yields text columns that the file stores with few
	// distinct values (every page dictionary-encoded, the first row group's
	// dictionary at most a quarter of its rows) as Arrow dictionary arrays of
	// int32 indices, so that work can be done once a distinct value. A
	// dictionary may hold values that no index of the batch points to. Default
	// false: every column has its plain type.
	KeepDictionaries bool
}

// file is an open file and what its columns share.
type file struct {
	name   string
	body   io.ReaderAt
	size   int64
	footer *footer
	packer decompressor
}

type reader struct {
	file      *file
	schema    *arrow.Schema
	fields    []*field
	columns   []*column
	batchRows int
	left      int64 // rows still to be returned
	group     int   // next row group to open
	inGroup   int64 // rows left in the open one
	skip      int64 // rows to pass at the start of the next row group
	err       error
}

// Open opens a Parquet file. Batches have exactly opt.BatchRows rows but for
// the last, whatever the file's row groups. It fails with ErrCorrupt where the
// footer is damaged; damage in pages surfaces in Next. Memory is bounded by
// one batch and one page a column.
func Open(ctx context.Context, f tabular.File, opt tabular.ReadOptions) (tabular.Reader, error) {
	return OpenWith(ctx, f, opt, Options{})
}

// OpenWith is Open with options that only Parquet has.
func OpenWith(ctx context.Context, f tabular.File, opt tabular.ReadOptions, own Options) (_ tabular.Reader, err error) {
	defer caught(&err, f.Name, func() string { return "footer" })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ft, err := readFooter(f)
	if err != nil {
		return nil, placed(err, f.Name, "footer")
	}
	r := &reader{file: &file{name: f.Name, body: f.Body, size: f.Size, footer: ft}}
	all, err := ft.fields()
	if err != nil {
		return nil, placed(err, f.Name, "schema")
	}
	if r.fields, err = project(all, opt.Columns); err != nil {
		return nil, &tabular.Error{File: f.Name, Err: err}
	}
	for _, fd := range r.fields {
		fd.forEachLeaf(r.addColumn)
		if own.KeepDictionaries {
			if err := r.keepDictionary(fd); err != nil {
				return nil, err
			}
		}
	}
	r.schema = schemaOf(r.fields, ft)
	if err := declared(opt.Schema, r.schema); err != nil {
		return nil, &tabular.Error{File: f.Name, Err: err}
	}
	if r.batchRows = opt.BatchRows; r.batchRows <= 0 {
		r.batchRows = parallel.BlockRows
	}
	r.position(opt.Rows)
	return r, nil
}

// Describe reads a file's footer alone.
func Describe(f tabular.File) (info tabular.Info, err error) {
	defer caught(&err, f.Name, func() string { return "footer" })
	ft, err := readFooter(f)
	if err != nil {
		return info, placed(err, f.Name, "footer")
	}
	fields, err := ft.fields()
	if err != nil {
		return info, placed(err, f.Name, "schema")
	}
	info = tabular.Info{Format: "parquet", Schema: schemaOf(fields, ft), Groups: []int64{}}
	for i := range ft.meta.RowGroups {
		n := ft.meta.RowGroups[i].NumRows
		info.Rows += n
		info.Groups = append(info.Groups, n)
	}
	return info, nil
}

func (ft *footer) fields() ([]*field, error) {
	var p planner
	for _, kv := range ft.meta.KeyValueMetadata {
		if kv.Key == hintsKey {
			p.hints = readHints(kv.Value)
		}
	}
	out := make([]*field, len(ft.root.children))
	for i, n := range ft.root.children {
		var err error
		if out[i], err = p.plan(n, 0, 0); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func schemaOf(fields []*field, ft *footer) *arrow.Schema {
	af := make([]arrow.Field, len(fields))
	for i, f := range fields {
		af[i] = f.Field
	}
	kv := map[string]string{}
	for _, e := range ft.meta.KeyValueMetadata {
		if e.Key != hintsKey && e.Key != "ARROW:schema" {
			kv[e.Key] = e.Value
		}
	}
	keys := slices.Sorted(maps.Keys(kv))
	values := make([]string, len(keys))
	for i, k := range keys {
		values[i] = kv[k]
	}
	md := arrow.NewMetadata(keys, values)
	return arrow.NewSchema(af, &md)
}

func project(all []*field, names []string) ([]*field, error) {
	if names == nil {
		return all, nil
	}
	out := make([]*field, 0, len(names))
	for _, name := range names {
		i := slices.IndexFunc(all, func(f *field) bool { return f.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no column %q", name)
		}
		if slices.Contains(out, all[i]) {
			return nil, fmt.Errorf("column %q asked for twice", name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// declared checks the caller's types against the file's: Parquet stores types,
// so a difference is a fault and never a conversion.
func declared(want, have *arrow.Schema) error {
	if want == nil {
		return nil
	}
	for _, f := range have.Fields() {
		w, ok := want.FieldsByName(f.Name)
		if ok && len(w) == 1 && f.Type.ID() != arrow.DICTIONARY && !arrow.TypeEqual(w[0].Type, f.Type) {
			return fmt.Errorf("column %q is %s, declared %s", f.Name, f.Type, w[0].Type)
		}
	}
	return nil
}

func (r *reader) addColumn(f *field) {
	f.column = len(r.columns)
	n := f.leaf
	r.columns = append(r.columns, &column{
		file: r.file, leaf: n, width: f.conv.width,
		flat: n.parent.parent == nil && !n.repeated(),
	})
}

// position turns a row range into row groups. Ranges outside the table are cut
// to it.
func (r *reader) position(rows *tabular.Range) {
	groups := r.file.footer.meta.RowGroups
	for i := range groups {
		r.left += groups[i].NumRows
	}
	if rows == nil {
		return
	}
	first := min(max(rows.First, 0), r.left)
	r.left -= first
	if rows.Count >= 0 {
		r.left = min(r.left, rows.Count)
	}
	for r.group < len(groups) && first >= groups[r.group].NumRows {
		first -= groups[r.group].NumRows
		r.group++
	}
	r.skip = first
}

func (r *reader) Schema() *arrow.Schema { return r.schema }

func (r *reader) Close() error {
	r.file.packer.close()
	r.columns, r.err = nil, io.ErrClosedPipe
	return nil
}

func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rec, err := r.next()
	if err != nil {
		r.err = err
	}
	return rec, err
}

func (r *reader) next() (rec arrow.Record, err error) {
	var at *column
	place := func() string {
		if at != nil {
			return at.place()
		}
		return ""
	}
	defer caught(&err, r.file.name, place)
	if r.left == 0 {
		return nil, io.EOF
	}
	want := int(min(int64(r.batchRows), r.left))
	batches := make([]*batch, len(r.columns))
	for got := 0; got < want; {
		if r.inGroup == 0 {
			at = nil
			rows := r.file.footer.meta.RowGroups[r.group].NumRows
			if rows > 0 {
				for _, c := range r.columns {
					at = c
					c.begin(r.group)
					if err := c.seek(r.skip); err != nil {
						return nil, placed(err, r.file.name, c.place())
					}
				}
				r.inGroup, r.skip = rows-r.skip, 0
			}
			r.group++
			continue
		}
		n := int(min(int64(want-got), r.inGroup))
		for i, c := range r.columns {
			at = c
			if batches[i] == nil {
				batches[i] = c.newBatch(want)
			}
			if err := c.read(n, batches[i]); err != nil {
				return nil, placed(err, r.file.name, c.place())
			}
		}
		got += n
		r.inGroup -= int64(n)
	}
	arrays := make([]arrow.Array, len(r.fields))
	for i, f := range r.fields {
		at = r.columns[f.first().column]
		data, err := f.assemble(batches)
		if err == nil && data.Len() != want {
			err = errLengths
		}
		if err != nil {
			return nil, placed(err, r.file.name, at.place())
		}
		arrays[i] = array.MakeFromData(data)
	}
	for i, c := range r.columns {
		c.lastBytes = len(batches[i].dense.data)
	}
	r.left -= int64(want)
	return array.NewRecord(r.schema, arrays, int64(want)), nil
}
