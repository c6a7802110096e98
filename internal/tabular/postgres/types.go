package postgres

import (
	"context"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// pgType is a row of pg_type.
type pgType struct {
	name   string
	kind   byte // b base, c composite, d domain, e enum, p pseudo, r range, m multirange
	base   uint32
	mod    int32
	elem   uint32 // of a true array; 0 otherwise
	quoted string // for casts
}

func loadTypes(ctx context.Context, conn *pgx.Conn) (map[uint32]pgType, error) {
	rows, err := conn.Query(ctx, `
SELECT t.oid, t.typname, t.typtype::text, t.typbasetype, t.typtypmod,
       CASE WHEN t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A' THEN t.typelem ELSE 0 END,
       format('%I.%I', n.nspname, t.typname)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace`)
	if err != nil {
		return nil, fault(ctx, "reading the catalogue's types", err)
	}
	defer rows.Close()
	out := map[uint32]pgType{}
	for rows.Next() {
		var oid uint32
		var t pgType
		var kind string
		if err := rows.Scan(&oid, &t.name, &kind, &t.base, &t.mod, &t.elem, &t.quoted); err != nil {
			return nil, fault(ctx, "reading the catalogue's types", err)
		}
		t.kind = kind[0]
		out[oid] = t
	}
	return out, fault(ctx, "reading the catalogue's types", rows.Err())
}

// mapping is how a PostgreSQL type is asked for and held.
type mapping struct {
	arrow arrow.DataType
	// expr turns a column reference into what is sent: the column itself, or
	// a cast to text.
	expr func(column string) string
	wire wire
}

// wire is the binary form in which a value arrives (PostgreSQL's send
// functions).
type wire uint8

const (
	wireText wire = iota
	wireBool
	wireInt2
	wireInt4
	wireInt8
	wireFloat4
	wireFloat8
	wireNumeric
	wireBytes
	wireDate
	wireTime
	wireTimestamp
	wireUUID
	wireArray
)

func asIs(column string) string   { return column }
func asText(column string) string { return column + "::text" }
func asInt8(column string) string { return column + "::int8" }

var textMapping = mapping{arrow.BinaryTypes.String, asText, wireText}

var mappings = map[uint32]mapping{
	pgtype.BoolOID:        {arrow.FixedWidthTypes.Boolean, asIs, wireBool},
	pgtype.Int2OID:        {arrow.PrimitiveTypes.Int16, asIs, wireInt2},
	pgtype.Int4OID:        {arrow.PrimitiveTypes.Int32, asIs, wireInt4},
	pgtype.Int8OID:        {arrow.PrimitiveTypes.Int64, asIs, wireInt8},
	pgtype.OIDOID:         {arrow.PrimitiveTypes.Int64, asInt8, wireInt8},
	pgtype.Float4OID:      {arrow.PrimitiveTypes.Float32, asIs, wireFloat4},
	pgtype.Float8OID:      {arrow.PrimitiveTypes.Float64, asIs, wireFloat8},
	pgtype.TextOID:        {arrow.BinaryTypes.String, asIs, wireText},
	pgtype.VarcharOID:     {arrow.BinaryTypes.String, asIs, wireText},
	pgtype.NameOID:        {arrow.BinaryTypes.String, asIs, wireText},
	pgtype.JSONOID:        {arrow.BinaryTypes.String, asIs, wireText},
	pgtype.ByteaOID:       {arrow.BinaryTypes.Binary, asIs, wireBytes},
	pgtype.DateOID:        {arrow.FixedWidthTypes.Date32, asIs, wireDate},
	pgtype.TimeOID:        {arrow.FixedWidthTypes.Time64us, asIs, wireTime},
	pgtype.TimestampOID:   {&arrow.TimestampType{Unit: arrow.Microsecond}, asIs, wireTimestamp},
	pgtype.TimestamptzOID: {&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, asIs, wireTimestamp},
	pgtype.UUIDOID:        {arrow.BinaryTypes.String, asIs, wireUUID},
	// The cast of inet to text always adds the mask; abbrev does as the type
	// itself prints.
	pgtype.InetOID: {arrow.BinaryTypes.String, func(c string) string { return "pg_catalog.abbrev(" + c + "::inet)" }, wireText},
}

// mapType finds how to read a column of type oid with modifier mod (-1 =
// none).
func mapType(types map[uint32]pgType, oid uint32, mod int32) mapping {
	t := types[oid]
	for range 32 { // domains over domains
		if t.kind != 'd' {
			break
		}
		if mod == -1 {
			mod = t.mod
		}
		oid = t.base
		t = types[oid]
	}
	if m, ok := mappings[oid]; ok {
		return m
	}
	switch {
	case oid == pgtype.NumericOID:
		if p, s, ok := numericModifier(mod); ok {
			return mapping{&arrow.Decimal128Type{Precision: p, Scale: s}, asIs, wireNumeric}
		}
	case t.elem != 0:
		return arrayMapping(types, t, mod)
	}
	return textMapping
}

// arrayMapping reads arrays as lists; elements that travel as text are cast.
func arrayMapping(types map[uint32]pgType, t pgType, mod int32) mapping {
	elem := mapType(types, t.elem, mod)
	switch {
	case elem.wire == wireArray, types[t.elem].kind == 'c':
		return textMapping
	case elem.wire == wireText:
		return mapping{arrow.ListOf(arrow.BinaryTypes.String), func(c string) string { return c + "::text[]" }, wireArray}
	case t.elem == pgtype.OIDOID:
		return mapping{arrow.ListOf(elem.arrow), func(c string) string { return c + "::int8[]" }, wireArray}
	}
	return mapping{arrow.ListOf(elem.arrow), asIs, wireArray}
}

// numericModifier unpacks numeric(p,s). The scale is 11 bits, signed.
func numericModifier(mod int32) (precision, scale int32, ok bool) {
	if mod < 4 {
		return 0, 0, false
	}
	mod -= 4
	precision = mod >> 16 & 0xffff
	scale = (mod&0x7ff ^ 1024) - 1024
	return precision, scale, precision <= 38 && scale >= 0 && scale <= precision
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
