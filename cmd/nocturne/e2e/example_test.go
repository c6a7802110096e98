package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/examples/census"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/synth/evaluate"
	"github.com/stretchr/testify/require"
)

// example is the census example, laid out once.
var example struct {
	once             sync.Once
	dir              string
	people, contacts []byte // CSV
}

func layOut(t testing.TB) {
	t.Helper()
	example.once.Do(func() {
		dir, err := os.MkdirTemp("", "nocturne-census")
		require.NoError(t, err)
		example.dir = dir
		require.NoError(t, census.Write(context.Background(), dir))
		example.people = gunzip(t, filepath.Join(dir, "data", "people.csv.gz"))
		example.contacts = gunzip(t, filepath.Join(dir, "data", "contacts.csv.gz"))
	})
	require.NotEmpty(t, example.contacts, "the example was not laid out")
}

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	data, err := io.ReadAll(z)
	require.NoError(t, err)
	return data
}

// cut is the example's pipeline over its first people and their contacts, in a
// folder of its own. The gate lets everything out: a twin of few rows is not
// what these tests are about.
func cut(t testing.TB, name string, people int, more ...string) pipeline.Spec {
	t.Helper()
	binary(t)
	layOut(t)
	s, err := pipeline.Load(filepath.Join(example.dir, "pipeline.yaml"))
	require.NoError(t, err)
	dir := t.TempDir()
	var rows, calls bytes.Buffer
	last := "" // person_id of the first one left out
	for i, line := range lines(example.people) {
		if i > people {
			last, _, _ = strings.Cut(line, ",")
			break
		}
		rows.WriteString(line + "\n")
	}
	for _, line := range more {
		rows.WriteString(line + "\n")
	}
	for i, line := range lines(example.contacts) {
		if i > 0 && last != "" && strings.Split(line, ",")[1] >= last {
			break
		}
		calls.WriteString(line + "\n")
	}
	for i, data := range [][]byte{rows.Bytes(), calls.Bytes()} {
		path := filepath.Join(dir, s.Tables[i].Name+".csv")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		s.Tables[i].Source.Path = path
	}
	s.Name, s.Schedule = name, nil
	s.Labels.Queue = name
	s.Gate.Limits = &evaluate.Thresholds{}
	return s
}

func lines(csv []byte) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		sc := bufio.NewScanner(bytes.NewReader(csv))
		for i := 0; sc.Scan(); i++ {
			if !yield(i, sc.Text()) {
				return
			}
		}
	}
}

// version reads the record of a dataset's current version.
func (h *home) version(t testing.TB, dataset string) activities.Version {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, h.path("store"))
	require.NoError(t, err)
	defer st.Close()
	var v activities.Version
	require.NoError(t, st.GetJSON(ctx, activities.LatestKey(dataset), &v))
	return v
}

// published tells whether a dataset has any version.
func (h *home) published(dataset string) bool {
	_, err := os.Stat(h.path("store", filepath.FromSlash(activities.LatestKey(dataset))))
	return err == nil
}

// digests are the SHA-256 of a version's Parquet files, by name.
func digests(v activities.Version) map[string]string {
	out := map[string]string{}
	for _, f := range v.Files {
		if strings.HasSuffix(f.Name, ".parquet") {
			out[f.Name] = string(f.SHA256)
		}
	}
	return out
}
