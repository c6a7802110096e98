package activities

import (
	"context"
	"fmt"
	"io"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/planner"
	"github.com/nocturne-data/nocturne/synth/relational"
)

const fitVersion = 1

// A models artifact holds model.bin: the model of a table, or of a table and
// the one that refers to it.
const modelFile = "model.bin"

// fitStats is its statistics.
type fitStats struct {
	Engine string `json:"engine"`
	Reason string `json:"reason"`
	Rows   int64  `json:"rows"`
}

// Fit learns the twin of a family from the rows outside the holdout.
func (a *Activities) Fit(ctx context.Context, in FitInput) (FitResult, error) {
	s, err := a.spec(ctx, in.Plan)
	if err != nil {
		return FitResult{}, temporalError(err)
	}
	m := &meter{stage: "fit", table: in.Tables[0].Table}
	m.total.Store(in.Tables[0].RowsOut)
	inputs := make([]store.Digest, len(in.Tables))
	for i, t := range in.Tables {
		inputs[i] = t.Ref.Digest
	}
	art, err := a.step(ctx, store.Recipe{
		Step: "fit", Version: fitVersion, Part: in.Tables[0].Table, Inputs: inputs,
		Spec: map[string]any{"engine": s.Synthesis.Engine, "seed": s.Seed, "holdout": s.Synthesis.Holdout},
	}, m, func(ctx context.Context, d *store.Draft) error {
		choice, err := planner.Choose(s.Synthesis.Engine)
		if err != nil {
			return fail(InvalidSpec, err)
		}
		opt := synth.FitOptions{Seed: s.Seed, Workers: a.Workers, Progress: m.share}
		tables := make([]synth.Table, len(in.Tables))
		for i, t := range in.Tables {
			if tables[i], err = a.training(ctx, s, t); err != nil {
				return err
			}
		}
		w, err := d.Create(ctx, modelFile)
		if err != nil {
			return err
		}
		stats := fitStats{Engine: choice.Engine.Name(), Reason: choice.Reason}
		if len(tables) == 1 {
			err = fitOne(ctx, choice.Engine, tables[0], opt, w)
		} else {
			stats.Engine = "relational " + stats.Engine
			err = fitFamily(ctx, tables, opt, w)
		}
		if err != nil {
			return err
		}
		stats.Rows = in.Tables[0].RowsOut
		d.Stats = stats
		return w.Close()
	})
	if err != nil {
		return FitResult{}, err
	}
	var stats fitStats
	if err := art.DecodeStats(&stats); err != nil {
		return FitResult{}, temporalError(err)
	}
	return FitResult{Models: art.Ref(), Engine: stats.Engine, Rows: stats.Rows}, nil
}

func fitOne(ctx context.Context, engine synth.Synthesizer, t synth.Table, opt synth.FitOptions, w io.Writer) error {
	model, err := engine.Fit(ctx, t, opt)
	if err != nil {
		return err
	}
	return model.MarshalTo(w)
}

func fitFamily(ctx context.Context, tables []synth.Table, opt synth.FitOptions, w io.Writer) error {
	fk, ok := referenceTo(tables[1].Contract, tables[0].Contract.Name)
	if !ok {
		return fail(PolicyViolation, fmt.Errorf("the policy removes the key by which table %s refers to %s: keep both ends, or set skip_twin", tables[1].Contract.Name, tables[0].Contract.Name))
	}
	model, err := relational.Fit(ctx, tables[0], tables[1], fk, relational.Options{FitOptions: opt})
	if err != nil {
		return err
	}
	return model.MarshalTo(w)
}

func referenceTo(c schemas.Contract, parent string) (schemas.ForeignKey, bool) {
	for _, fk := range c.ForeignKeys {
		if fk.Table == parent {
			return fk, true
		}
	}
	return schemas.ForeignKey{}, false
}

// training is the part of a de-identified table that a model may learn from.
func (a *Activities) training(ctx context.Context, s pipeline.Spec, t Protected) (synth.Table, error) {
	var c schemas.Contract
	if err := a.readJSON(ctx, t.Decision, "output.json", &c); err != nil {
		return synth.Table{}, err
	}
	c.Name = t.Table
	return synth.Table{Contract: c, Rows: a.sideSource(s, t, c, false)}, nil
}

// sideSource opens one side of a de-identified table again and again.
func (a *Activities) sideSource(s pipeline.Spec, t Protected, c schemas.Contract, holdout bool) tabular.Source {
	return func(ctx context.Context) (tabular.Reader, error) {
		rd, err := a.openProtected(ctx, t, 0, t.Shards)
		if err != nil {
			return nil, err
		}
		return newSplit(s.Seed, s.Synthesis.Holdout, c).side(rd, holdout), nil
	}
}
