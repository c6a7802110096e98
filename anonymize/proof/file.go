package proof

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// ScanFile checks what a stored table says beside its rows. Of a Parquet file:
// protected columns have no statistics, page bounds, dictionary or bloom
// filter; key-value metadata holds no collected value, and neither do the bytes
// of footer and page indexes. Text formats hold nothing but rows and names; of
// others the start and end, where their metadata is, are searched.
func (s *Scanner) ScanFile(f tabular.File, protected []string) error {
	if textFormat.MatchString(f.Name) {
		return nil
	}
	if f.Size < 12 || !isParquet(f) {
		const edge = 1 << 16
		for _, at := range slices.Compact([]int64{0, max(0, f.Size-edge)}) {
			if err := s.scanRange("metadata of "+f.Name, f, at, min(edge, f.Size-at)); err != nil {
				return err
			}
		}
		return nil
	}
	p, err := parquet.OpenFile(f.Body, f.Size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("proof: %w", &tabular.Error{File: f.Name, Place: "footer", Kind: tabular.ErrCorrupt})
	}
	for _, kv := range p.Metadata().KeyValueMetadata {
		if err := s.ScanText("footer of "+f.Name, []byte(kv.Key+" "+kv.Value)); err != nil {
			return err
		}
	}
	for _, group := range p.Metadata().RowGroups {
		for _, chunk := range group.Columns {
			m := chunk.MetaData
			name := strings.Join(m.PathInSchema, ".")
			if !slices.ContainsFunc(protected, func(c string) bool { return c == name || strings.HasPrefix(name, c+".") }) {
				continue
			}
			at := place{column: name, row: -1}
			st := m.Statistics
			if len(st.Min)+len(st.Max)+len(st.MinValue)+len(st.MaxValue) > 0 || chunk.ColumnIndexOffset != 0 {
				s.result.hit(at, "statistics")
			}
			if m.DictionaryPageOffset != 0 {
				s.result.hit(at, "dictionary")
			}
			if m.BloomFilterOffset != 0 {
				s.result.hit(at, "bloom_filter")
			}
			for _, r := range [][2]int64{{chunk.ColumnIndexOffset, int64(chunk.ColumnIndexLength)}, {chunk.OffsetIndexOffset, int64(chunk.OffsetIndexLength)}} {
				if r[0] > 0 && r[1] > 0 {
					if err := s.scanRange("page index of "+f.Name, f, r[0], r[1]); err != nil {
						return err
					}
				}
			}
		}
	}
	var tail [8]byte
	if _, err := f.Body.ReadAt(tail[:], f.Size-8); err != nil {
		return fmt.Errorf("proof: %s: %w", f.Name, err)
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	return s.scanRange("footer of "+f.Name, f, max(0, f.Size-8-n), min(n, f.Size-8))
}

// textFormat matches names of files that are text, compressed or not.
var textFormat = regexp.MustCompile(`(?i)\.(csv|tsv|jsonl|ndjson)(\.\w+)?$`)

func isParquet(f tabular.File) bool {
	var tail [4]byte
	_, err := f.Body.ReadAt(tail[:], f.Size-4)
	return err == nil && string(tail[:]) == "PAR1"
}

// scanRange searches bytes [at, at+n) in pieces that overlap by more than the
// longest value.
func (s *Scanner) scanRange(name string, f tabular.File, at, n int64) error {
	const piece, overlap = 1 << 20, 4096
	for buf := make([]byte, min(piece, n)); n > 0; {
		b := buf[:min(int64(len(buf)), n)]
		if _, err := f.Body.ReadAt(b, at); err != nil {
			return fmt.Errorf("proof: %s: %w", f.Name, err)
		}
		if err := s.ScanBytes(name, b); err != nil {
			return err
		}
		if int64(len(b)) == n {
			return nil
		}
		at, n = at+int64(len(b))-overlap, n-int64(len(b))+overlap
	}
	return nil
}
