package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/nocturne-data/nocturne/schemas"
)

// dataset is one published version: in the store, or a copy of its folder.
type dataset struct {
	name    string
	version activities.Version // empty for a folder
	store   *store.Store       // nil for a folder
	folder  string
	names   []string // of its files, in order
}

// datasetTable is one table of a dataset.
type datasetTable struct {
	name     string
	contract schemas.Contract
	files    []string
	dataset  *dataset
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// openDataset finds the current version of NAME or NAME/TABLE in the store.
func (a *app) openDataset(ctx context.Context, arg string) (*dataset, string, error) {
	name, table, _ := strings.Cut(arg, "/")
	st, err := store.Open(ctx, a.storeURL())
	if err != nil {
		return nil, "", err
	}
	d := &dataset{name: name, store: st}
	err = st.GetJSON(ctx, activities.LatestKey(name), &d.version)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%s is neither a file nor a dataset published in %s%s", arg, a.storeURL(), published(ctx, st))
	}
	if err != nil {
		return nil, "", errors.Join(err, st.Close())
	}
	for _, f := range d.version.Files {
		d.names = append(d.names, f.Name)
	}
	slices.Sort(d.names)
	return d, table, nil
}

// published lists the datasets of a store, as a hint.
func published(ctx context.Context, st *store.Store) string {
	keys, err := st.List(ctx, "datasets/")
	if err != nil {
		return ""
	}
	var names []string
	for _, k := range keys {
		parts := strings.Split(k, "/")
		if len(parts) == 3 && activities.LatestKey(parts[1]) == k {
			names = append(names, parts[1])
		}
	}
	if names == nil {
		return ": nothing is published there yet; `nocturne demo` makes a first one"
	}
	return ", which holds " + strings.Join(names, ", ")
}

// openFolder opens a copy of a version's folder.
func openFolder(folder string) (*dataset, error) {
	d := &dataset{name: filepath.Base(filepath.Clean(folder)), folder: folder}
	err := filepath.WalkDir(folder, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(folder, p)
		d.names = append(d.names, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(d.names)
	return d, err
}

func (d *dataset) close() error {
	if d.store == nil {
		return nil
	}
	return d.store.Close()
}

// Close implements io.Closer.
func (d *dataset) Close() error { return d.close() }

// openedFile is a file of a dataset.
type openedFile struct {
	tabular.File
	close func() error
}

func (d *dataset) open(ctx context.Context, name string) (openedFile, error) {
	if d.store != nil {
		f, err := d.store.OpenKey(ctx, d.version.Path+"/"+name, name)
		if err != nil {
			return openedFile{}, err
		}
		return openedFile{f.File, f.Close}, nil
	}
	f, err := os.Open(filepath.Join(d.folder, filepath.FromSlash(name)))
	if err != nil {
		return openedFile{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return openedFile{}, errors.Join(err, f.Close())
	}
	return openedFile{tabular.File{Name: name, Body: f, Size: info.Size()}, f.Close}, nil
}

func (d *dataset) read(ctx context.Context, name string) ([]byte, error) {
	f, err := d.open(ctx, name)
	if err != nil {
		return nil, err
	}
	data := make([]byte, f.Size)
	_, err = f.Reader().ReadAt(data, 0)
	return data, errors.Join(err, f.close())
}

// tables lists the tables by their contracts: contracts/TABLE.yaml describes
// data/TABLE/*.parquet.
func (d *dataset) tables(ctx context.Context) ([]datasetTable, error) {
	var out []datasetTable
	for _, name := range d.names {
		table, ok := strings.CutSuffix(name, ".yaml")
		if !ok || path.Dir(name) != "contracts" || strings.HasSuffix(table, ".odcs") {
			continue
		}
		t := datasetTable{name: path.Base(table), dataset: d}
		data, err := d.read(ctx, name)
		if err != nil {
			return nil, err
		}
		if t.contract, err = schemas.DecodeYAML(bytes.NewReader(data)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, f := range d.names {
			if path.Dir(f) == "data/"+t.name && path.Ext(f) == ".parquet" {
				t.files = append(t.files, f)
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// table finds one table; an empty name will do when there is one only.
func (d *dataset) table(ctx context.Context, name string) (datasetTable, error) {
	all, err := d.tables(ctx)
	if err != nil {
		return datasetTable{}, err
	}
	var names []string
	for _, t := range all {
		if t.name == name || name == "" && len(all) == 1 {
			return t, nil
		}
		names = append(names, d.name+"/"+t.name)
	}
	return datasetTable{}, usageError{fmt.Errorf("which table of %s? It holds %s", d.name, strings.Join(names, ", "))}
}

// source reads the table from its first row.
func (t datasetTable) source(ctx context.Context) (tabular.Reader, error) {
	parts := make([]tabular.Source, len(t.files))
	for i, name := range t.files {
		parts[i] = func(ctx context.Context) (tabular.Reader, error) {
			f, err := t.dataset.open(ctx, name)
			if err != nil {
				return nil, err
			}
			rd, err := parquet.Open(ctx, f.File, tabular.ReadOptions{})
			if err != nil {
				return nil, errors.Join(err, f.close())
			}
			return &closing{rd, closerFunc(f.close)}, nil
		}
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("table %s has a contract but no file in data/%s", t.name, t.name)
	}
	return tabular.Concat(ctx, parts...)
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }
