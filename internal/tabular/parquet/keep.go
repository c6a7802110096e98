package parquet

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/format"
)

// keepDictionary makes a text field a dictionary field where the file stores
// it with few distinct values.
func (r *reader) keepDictionary(f *field) error {
	groups := r.file.footer.meta.RowGroups
	if f.kind != leafField || f.Type.ID() != arrow.STRING || len(groups) == 0 {
		return nil
	}
	c := r.columns[f.column]
	if !c.flat {
		return nil
	}
	for g := range groups {
		if !onlyDictionaryPages(&groups[g].Columns[f.leaf.leaf].MetaData) {
			return nil
		}
	}
	if groups[0].NumRows == 0 {
		return nil
	}
	c.begin(0)
	h, err := c.win.pageHeader()
	if err != nil {
		return placed(err, r.file.name, c.place())
	}
	if h.Type != format.DictionaryPage || int64(h.DictionaryPageHeader.V.NumValues) > groups[0].NumRows/4 {
		return nil
	}
	c.keep = true
	f.Type = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: f.Type}
	return nil
}

// onlyDictionaryPages reads the page encodings that the footer lists; a chunk
// without the list is not trusted to have dictionary pages alone.
func onlyDictionaryPages(m *columnMetaData) bool {
	found := false
	for _, s := range m.EncodingStats {
		if s.PageType != format.DataPage && s.PageType != format.DataPageV2 {
			continue
		}
		if !isDictionary(s.Encoding) {
			return false
		}
		found = true
	}
	return found
}

// keptPlain decodes the plain pages of a column that keeps dictionaries, which
// the footer denied: each batch's values become a dictionary of their own.
type keptPlain struct{ values valueDecoder }

func (k *keptPlain) decode(out *dense, n int) error {
	d := &dictionary{dense: *newDense(byteArrays, n, 0, false)}
	if err := k.values.decode(&d.dense, n); err != nil {
		return err
	}
	base := out.part(d)
	for i := range n {
		out.indices = append(out.indices, int32(base+i))
	}
	out.n += n
	return nil
}
