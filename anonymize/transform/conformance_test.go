package transform

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/stretchr/testify/require"
)

// testKeys derives keys by hashing the name.
type testKeys struct{ salt string }

func (k testKeys) Derive(name string) ([]byte, error) {
	s := sha256.Sum256([]byte(k.salt + "|" + name))
	return s[:], nil
}

// P abbreviates parameters.
type P = map[string]any

type conformanceCase struct {
	name     string
	spec     Spec
	semantic string
	column   arrow.Array
}

func strs(v ...string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for _, s := range v {
		if s == "NULL" {
			b.AppendNull()
			continue
		}
		b.Append(s)
	}
	return b.NewArray()
}

func ints[T int64 | int32](v ...T) arrow.Array {
	var b array.Builder
	switch any(v).(type) {
	case []int64:
		b = array.NewInt64Builder(memory.DefaultAllocator)
	default:
		b = array.NewInt32Builder(memory.DefaultAllocator)
	}
	for _, x := range v {
		if x == -999 {
			b.AppendNull()
			continue
		}
		if err := b.AppendValueFromString(fmt.Sprint(x)); err != nil {
			panic(err)
		}
	}
	return b.NewArray()
}

func parsed(t arrow.DataType, v ...string) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, t)
	for _, s := range v {
		if s == "NULL" {
			b.AppendNull()
			continue
		}
		if err := b.AppendValueFromString(s); err != nil {
			panic(err)
		}
	}
	return b.NewArray()
}

