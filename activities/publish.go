package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth/evaluate"
)

const publishVersion = 1

// Where a dataset's versions lie, and which one is current.
func versionFolder(dataset, version string) string { return "datasets/" + dataset + "/" + version }

// LatestKey is the atomic pointer to a dataset's current version.
func LatestKey(dataset string) string { return "datasets/" + dataset + "/latest.json" }

// VersionKey is the record of one published version.
func VersionKey(dataset, version string) string {
	return "datasets/" + dataset + "/versions/" + version + ".json"
}

// Version is the record of a published version: what LatestKey points with.
type Version struct {
	Dataset  string                   `json:"dataset"`
	Title    string                   `json:"title"`
	Version  string                   `json:"version"`
	Date     string                   `json:"date"`
	Night    string                   `json:"night"`
	Rows     int64                    `json:"rows"`    // of the de-identified tables
	Verdict  string                   `json:"verdict"` // one sentence on the twins
	Passed   bool                     `json:"passed"`  // whether every twin was released
	Artifact store.Ref                `json:"artifact"`
	Path     string                   `json:"path"`
	Files    []store.FileEntry        `json:"files"`
	Built    map[string]store.Address `json:"built"` // artifacts that it was made from, by role
}

// night is everything a publication shows, gathered once.
type nightRecord struct {
	spec   pipeline.Spec
	in     PublishInput
	tables []tableRecord
	labels []rowLabel
}

// tableRecord is one table of it.
type tableRecord struct {
	table      pipeline.Table
	protected  Protected
	stats      tableStats
	decided    decided
	source     schemas.Contract // as it was read
	output     schemas.Contract // as it is published
	decisions  []anonymize.Decision
	report     detect.Report
	proof      proof.Result
	twin       *Twin
	evaluation *evaluate.Report
	verdict    *Evaluation
}

// Publish writes the dataset's new version: Parquet, contracts, card, Croissant
// and OpenLineage metadata, report and manifest. It becomes visible by one
// atomic pointer, after everything else.
func (a *Activities) Publish(ctx context.Context, in PublishInput) (Published, error) {
	m := &meter{stage: "publish"}
	var out Published
	err := a.run(ctx, "publish", m, func(ctx context.Context) error {
		n, err := a.gather(ctx, in)
		if err != nil {
			return err
		}
		recipe, err := publishRecipe(n)
		if err != nil {
			return err
		}
		art, _, err := a.Store.Build(ctx, recipe, func(ctx context.Context, d *store.Draft) error { return a.writeDataset(ctx, d, n) })
		if err != nil {
			return err
		}
		v, err := a.release(ctx, n, art)
		if err != nil {
			return err
		}
		out = Published{Dataset: v.Dataset, Version: v.Version, Ref: art.Ref(), Path: v.Path, Files: len(v.Files)}
		for _, f := range v.Files {
			out.Bytes += f.Size
		}
		return nil
	})
	return out, err
}

// publishRecipe covers everything that is shown, so that an unchanged night
// publishes the version that is there.
func publishRecipe(n nightRecord) (store.Recipe, error) {
	r := store.Recipe{Step: "publish", Version: publishVersion, Part: n.spec.Name}
	for _, t := range n.tables {
		r.Inputs = append(r.Inputs, t.protected.Ref.Digest, t.protected.Decision.Digest, t.protected.Report.Digest)
		if t.verdict != nil {
			r.Inputs = append(r.Inputs, t.verdict.Report.Digest)
		}
		if t.twin != nil {
			r.Inputs = append(r.Inputs, t.twin.Ref.Digest)
		}
	}
	if n.in.Labels != nil {
		r.Inputs = append(r.Inputs, n.in.Labels.Digest)
	}
	r.Spec = map[string]any{
		// The specification: title, licence, gate, label column, and all else
		// that cards and manifest quote.
		"pipeline": n.in.Plan.Ref.Digest,
		"date":     n.in.Plan.Date, "engine": n.in.Engine, "labels": n.in.LabelCounts, "proofs": n.in.Proofs,
	}
	return r, nil
}

