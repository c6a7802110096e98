// Package mixture is the latent-class engine: EM over blocks of rows, whose
// statistics are mergeable integer summaries. It is fast, smooth, and has
// exact conditionals and likelihoods; it misses some three-way structure that
// the boosted engine sees.
package mixture

import (
	"context"
	"errors"
	"fmt"

	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/codec"
)

// Name is the engine's name in specs.
const Name = "mixture"

// Engine fits latent-class models. The zero value is ready.
type Engine struct {
	Codec codec.Options // what the codec may repeat; zero = its defaults
	// Classes, Strength and Iterations as in LearnOptions; 0 = chosen.
	Classes    int
	Strength   float64
	Iterations int
}

var _ synth.Synthesizer = Engine{}

// Name returns "mixture".
func (Engine) Name() string { return Name }

// Fit learns a model in two passes over the rows. It fails on a table without
// rows (codec.ErrNoRows) and on columns without a codec
// (codec.ErrUnsupported).
func (e Engine) Fit(ctx context.Context, t synth.Table, opt synth.FitOptions) (synth.Model, error) {
	m, err := e.FitModel(ctx, t, opt)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// FitModel is Fit with the engine's own model type.
func (e Engine) FitModel(ctx context.Context, t synth.Table, opt synth.FitOptions) (*Model, error) {
	if t.Rows == nil {
		return nil, errors.New("mixture: table has no source")
	}
	progress := opt.Progress
	if progress == nil {
		progress = func(float64) {}
	}
	c, rows, err := Encode(ctx, t, e.Codec, opt, nil)
	if err != nil {
		return nil, fmt.Errorf("mixture: %w", err)
	}
	progress(0.2)
	var l *Latent
	if len(rows.States) == 0 { // nothing to model: all columns constant or generated
		l = Single()
	} else {
		l, err = Learn(ctx, rows, LearnOptions{
			Seed: opt.Seed, Workers: opt.Workers, Classes: e.Classes, Strength: e.Strength, Iterations: e.Iterations,
			Progress: func(done float64) { progress(0.2 + 0.8*done) },
		})
		if err != nil {
			return nil, err
		}
	}
	return newModel(c, l), nil
}
