package mixture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/nocturne-data/nocturne/synth/codec"
	"github.com/nocturne-data/nocturne/synth/modelfile"
)

// Magic starts a model file of this engine and names its version.
const Magic = "NOCTMIX1"

// MarshalTo writes the model file: the codec (JSON) and the latent-class model
// (little-endian float64), framed by modelfile.
func (m *Model) MarshalTo(w io.Writer) error {
	head, err := m.codec.MarshalBinary()
	if err != nil {
		return err
	}
	return modelfile.Write(w, Magic, m.latent.AppendBinary(modelfile.AppendBytes(nil, head)))
}

// Open reads a model file. Bytes that are truncated, damaged or hostile give
// modelfile.ErrInvalid.
func Open(r io.Reader) (*Model, error) {
	body, err := modelfile.Read(r, Magic)
	if err != nil {
		return nil, fmt.Errorf("mixture: %w", err)
	}
	head, rest, err := modelfile.CutBytes(body)
	if err != nil {
		return nil, fmt.Errorf("mixture: %w", err)
	}
	c, err := codec.Parse(head)
	if err != nil {
		return nil, fmt.Errorf("mixture: %w: %w", modelfile.ErrInvalid, err)
	}
	l, rest, err := ParseLatent(rest, c.States())
	if err != nil {
		return nil, fmt.Errorf("mixture: %w: %w", modelfile.ErrInvalid, err)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("mixture: %w: %d bytes too many", modelfile.ErrInvalid, len(rest))
	}
	return newModel(c, l), nil
}

// AppendBinary appends the number of classes, the class weights and the state
// probabilities.
func (l *Latent) AppendBinary(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(l.Classes()))
	for _, v := range l.weight {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
	}
	for _, v := range l.theta {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
	}
	return dst
}

// ParseLatent reads what AppendBinary wrote for columns of these states, and
// returns the bytes behind it.
func ParseLatent(b []byte, states []int) (*Latent, []byte, error) {
	if len(b) < 8 {
		return nil, nil, errors.New("truncated")
	}
	k := binary.LittleEndian.Uint64(b)
	b = b[8:]
	_, total := offsets(states)
	if k < 1 || k > maxClasses || uint64(len(b))/8 < k*uint64(total+1) {
		return nil, nil, fmt.Errorf("%d classes do not fit the file", k)
	}
	floats := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		b = b[8*n:]
		return out
	}
	weight := floats(int(k))
	theta := floats(int(k) * total)
	l, err := newLatent(states, weight, theta)
	return l, b, err
}
