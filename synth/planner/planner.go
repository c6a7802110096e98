// Package planner knows the synthesis engines: it lists them, makes them by
// name, opens the model files they write, and chooses one where the caller
// does not.
package planner

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/mixture"
	"github.com/nocturne-data/nocturne/synth/modelfile"
)

// Auto is the name under which the planner chooses.
const Auto = "auto"

// Engines lists the engines with their default settings; the first one is what
// Auto resolves to.
func Engines() []synth.Synthesizer {
	return []synth.Synthesizer{mixture.Engine{}}
}

// Choice is an engine and why it was chosen, one sentence.
type Choice struct {
	Engine synth.Synthesizer
	Reason string
}

// Choose returns the engine called name. Auto, or an empty name, resolves to
// mixture: the one engine so far.
func Choose(name string) (Choice, error) {
	engines := Engines()
	if name == "" || name == Auto {
		return Choice{engines[0], "auto resolves to " + engines[0].Name() + ", the only engine of this version"}, nil
	}
	names := []string{Auto}
	for _, e := range engines {
		if e.Name() == name {
			return Choice{e, "named by the caller"}, nil
		}
		names = append(names, e.Name())
	}
	return Choice{}, fmt.Errorf("planner: no engine %q; choose one of %s", name, strings.Join(names, ", "))
}

// New returns the engine called name, as Choose does.
func New(name string) (synth.Synthesizer, error) {
	c, err := Choose(name)
	return c.Engine, err
}

// Open reads a model file of any engine, which its first bytes name. Bytes of
// no known engine, and damaged files, give modelfile.ErrInvalid.
func Open(r io.Reader) (synth.Model, error) {
	buf := bufio.NewReader(r)
	magic, err := modelfile.Magic(buf)
	if err != nil {
		return nil, err
	}
	switch magic {
	case mixture.Magic:
		m, err := mixture.Open(buf)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
	return nil, fmt.Errorf("planner: %w: of no engine this version knows", modelfile.ErrInvalid)
}
