package detect

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// column is one test column: a header and how its cells are made.
type column struct {
	header string
	cell   func(r *rand.Rand, row int, p *semantic.Person) string
}

// made fills a column with a type's generated values.
func made(header, typ string) column {
	ty, _ := semantic.Lookup(typ)
	return column{header, func(r *rand.Rand, _ int, p *semantic.Person) string {
		return ty.Generate(r, semantic.Context{Person: p})
	}}
}

func one(header string, values ...string) column {
	return column{header, func(r *rand.Rand, _ int, _ *semantic.Person) string { return values[r.IntN(len(values))] }}
}

type memoryReader struct {
	recs []arrow.Record
}

func (m *memoryReader) Schema() *arrow.Schema { return m.recs[0].Schema() }
func (m *memoryReader) Close() error          { return nil }
func (m *memoryReader) Next(context.Context) (arrow.Record, error) {
	if len(m.recs) == 0 {
		return nil, io.EOF
	}
	r := m.recs[0]
	if len(m.recs) == 1 {
		m.recs = m.recs[:0:0]
	} else {
		m.recs = m.recs[1:]
	}
	r.Retain()
	return r, nil
}

// tableOf builds a record of string columns; rows share one person.
func tableOf(seed uint64, rows int, cols ...column) arrow.Record {
	r := rand.New(rand.NewPCG(seed, 7))
	fields := make([]arrow.Field, len(cols))
	builders := make([]*array.StringBuilder, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: c.header, Type: arrow.BinaryTypes.String, Nullable: true}
		builders[i] = array.NewStringBuilder(memory.DefaultAllocator)
	}
	given, _ := semantic.Lookup("first_name")
	family, _ := semantic.Lookup("last_name")
	for row := range rows {
		p := &semantic.Person{Gender: []string{"female", "male"}[r.IntN(2)]}
		p.Given = given.Generate(r, semantic.Context{Person: p})
		p.Family = family.Generate(r, semantic.Context{Person: p})
		for i, c := range cols {
			builders[i].Append(c.cell(r, row, p))
		}
	}
	arrs := make([]arrow.Array, len(cols))
	for i := range builders {
		arrs[i] = builders[i].NewArray()
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), arrs, int64(rows))
}

func detectTable(t *testing.T, name string, rec arrow.Record) map[string]Column {
	t.Helper()
	rep, err := Columns(context.Background(), name, &memoryReader{recs: []arrow.Record{rec}}, Options{})
	require.NoError(t, err)
	return Document(rep)[name]
}

func TestColumnsWithoutHeaders(t *testing.T) {
	t.Parallel()
	got := detectTable(t, "t", tableOf(1, 400,
		made("0", "email"), made("1", "phone"), made("2", "iban"), made("3", "credit_card"), made("4", "us_ssn"), made("5", "ipv4"),
		made("6", "first_name"), made("7", "last_name"), made("8", "full_name"), made("9", "gender"), made("10", "birth_date"),
		made("11", "street_address"), made("12", "uuid"), made("13", "url"), made("14", "mac_address"), made("15", "imei"), made("16", "cn_resident_id")))
	want := []string{
		"email", "phone", "iban", "credit_card", "national_id", "ip_address", "first_name", "last_name", "full_name", "gender", "birth_date",
		"street_address", "uuid", "url", "mac_address", "imei", "national_id",
	}
	for i, w := range want {
		c := got[string([]byte("0123456789")[i%10])]
		if i >= 10 {
			c = got["1"+string(rune('0'+i-10))]
		}
		require.Equal(t, w, c.Semantic, "column %d", i)
		require.NotEmpty(t, c.Evidence)
	}
}

// A header that lies about a checksummed value does not hide it.
func TestColumnsLyingHeaders(t *testing.T) {
	t.Parallel()
	got := detectTable(t, "products", tableOf(2, 300, made("description", "email"), made("category", "credit_card"), made("status", "iban"), made("color", "us_ssn"), made("notes", "full_name")))
	for name, c := range got {
		require.Equal(t, semantic.DirectIdentifier, c.Class, name)
	}
}

func TestColumnsChineseHeaders(t *testing.T) {
	t.Parallel()
	zh := func(header, typ string) column {
		ty, _ := semantic.Lookup(typ)
		return column{header, func(r *rand.Rand, _ int, _ *semantic.Person) string {
			return ty.Generate(r, semantic.Context{Locale: "zh_CN"})
		}}
	}
	got := detectTable(t, "客户", tableOf(3, 200, zh("客户姓名", "full_name"), zh("手机号码", "phone"), zh("身份证号", "cn_resident_id"), zh("家庭住址", "street_address"), one("性别", "男", "女"), one("民族", "汉族", "回族"), one("订单状态", "已付款", "已发货", "已取消")))
	for h, w := range map[string]string{"客户姓名": "full_name", "手机号码": "phone", "身份证号": "national_id", "家庭住址": "street_address", "性别": "gender", "民族": "race", "订单状态": "category"} {
		require.Equal(t, w, got[h].Semantic, h)
	}
}

func TestColumnsNothingToSee(t *testing.T) {
	t.Parallel()
	got := detectTable(t, "t", tableOf(4, 0, made("email", "email"), made("zorp", "email")))
	require.Equal(t, "email", got["email"].Semantic)
	require.Empty(t, got["zorp"].Semantic)
	require.True(t, got["zorp"].Unsure)
	require.Contains(t, got["zorp"].Evidence, "no values to look at")
}

func TestEvidenceHoldsNoValue(t *testing.T) {
	t.Parallel()
	rec := tableOf(5, 50, made("mail", "email"), made("who", "full_name"), made("tel", "phone"))
	for i, c := range []string{"mail", "who", "tel"} {
		col := detectTable(t, "t", rec)[c]
		for row := range 50 {
			v := rec.Column(i).(*array.String).Value(row)
			for _, e := range col.Evidence {
				require.NotContains(t, e, v)
			}
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, Options{}.Validate())
	require.NoError(t, Options{}.WithDefaults().Validate())
	err := Options{MaxRows: -1, MaxValues: -1, Low: .9, High: .1}.Validate()
	require.ErrorContains(t, err, "MaxRows")
	require.ErrorContains(t, err, "MaxValues")
	require.ErrorContains(t, err, "Low")
}

func BenchmarkColumns(b *testing.B) {
	rec := tableOf(6, 20_000, made("a", "email"), made("b", "phone"), made("c", "full_name"), made("d", "street_address"), made("e", "birth_date"), made("f", "money"), made("g", "record_id"), made("h", "city"))
	cells := 0
	for b.Loop() {
		rep, err := Columns(context.Background(), "t", &memoryReader{recs: []arrow.Record{rec}}, Options{})
		require.NoError(b, err)
		cells += int(rep.Rows) * len(rep.Columns)
	}
	b.ReportMetric(float64(cells)/b.Elapsed().Seconds(), "cells/s")
}
