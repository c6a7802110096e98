package lineage

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func scalar(name, hf, cr string) Field { return Field{Name: name, HuggingFace: hf, Croissant: cr} }

// exampleDataset has two tables of every kind of field, one of them in shards.
func exampleDataset() Dataset {
	item := scalar("", "string", "sc:Text")
	file := func(path, digit string, rows int64) File {
		return File{Path: path, SHA256: strings.Repeat(digit, 64), Bytes: 1000 * rows, Rows: rows}
	}
	return Dataset{
		Name: "visits-deid", Title: "Visits (de-identified)", Description: "De-identified visits: one row each.", Version: "1.0.0",
		License: "cc-by-4.0", LicenseURL: "https://creativecommons.org/licenses/by/4.0/", URL: "https://example.org/d/visits", Creator: "Example",
		Published: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC), Keywords: []string{"health"}, Synthetic: true,
		Cite: "Example (2026): Visits.", Privacy: "Direct identifiers are pseudonyms under a secret key.",
		Configs: []Config{
			{
				Name: "visits", Description: "Visits to the ward.",
				Fields: []Field{
					{Name: "key", Description: "Pseudonym of the visit.", HuggingFace: "string", Croissant: "sc:Text"},
					scalar("age", "int64", "sc:Integer"), scalar("at", "timestamp[us, tz=UTC]", "sc:DateTime"), scalar("cost", "decimal128(12, 2)", "sc:Float"),
					{Name: "tags", List: &item},
					{Name: "place", Struct: []Field{scalar("lat", "float64", "sc:Float"), scalar("lon", "float64", "sc:Float")}},
				},
				Splits: []Split{
					{Name: "train", Files: []File{file("data/visits/train-00000-of-00002.parquet", "a", 3), file("data/visits/train-00001-of-00002.parquet", "b", 2)}},
					{Name: "test", Files: []File{file("data/visits/test-00000-of-00001.parquet", "c", 1)}},
				},
			},
			{Name: "wards", Fields: []Field{scalar("letter", "string", "sc:Text")}, Splits: []Split{{Name: "train", Files: []File{file("data/wards/train.parquet", "d", 2)}}}},
		},
	}
}

func TestWriteCard(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, WriteCard(&b, Card{Dataset: exampleDataset(), Sections: []Section{{"How it was made", "By a pipeline.\n\n| a | b |\n|---|---|\n| 1 | 2 |"}, {"Licence\nand credit", "CC BY 4.0."}}}))
	golden(t, "README.md", b.Bytes())
}

func TestWriteCroissant(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, WriteCroissant(&b, exampleDataset()))
	golden(t, "croissant.json", b.Bytes())
}

func TestIncompleteDatasets(t *testing.T) {
	t.Parallel()
	d := exampleDataset()
	d.Name, d.LicenseURL = "visits deid", ""
	d.Configs[0].Splits[1].Files[0].Path = "../x.parquet"
	d.Configs[0].Splits[0].Files[0].SHA256 = "ABC"
	d.Configs[0].Fields[0].List = &d.Configs[0].Fields[1]
	d.Configs[1].Name = "visits"
	err := WriteCroissant(&bytes.Buffer{}, d)
	require.ErrorIs(t, err, ErrIncomplete)
	for _, say := range []string{"name:", "license URL", "../x.parquet", "SHA-256", "field key", "listed twice"} {
		require.ErrorContains(t, err, say)
	}
	require.ErrorIs(t, WriteCard(&bytes.Buffer{}, Card{}), ErrIncomplete)
}

func TestSizeCategory(t *testing.T) {
	t.Parallel()
	for rows, want := range map[int64]string{0: "n<1K", 999: "n<1K", 1000: "1K<n<10K", 48842: "10K<n<100K", 1 << 40: "n>1T"} {
		require.Equal(t, want, sizeCategory(rows))
	}
}
