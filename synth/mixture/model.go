package mixture

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/codec"
)

// Model is a fitted mixture with its codec. It is immutable and safe for
// concurrent use.
type Model struct {
	codec   *codec.Codec
	latent  *Latent
	sampler *Sampler
	decoder *codec.Decoder
	scorer  *scorer
}

var _ synth.Model = (*Model)(nil)

func newModel(c *codec.Codec, l *Latent) *Model {
	return &Model{codec: c, latent: l, sampler: l.NewSampler(), decoder: c.NewDecoder(), scorer: newScorer(l)}
}

// Schema is the fitted table's schema.
func (m *Model) Schema() *arrow.Schema { return m.codec.Schema() }

// Codec is the model's codec.
func (m *Model) Codec() *codec.Codec { return m.codec }

// Latent is the model over the codec's states.
func (m *Model) Latent() *Latent { return m.latent }

// SampleBlock draws rows rows (0..parallel.BlockRows) of block number block.
func (m *Model) SampleBlock(ctx context.Context, seed uint64, block, rows int) (arrow.Record, error) {
	rec, _, err := m.SampleStates(ctx, seed, block, rows)
	return rec, err
}

// SampleStates is SampleBlock with the states behind the record, one slice for
// each modelled column.
func (m *Model) SampleStates(ctx context.Context, seed uint64, block, rows int) (arrow.Record, [][]uint8, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if rows < 0 || rows > parallel.BlockRows || block < 0 {
		return nil, nil, fmt.Errorf("mixture: %d rows of block %d: want 0..%d rows of a block >= 0", rows, block, parallel.BlockRows)
	}
	states, _ := m.sampler.Draw(rng.New(seed, "sample", uint64(block)), rows)
	rec, err := m.decoder.Decode(states, rows, codec.Place{
		Seed: seed, Block: uint64(block), First: int64(block) * parallel.BlockRows,
	})
	return rec, states, err
}

// LogLikelihood returns the log-likelihood of each row of rec under the model,
// in nats, over the codec's states.
func (m *Model) LogLikelihood(rec arrow.Record) ([]float64, error) {
	out := make([]float64, 0, rec.NumRows())
	acc := make([]float32, m.latent.Classes())
	err := m.eachRow(rec, func(row, fused []uint8) { out = append(out, m.scorer.logLikelihood(fused, acc)) })
	return out, err
}

// Responsibilities returns p(class | row) for each row of rec.
func (m *Model) Responsibilities(rec arrow.Record) ([][]float64, error) {
	out := make([][]float64, 0, rec.NumRows())
	err := m.eachRow(rec, func(row, _ []uint8) {
		p := make([]float64, m.latent.Classes())
		m.latent.Posterior(row, p)
		out = append(out, p)
	})
	return out, err
}

func (m *Model) eachRow(rec arrow.Record, f func(row, fused []uint8)) error {
	cols, err := m.codec.NewEncoder().Encode(nil, rec)
	if err != nil {
		return err
	}
	row := make([]uint8, len(cols))
	fused := make([]uint8, m.scorer.groups())
	for r := range int(rec.NumRows()) {
		for j := range cols {
			row[j] = cols[j][r]
		}
		m.scorer.fuse(row, fused)
		f(row, fused)
	}
	return nil
}
