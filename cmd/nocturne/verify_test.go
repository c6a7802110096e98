package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/stretchr/testify/require"
)

// publishPeople publishes a small dataset in the store of a home, as a night
// does, and returns the folder of its version.
func publishPeople(t *testing.T, home string) string {
	t.Helper()
	ctx := t.Context()
	table := filepath.Join(t.TempDir(), "people.parquet")
	require.NoError(t, run(t, home, "", "deidentify", people, table, "--policy", policy, "--contract", contract, "--purpose", "training").err)
	parquet, err := os.ReadFile(table)
	require.NoError(t, err)
	drafted := run(t, home, "", "inspect", "--contract", table)
	require.NoError(t, drafted.err)
	sum := sha256.Sum256(parquet)
	name := "data/people/train-00000-of-00001.parquet"
	manifest, err := json.Marshal(map[string]any{"files": []listedFile{{Path: name, Rows: 10, Bytes: int64(len(parquet)), SHA256: store.Digest(hex.EncodeToString(sum[:]))}}})
	require.NoError(t, err)

	st, err := store.Open(ctx, filepath.Join(home, "store"))
	require.NoError(t, err)
	defer st.Close()
	art, _, err := st.Build(ctx, store.Recipe{Step: "publish", Version: 1}, func(ctx context.Context, d *store.Draft) error {
		for file, data := range map[string][]byte{name: parquet, "contracts/people.yaml": []byte(drafted.stdout), "manifest.json": manifest} {
			if err := d.WriteFile(ctx, file, data); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	v := activities.Version{Dataset: "office", Version: "2026-11-24-abc", Path: "datasets/office/2026-11-24-abc", Artifact: art.Ref()}
	for _, f := range art.Files {
		key := v.Path + "/" + f.Name
		require.NoError(t, st.Copy(ctx, key, f.Key))
		v.Files = append(v.Files, store.FileEntry{Name: f.Name, Key: key, Size: f.Size, SHA256: f.SHA256})
	}
	require.NoError(t, st.PutJSON(ctx, activities.VersionKey("office", v.Version), v))
	require.NoError(t, st.PutJSON(ctx, activities.LatestKey("office"), v))
	return filepath.Join(st.Root(), filepath.FromSlash(v.Path))
}

func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

func TestVerifyFindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	home := withKeys(t)
	folder := publishPeople(t, home)
	good := run(t, home, "", "verify", "office")
	require.NoError(t, good.err, good.stdout)
	require.Contains(t, good.stdout, "people: 10 rows keep the contract")
	require.Contains(t, good.stdout, "all is as published")
	require.NoError(t, run(t, home, "", "verify", folder).err)

	file := "data/people/train-00000-of-00001.parquet"
	for _, c := range []struct {
		name, says string
		harm       func(folder string) error
	}{
		{"a byte", "not those of the manifest", func(f string) error {
			data, err := os.ReadFile(filepath.Join(f, file))
			data[len(data)/2] ^= 1
			_ = os.Remove(filepath.Join(f, file))
			return firstError(err, os.WriteFile(filepath.Join(f, file), data, 0o600))
		}},
		{"a file gone", "missing", func(f string) error { return os.Remove(filepath.Join(f, file)) }},
		{"a file more", "not in the manifest", func(f string) error {
			data, err := os.ReadFile(filepath.Join(f, file))
			return firstError(err, os.WriteFile(filepath.Join(f, "data/people/more.parquet"), data, 0o600))
		}},
		{"another contract", "break the contract: age", func(f string) error {
			at := filepath.Join(f, "contracts/people.yaml")
			data, err := os.ReadFile(at)
			data = append(bytes.Clone(data), "constraints:\n  - field: age\n    range: {min: \"30\"}\n"...)
			_ = os.Remove(at)
			return firstError(err, os.WriteFile(at, data, 0o600))
		}},
		{"no manifest", "manifest.json", func(f string) error { return os.Remove(filepath.Join(f, "manifest.json")) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			harmed := copyFolder(t, folder)
			require.NoError(t, c.harm(harmed))
			r := run(t, home, "", "verify", harmed, "--format", "json")
			require.Equal(t, exitFailed, r.code())
			var doc verified
			require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
			require.Contains(t, strings.Join(doc.Wrong, "\n"), c.says)
		})
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestVerifyFollowsThePointer(t *testing.T) {
	t.Parallel()
	home := withKeys(t)
	publishPeople(t, home)
	ctx := t.Context()
	st, err := store.Open(ctx, filepath.Join(home, "store"))
	require.NoError(t, err)
	defer st.Close()
	var v activities.Version
	require.NoError(t, st.GetJSON(ctx, activities.LatestKey("office"), &v))
	v.Date = "1999-01-01"
	require.NoError(t, st.PutJSON(ctx, activities.VersionKey("office", v.Version), v))
	require.NoError(t, st.Drop(ctx, v.Artifact.Address))
	r := run(t, home, "", "verify", "office")
	require.Equal(t, exitFailed, r.code())
	require.Contains(t, r.stdout, "the pointer and the record")
	require.Contains(t, r.stdout, "the artifact behind version")
}

func TestViewShowsARoleItsShareOfADataset(t *testing.T) {
	t.Parallel()
	home := withKeys(t)
	publishPeople(t, home)
	r := run(t, home, "", "view", "office", "--as", "analyst", "--purpose", "training", "--policy", policy, "--rows", "3", "--format", "json")
	require.NoError(t, r.err)
	var doc viewed
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &doc))
	require.Len(t, doc.Rows, 3)
	require.Contains(t, doc.Rows[0], "city")
	require.Equal(t, exitUsage, run(t, home, "", "view", "office/nothing", "--as", "a", "--purpose", "b", "--policy", policy).code())
}
