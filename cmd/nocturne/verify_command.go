package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/spf13/cobra"
)

func (a *app) verifyCommand() *cobra.Command {
	var workers int
	c := &cobra.Command{
		Use:   "verify DATASET|FOLDER",
		Short: "Whether a published dataset is what its manifest says",
		Long: `Reads a published dataset, from the store or from a copy of its folder, and checks
that every file has the recorded digest, that the Parquet opens and every row keeps
the published contract, and that pointer, version and artifact agree. Exit code 1
with what is wrong.

  nocturne verify census
  nocturne verify /backup/census/2026-11-24-1a2b3c4d`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, as []string) error { return a.verify(c, as[0], workers) },
	}
	workersFlag(c, &workers)
	return c
}

// verified is the document that the command prints.
type verified struct {
	Dataset string           `json:"dataset"`
	Version string           `json:"version,omitempty"`
	Files   int              `json:"files"`
	Bytes   int64            `json:"bytes"`
	Rows    map[string]int64 `json:"rows"` // by table
	Wrong   []string         `json:"wrong"`
}

func (v *verified) wrong(format string, args ...any) {
	v.Wrong = append(v.Wrong, fmt.Sprintf(format, args...))
}

func (a *app) verify(c *cobra.Command, arg string, workers int) error {
	ctx := c.Context()
	var d *dataset
	var err error
	if exists(arg) {
		d, err = openFolder(arg)
	} else {
		d, _, err = a.openDataset(ctx, arg)
	}
	if err != nil {
		return err
	}
	defer d.close()
	v := verified{Dataset: d.name, Version: d.version.Version, Rows: map[string]int64{}, Wrong: []string{}}
	if d.store != nil {
		if err := v.chain(ctx, d); err != nil {
			return err
		}
	}
	v.digests(ctx, d)
	v.contracts(ctx, d, workers)
	if a.format == "json" {
		err = writeJSON(c.OutOrStdout(), v)
	} else {
		err = v.print(c.OutOrStdout())
	}
	if err == nil && len(v.Wrong) > 0 {
		return fmt.Errorf("%s is not what was published: %d faults", arg, len(v.Wrong))
	}
	return err
}

func (v *verified) print(w io.Writer) error {
	fmt.Fprintf(w, "%s %s: %d files, %d bytes\n", v.Dataset, v.Version, v.Files, v.Bytes)
	for _, t := range sortedKeys(v.Rows) {
		fmt.Fprintf(w, "  %s: %d rows keep the contract\n", t, v.Rows[t])
	}
	for _, x := range v.Wrong {
		fmt.Fprintf(w, "WRONG: %s\n", x)
	}
	if len(v.Wrong) == 0 {
		fmt.Fprintln(w, "all is as published")
	}
	return nil
}

// chain holds the pointer against the version's record and the artifact that
// it was copied from.
func (v *verified) chain(ctx context.Context, d *dataset) error {
	var rec activities.Version
	err := d.store.GetJSON(ctx, activities.VersionKey(d.name, d.version.Version), &rec)
	switch {
	case errors.Is(err, store.ErrNotFound):
		v.wrong("the pointer names version %s, which has no record", d.version.Version)
	case err != nil:
		return err
	default:
		a, errA := store.CanonicalJSON(rec)
		b, errB := store.CanonicalJSON(d.version)
		if errors.Join(errA, errB) != nil || string(a) != string(b) {
			v.wrong("the pointer and the record of version %s differ", d.version.Version)
		}
	}
	m, err := d.store.Stat(ctx, d.version.Artifact.Address)
	switch {
	case errors.Is(err, store.ErrNotFound):
		v.wrong("the artifact behind version %s is gone", d.version.Version)
		return nil
	case err != nil:
		return err
	case m.Digest() != d.version.Artifact.Digest:
		v.wrong("the artifact behind version %s has another digest than the record", d.version.Version)
	}
	for _, f := range d.version.Files {
		if e, ok := m.File(f.Name); !ok || e.SHA256 != f.SHA256 || e.Size != f.Size {
			v.wrong("%s: the version's record and the artifact differ", f.Name)
		}
	}
	return nil
}

// listedFile is a Parquet file in manifest.json.
type listedFile struct {
	Path   string       `json:"path"`
	Rows   int64        `json:"rows"`
	Bytes  int64        `json:"bytes"`
	SHA256 store.Digest `json:"sha256"`
}

