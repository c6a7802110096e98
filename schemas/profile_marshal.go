package schemas

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/siphash"
)

const profileVersion = 1

// profileFile is the stored form of a Profile: JSON with fixed key order.
type profileFile struct {
	Version    int             `json:"version"`
	KeyCheck   []byte          `json:"key_check"` // a hash of nothing under the key
	MinSupport int64           `json:"min_support"`
	Rows       int64           `json:"rows"`
	Blocks     int64           `json:"blocks"`
	Columns    []profileColumn `json:"columns"`
}

type profileColumn struct {
	Name      string         `json:"name"`
	Type      string         `json:"type"`
	Nulls     int64          `json:"nulls"`
	Empty     int64          `json:"empty"`
	Lengths   extent         `json:"lengths"`
	Whole     int64          `json:"whole"`
	Scale     int64          `json:"scale"`
	Ascending int64          `json:"ascending"`
	Low       *rounded       `json:"low"`
	High      *rounded       `json:"high"`
	Sketch    []byte         `json:"sketch"`
	Values    []profileValue `json:"values"` // null = too many or too long
}

type profileValue struct {
	Hash uint64  `json:"hash"`
	Rows int64   `json:"rows"`
	Text *string `json:"text"` // null = without support
}

func (p *Profile) keyCheck() []byte {
	lo, hi := p.key.Sum128(nil)
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, lo), hi)
}

// MarshalBinary writes the profile. The bytes depend on the blocks alone, not
// on how they were grouped or ordered.
func (p *Profile) MarshalBinary() ([]byte, error) {
	f := profileFile{Version: profileVersion, KeyCheck: p.keyCheck(), MinSupport: p.opt.MinSupport, Rows: p.rows, Blocks: p.blocks}
	for _, c := range p.columns {
		out := profileColumn{
			Name: c.name, Type: c.typ, Nulls: c.nulls, Empty: c.empty, Lengths: c.lengths, Whole: c.whole, Scale: c.scale,
			Ascending: c.ascending, Low: c.low, High: c.high, Sketch: c.distinct.bytes(),
		}
		if c.values != nil {
			out.Values = []profileValue{}
		}
		for _, h := range slices.Sorted(maps.Keys(c.values)) {
			v := profileValue{Hash: h, Rows: c.values[h].rows}
			if c.values[h].known {
				v.Text = &c.values[h].text
			}
			out.Values = append(out.Values, v)
		}
		f.Columns = append(f.Columns, out)
	}
	return json.Marshal(f)
}

// UnmarshalProfile reads what MarshalBinary wrote. key is the key the profile
// was made under; another one gives an error that matches ErrMismatch.
func UnmarshalProfile(data []byte, key [16]byte) (*Profile, error) {
	var f profileFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("schemas: profile: not readable as JSON of version %d", profileVersion)
	}
	if f.Version != profileVersion {
		return nil, fmt.Errorf("schemas: profile: version %d; this program reads version %d", f.Version, profileVersion)
	}
	p := &Profile{opt: ProfileOptions{Key: key, MinSupport: f.MinSupport}, key: siphash.NewKey(key), rows: f.Rows, blocks: f.Blocks}
	if !bytes.Equal(f.KeyCheck, p.keyCheck()) {
		return nil, fmt.Errorf("schemas: profile: made under another key: %w", ErrMismatch)
	}
	fields := make([]arrow.Field, 0, len(f.Columns))
	for _, in := range f.Columns {
		t, err := ParseType(in.Type)
		if err != nil {
			return nil, fmt.Errorf("schemas: profile: column %q: %w", in.Name, err)
		}
		fields = append(fields, arrow.Field{Name: in.Name, Type: t, Nullable: true})
		c := &columnProfile{
			name: in.Name, typ: in.Type, nulls: in.Nulls, empty: in.Empty, lengths: in.Lengths, whole: in.Whole, scale: in.Scale,
			ascending: in.Ascending, low: in.Low, high: in.High,
		}
		if (c.low == nil) != (c.high == nil) || len(in.Values) > maxValues {
			return nil, fmt.Errorf("schemas: profile: column %q: damaged", in.Name)
		}
		if c.distinct, err = parseSketch(in.Sketch); err != nil {
			return nil, err
		}
		if in.Values != nil {
			c.values = map[uint64]*valueSupport{}
		}
		for _, v := range in.Values {
			s := &valueSupport{rows: v.Rows, known: v.Text != nil}
			if s.known {
				s.text = *v.Text
			}
			c.values[v.Hash] = s
		}
		p.columns = append(p.columns, c)
	}
	p.schema = arrow.NewSchema(fields, nil)
	return p, nil
}
