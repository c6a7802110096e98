package activities

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/synth/evaluate"
)

const evaluateVersion = 2

// An evaluation artifact holds evaluation.json, the whole report.
const evaluationFile = "evaluation.json"

// Evaluate measures a twin beside the real holdout and holds it to the release
// policy.
func (a *Activities) Evaluate(ctx context.Context, in EvaluateInput) (Evaluation, error) {
	s, t, err := a.table(ctx, in.Plan, in.Protected.Table)
	if err != nil {
		return Evaluation{}, temporalError(err)
	}
	var c schemas.Contract
	if err := a.readJSON(ctx, in.Protected.Decision, "output.json", &c); err != nil {
		return Evaluation{}, temporalError(err)
	}
	m := &meter{stage: "evaluate", table: t.Name}
	m.total.Store(in.Twin.Rows)
	opt := evaluate.Options{Seed: s.Seed, Workers: a.Workers, Progress: m.share}
	for _, f := range c.Fields {
		switch {
		case f.Semantic == "record_id", f.Semantic == "foreign_key", f.Semantic == "code", f.Semantic == "free_text", isKey(c, f.Name):
			// Generated, not learned: nothing to compare.
			opt.Skip = append(opt.Skip, f.Name)
			continue
		case f.Name == t.Target:
			opt.Target = t.Target
		}
		if f.Class == semantic.DirectIdentifier || f.Class == semantic.Sensitive {
			opt.Protected = append(opt.Protected, f.Name)
		}
	}
	var report evaluate.Report
	art, err := a.step(ctx, store.Recipe{
		Step: "evaluate", Version: evaluateVersion, Part: t.Name, Inputs: []store.Digest{in.Protected.Ref.Digest, in.Twin.Ref.Digest},
		Spec: map[string]any{"seed": s.Seed, "holdout": s.Synthesis.Holdout, "target": opt.Target, "skip": opt.Skip, "protected": opt.Protected},
	}, m, func(ctx context.Context, d *store.Draft) error {
		r, err := evaluate.Evaluate(ctx, a.sideSource(s, in.Protected, c, false), a.sideSource(s, in.Protected, c, true),
			tabular.Source(func(ctx context.Context) (tabular.Reader, error) { return a.openTwin(ctx, in.Twin) }), opt)
		if err != nil {
			return err
		}
		return writeJSON(ctx, d, evaluationFile, r)
	})
	if err != nil {
		return Evaluation{}, err
	}
	if err := a.readJSON(ctx, art.Ref(), evaluationFile, &report); err != nil {
		return Evaluation{}, temporalError(err)
	}
	out := Evaluation{Table: t.Name, Report: art.Ref(), Verdict: report.Verdict, Figures: figures(report)}
	if s.Gate.Limits == nil {
		return out, temporalError(fail(InvalidSpec, errors.New("gate.limits: missing")))
	}
	for _, r := range evaluate.Gate(report, *s.Gate.Limits) {
		out.Refused = append(out.Refused, fmt.Sprintf("%s: %s", r.Rule, r.Reason))
	}
	return out, nil
}

// The figures that even the shortest summary shows.
const (
	DetectionFigure = "C2ST against holdout"
	DistanceFigure  = "DCR share"
)

// figures picks the numbers that a summary shows. Numbers that were not
// measured are left out: JSON has no word for them.
func figures(r evaluate.Report) []Figure {
	var out []Figure
	add := func(name string, value, ceiling evaluate.Number) {
		if value.Measured() && ceiling.Measured() {
			out = append(out, Figure{Name: name, Value: rounded(value), Ceiling: rounded(ceiling)})
		}
	}
	m := func(name string, x evaluate.Measure) { add(name, x.Value, x.Ceiling) }
	m("shape error", r.Fidelity.ShapeError)
	m("pair error", r.Fidelity.PairError)
	m("pair TVD, matched", r.Fidelity.PairTVDMatched)
	m(DetectionFigure, r.Detection.AgainstHoldout)
	if r.Utility != nil {
		add("utility, train on twin", r.Utility.Synthetic, r.Utility.Real)
	}
	add(DistanceFigure, r.Privacy.Distance.ShareTies, r.Privacy.Distance.Ceiling)
	add("exact copies", r.Privacy.Copies.Share, r.Privacy.Copies.Natural)
	return out
}

// rounded keeps six digits after the point: a summary needs no more, and a night
// over many tables has many figures.
func rounded(x evaluate.Number) float64 { return math.Round(float64(x)*1e6) / 1e6 }