// digests reads every file and holds it against what is recorded.
func (v *verified) digests(ctx context.Context, d *dataset) {
	recorded := map[string]store.FileEntry{}
	for _, f := range d.version.Files {
		recorded[f.Name] = f
	}
	var manifest struct {
		Files []listedFile `json:"files"`
	}
	data, err := d.read(ctx, "manifest.json")
	if err == nil {
		err = json.Unmarshal(data, &manifest)
	}
	if err != nil {
		v.wrong("manifest.json cannot be read")
	}
	listed := map[string]listedFile{}
	for _, f := range manifest.Files {
		listed[f.Path] = f
		if !slices.Contains(d.names, f.Path) {
			v.wrong("%s: listed in the manifest but missing", f.Path)
		}
	}
	for _, name := range d.names {
		size, sum, err := d.digest(ctx, name)
		if err != nil {
			v.wrong("%s: cannot be read", name)
			continue
		}
		v.Files++
		v.Bytes += size
		if e, ok := recorded[name]; ok && (e.SHA256 != sum || e.Size != size) {
			v.wrong("%s: its bytes are not those that were recorded", name)
		}
		l, ok := listed[name]
		switch {
		case ok && (l.SHA256 != sum || l.Bytes != size):
			v.wrong("%s: its bytes are not those of the manifest", name)
		case !ok && path.Ext(name) == ".parquet":
			v.wrong("%s: not in the manifest", name)
		case ok:
			v.rows(ctx, d, l)
		}
	}
}

func (v *verified) rows(ctx context.Context, d *dataset, l listedFile) {
	f, err := d.open(ctx, l.Path)
	if err != nil {
		v.wrong("%s: cannot be read", l.Path)
		return
	}
	defer f.close()
	info, err := parquet.Describe(f.File)
	switch {
	case err != nil:
		v.wrong("%s: not a readable Parquet file", l.Path)
	case info.Rows != l.Rows:
		v.wrong("%s: holds %d rows, the manifest says %d", l.Path, info.Rows, l.Rows)
	}
}

func (d *dataset) digest(ctx context.Context, name string) (int64, store.Digest, error) {
	f, err := d.open(ctx, name)
	if err != nil {
		return 0, "", err
	}
	h := sha256.New()
	n, err := io.Copy(h, f.Reader())
	return n, store.Digest(hex.EncodeToString(h.Sum(nil))), errors.Join(err, f.close())
}

// contracts reads all rows of all tables and holds them to their contracts.
func (v *verified) contracts(ctx context.Context, d *dataset, workers int) {
	tables, err := d.tables(ctx)
	if err != nil {
		v.wrong("a contract cannot be read: %v", err)
		return
	}
	if len(tables) == 0 {
		v.wrong("no table: no contracts/TABLE.yaml")
	}
	described := map[string]bool{}
	for _, t := range tables {
		described["data/"+t.name] = true
		counts, err := t.check(ctx, workers)
		if err != nil {
			v.wrong("table %s: %v", t.name, err)
			continue
		}
		v.Rows[t.name] = counts.Good
		for _, reason := range sortedKeys(counts.ByReason) {
			v.wrong("table %s: %d rows break the contract: %s", t.name, counts.ByReason[reason], reason)
		}
	}
	for _, name := range d.names {
		if strings.HasPrefix(name, "data/") && !described[path.Dir(name)] {
			v.wrong("%s: no contract describes it", name)
		}
	}
}

func (t datasetTable) check(ctx context.Context, workers int) (schemas.Counts, error) {
	rd, err := t.source(ctx)
	if err != nil {
		return schemas.Counts{}, err
	}
	schema := rd.Schema()
	if err := rd.Close(); err != nil {
		return schemas.Counts{}, err
	}
	c := t.contract
	// Count every bad row: stopping is for nights.
	c.OnViolation, c.MaxQuarantine = schemas.Quarantine, 1
	validator, err := schemas.NewValidator(c, schema)
	if err != nil {
		return schemas.Counts{}, err
	}
	ignore := func(arrow.Record) error { return nil }
	return schemas.Split(ctx, validator, tabular.Source(t.source), schemas.SplitOptions{Workers: workers}, ignore, ignore)
}
