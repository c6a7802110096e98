package files

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Formats by name, as Info.Format gives them.
const (
	CSV     = "csv"
	TSV     = "tsv"
	JSONL   = "jsonl"
	Arrow   = "arrow"
	Parquet = "parquet"
)

var endings = map[string]string{
	".csv": CSV, ".tsv": TSV, ".tab": TSV, ".jsonl": JSONL, ".ndjson": JSONL,
	".arrow": Arrow, ".feather": Arrow, ".arrows": Arrow, ".parquet": Parquet, ".pq": Parquet,
}

var compressions = map[string]string{".gz": "gzip", ".zst": "zstd"}

// Format returns the format and the compression ("", "gzip" or "zstd") that a
// file's name stands for. Case does not matter. Other endings match
// tabular.ErrUnsupported. Parquet compresses within, so it takes no second
// ending.
func Format(name string) (format, compression string, err error) {
	base := strings.ToLower(filepath.Base(name))
	if c, ok := compressions[filepath.Ext(base)]; ok {
		compression = c
		base = strings.TrimSuffix(base, filepath.Ext(base))
	}
	format, ok := endings[filepath.Ext(base)]
	if !ok {
		return "", "", &tabular.Error{File: name, Kind: tabular.ErrUnsupported, Err: fmt.Errorf(
			"the name must end in .csv, .tsv, .jsonl, .ndjson, .arrow, .feather or .parquet, the text and Arrow formats also with .gz or .zst")}
	}
	if format == Parquet && compression != "" {
		return "", "", &tabular.Error{File: name, Kind: tabular.ErrUnsupported, Err: fmt.Errorf("Parquet is compressed within; name it .parquet")}
	}
	return format, compression, nil
}

// known resolves a format given by name, such as "jsonl" or "csv.gz".
func known(format string) (string, string, error) { return Format("table." + format) }