func conformanceCases() []conformanceCase {
	names := strs("Ada", "Grace", "NULL", "Ada", "Alan", "Barbara", "John", "Mary", "王芳", "James", "")
	people := strs("Ada Lovelace", "NULL", "Grace Hopper", "Turing, Alan", "Ada Lovelace", "王小明", "Mary Ann Smith", "John Doe", "Linda Jones", "James Poe", "Mary Poe")
	mails := strs("ada@x.org", "grace.h@y.com", "NULL", "alan_t@z.net", "ada@x.org", "b1@b.io", "c@d.com", "d.e@f.org", "g@h.com", "i@j.com", "k@l.com")
	numbers := ints[int64](1, 2, 3, -999, 3, -4, 1<<62, 0, 9, 10, 11)
	small := ints[int32](34, 35, -999, 91, 17, 0, -5, 34, 64, 65, 66)
	reals := parsed(arrow.PrimitiveTypes.Float64, "1.5", "NULL", "-2.25", "91", "0", "1e9", "3", "4", "5", "6", "7")
	days := parsed(arrow.FixedWidthTypes.Date32, "1985-03-02", "NULL", "2000-02-29", "1969-12-31", "1985-03-02", "2024-12-31", "2001-01-01", "2001-01-02", "2001-04-03", "2001-07-04", "2001-10-05")
	times := parsed(arrow.FixedWidthTypes.Timestamp_us, "1985-03-02 10:11:12", "NULL", "2000-02-29 00:00:00", "1969-12-31 23:59:59", "1985-03-02 10:11:12", "2024-12-31 01:00:00", "2001-01-01 00:00:00", "2001-01-02 00:00:00", "2001-04-03 00:00:00", "2001-07-04 00:00:00", "2001-10-05 00:00:00")
	iso := strs("1985-03-02", "NULL", "2000-02-29T10:00:00", "1969-12-31", "1985-03-02", "not a date", "2001-02-30", "2001-01-02", "2001-04-03", "2001-07-04", "2001-10-05")
	cards := strs("4111 1111 1111 1111", "NULL", "5500-0000-0000-0004", "", "a", "ab", "4111 1111 1111 1111", "x1", "Zoë 12", "張三", "12345")
	notes := strs("Ada called, see ada@x.org", "NULL", "nothing here", "", "met ADA twice", "phone 555-0100", "x", "y", "王芳来电", "z", "w")
	cases := []conformanceCase{
		{"keep", Spec{"keep", nil}, "", numbers},
		{"suppress text", Spec{"suppress", nil}, "", names},
		{"suppress int", Spec{"suppress", P{"drop": false}}, "", numbers},
		{"constant text", Spec{"constant", P{"value": "x"}}, "", names},
		{"constant int", Spec{"constant", P{"value": 7}}, "", numbers},
		{"constant int as text", Spec{"constant", P{"value": "hidden"}}, "", numbers},
		{"mask all", Spec{"mask", nil}, "", cards},
		{"mask ends", Spec{"mask", P{"first": 1, "last": 4, "keep_separators": true}}, "", cards},
		{"mask digits", Spec{"mask", P{"only": "digits", "char": "#"}}, "", cards},
		{"mask wide", Spec{"mask", P{"first": 1, "char": "＊"}}, "", cards},
		{"mask length", Spec{"mask", P{"last": 2, "length": 5}}, "", cards},
		{"mask int", Spec{"mask", P{"last": 1}}, "", numbers},
		{"pseudonym hex", Spec{"pseudonym", nil}, "", mails},
		{"pseudonym hex 64", Spec{"pseudonym", P{"length": 64, "prefix": "c_"}}, "", mails},
		{"pseudonym base32", Spec{"pseudonym", P{"output": "base32"}}, "", mails},
		{"pseudonym uuid", Spec{"pseudonym", P{"output": "uuid"}}, "", mails},
		{"pseudonym text to integer", Spec{"pseudonym", P{"output": "integer"}}, "", mails},
		{"pseudonym fold", Spec{"pseudonym", P{"fold": true}}, "", mails},
		{"pseudonym int", Spec{"pseudonym", nil}, "", numbers},
		{"pseudonym int32", Spec{"pseudonym", nil}, "", small},
		{"pseudonym int hex", Spec{"pseudonym", P{"output": "hex"}}, "", numbers},
		{"pseudonym date", Spec{"pseudonym", nil}, "", days},
		{"generalize width", Spec{"generalize", P{"width": 10}}, "", small},
		{"generalize width lower", Spec{"generalize", P{"width": .5, "output": "lower"}}, "", reals},
		{"generalize edges", Spec{"generalize", P{"edges": []float64{0, 18, 65}}}, "", small},
		{"generalize edges lower", Spec{"generalize", P{"edges": []float64{0, 18, 65}, "output": "lower"}}, "", small},
		{"generalize month", Spec{"generalize", P{"to": "month"}}, "", days},
		{"generalize week", Spec{"generalize", P{"to": "week"}}, "", times},
		{"generalize iso", Spec{"generalize", P{"to": "quarter"}}, "", iso},
		{"generalize prefix", Spec{"generalize", P{"prefix": 3, "pad": "*"}}, "", cards},
		{"top_bottom int", Spec{"top_bottom", P{"top": 90, "bottom": 0}}, "", small},
		{"top_bottom float", Spec{"top_bottom", P{"top": 90}}, "", reals},
		{"date_shift date", Spec{"date_shift", nil}, "", days},
		{"date_shift time", Spec{"date_shift", P{"keep": "weekday"}}, "", times},
		{"date_shift iso", Spec{"date_shift", P{"max_days": 30}}, "", iso},
		{"surrogate given", Spec{"surrogate", nil}, "first_name", names},
		{"surrogate full", Spec{"surrogate", nil}, "full_name", people},
		{"surrogate email", Spec{"surrogate", nil}, "email", mails},
		{"surrogate email of person", Spec{"surrogate", P{"given": P{"column": "subject", "key": "g"}}}, "email", mails},
		{"text", Spec{"text", P{"known": []P{{"column": "subject", "semantic": "first_name"}}}}, "", notes},
		{"text surrogates", Spec{"text", P{"replace": "surrogate", "known": []P{{"column": "subject", "semantic": "first_name"}}}}, "", notes},
	}
	return cases
}

