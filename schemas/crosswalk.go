package schemas

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// TypeNames are the names of one type in the formats that datasets are
// published in.
type TypeNames struct {
	Arrow        string // type text of this package
	ODCS         string // logicalType of ODCS v3.1
	Croissant    string // dataType of Croissant 1.1
	HuggingFace  string // dtype of a datasets feature
	Frictionless string // field type of Table Schema v2
}

// crosswalk is the one table of type names. Where several rows share a name of
// another format, the first of them is its translation back to Arrow.
var crosswalk = []TypeNames{
	{"utf8", "string", "sc:Text", "string", "string"},
	{"int64", "integer", "sc:Integer", "int64", "integer"},
	{"float64", "number", "sc:Float", "float64", "number"},
	{"bool", "boolean", "sc:Boolean", "bool", "boolean"},
	{"date32", "date", "sc:Date", "date32", "date"},
	{"timestamp[us,UTC]", "timestamp", "sc:DateTime", "timestamp[us, tz=UTC]", "datetime"},
	{"time64[us]", "time", "sc:Time", "time64[us]", "time"},
	{"large_utf8", "string", "sc:Text", "large_string", "string"},
	{"int8", "integer", "sc:Integer", "int8", "integer"},
	{"int16", "integer", "sc:Integer", "int16", "integer"},
	{"int32", "integer", "sc:Integer", "int32", "integer"},
	{"uint8", "integer", "sc:Integer", "uint8", "integer"},
	{"uint16", "integer", "sc:Integer", "uint16", "integer"},
	{"uint32", "integer", "sc:Integer", "uint32", "integer"},
	{"uint64", "integer", "sc:Integer", "uint64", "integer"},
	{"float32", "number", "sc:Float", "float32", "number"},
	{"date64", "date", "sc:Date", "date64", "date"},
	{"binary", "string", "sc:Text", "binary", "string"},
	{"large_binary", "string", "sc:Text", "large_binary", "string"},
}

// CrosswalkTypes translates a type text into the names of the other formats.
// Types with parameters (decimals, timestamps of any unit and zone, times,
// durations) are named with them where the format can. Lists, structs and maps
// have no scalar name; for those ODCS says array or object, Frictionless array
// or object, and the Croissant and Hugging Face names are empty: both describe
// them field by field.
func CrosswalkTypes(text string) (TypeNames, error) {
	t, err := ParseType(text)
	if err != nil {
		return TypeNames{}, fmt.Errorf("schemas: %w", err)
	}
	canonical, err := TypeText(t)
	if err != nil {
		return TypeNames{}, fmt.Errorf("schemas: %w", err)
	}
	for _, row := range crosswalk {
		if row.Arrow == canonical {
			return row, nil
		}
	}
	switch t := t.(type) {
	case *arrow.TimestampType:
		hf := "timestamp[" + t.Unit.String() + "]"
		if t.TimeZone != "" {
			hf = "timestamp[" + t.Unit.String() + ", tz=" + t.TimeZone + "]"
		}
		return TypeNames{canonical, "timestamp", "sc:DateTime", hf, "datetime"}, nil
	case *arrow.Time32Type, *arrow.Time64Type:
		return TypeNames{canonical, "time", "sc:Time", canonical, "time"}, nil
	case *arrow.DurationType:
		return TypeNames{canonical, "integer", "sc:Integer", canonical, "integer"}, nil
	case *arrow.Decimal128Type:
		return TypeNames{canonical, "number", "sc:Float", fmt.Sprintf("decimal128(%d, %d)", t.Precision, t.Scale), "number"}, nil
	case *arrow.FixedSizeBinaryType:
		return TypeNames{canonical, "string", "sc:Text", "binary", "string"}, nil
	case *arrow.ListType, *arrow.LargeListType:
		return TypeNames{Arrow: canonical, ODCS: "array", Frictionless: "array"}, nil
	case *arrow.StructType, *arrow.MapType:
		return TypeNames{Arrow: canonical, ODCS: "object", Frictionless: "object"}, nil
	}
	return TypeNames{canonical, "string", "sc:Text", "null", "any"}, nil
}

// Format is a column of the crosswalk.
type Format int

// The formats whose type names can be translated back.
const (
	ODCSFormat Format = iota
	CroissantFormat
	HuggingFaceFormat
	FrictionlessFormat
)

// ArrowType translates a type name of another format to a type text. Names
// that stand for several Arrow types give the widest: "integer" is int64,
// "number" float64. ok is false for names that the crosswalk does not hold.
func ArrowType(f Format, name string) (text string, ok bool) {
	for _, row := range crosswalk {
		if [...]string{row.ODCS, row.Croissant, row.HuggingFace, row.Frictionless}[f] == name {
			return row.Arrow, true
		}
	}
	if f == HuggingFaceFormat {
		return huggingFaceType(name)
	}
	return "", false
}

// huggingFaceType reads the parametrised names, which differ from type texts
// in blanks and in "tz=".
func huggingFaceType(name string) (string, bool) {
	name = strings.ReplaceAll(name, ", tz=", ",")
	t, err := ParseType(name)
	if err != nil {
		return "", false
	}
	text, err := TypeText(t)
	return text, err == nil
}
