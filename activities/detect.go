package activities

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

const detectVersion = 1

// detected is the statistics of a detection artifact. Its files are
// report.json, what detection says, and contract.json, the contract completed
// with it.
type detected struct {
	Unsure []string `json:"unsure"` // columns to ask people about
}

// Detect says what the columns of a snapshot mean, and completes the table's
// contract: fields without a class get the detected one, and a table without a
// contract gets one inferred in one pass over its rows.
func (a *Activities) Detect(ctx context.Context, in DetectInput) (DetectResult, error) {
	s, t, err := a.table(ctx, in.Plan, in.Snapshot.Table)
	if err != nil {
		return DetectResult{}, temporalError(err)
	}
	known, err := a.knownContract(ctx, in.Plan.Name, t)
	if err != nil {
		return DetectResult{}, temporalError(err)
	}
	m := &meter{stage: "detect", table: t.Name}
	m.total.Store(in.Snapshot.Rows)
	recipe := store.Recipe{
		Step: "detect", Version: detectVersion, Part: t.Name, Inputs: []store.Digest{in.Snapshot.Digest},
		Spec: map[string]any{"contract": known, "block_rows": in.Plan.Layout.BlockRows},
	}
	var report detect.Report
	art, err := a.step(ctx, recipe, m, func(ctx context.Context, d *store.Draft) error {
		var profile *schemas.Profile
		if report, profile, err = a.scan(ctx, in, s, known == nil, m); err != nil {
			return err
		}
		c, unsure := complete(known, t.Name, report, profile)
		if err := writeJSON(ctx, d, "report.json", report); err != nil {
			return err
		}
		d.Rows, d.Stats = report.Rows, detected{Unsure: unsure}
		return writeJSON(ctx, d, "contract.json", c)
	})
	if err != nil {
		return DetectResult{}, err
	}
	if err := a.readJSON(ctx, art.Ref(), "report.json", &report); err != nil {
		return DetectResult{}, temporalError(err)
	}
	var stats detected
	if err := art.DecodeStats(&stats); err != nil {
		return DetectResult{}, temporalError(err)
	}
	answers, err := a.columnAnswers(ctx, in.Plan.Name, t.Name)
	if err != nil {
		return DetectResult{}, temporalError(err)
	}
	out := DetectResult{Report: art.Ref(), Columns: len(report.Columns)}
	for _, name := range stats.Unsure {
		if _, decided := answers[name]; !decided {
			out.Unsure++
		}
	}
	return out, nil
}

// scan reads the rows that detection wants and, for a profile, all of them.
func (a *Activities) scan(ctx context.Context, in DetectInput, s pipeline.Spec, profiled bool, m *meter) (detect.Report, *schemas.Profile, error) {
	rd, err := a.openSnapshot(ctx, in.Plan, in.Snapshot, nil, 0, -1)
	if err != nil {
		return detect.Report{}, nil, err
	}
	defer rd.Close()
	look, err := detect.NewScan(in.Snapshot.Table, rd.Schema(), detect.Options{})
	if err != nil {
		return detect.Report{}, nil, err
	}
	var profile *schemas.Profile
	if profiled {
		key, err := a.hashKey(s, "nocturne/profile")
		if err != nil {
			return detect.Report{}, nil, err
		}
		if profile, err = schemas.NewProfile(rd.Schema(), schemas.ProfileOptions{Key: key}); err != nil {
			return detect.Report{}, nil, fail(SchemaMismatch, err)
		}
	}
	for profiled || !look.Full() {
		rec, err := rd.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return detect.Report{}, nil, err
		}
		m.add(rec.NumRows())
		err = observe(rec, look, profile)
		rec.Release()
		if err != nil {
			return detect.Report{}, nil, err
		}
	}
	return look.Report(), profile, nil
}

func observe(rec arrow.Record, look *detect.Scan, profile *schemas.Profile) error {
	look.Add(rec)
	if profile == nil {
		return nil
	}
	return profile.Add(rec)
}

// hashKey derives a 128-bit hash key.
func (a *Activities) hashKey(s pipeline.Spec, name string) (key [16]byte, err error) {
	set, err := a.keyset(s)
	if err != nil {
		return key, err
	}
	secret, err := set.Derive(name)
	if err != nil {
		return key, fail(KeyMissing, err)
	}
	copy(key[:], secret)
	return key, nil
}

// complete fills the gaps of a contract from detection and lists the columns
// that people should decide.
func complete(known *schemas.Contract, table string, report detect.Report, profile *schemas.Profile) (schemas.Contract, []string) {
	notes := map[string]schemas.Annotation{}
	unsure := map[string]bool{}
	for _, c := range report.Columns {
		notes[c.Name] = schemas.Annotation{Semantic: c.Semantic, Class: c.Class, Probability: c.Probability}
		unsure[c.Name] = c.Unsure
	}
	var c schemas.Contract
	if known != nil {
		c = *known
		c.Fields = append([]schemas.Field(nil), known.Fields...)
	} else {
		c = schemas.Infer(table, profile, notes)
		for i := range c.Fields {
			if unsure[c.Fields[i].Name] {
				c.Fields[i].Class = ""
			}
		}
	}
	var ask []string
	for i := range c.Fields {
		f := &c.Fields[i]
		if f.Class != "" {
			continue
		}
		note, ok := notes[f.Name]
		if !ok || unsure[f.Name] {
			// Nobody knows: the most protective class until somebody says.
			f.Class = semantic.DirectIdentifier
			f.Confirmed = undecided
			ask = append(ask, f.Name)
			continue
		}
		f.Class = note.Class
		if f.Semantic == "" {
			f.Semantic = note.Semantic
		}
	}
	return c.WithDefaults(), ask
}

// undecided marks a field whose class is a guess on the safe side.
const undecided = "undecided"

// answersKey is where the decisions of people on columns lie.
func answersKey(name, table string) string {
	return "contracts/" + name + "/" + table + ".answers.json"
}

// inferredKey is where the contract inferred on a table's first night lies.
func inferredKey(name, table string) string {
	return "contracts/" + name + "/" + table + ".inferred.json"
}

// columnAnswer is what people decided about one column.
type columnAnswer struct {
	Semantic string         `json:"semantic"`
	Class    semantic.Class `json:"class"`
}

// knownContract is the contract a table had before tonight: the pipeline's, or
// the one inferred on its first night; nil when there is none.
func (a *Activities) knownContract(ctx context.Context, name string, t pipeline.Table) (*schemas.Contract, error) {
	if t.Contract != nil {
		return t.Contract, nil
	}
	var c schemas.Contract
	err := a.Store.GetJSON(ctx, inferredKey(name, t.Name), &c)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("contract of %s: %w", t.Name, err)
	}
	return &c, nil
}
