package schemas

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// maxTypeDepth bounds the nesting of a type text, so that a hostile contract
// file cannot exhaust the stack.
const maxTypeDepth = 32

// plainTypes are the types that a bare word names.
var plainTypes = []struct {
	text string
	typ  arrow.DataType
}{
	{"null", arrow.Null},
	{"bool", arrow.FixedWidthTypes.Boolean},
	{"int8", arrow.PrimitiveTypes.Int8},
	{"int16", arrow.PrimitiveTypes.Int16},
	{"int32", arrow.PrimitiveTypes.Int32},
	{"int64", arrow.PrimitiveTypes.Int64},
	{"uint8", arrow.PrimitiveTypes.Uint8},
	{"uint16", arrow.PrimitiveTypes.Uint16},
	{"uint32", arrow.PrimitiveTypes.Uint32},
	{"uint64", arrow.PrimitiveTypes.Uint64},
	{"float32", arrow.PrimitiveTypes.Float32},
	{"float64", arrow.PrimitiveTypes.Float64},
	{"utf8", arrow.BinaryTypes.String},
	{"large_utf8", arrow.BinaryTypes.LargeString},
	{"binary", arrow.BinaryTypes.Binary},
	{"large_binary", arrow.BinaryTypes.LargeBinary},
	{"date32", arrow.FixedWidthTypes.Date32},
	{"date64", arrow.FixedWidthTypes.Date64},
}

var typeUnits = []struct {
	text string
	unit arrow.TimeUnit
}{{"s", arrow.Second}, {"ms", arrow.Millisecond}, {"us", arrow.Microsecond}, {"ns", arrow.Nanosecond}}

// TypeText writes t in the form that contracts use: "int64",
// "timestamp[us,UTC]", "decimal128(12,2)", "list<utf8>",
// "struct<a:int64,b:utf8>", "map<utf8,int64>". A dictionary type is written as
// the type of its values. Nested fields are taken as nullable. Types that
// contracts do not know give an error that matches ErrType.
func TypeText(t arrow.DataType) (string, error) {
	for _, p := range plainTypes {
		if arrow.TypeEqual(t, p.typ) {
			return p.text, nil
		}
	}
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return TypeText(t.ValueType)
	case *arrow.TimestampType:
		if t.TimeZone == "" {
			return "timestamp[" + t.Unit.String() + "]", nil
		}
		if strings.ContainsAny(t.TimeZone, "[],<>() \t") {
			return "", fmt.Errorf("%w: a time zone with brackets, commas or spaces", ErrType)
		}
		return "timestamp[" + t.Unit.String() + "," + t.TimeZone + "]", nil
	case *arrow.Time32Type:
		return "time32[" + t.Unit.String() + "]", nil
	case *arrow.Time64Type:
		return "time64[" + t.Unit.String() + "]", nil
	case *arrow.DurationType:
		return "duration[" + t.Unit.String() + "]", nil
	case *arrow.Decimal128Type:
		return fmt.Sprintf("decimal128(%d,%d)", t.Precision, t.Scale), nil
	case *arrow.FixedSizeBinaryType:
		return fmt.Sprintf("fixed_size_binary(%d)", t.ByteWidth), nil
	case *arrow.ListType:
		return bracketed("list", t.Elem())
	case *arrow.LargeListType:
		return bracketed("large_list", t.Elem())
	case *arrow.MapType:
		return bracketed("map", t.KeyType(), t.ItemType())
	case *arrow.StructType:
		parts := make([]string, t.NumFields())
		for i, f := range t.Fields() {
			text, err := TypeText(f.Type)
			if err != nil {
				return "", err
			}
			parts[i] = quoteName(f.Name) + ":" + text
		}
		return "struct<" + strings.Join(parts, ",") + ">", nil
	}
	return "", fmt.Errorf("%w: Arrow type %s has no place in a contract", ErrType, t.ID())
}

func bracketed(head string, args ...arrow.DataType) (string, error) {
	parts := make([]string, len(args))
	for i, a := range args {
		text, err := TypeText(a)
		if err != nil {
			return "", err
		}
		parts[i] = text
	}
	return head + "<" + strings.Join(parts, ",") + ">", nil
}

// quoteName leaves plain words bare and quotes every other field name.
func quoteName(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !wordRune(r) }) {
		return strconv.Quote(name)
	}
	return name
}

func wordRune(r rune) bool {
	return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// ParseType reads what TypeText writes. Blanks between tokens are ignored.
// Errors match ErrType and say what was expected.
func ParseType(text string) (arrow.DataType, error) {
	p := typeParser{rest: text}
	t, err := p.parse(0)
	if err != nil {
		return nil, fmt.Errorf("%w %q: %w", ErrType, text, err)
	}
	p.blank()
	if p.rest != "" {
		return nil, fmt.Errorf("%w %q: unexpected text after the type", ErrType, text)
	}
	return t, nil
}

type typeParser struct{ rest string }

func (p *typeParser) blank() { p.rest = strings.TrimLeft(p.rest, " \t") }

func (p *typeParser) accept(c byte) bool {
	p.blank()
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *typeParser) expect(c byte) error {
	if !p.accept(c) {
		return fmt.Errorf("expected %q", string(c))
	}
	return nil
}

func (p *typeParser) word() string {
	p.blank()
	i := strings.IndexFunc(p.rest, func(r rune) bool { return !wordRune(r) })
	if i < 0 {
		i = len(p.rest)
	}
	w := p.rest[:i]
	p.rest = p.rest[i:]
	return w
}

// upTo takes the text before the closing byte, which is consumed too.
func (p *typeParser) upTo(end byte) (string, error) {
	i := strings.IndexByte(p.rest, end)
	if i < 0 {
		return "", fmt.Errorf("expected %q", string(end))
	}
	s := p.rest[:i]
	p.rest = p.rest[i+1:]
	return strings.TrimSpace(s), nil
}

func (p *typeParser) parse(depth int) (arrow.DataType, error) {
	if depth > maxTypeDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxTypeDepth)
	}
	head := p.word()
	for _, k := range plainTypes {
		if k.text == head {
			return k.typ, nil
		}
	}
	switch head {
	case "timestamp", "time32", "time64", "duration":
		return p.temporal(head)
	case "decimal128", "fixed_size_binary":
		return p.sized(head)
	case "list", "large_list", "map":
		return p.collection(head, depth)
	case "struct":
		return p.structure(depth)
	case "":
		return nil, fmt.Errorf("expected a type such as int64, utf8 or list<utf8>")
	}
	return nil, fmt.Errorf("no such type; known are int8..int64, uint8..uint64, float32, float64, utf8, binary, bool, date32, " +
		"time64[us], timestamp[us,UTC], decimal128(12,2), list<…>, struct<name:…>, map<…,…> and their relatives")
}