// dictionaryOf encodes arr with int16 indices, nulls in the indices.
func dictionaryOf(arr arrow.Array) arrow.Array {
	t := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arr.DataType()}
	b := array.NewDictionaryBuilder(memory.DefaultAllocator, t)
	if err := b.AppendArray(arr); err != nil {
		panic(err)
	}
	return b.NewArray()
}

// record puts col beside a subject column.
func record(col arrow.Array) arrow.Record {
	subjects := make([]string, col.Len())
	for i := range subjects {
		subjects[i] = []string{"Ada", "Grace", "Alan"}[i%3]
	}
	s := strs(subjects...)
	return array.NewRecord(arrow.NewSchema([]arrow.Field{
		{Name: "c", Type: col.DataType(), Nullable: true}, {Name: "subject", Type: s.DataType()},
	}, nil), []arrow.Array{col, s}, int64(col.Len()))
}

// texts shows an array as text, independent of dictionaries.
func texts(t *testing.T, arr arrow.Array) []string {
	t.Helper()
	out := make([]string, arr.Len())
	for i := range out {
		if isNull(arr, i) {
			out[i] = "NULL"
			continue
		}
		cells, err := Cells(arr)
		require.NoError(t, err)
		out[i] = "=" + string(cells(i, nil))
	}
	return out
}

func build(t *testing.T, c conformanceCase, typ arrow.DataType, keys Keys) Transform {
	t.Helper()
	tr, err := New(c.spec, Column{Table: "t", Name: "c", Type: typ, Semantic: c.semantic, Subject: "subject"}, keys)
	require.NoError(t, err)
	return tr
}

func apply(t *testing.T, tr Transform, rec arrow.Record) arrow.Array {
	t.Helper()
	out, err := tr.Apply(context.Background(), rec, 0)
	require.NoError(t, err)
	require.Equal(t, int(rec.NumRows()), out.Len())
	require.True(t, arrow.TypeEqual(tr.OutputType(), out.DataType()), "%s is not the declared %s", out.DataType(), tr.OutputType())
	return out
}

func TestConformance(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, c := range conformanceCases() {
		tried[c.spec.Name] = true
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keys := testKeys{"k"}
			tr := build(t, c, c.column.DataType(), keys)
			p := tr.Properties()
			rec := record(c.column)
			in := texts(t, c.column)
			first := texts(t, apply(t, tr, rec))

			// Deterministic: again, and by a fresh instance.
			require.True(t, p.Deterministic)
			require.Equal(t, first, texts(t, apply(t, tr, rec)))
			require.Equal(t, first, texts(t, apply(t, build(t, c, c.column.DataType(), keys), rec)))

			// The input is untouched and nulls stay null.
			require.Equal(t, in, texts(t, c.column))
			for i := range in {
				if in[i] == "NULL" {
					require.Equal(t, "NULL", first[i])
				}
			}

			// Slices with an offset give the same rows.
			for _, at := range [][2]int64{{1, 11}, {3, 9}, {8, 8}, {0, 11}} {
				require.Equal(t, first[at[0]:at[1]], texts(t, apply(t, tr, rec.NewSlice(at[0], at[1]))))
			}

			// Dictionary columns, sliced or not, give what plain ones give.
			dict := record(dictionaryOf(c.column))
			dtr := build(t, c, dict.Column(0).DataType(), keys)
			coded := apply(t, dtr, dict)
			require.Equal(t, first, texts(t, coded))
			for i := range first {
				require.Equal(t, first[i] == "NULL", coded.IsNull(i), "nulls are seen without the dictionary")
			}
			require.Equal(t, first[2:7], texts(t, apply(t, dtr, dict.NewSlice(2, 7))))

			// Distinct inputs keep apart where it is claimed.
			if p.Injective {
				from := map[string]string{}
				for i, v := range first {
					if v == "NULL" {
						continue
					}
					if before, ok := from[v]; ok {
						require.Equal(t, before, in[i])
					}
					from[v] = in[i]
				}
			}
			// Another key gives another output, and no key none.
			if p.NeedsKey {
				other := texts(t, apply(t, build(t, c, c.column.DataType(), testKeys{"other"}), rec))
				require.NotEqual(t, first, other)
				_, err := New(c.spec, Column{Table: "t", Name: "c", Type: c.column.DataType(), Semantic: c.semantic, Subject: "subject"}, nil)
				require.ErrorIs(t, err, ErrNoKeys)
			}
			// A column of another type is refused.
			_, err := tr.Apply(context.Background(), record(array.MakeArrayOfNull(memory.DefaultAllocator, arrow.FixedWidthTypes.Boolean, 2)), 0)
			require.ErrorContains(t, err, "built for")
			// Suppressed dictionaries hold nothing.
			if c.spec.Name == "suppress" {
				require.Zero(t, apply(t, dtr, dict).(*array.Dictionary).Dictionary().Len()-apply(t, dtr, dict).(*array.Dictionary).Dictionary().NullN())
			}
		})
	}
	for _, d := range All() {
		require.True(t, tried[d.Name], "no conformance case for %s", d.Name)
	}
}

