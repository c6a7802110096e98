package transform

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

const benchRows = 65536

// benchColumn holds rows values of about the length of an e-mail, phone or
// name; distinct = 0 makes every value different.
func benchColumn(form string, distinct int) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range benchRows {
		if distinct > 0 {
			i %= distinct
		}
		b.Append(fmt.Sprintf(form, i))
	}
	return b.NewArray()
}

func benchTransform(b *testing.B, spec Spec, sem string, col arrow.Array) {
	b.Helper()
	tr, err := New(spec, Column{Table: "t", Name: "c", Type: col.DataType(), Semantic: sem, Subject: "subject"}, testKeys{"k"})
	if err != nil {
		b.Fatal(err)
	}
	rec := record(col)
	b.ReportAllocs()
	for b.Loop() {
		out, err := tr.Apply(context.Background(), rec, 0)
		if err != nil {
			b.Fatal(err)
		}
		out.Release()
	}
	b.ReportMetric(float64(b.N)*float64(col.Len())/b.Elapsed().Seconds()/1e6, "Mvalues/s")
}

func BenchmarkTransform(b *testing.B) {
	mail, phone := benchColumn("person.%06d@example.org", 0), benchColumn("(555) 01%06d", 0)
	nums := array.NewInt64Builder(memory.DefaultAllocator)
	for i := range benchRows {
		nums.Append(int64(i) * 7919)
	}
	ints := nums.NewArray()
	for _, c := range []struct {
		name string
		spec Spec
		sem  string
		col  arrow.Array
	}{
		{"pseudonym/hex32", Spec{"pseudonym", nil}, "", mail},
		{"pseudonym/hex64", Spec{"pseudonym", P{"length": 64}}, "", mail},
		{"pseudonym/repeats", Spec{"pseudonym", nil}, "", benchColumn("person.%06d@example.org", 2000)},
		{"pseudonym/dictionary", Spec{"pseudonym", nil}, "", dictionaryOf(benchColumn("person.%06d@example.org", 2000))},
		{"pseudonym/int64", Spec{"pseudonym", nil}, "", ints},
		{"mask/all", Spec{"mask", nil}, "", phone},
		{"mask/digits", Spec{"mask", P{"only": "digits"}}, "", phone},
		{"mask/last4", Spec{"mask", P{"last": 4, "keep_separators": true}}, "", phone},
		{"mask/chinese", Spec{"mask", P{"first": 1}}, "", benchColumn("王小明%d", 10)},
		{"surrogate/first_name", Spec{"surrogate", nil}, "first_name", benchColumn("Name%d", 0)},
		{"surrogate/full_name", Spec{"surrogate", nil}, "full_name", benchColumn("Ada Name%d", 0)},
		{"surrogate/full_name_repeats", Spec{"surrogate", nil}, "full_name", benchColumn("Ada Name%d", 2000)},
		{"surrogate/email", Spec{"surrogate", nil}, "email", mail},
		{"generalize/width", Spec{"generalize", P{"width": 10}}, "", ints},
		{"generalize/month_iso", Spec{"generalize", P{"to": "month"}}, "", benchColumn("1985-03-%02d", 28)},
		{"date_shift/iso", Spec{"date_shift", nil}, "", benchColumn("1985-03-%02d", 28)},
		{"text", Spec{"text", P{"known": []P{{"column": "subject", "semantic": "first_name"}}}}, "", benchColumn("Ada called from 212-555-%04d about the results of last week; see ada@x.org for more.", 0).(*array.String)},
		{"top_bottom", Spec{"top_bottom", P{"top": 90}}, "", ints},
	} {
		b.Run(c.name, func(b *testing.B) { benchTransform(b, c.spec, c.sem, c.col) })
	}
}

// BenchmarkTable is the whole chain in memory: 8 text columns, 4 keyed codes of
// 64 digits and 4 masks, every value distinct.
func BenchmarkTable(b *testing.B) {
	forms := []string{"Given%06d", "Surname%06d", "person.%06d@example.org", "4111 1111 11%06d", "(555) 01%06d", "%06d Long Street", "City%06d", "1985-03-%06d"}
	var cols []arrow.Array
	var fields []arrow.Field
	for _, f := range forms {
		cols = append(cols, benchColumn(f, 0))
		fields = append(fields, arrow.Field{Name: f, Type: arrow.BinaryTypes.String})
	}
	rec := array.NewRecord(arrow.NewSchema(fields, nil), cols, benchRows)
	for _, length := range []int{32, 64} {
		b.Run(fmt.Sprintf("hex%d", length), func(b *testing.B) {
			var chain []Transform
			for i, f := range forms {
				spec := Spec{"pseudonym", P{"length": length}}
				if i >= 4 {
					spec = Spec{"mask", P{"keep_separators": true}}
				}
				tr, err := New(spec, Column{Table: "t", Name: f, Type: arrow.BinaryTypes.String}, testKeys{"k"})
				if err != nil {
					b.Fatal(err)
				}
				chain = append(chain, tr)
			}
			b.ReportAllocs()
			for b.Loop() {
				for i, tr := range chain {
					out, err := tr.Apply(context.Background(), rec, i)
					if err != nil {
						b.Fatal(err)
					}
					out.Release()
				}
			}
			b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds()/1e3, "krows/s")
		})
	}
}
