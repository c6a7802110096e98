package relational

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/nocturne-data/nocturne/synth/codec"
	"github.com/nocturne-data/nocturne/synth/mixture"
	"github.com/nocturne-data/nocturne/synth/modelfile"
)

// Magic starts a model file of this package and names its version.
const Magic = "NOCTREL1"

// MarshalTo writes the model file: places of the keys, row counts, then the
// codecs and mixtures, each behind its length.
func (m *Model) MarshalTo(w io.Writer) error {
	var body []byte
	for _, v := range []uint64{uint64(m.parentKey), uint64(m.childKey), uint64(m.parents), uint64(m.orphans)} {
		body = binary.LittleEndian.AppendUint64(body, v)
	}
	for _, c := range []*codec.Codec{m.clusters.codec, m.parentCodec, m.counts, m.childCodec} {
		b, err := c.MarshalBinary()
		if err != nil {
			return err
		}
		body = modelfile.AppendBytes(body, b)
	}
	for _, l := range []*mixture.Latent{m.clusters.latent, m.parentLatent, m.childLatent} {
		var b []byte
		if l != nil {
			b = l.AppendBinary(nil)
		}
		body = modelfile.AppendBytes(body, b)
	}
	return modelfile.Write(w, Magic, body)
}

// Open reads a model file. Bytes that are truncated, damaged or hostile give
// modelfile.ErrInvalid.
func Open(r io.Reader) (*Model, error) {
	body, err := modelfile.Read(r, Magic)
	if err != nil {
		return nil, fmt.Errorf("relational: %w", err)
	}
	m, err := parse(body)
	if err != nil {
		return nil, fmt.Errorf("relational: %w: %w", modelfile.ErrInvalid, err)
	}
	m.prepare()
	return m, nil
}

func parse(body []byte) (*Model, error) {
	if len(body) < 32 {
		return nil, modelfile.ErrInvalid
	}
	var head [4]uint64
	for i := range head {
		head[i] = binary.LittleEndian.Uint64(body[8*i:])
	}
	body = body[32:]
	var codecs [4]*codec.Codec
	for i := range codecs {
		part, rest, err := modelfile.CutBytes(body)
		if err != nil {
			return nil, err
		}
		if codecs[i], err = codec.Parse(part); err != nil {
			return nil, err
		}
		body = rest
	}
	m := &Model{parentCodec: codecs[1], counts: codecs[2], childCodec: codecs[3]}
	if err := m.parseHead(head); err != nil {
		return nil, err
	}
	latent := func(states []int) (*mixture.Latent, error) {
		part, rest, err := modelfile.CutBytes(body)
		if err != nil || len(part) == 0 {
			body = rest
			return nil, err
		}
		body = rest
		l, _, err := mixture.ParseLatent(part, states)
		return l, err
	}
	clustering, err := latent(codecs[0].States())
	if err != nil {
		return nil, err
	}
	m.clusters = newClusters(codecs[0], clustering)
	if m.clusters.classes() > 200 {
		return nil, fmt.Errorf("%d classes", m.clusters.classes())
	}
	if m.parentLatent, err = latent(append(codecs[1].States(), codecs[2].States()...)); err != nil {
		return nil, err
	}
	if m.childLatent, err = latent(append(codecs[3].States(), m.clusters.classes()+1)); err != nil {
		return nil, err
	}
	if m.parentLatent == nil || m.childLatent == nil || len(body) > 0 {
		return nil, modelfile.ErrInvalid
	}
	return m, checkClusters(m)
}

func (m *Model) parseHead(head [4]uint64) error {
	if head[0] >= uint64(m.ParentSchema().NumFields()) || head[1] >= uint64(m.ChildSchema().NumFields()) {
		return fmt.Errorf("keys beyond the columns")
	}
	if head[2] < 1 || head[2] > 1<<40 || head[3] > 1<<40 {
		return fmt.Errorf("row counts out of range")
	}
	m.parentKey, m.childKey, m.parents, m.orphans = int(head[0]), int(head[1]), int64(head[2]), int64(head[3])
	if !m.counts.Schema().Equal(countSchema) {
		return fmt.Errorf("counts are not of one whole number")
	}
	if low, high := m.counts.Range(0); low < 0 || high > 1<<31 {
		return fmt.Errorf("counts out of range")
	}
	return nil
}

// checkClusters makes sure that the classes read the parents' own states.
func checkClusters(m *Model) error {
	a, b := m.clusters.codec.States(), m.parentCodec.States()
	if len(a) != len(b) {
		return fmt.Errorf("classes of %d columns for parents of %d", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			return fmt.Errorf("classes do not fit the parents' states")
		}
	}
	return nil
}
