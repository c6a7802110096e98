package planner_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/modelfile"
	"github.com/nocturne-data/nocturne/synth/planner"
	"github.com/nocturne-data/nocturne/synth/synthtest"
)

func TestEveryEngineIsFoundByNameAndFile(t *testing.T) {
	t.Parallel()
	rec, contract := synthtest.Mixed(1, 200)
	seen := map[string]bool{}
	for _, e := range planner.Engines() {
		require.False(t, seen[e.Name()])
		seen[e.Name()] = true
		named, err := planner.New(e.Name())
		require.NoError(t, err)
		m, err := named.Fit(context.Background(), synthtest.Table(rec, contract), synth.FitOptions{})
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, m.MarshalTo(&file))
		opened, err := planner.Open(&file)
		require.NoError(t, err)
		require.True(t, opened.Schema().Equal(rec.Schema()))
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", planner.Auto} {
		c, err := planner.Choose(name)
		require.NoError(t, err)
		require.Equal(t, "mixture", c.Engine.Name())
		require.Contains(t, c.Reason, "auto resolves to mixture")
	}
	_, err := planner.New("gan")
	require.ErrorContains(t, err, "choose one of auto, mixture")
}

func TestOpenRefusesForeignBytes(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "PK", strings.Repeat("x", 100)} {
		_, err := planner.Open(strings.NewReader(file))
		require.ErrorIs(t, err, modelfile.ErrInvalid)
	}
}
