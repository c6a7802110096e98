package mixture_test

import (
	"io"
	"testing"

	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/mixture"
	"github.com/nocturne-data/nocturne/synth/synthtest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	synthtest.Exercise(t, synthtest.Subject{
		New:  func() synth.Synthesizer { return mixture.Engine{} },
		Open: func(r io.Reader) (synth.Model, error) { return mixture.Open(r) },
	})
}
