package activities

import (
	"bytes"
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// datasetFile is one Parquet file of a dataset.
type datasetFile struct {
	Config string       `json:"config"`
	Path   string       `json:"path"`
	Rows   int64        `json:"rows"`
	Bytes  int64        `json:"bytes"`
	SHA256 store.Digest `json:"sha256"`
}

func twinConfig(table string) string { return table + "_twin" }

// writeTable puts the files of a table into the dataset: the de-identified rows
// with their labels, the twin, and the contracts of both.
func (a *Activities) writeTable(ctx context.Context, d *store.Draft, n nightRecord, t tableRecord) ([]datasetFile, error) {
	table := t.protected.Table
	out, contract, err := a.writeProtected(ctx, d, n, t)
	if err != nil {
		return nil, err
	}
	if err := writeContract(ctx, d, table, contract); err != nil {
		return nil, err
	}
	if t.twin == nil {
		return out, nil
	}
	m, err := a.Store.Stat(ctx, t.twin.Ref.Address)
	if err != nil {
		return nil, err
	}
	for _, f := range m.Files {
		name := "data/" + twinConfig(table) + "/" + f.Name
		if err := d.Adopt(ctx, name, f); err != nil {
			return nil, err
		}
		file, err := a.describeFile(ctx, twinConfig(table), name, f)
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	twin := t.output
	twin.Name, twin.Description = twinConfig(table), "Synthetic twin of "+table+": rows drawn from a model, about nobody."
	return out, writeContract(ctx, d, twin.Name, twin)
}

func (a *Activities) writeProtected(ctx context.Context, d *store.Draft, n nightRecord, t tableRecord) ([]datasetFile, schemas.Contract, error) {
	table := t.protected.Table
	contract := t.output
	labelled := n.spec.Labels != nil && n.spec.Labels.Table == table && n.in.Labels != nil
	if labelled {
		contract.Fields = append(append([]schemas.Field(nil), contract.Fields...), labelFields(n.spec.Labels.Column)...)
	}
	m, err := a.Store.Stat(ctx, t.protected.Ref.Address)
	if err != nil {
		return nil, contract, err
	}
	var out []datasetFile
	for i := range t.protected.Shards {
		base := shardName(i, t.protected.Shards)
		f, ok := m.File(base)
		if !ok {
			return nil, contract, fmt.Errorf("shard %s is missing", base)
		}
		name := "data/" + table + "/" + base
		if labelled {
			if f, err = a.writeLabelled(ctx, d, name, n, t, i); err != nil {
				return nil, contract, err
			}
		} else if err := d.Adopt(ctx, name, f); err != nil {
			return nil, contract, err
		}
		file, err := a.describeFile(ctx, table, name, f)
		if err != nil {
			return nil, contract, err
		}
		out = append(out, file)
	}
	return out, contract, nil
}

func (a *Activities) describeFile(ctx context.Context, config, name string, f store.FileEntry) (datasetFile, error) {
	open, err := a.Store.OpenEntry(ctx, f)
	if err != nil {
		return datasetFile{}, err
	}
	defer open.Close()
	info, err := parquet.Describe(open.File)
	if err != nil {
		return datasetFile{}, err
	}
	return datasetFile{Config: config, Path: name, Rows: info.Rows, Bytes: f.Size, SHA256: f.SHA256}, nil
}

// labelFields are the columns that labels add.
func labelFields(column string) []schemas.Field {
	return []schemas.Field{
		{Name: column, Type: "utf8", Semantic: "category", Class: semantic.None, Nullable: true, Description: "label that annotators gave; null = not asked"},
		{Name: column + "_probability", Type: "float64", Semantic: "number", Class: semantic.None, Nullable: true, Description: "how sure the consensus is"},
	}
}

// writeLabelled rewrites one shard with the labels of its rows.
func (a *Activities) writeLabelled(ctx context.Context, d *store.Draft, name string, n nightRecord, t tableRecord, shard int) (store.FileEntry, error) {
	byID := make(map[string]rowLabel, len(n.labels))
	for _, l := range n.labels {
		byID[l.ID] = l
	}
	rd, err := a.openProtected(ctx, t.protected, shard, shard+1)
	if err != nil {
		return store.FileEntry{}, err
	}
	defer rd.Close()
	schema := rd.Schema()
	id := newRowID(t.protected.Table, schema, t.output)
	column := n.spec.Labels.Column
	if schema.HasField(column) {
		return store.FileEntry{}, fail(InvalidSpec, fmt.Errorf("labels.column: table %s has a column %q already", t.protected.Table, column))
	}
	fields := append(append([]arrow.Field(nil), schema.Fields()...),
		arrow.Field{Name: column, Type: arrow.BinaryTypes.String, Nullable: true},
		arrow.Field{Name: column + "_probability", Type: arrow.PrimitiveTypes.Float64, Nullable: true})
	full := arrow.NewSchema(fields, nil)
	plan, err := a.compile(ctx, n.spec, t.source, nil)
	if err != nil {
		return store.FileEntry{}, err
	}
	file, err := d.Create(ctx, name)
	if err != nil {
		return store.FileEntry{}, err
	}
	w, err := parquet.NewWriter(file, full, tabular.WriteOptions{
		Protected: plan.Protected(), Workers: a.Workers,
		Metadata: map[string]string{"nocturne.contract": t.source.Name + " " + t.source.Version, "nocturne.policy": t.decided.Policy},
	})
	if err != nil {
		return store.FileEntry{}, err
	}
	defer w.Abort()
	err = parallel.Stream(ctx, a.Workers, rd.Next,
		func(_ context.Context, _ int, rec arrow.Record) (arrow.Record, error) {
			defer rec.Release()
			return withLabels(rec, full, id, byID), nil
		},
		func(_ int, rec arrow.Record) error {
			defer rec.Release()
			return w.Write(ctx, rec)
		})
	if err != nil {
		return store.FileEntry{}, err
	}
	if err := w.Close(); err != nil {
		return store.FileEntry{}, err
	}
	if err := file.Close(); err != nil {
		return store.FileEntry{}, err
	}
	entry, _ := d.File(name)
	return entry, nil
}

func withLabels(rec arrow.Record, schema *arrow.Schema, id rowID, labels map[string]rowLabel) arrow.Record {
	text := array.NewStringBuilder(memory.DefaultAllocator)
	defer text.Release()
	sure := array.NewFloat64Builder(memory.DefaultAllocator)
	defer sure.Release()
	for row := range int(rec.NumRows()) {
		if l, ok := labels[id.of(rec, row)]; ok {
			text.Append(l.Label)
			sure.Append(l.Probability)
		} else {
			text.AppendNull()
			sure.AppendNull()
		}
	}
	a, b := text.NewArray(), sure.NewArray()
	defer a.Release()
	defer b.Release()
	return array.NewRecord(schema, append(append([]arrow.Array(nil), rec.Columns()...), a, b), rec.NumRows())
}

// writeContract writes a table's contract as ODCS and in Nocturne's own form.
func writeContract(ctx context.Context, d *store.Draft, table string, c schemas.Contract) error {
	if c.Version == "" {
		c.Version = "1.0.0"
	}
	c.Name = table
	odcs, err := schemas.ODCS(c, schemas.ODCSServer{Server: "files", Type: "local", Path: "data/" + table + "/*.parquet", Format: "parquet"})
	if err != nil {
		return err
	}
	if err := d.WriteFile(ctx, "contracts/"+table+".odcs.yaml", odcs); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := c.EncodeYAML(&b); err != nil {
		return err
	}
	return d.WriteFile(ctx, "contracts/"+table+".yaml", b.Bytes())
}