// Batches with repeats take the memo's path; a one-row batch never does.
func TestRepeatsAreRemembered(t *testing.T) {
	t.Parallel()
	values := make([]string, 6000)
	for i := range values {
		values[i] = fmt.Sprintf("value %d", i%2900)
		if i%17 == 0 {
			values[i] = "NULL"
		}
	}
	col := strs(values...)
	for _, c := range []conformanceCase{
		{spec: Spec{"pseudonym", nil}}, {spec: Spec{"surrogate", nil}, semantic: "full_name"},
	} {
		tr := build(t, c, col.DataType(), testKeys{"k"})
		got := texts(t, apply(t, tr, record(col)))
		for i := range got {
			if i%13 == 0 {
				require.Equal(t, texts(t, apply(t, tr, record(col).NewSlice(int64(i), int64(i+1))))[0], got[i])
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	utf8, i64 := arrow.DataType(arrow.BinaryTypes.String), arrow.PrimitiveTypes.Int64
	for _, c := range []struct {
		spec Spec
		typ  arrow.DataType
		want string
	}{
		{Spec{"blur", nil}, utf8, "one of keep"},
		{Spec{"mask", P{"frist": 1}}, utf8, "frist"},
		{Spec{"mask", P{"first": -1, "char": "ab", "only": "x"}}, utf8, "parameter char"},
		{Spec{"pseudonym", P{"length": 8}}, utf8, "16 to 64"},
		{Spec{"pseudonym", P{"output": "rot13"}}, utf8, "none of hex"},
		{Spec{"pseudonym", nil}, arrow.ListOf(i64), "does not apply"},
		{Spec{"generalize", nil}, i64, "exactly one"},
		{Spec{"generalize", P{"width": 10, "to": "year"}}, i64, "exactly one"},
		{Spec{"generalize", P{"width": 10}}, utf8, "numbers only"},
		{Spec{"generalize", P{"to": "year"}}, i64, "dates"},
		{Spec{"generalize", P{"edges": []int{3, 1}}}, i64, "rise"},
		{Spec{"top_bottom", P{"top": 1, "bottom": 2}}, i64, "above top"},
		{Spec{"top_bottom", P{"top": 300}}, arrow.PrimitiveTypes.Int8, "does not fit"},
		{Spec{"date_shift", nil}, i64, "dates"},
		{Spec{"surrogate", nil}, utf8, "semantic type"},
		{Spec{"constant", nil}, utf8, "required"},
		{Spec{"constant", P{"value": 1.5}}, i64, "does not fit"},
		{Spec{"text", nil}, i64, "text only"},
	} {
		_, err := New(c.spec, Column{Table: "t", Name: "c", Type: c.typ, Subject: "s"}, testKeys{})
		require.ErrorContains(t, err, c.want, "%v", c.spec)
		require.True(t, strings.HasPrefix(err.Error(), `transform: column "c"`))
	}
}
