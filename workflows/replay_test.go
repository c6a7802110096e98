package workflows_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// maxHistory keeps recorded histories small enough to review.
const maxHistory = 300 << 10

func replay(t *testing.T, path string) error {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	require.NoError(t, err)
	r, err := workflows.Replayer()
	require.NoError(t, err)
	return r.ReplayWorkflowHistory(nil, h)
}

// Histories of nights that really ran (recorded by scripts/histories) must replay:
// a change that breaks this breaks the nights that are under way when a new
// version starts.
func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/histories/*/*.json")
	require.NoError(t, err)
	kinds := map[string]bool{}
	for _, path := range paths {
		kinds[filepath.Base(filepath.Dir(path))] = true
		t.Run(filepath.ToSlash(path), func(t *testing.T) {
			t.Parallel()
			require.NoError(t, replay(t, path))
		})
	}
	require.Equal(t, map[string]bool{workflows.NightlyPipelineName: true, workflows.TableNightName: true, workflows.LabelQueueName: true}, kinds)
}

func TestBadHistoryFails(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, replay(t, "testdata/bad_histories/other_first_activity.json"), "nondeterministic")
}

// The forms of the example's identities, which only its raw tables hold.
var raw = regexp.MustCompile(`555-01\d\d|\b\d{3}-\d{2}-\d{4}\b|@example\.|\bP1\d{6}\b`)

func TestRecordedHistoriesHoldNoRawValue(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*histories/*.json")
	require.NoError(t, err)
	more, err := filepath.Glob("testdata/histories/*/*.json")
	require.NoError(t, err)
	for _, path := range append(paths, more...) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Less(t, len(text), maxHistory, path)
		for _, p := range payloads(t, text) {
			require.NotRegexp(t, raw, string(p), path)
		}
		require.NotRegexp(t, raw, string(text), path)
	}
}
