package codec

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// wireSchema is the file form of the schemas that a codec can have. It is
// plain JSON: a reader of Arrow's own flatbuffers trusts its bytes too much.
type wireSchema struct {
	Fields []wireField `json:"fields"`
	Meta   [][2]string `json:"meta,omitempty"`
}

type wireField struct {
	Name     string      `json:"name"`
	Type     wireType    `json:"type"`
	Nullable bool        `json:"nullable,omitempty"`
	Meta     [][2]string `json:"meta,omitempty"`
}

type wireType struct {
	Name      string    `json:"name"` // arrow.DataType.Name
	Unit      string    `json:"unit,omitempty"`
	Zone      string    `json:"zone,omitempty"`
	Precision int32     `json:"precision,omitempty"`
	Scale     int32     `json:"scale,omitempty"`
	Index     *wireType `json:"index,omitempty"` // of dictionaries
	Value     *wireType `json:"value,omitempty"`
	Ordered   bool      `json:"ordered,omitempty"`
}

// plainTypes have no parameters.
var plainTypes = []arrow.DataType{
	arrow.Null, arrow.FixedWidthTypes.Boolean,
	arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
	arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64,
	arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString,
}

func packSchema(s *arrow.Schema) wireSchema {
	w := wireSchema{Meta: packMeta(s.Metadata())}
	for _, f := range s.Fields() {
		w.Fields = append(w.Fields, wireField{Name: f.Name, Type: packType(f.Type), Nullable: f.Nullable, Meta: packMeta(f.Metadata)})
	}
	return w
}

func packMeta(m arrow.Metadata) (out [][2]string) {
	for i, k := range m.Keys() {
		out = append(out, [2]string{k, m.Values()[i]})
	}
	return out
}

func packType(t arrow.DataType) wireType {
	w := wireType{Name: t.Name()}
	switch t := t.(type) {
	case *arrow.TimestampType:
		w.Zone = t.TimeZone
	case *arrow.Decimal128Type:
		w.Precision, w.Scale = t.Precision, t.Scale
	case *arrow.DictionaryType:
		index, value := packType(t.IndexType), packType(t.ValueType)
		w.Index, w.Value, w.Ordered = &index, &value, t.Ordered
	}
	if u, ok := t.(arrow.TemporalWithUnit); ok {
		w.Unit = u.TimeUnit().String()
	}
	return w
}

func (w wireSchema) unpack() (*arrow.Schema, error) {
	if len(w.Fields) == 0 {
		return nil, errors.New("codec: a schema without columns")
	}
	fields := make([]arrow.Field, len(w.Fields))
	for i, f := range w.Fields {
		t, err := f.Type.unpack()
		if err != nil {
			return nil, fmt.Errorf("codec: column %d: %w", i+1, err)
		}
		fields[i] = arrow.Field{Name: f.Name, Type: t, Nullable: f.Nullable, Metadata: unpackMeta(f.Meta)}
	}
	meta := unpackMeta(w.Meta)
	return arrow.NewSchema(fields, &meta), nil
}

func unpackMeta(pairs [][2]string) arrow.Metadata {
	var keys, values []string
	for _, p := range pairs {
		keys, values = append(keys, p[0]), append(values, p[1])
	}
	return arrow.NewMetadata(keys, values)
}

func (w wireType) unpack() (arrow.DataType, error) {
	for _, t := range plainTypes {
		if t.Name() == w.Name {
			return t, nil
		}
	}
	unit, known := unitOf(w.Unit)
	switch {
	case w.Name == "decimal" || w.Name == "decimal128":
		if w.Precision < 1 || w.Precision > 38 {
			return nil, errors.New("decimal of no precision")
		}
		return &arrow.Decimal128Type{Precision: w.Precision, Scale: w.Scale}, nil
	case w.Name == "dictionary" && w.Index != nil && w.Value != nil:
		return w.dictionary()
	case !known:
	case w.Name == "timestamp":
		return &arrow.TimestampType{Unit: unit, TimeZone: w.Zone}, nil
	case w.Name == "duration":
		return &arrow.DurationType{Unit: unit}, nil
	case w.Name == "time32" && unit <= arrow.Millisecond:
		return &arrow.Time32Type{Unit: unit}, nil
	case w.Name == "time64" && unit >= arrow.Microsecond:
		return &arrow.Time64Type{Unit: unit}, nil
	}
	return nil, fmt.Errorf("its type: %w", ErrUnsupported)
}

func (w wireType) dictionary() (arrow.DataType, error) {
	if w.Index.Index != nil || w.Value.Value != nil {
		return nil, errors.New("a dictionary of dictionaries")
	}
	index, err := w.Index.unpack()
	if err != nil {
		return nil, err
	}
	value, err := w.Value.unpack()
	if err != nil {
		return nil, err
	}
	if !arrow.IsInteger(index.ID()) {
		return nil, errors.New("a dictionary whose index is no integer")
	}
	return &arrow.DictionaryType{IndexType: index, ValueType: value, Ordered: w.Ordered}, nil
}

func unitOf(name string) (arrow.TimeUnit, bool) {
	for _, u := range []arrow.TimeUnit{arrow.Second, arrow.Millisecond, arrow.Microsecond, arrow.Nanosecond} {
		if u.String() == name {
			return u, true
		}
	}
	return 0, false
}
