package e2e

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// sameRows is how many people the nights below are about: 12 shards of 256
// rows, so that seven partitions really exist.
const sameRows = 3000

func sameSpec(t testing.TB) pipeline.Spec {
	s := cut(t, "same", sameRows)
	s.Layout = pipeline.Layout{BlockRows: 256, ShardBlocks: 1, Partitions: 1}
	return s
}

// undisturbed is what an ordinary night publishes, with one compute slot and
// one partition.
var undisturbed struct {
	once    sync.Once
	digests map[string]string
	rows    int64
}

func undisturbedNight(t testing.TB) (map[string]string, int64) {
	t.Helper()
	binary(t)
	undisturbed.once.Do(func() {
		s := sameSpec(t)
		h := newHome(t)
		h.up(t, "--slots", "1")
		out, err := night(t, h.client(t), "night", workflows.NightInput{Spec: &s})
		require.NoError(t, err)
		require.EqualValues(t, sameRows, out.Protected[0].RowsIn)
		h.stop(t)
		v := h.version(t, "same")
		undisturbed.digests, undisturbed.rows = digests(v), v.Rows
	})
	require.NotEmpty(t, undisturbed.digests, "the undisturbed night failed")
	return undisturbed.digests, undisturbed.rows
}

func TestSameBytesOnAnyWorkers(t *testing.T) {
	t.Parallel()
	want, _ := undisturbedNight(t)
	require.Contains(t, want, "data/people/train-00011-of-00012.parquet")
	require.Contains(t, want, "data/people_twin/train-00000-of-00001.parquet")

	s := sameSpec(t) // other copies of the files, elsewhere
	s.Layout.Partitions = 7
	h := newHome(t)
	h.up(t, "--slots", "4")
	_, err := night(t, h.client(t), "night", workflows.NightInput{Spec: &s})
	require.NoError(t, err)
	require.Equal(t, want, digests(h.version(t, "same")))
}

// TestKilledNight kills the whole process at random moments of a night and
// starts it again on the same home. The night ends by itself, with the bytes
// of an undisturbed one: no row is lost or doubled. NOCTURNE_KILLS says how
// often (default 3), NOCTURNE_KILL_SEED draws other moments.
func TestKilledNight(t *testing.T) {
	t.Parallel()
	want, rows := undisturbedNight(t)
	kills, seed := setting(t, "NOCTURNE_KILLS", 3), setting(t, "NOCTURNE_KILL_SEED", 1)
	moments := rand.New(rand.NewPCG(uint64(seed), 20))

	s := sameSpec(t)
	s.Layout.Partitions = 3
	h := newHome(t)
	h.up(t, "--slots", "2")
	c := h.client(t)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "night", TaskQueue: workflows.Queue},
		workflows.NightlyPipelineName, workflows.NightInput{Spec: &s})
	require.NoError(t, err)
	c.Close()

	started := time.Now()
	for i := range kills {
		// Counted from the moment at which work may go on.
		after := time.Duration(moments.Int64N(int64(2500 * time.Millisecond)))
		time.Sleep(after)
		h.kill()
		t.Logf("kill %d: %s into the night, %s after the last start", i+1, time.Since(started).Round(time.Millisecond), after)
		h.up(t, "--slots", "2")
	}
	var out workflows.NightResult
	c = h.client(t)
	require.NoError(t, c.GetWorkflow(ctx, run.GetID(), run.GetRunID()).Get(ctx, &out))
	t.Logf("the night took %s with %d kills", time.Since(started).Round(time.Millisecond), kills)
	v := h.version(t, "same")
	require.Equal(t, rows, v.Rows)
	require.Equal(t, want, digests(v))
	require.EqualValues(t, sameRows, out.Protected[0].RowsIn)
	requireClean(t, h, "same")
	for _, f := range filesBelow(t, h.path("store", "artifacts")) {
		require.NotContains(t, f, "block-", "sealed copies are gone")
	}
}

// requireClean tells that nothing is left of a pipeline's nights that only they
// needed: run key, list of sealed copies, hold on the pipeline.
func requireClean(t testing.TB, h *home, name string) {
	t.Helper()
	require.Empty(t, filesBelow(t, h.path("store", "runs", name)), "run key and list of snapshots are gone")
	require.Empty(t, filesBelow(t, h.path("store", "nights", name)), "the pipeline is let go")
}

// filesBelow lists the files of a folder, by path; none when there is no such
// folder.
func filesBelow(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	})
	require.NoError(t, err)
	return out
}

func setting(t testing.TB, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	require.NoError(t, err, name)
	return n
}
