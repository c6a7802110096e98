package parquet

import (
	"github.com/apache/arrow/go/v17/arrow"
	pq "github.com/parquet-go/parquet-go"
)

// pageBytes is the target size of a data page before compression.
const pageBytes = 256 << 10

// dictionaryBytes bounds a column chunk's dictionary; beyond it parquet-go
// goes on with plain pages.
const dictionaryBytes = 1 << 20

// chooseEncodings picks each leaf's encoding from the first row group: a
// dictionary for texts with at most one distinct value in four, deltas for
// integers, split streams for floats, delta lengths for other texts. It
// depends on the rows alone. Protected columns get no dictionary.
func chooseEncodings(leaves []*outLeaf, columns []int, first [][]arrow.Array) error {
	for k, l := range leaves {
		switch l.typ.ID() {
		case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64,
			arrow.DATE32, arrow.DATE64, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP, arrow.DURATION:
			l.encoding = &pq.DeltaBinaryPacked
		case arrow.DECIMAL128:
			if l.typ.(*arrow.Decimal128Type).Precision <= 18 {
				l.encoding = &pq.DeltaBinaryPacked
			} else {
				l.encoding = &pq.Plain
			}
		case arrow.FLOAT32, arrow.FLOAT64:
			l.encoding = &pq.ByteStreamSplit
		case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY:
			l.encoding = &pq.DeltaLengthByteArray
			if l.hidden {
				break
			}
			few, err := fewDistinct(l, first[columns[k]])
			if err != nil {
				return err
			}
			if few {
				l.encoding = &pq.RLEDictionary
			}
		default:
			l.encoding = &pq.Plain
		}
	}
	return nil
}

// fewDistinct counts distinct texts of a flat leaf and stops as soon as they
// are too many or too long for a dictionary.
func fewDistinct(l *outLeaf, parts []arrow.Array) (bool, error) {
	if len(l.steps) != 1 {
		return true, nil // nested texts: tags, codes; the bound guards the rest
	}
	rows, bytes := 0, 0
	for _, p := range parts {
		rows += p.Len()
	}
	seen := make(map[string]struct{}, 256)
	for _, p := range parts {
		c, err := cellsOf(p)
		if err != nil {
			return false, err
		}
		for i := range p.Len() {
			if c.null(i) {
				continue
			}
			b := c.value(i).ByteArray()
			if _, ok := seen[string(b)]; ok {
				continue
			}
			seen[string(b)] = struct{}{}
			if bytes += len(b); len(seen) > rows/4+1 || bytes > dictionaryBytes {
				return false, nil
			}
		}
	}
	return true, nil
}