// gather reads the records of a night.
func (a *Activities) gather(ctx context.Context, in PublishInput) (nightRecord, error) {
	s, err := a.spec(ctx, in.Plan)
	if err != nil {
		return nightRecord{}, err
	}
	n := nightRecord{spec: s, in: in}
	for i, p := range in.Protected {
		t, err := a.gatherTable(ctx, s, in, i, p)
		if err != nil {
			return n, fmt.Errorf("table %s: %w", p.Table, err)
		}
		n.tables = append(n.tables, t)
	}
	if in.Labels != nil {
		if err := a.readJSON(ctx, *in.Labels, "labels.json", &n.labels); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (a *Activities) gatherTable(ctx context.Context, s pipeline.Spec, in PublishInput, i int, p Protected) (tableRecord, error) {
	t := tableRecord{protected: p}
	var ok bool
	if t.table, ok = s.Table(p.Table); !ok {
		return t, errors.New("not in the pipeline")
	}
	for name, v := range map[string]any{"contract.json": &t.source, "output.json": &t.output, "decisions.json": &t.decisions} {
		if err := a.readJSON(ctx, p.Decision, name, v); err != nil {
			return t, err
		}
	}
	if err := a.readJSON(ctx, p.Report, "report.json", &t.report); err != nil {
		return t, err
	}
	if err := a.stats(ctx, p.Ref, &t.stats); err != nil {
		return t, err
	}
	if err := a.stats(ctx, p.Decision, &t.decided); err != nil {
		return t, err
	}
	if i < len(in.Proofs) {
		t.proof = proof.Result{Rows: in.Proofs[i].Rows, Cells: in.Proofs[i].Cells, Values: int(in.Proofs[i].Values), Excused: in.Proofs[i].FalseAlarms}
	}
	for k := range in.Twins {
		if in.Twins[k].Table == p.Table {
			t.twin = &in.Twins[k]
		}
	}
	for k := range in.Evaluations {
		if e := in.Evaluations[k]; e.Table == p.Table {
			t.evaluation = &evaluate.Report{}
			if err := a.readJSON(ctx, e.Report, evaluationFile, t.evaluation); err != nil {
				return t, err
			}
			e.Verdict = t.evaluation.Verdict
			t.verdict = &e
		}
	}
	return t, nil
}

// stats decodes the statistics of an artifact.
func (a *Activities) stats(ctx context.Context, ref store.Ref, v any) error {
	m, err := a.Store.Stat(ctx, ref.Address)
	if err != nil {
		return err
	}
	return m.DecodeStats(v)
}

// writeDataset builds the artifact of a version.
func (a *Activities) writeDataset(ctx context.Context, d *store.Draft, n nightRecord) error {
	var files []datasetFile
	for _, t := range n.tables {
		written, err := a.writeTable(ctx, d, n, t)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.protected.Table, err)
		}
		files = append(files, written...)
	}
	dataset, err := describe(n, files)
	if err != nil {
		return err
	}
	for _, w := range []struct {
		name  string
		write func(*bytes.Buffer) error
	}{
		{"README.md", func(b *bytes.Buffer) error { return writeCard(b, n, dataset) }},
		{"croissant.json", func(b *bytes.Buffer) error { return writeCroissant(b, dataset) }},
		{"report.html", func(b *bytes.Buffer) error { return nightPage(n).Render(b) }},
		{"manifest.json", func(b *bytes.Buffer) error { return writeManifest(b, n, files) }},
	} {
		var b bytes.Buffer
		if err := w.write(&b); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if err := d.WriteFile(ctx, w.name, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// provenance is manifest.json: what was checked, how, and under which keys.
type provenance struct {
	Dataset  string            `json:"dataset"`
	Date     string            `json:"date"`
	Pipeline store.Digest      `json:"pipeline"` // digest of the specification
	Seed     uint64            `json:"seed"`
	Tables   []tableProvenance `json:"tables"`
	Files    []datasetFile     `json:"files"`
}

type tableProvenance struct {
	Table       string           `json:"table"`
	RowsIn      int64            `json:"rows_in"`
	RowsOut     int64            `json:"rows_out"`
	Quarantined map[string]int64 `json:"quarantined,omitempty"` // reason -> rows
	Policy      string           `json:"policy"`                // digest of policy, contract, principal, key ids
	Proof       proof.Result     `json:"proof"`
	Twin        int64            `json:"twin_rows,omitempty"`
	Verdict     string           `json:"verdict,omitempty"`
	Refused     []string         `json:"refused,omitempty"`
}

func writeManifest(b *bytes.Buffer, n nightRecord, files []datasetFile) error {
	p := provenance{Dataset: n.spec.Name, Date: n.in.Plan.Date, Pipeline: n.in.Plan.Ref.Digest, Seed: n.spec.Seed, Files: files}
	for _, t := range n.tables {
		x := tableProvenance{
			Table: t.protected.Table, RowsIn: t.stats.RowsIn, RowsOut: t.stats.RowsOut, Quarantined: t.stats.ByReason,
			Policy: t.decided.Policy, Proof: t.proof,
		}
		if t.twin != nil {
			x.Twin = t.twin.Rows
		}
		if t.verdict != nil {
			x.Verdict, x.Refused = t.verdict.Verdict, t.verdict.Refused
		}
		p.Tables = append(p.Tables, x)
	}
	enc := json.NewEncoder(b)
	enc.SetIndent("", "  ")
	return enc.Encode(p)
}

// summarize is what a catalogue says about a version.
func summarize(n nightRecord) (rows int64, verdict string, passed bool) {
	var released, held []string
	for _, t := range n.tables {
		rows += t.stats.RowsOut
		switch {
		case t.verdict == nil:
		case len(t.verdict.Refused) > 0:
			held = append(held, t.protected.Table)
		default:
			released = append(released, t.protected.Table)
		}
	}
	var parts []string
	if len(released) > 0 {
		parts = append(parts, "Twins released: "+strings.Join(released, ", ")+".")
	}
	if len(held) > 0 {
		parts = append(parts, "Twins held back: "+strings.Join(held, ", ")+".")
	}
	if len(parts) == 0 {
		parts = append(parts, "De-identified tables only.")
	}
	return rows, strings.Join(parts, " "), len(held) == 0
}

// release copies the artifact to the version's folder and moves the pointer.
func (a *Activities) release(ctx context.Context, n nightRecord, art store.Manifest) (Version, error) {
	name := n.spec.Name
	v := Version{
		Dataset: name, Title: n.spec.Title, Date: n.in.Plan.Date, Night: n.in.Plan.Night, Artifact: art.Ref(),
		Version: n.in.Plan.Date + "-" + string(art.Digest()[:8]), Built: map[string]store.Address{"plan": n.in.Plan.Ref.Address},
	}
	v.Path = versionFolder(name, v.Version)
	v.Rows, v.Verdict, v.Passed = summarize(n)
	for _, f := range art.Files {
		key := v.Path + "/" + f.Name
		if err := a.Store.Copy(ctx, key, f.Key); err != nil {
			return v, err
		}
		v.Files = append(v.Files, store.FileEntry{Name: f.Name, Key: key, Size: f.Size, SHA256: f.SHA256})
	}
	for _, t := range n.tables {
		v.Built["protected/"+t.protected.Table] = t.protected.Ref.Address
		v.Built["decision/"+t.protected.Table] = t.protected.Decision.Address
		v.Built["detection/"+t.protected.Table] = t.protected.Report.Address
		if t.twin != nil {
			v.Built["twin/"+t.protected.Table] = t.twin.Ref.Address
		}
		if t.verdict != nil {
			v.Built["evaluation/"+t.protected.Table] = t.verdict.Report.Address
		}
	}
	// A failed lineage event must not fail a night whose data is right.
	if events, err := lineageEvents(n, v, time.Now().UTC()); err == nil {
		if err := a.Store.Put(ctx, v.Path+"/openlineage.jsonl", events); err != nil {
			return v, err
		}
	}
	if err := a.Store.PutJSON(ctx, VersionKey(name, v.Version), v); err != nil {
		return v, err
	}
	if err := a.stillHolds(ctx, n.in.Plan); err != nil {
		return v, err
	}
	// A night about an older day, as in a backfill, adds a version and leaves
	// the pointer at the newer one.
	var latest Version
	err := a.Store.GetJSON(ctx, LatestKey(name), &latest)
	if err == nil && latest.Date > v.Date {
		return v, nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return v, err
	}
	return v, a.Store.PutJSON(ctx, LatestKey(name), v)
}
