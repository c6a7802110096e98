package mixture

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/codec"
)

// unit is one row in a Pass's fixed-point counts: responsibilities are rounded
// to 2^-16 row by row, so that any grouping of rows gives equal sums.
const unit = 1 << 16

// llUnit is one nat in a Pass's log-likelihood.
const llUnit = 1 << 20

// Pass is the sufficient statistic of one EM iteration under a fixed model:
// expected counts of classes and of states by class. It is a mergeable
// summary made of integers, so partitions, workers and institutions that add
// theirs get the same bits as one pass over all rows. Not safe for concurrent
// use.
type Pass struct {
	scorer  *scorer
	encoder *codec.Encoder // nil when rows come as states
	classes int
	states  []int
	first   []int
	rows    int64
	ll      int64   // sum of log-likelihoods, in 1/llUnit nats
	class   []int64 // [class], in 1/unit rows
	counts  []int64 // [column and state][class]
	acc     []float32
	hot     []share
	buf     [][]uint8
	row     []uint8
}

// share is a class's part of a row.
type share struct {
	class int32
	part  int32
}

var _ synth.Summary = (*Pass)(nil)

func (s *scorer) newPass() *Pass {
	first, total := offsets(s.states)
	return &Pass{
		scorer: s, classes: s.classes, states: s.states, first: first,
		class: make([]int64, s.classes), counts: make([]int64, total*s.classes),
		acc: make([]float32, s.classes), hot: make([]share, 0, s.classes),
	}
}

// NewPass returns the empty statistic of one EM iteration from model m.
func NewPass(m *Model) *Pass {
	p := newScorer(m.latent).newPass()
	p.encoder = m.codec.NewEncoder()
	return p
}

// Add adds the rows of rec.
func (p *Pass) Add(rec arrow.Record) error {
	if p.encoder == nil {
		return errors.New("mixture: this pass takes states, not records")
	}
	for j := range p.buf {
		p.buf[j] = p.buf[j][:0]
	}
	var err error
	if p.buf, err = p.encoder.Encode(p.buf, rec); err != nil {
		return err
	}
	d := len(p.states)
	p.row = append(p.row[:0], make([]uint8, d+p.scorer.groups())...)
	for r := range int(rec.NumRows()) {
		for j := range d {
			p.row[j] = p.buf[j][r]
		}
		p.scorer.fuse(p.row[:d], p.row[d:])
		p.add(p.row[:d], p.row[d:])
	}
	return nil
}

// add is the E-step of one row, given its states and fused states.
func (p *Pass) add(row, fused []uint8) {
	ll, hot := p.scorer.responsibilities(fused, p.acc, p.hot)
	p.rows++
	p.ll += ll
	k := p.classes
	for _, h := range hot {
		p.class[h.class] += int64(h.part)
	}
	for j, s := range row {
		at := (p.first[j] + int(s)) * k
		counts := p.counts[at : at+k]
		for _, h := range hot {
			counts[h.class] += int64(h.part)
		}
	}
}

// Merge adds other's rows; both must be passes of the same model.
func (p *Pass) Merge(other synth.Summary) error {
	o, ok := other.(*Pass)
	if !ok || len(o.counts) != len(p.counts) || o.classes != p.classes {
		return fmt.Errorf("mixture: cannot merge a %T of another model", other)
	}
	p.rows += o.rows
	p.ll += o.ll
	for i, v := range o.class {
		p.class[i] += v
	}
	for i, v := range o.counts {
		p.counts[i] += v
	}
	return nil
}

// MarshalBinary writes rows, log-likelihood and counts as little-endian
// int64.
func (p *Pass) MarshalBinary() ([]byte, error) {
	out := make([]byte, 0, 8*(2+len(p.class)+len(p.counts)))
	out = binary.LittleEndian.AppendUint64(out, uint64(p.rows))
	out = binary.LittleEndian.AppendUint64(out, uint64(p.ll))
	for _, v := range p.class {
		out = binary.LittleEndian.AppendUint64(out, uint64(v))
	}
	for _, v := range p.counts {
		out = binary.LittleEndian.AppendUint64(out, uint64(v))
	}
	return out, nil
}

// LogLikelihood is the mean log-likelihood of the rows added, in nats a row.
func (p *Pass) LogLikelihood() float64 {
	if p.rows == 0 {
		return 0
	}
	return float64(p.ll) / llUnit / float64(p.rows)
}
