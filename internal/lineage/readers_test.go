package lineage

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// python returns the interpreter that has the readers' libraries.
func python(t *testing.T) string {
	t.Helper()
	p := os.Getenv("NOCTURNE_PYTHON")
	if p == "" {
		t.Skip("NOCTURNE_PYTHON is not set: it names a Python with mlcroissant, datasets and pyarrow (make test sets it)")
	}
	return p
}

func runReader(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(python(t), args...)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+t.TempDir(), "HF_DATASETS_OFFLINE=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestReadersAgree publishes a small dataset and reads it as its users would:
// the card through datasets.load_dataset, the metadata through
// mlcroissant validate and its record iterator.
func TestReadersAgree(t *testing.T) {
	t.Parallel()
	python(t)
	root := t.TempDir()
	out, err := runReader(t, "testdata/readers.py", "make", root)
	require.NoError(t, err, out)
	d := exampleDataset()
	for _, c := range d.Configs {
		for _, s := range c.Splits {
			for i, f := range s.Files {
				raw, err := os.ReadFile(filepath.Join(root, f.Path))
				require.NoError(t, err)
				sum := sha256.Sum256(raw)
				s.Files[i].SHA256, s.Files[i].Bytes = hex.EncodeToString(sum[:]), int64(len(raw))
			}
		}
	}
	card, err := os.Create(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	require.NoError(t, WriteCard(card, Card{Dataset: d}))
	require.NoError(t, card.Close())
	meta, err := os.Create(filepath.Join(root, "croissant.json"))
	require.NoError(t, err)
	require.NoError(t, WriteCroissant(meta, d))
	require.NoError(t, meta.Close())

	out, err = runReader(t, "testdata/readers.py", "read", root)
	require.NoError(t, err, out)
	validate := []string{"-m", "mlcroissant.scripts.validate", "--jsonld"}
	out, err = runReader(t, append(validate, filepath.Join(root, "croissant.json"))...)
	require.NoError(t, err, out)

	broken := filepath.Join(root, "broken.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"@context":{"@vocab":"https://schema.org/"},"@type":"sc:Dataset"}`), 0o600))
	out, err = runReader(t, append(validate, broken)...)
	require.Error(t, err, out)
}