func (p *typeParser) temporal(head string) (arrow.DataType, error) {
	if err := p.expect('['); err != nil {
		return nil, err
	}
	inside, err := p.upTo(']')
	if err != nil {
		return nil, err
	}
	unitText, zone, zoned := strings.Cut(inside, ",")
	unitText, zone = strings.TrimSpace(unitText), strings.TrimSpace(zone)
	unit, known := arrow.Second, false
	for _, u := range typeUnits {
		if u.text == unitText {
			unit, known = u.unit, true
		}
	}
	switch {
	case !known:
		return nil, fmt.Errorf("the unit must be s, ms, us or ns")
	case zoned && (head != "timestamp" || zone == ""):
		return nil, fmt.Errorf("a time zone is for timestamps, as in timestamp[us,UTC]")
	case strings.ContainsAny(zone, "[],<>() \t"):
		return nil, fmt.Errorf("the time zone must be a name such as UTC or Europe/Berlin")
	}
	switch head {
	case "timestamp":
		return &arrow.TimestampType{Unit: unit, TimeZone: zone}, nil
	case "duration":
		return &arrow.DurationType{Unit: unit}, nil
	case "time32":
		if unit != arrow.Second && unit != arrow.Millisecond {
			return nil, fmt.Errorf("time32 counts s or ms")
		}
		return &arrow.Time32Type{Unit: unit}, nil
	default:
		if unit != arrow.Microsecond && unit != arrow.Nanosecond {
			return nil, fmt.Errorf("time64 counts us or ns")
		}
		return &arrow.Time64Type{Unit: unit}, nil
	}
}

func (p *typeParser) sized(head string) (arrow.DataType, error) {
	if err := p.expect('('); err != nil {
		return nil, err
	}
	inside, err := p.upTo(')')
	if err != nil {
		return nil, err
	}
	if head == "fixed_size_binary" {
		n, err := strconv.ParseInt(inside, 10, 32)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("expected a width in bytes of 1 or more")
		}
		return &arrow.FixedSizeBinaryType{ByteWidth: int(n)}, nil
	}
	a, b, ok := strings.Cut(inside, ",")
	precision, err1 := strconv.ParseInt(strings.TrimSpace(a), 10, 32)
	scale, err2 := strconv.ParseInt(strings.TrimSpace(b), 10, 32)
	if !ok || err1 != nil || err2 != nil || precision < 1 || precision > 38 || scale < 0 || scale > precision {
		return nil, fmt.Errorf("expected decimal128(precision,scale) with 1 <= precision <= 38 and 0 <= scale <= precision")
	}
	return &arrow.Decimal128Type{Precision: int32(precision), Scale: int32(scale)}, nil
}

func (p *typeParser) collection(head string, depth int) (arrow.DataType, error) {
	if err := p.expect('<'); err != nil {
		return nil, err
	}
	first, err := p.parse(depth + 1)
	if err != nil {
		return nil, err
	}
	var t arrow.DataType
	switch head {
	case "list":
		t = arrow.ListOf(first)
	case "large_list":
		t = arrow.LargeListOf(first)
	default:
		if err := p.expect(','); err != nil {
			return nil, err
		}
		item, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		t = arrow.MapOf(first, item)
	}
	return t, p.expect('>')
}

func (p *typeParser) structure(depth int) (arrow.DataType, error) {
	if err := p.expect('<'); err != nil {
		return nil, err
	}
	var fields []arrow.Field
	if p.accept('>') {
		return arrow.StructOf(), nil
	}
	seen := map[string]bool{}
	for {
		name, err := p.fieldName()
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("struct field named twice")
		}
		seen[name] = true
		if err := p.expect(':'); err != nil {
			return nil, err
		}
		t, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		fields = append(fields, arrow.Field{Name: name, Type: t, Nullable: true})
		if p.accept(',') {
			continue
		}
		return arrow.StructOf(fields...), p.expect('>')
	}
}

func (p *typeParser) fieldName() (string, error) {
	p.blank()
	if strings.HasPrefix(p.rest, `"`) {
		quoted, err := strconv.QuotedPrefix(p.rest)
		if err != nil {
			return "", fmt.Errorf("a quoted field name is not closed")
		}
		p.rest = p.rest[len(quoted):]
		return strconv.Unquote(quoted)
	}
	if w := p.word(); w != "" {
		return w, nil
	}
	return "", fmt.Errorf("expected a field name")
}
