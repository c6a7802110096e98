package transform

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

func run(t *testing.T, spec Spec, sem string, col arrow.Array) []string {
	t.Helper()
	return texts(t, apply(t, build(t, conformanceCase{spec: spec, semantic: sem}, col.DataType(), testKeys{"k"}), record(col)))
}

func TestPRFIsHMAC(t *testing.T) {
	t.Parallel()
	// RFC 4231, test case 2.
	require.Equal(t, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		hex.EncodeToString(newPRF([]byte("Jefe")).of([]byte("what do ya want for nothing?"))))
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "key")
		p := newPRF(key)
		for _, v := range rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 200), 1, 4).Draw(t, "values") {
			h := hmac.New(sha256.New, key)
			h.Write(v)
			if !bytes.Equal(h.Sum(nil), p.of(v)) {
				t.Fatal("differs from crypto/hmac")
			}
		}
	})
}

func TestFeistelIsAPermutation(t *testing.T) {
	t.Parallel()
	for _, bits := range []uint{2, 9, 16} {
		f, err := newFeistel(make([]byte, 32), bits)
		require.NoError(t, err)
		seen := make([]bool, 1<<bits)
		fixedPoints := 0
		for x := range uint64(1) << bits {
			y := f.permute(x)
			require.Less(t, y, uint64(1)<<bits)
			require.False(t, seen[y], "two inputs share an output")
			seen[y] = true
			if x == y {
				fixedPoints++
			}
		}
		require.Less(t, fixedPoints, 12, "a random permutation has 1 on average; 12 or more has probability 8e-10")
	}
	f, err := newFeistel(make([]byte, 32), 63)
	require.NoError(t, err)
	for _, x := range []uint64{0, 1, math.MaxInt64} {
		require.LessOrEqual(t, f.permute(x), uint64(math.MaxInt64))
	}
}

func TestIntegerPseudonymsJoinAcrossWidths(t *testing.T) {
	t.Parallel()
	spec := Spec{"pseudonym", P{"key": "customer"}}
	require.Equal(t, run(t, spec, "", ints[int32](7, 8, -3)), run(t, spec, "", ints[int64](7, 8, -3)))
}

func TestPseudonymForms(t *testing.T) {
	t.Parallel()
	col := strs(" Ada@X.org ", "ada@x.org", "NULL")
	one := func(p P) []string { return run(t, Spec{"pseudonym", p}, "", col) }
	require.Regexp(t, `^=[0-9a-f]{32}$`, one(nil)[0])
	require.Regexp(t, `^=p_[0-9a-f]{17}$`, one(P{"length": 17, "prefix": "p_"})[0])
	require.Regexp(t, `^=[a-z2-7]{26}$`, one(P{"output": "base32"})[0])
	require.Regexp(t, `^=[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, one(P{"output": "uuid"})[0])
	require.NotEqual(t, one(nil)[0], one(nil)[1])
	folded := one(P{"fold": true})
	require.Equal(t, folded[0], folded[1])
	full := one(P{"length": 64})
	require.Equal(t, full[0][:33], one(nil)[0], "shorter codes are prefixes")
}

func TestMask(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		p        P
		in, want string
	}{
		{"all", nil, "Ada L.", "******"},
		{"separators", P{"keep_separators": true}, "(555) 010-99", "(***) ***-**"},
		{"card", P{"last": 4, "keep_separators": true}, "4111-1111-1111-1234", "****-****-****-1234"},
		{"both ends", P{"first": 1, "last": 1}, "abcdef", "a****f"},
		{"at most half", P{"last": 4}, "1234", "**34"},
		{"one stays hidden", P{"first": 1}, "A", "*"},
		{"short name", P{"first": 1}, "Al", "A*"},
		{"two characters", P{"first": 1}, "王芳", "**"},
		{"three characters", P{"first": 1}, "王小明", "王**"},
		{"two of four at most a third", P{"first": 1, "last": 1}, "欧阳小明", "欧***"},
		{"accents", P{"last": 2}, "Müller", "****er"},
		{"digits only", P{"only": "digits", "last": 2}, "No 12 34x", "No ** 34x"},
		{"letters only", P{"only": "letters"}, "AB 12 é", "** 12 *"},
		{"fixed length", P{"last": 2, "length": 4}, "12345678", "****78"},
		{"other character", P{"char": "•"}, "ab", "••"},
		{"empty", P{"first": 3}, "", ""},
		{"invalid utf8", nil, "a\xffb", "***"},
	} {
		require.Equal(t, "="+c.want, run(t, Spec{"mask", c.p}, "", strs(c.in))[0], c.name)
	}
}

func TestMaskHidesHalf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringMatching(`[a-zA-Z0-9]{1,20}|[\x{4e00}-\x{4e20}]{1,6}`).Draw(t, "v")
		p := MaskParams{Char: "*", First: rapid.IntRange(0, 30).Draw(t, "first"), Last: rapid.IntRange(0, 30).Draw(t, "last")}
		out, _ := newMasker(p).mask(nil, []byte(v))
		stars, n := bytes.Count(out, []byte("*")), len([]rune(v))
		if stars < n-n/2 || len([]rune(string(out))) != n {
			t.Fatalf("%d of %d hidden", stars, n)
		}
	})
}

func TestCalendarAgreesWithTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Int64Range(-700_000, 2_900_000).Draw(t, "days")
		d := time.Unix(days*86400, 0).UTC()
		if got := string(appendDate(nil, days)); got != d.Format(time.DateOnly) {
			t.Fatalf("%s, time says %s", got, d.Format(time.DateOnly))
		}
		if back, rest, ok := parseDate(appendDate(nil, days)); d.Year() >= 0 && (!ok || back != days || len(rest) > 0) {
			t.Fatal("does not read back")
		}
		monday := time.Unix(periodWeek.start(days)*86400, 0).UTC()
		y1, w1 := monday.ISOWeek()
		y2, w2 := d.ISOWeek()
		if monday.Weekday() != time.Monday || y1 != y2 || w1 != w2 {
			t.Fatal("week")
		}
		if s, _, _ := parseDate([]byte(d.Format("2006-01") + "-01")); d.Year() > 0 && periodMonth.start(days) != s {
			t.Fatal("month")
		}
	})
}

func TestGeneralize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		p    P
		col  arrow.Array
		want []string
	}{
		{"width", P{"width": 10}, ints[int64](30, 39, 40, -1), []string{"=[30,40)", "=[30,40)", "=[40,50)", "=[-10,0)"}},
		{"origin", P{"width": 10, "origin": 5}, ints[int64](34, 35), []string{"=[25,35)", "=[35,45)"}},
		{"fraction", P{"width": .5}, parsed(arrow.PrimitiveTypes.Float64, "1.25", "NaN"), []string{"=[1,1.5)", "NULL"}},
		{"edges", P{"edges": []int{18, 65}}, ints[int64](17, 18, 64, 65), []string{"=<18", "=[18,65)", "=[18,65)", "=>=65"}},
		{"lower", P{"width": 10, "output": "lower"}, ints[int64](39), []string{"=30"}},
		{"year", P{"to": "year"}, strs("1985-03-02", "2 March"), []string{"=1985-01-01", "NULL"}},
		{"quarter", P{"to": "quarter"}, parsed(arrow.FixedWidthTypes.Date32, "1985-06-30"), []string{"=1985-04-01"}},
		{"timestamp", P{"to": "day"}, parsed(arrow.FixedWidthTypes.Timestamp_us, "1969-12-31 23:00:00"), []string{"=1969-12-31T00:00:00Z"}},
		{"prefix", P{"prefix": 3, "pad": "0"}, strs("90210", "北京市海淀"), []string{"=90200", "=北京市00"}},
	} {
		require.Equal(t, c.want, run(t, Spec{"generalize", c.p}, "", c.col), c.name)
	}
}

func TestTopBottom(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"=90", "=0", "=50", "NULL"},
		run(t, Spec{"top_bottom", P{"top": 90, "bottom": 0}}, "", ints[int64](101, -7, 50, -999)))
}

// Intervals and order within one subject stay, in dates, timestamps and text,
// and in another table whose subject column has another type.
func TestDateShiftKeepsIntervals(t *testing.T) {
	t.Parallel()
	visits := parsed(arrow.FixedWidthTypes.Date32, "2020-01-01", "2020-02-01", "2020-03-01", "2020-01-31", "2020-02-10", "2020-03-11")
	out := apply(t, build(t, conformanceCase{spec: Spec{"date_shift", nil}}, visits.DataType(), testKeys{"k"}), record(visits)).(*array.Date32)
	in := visits.(*array.Date32)
	for i := range 3 { // rows i and i+3 are of one subject
		require.Equal(t, in.Value(i+3)-in.Value(i), out.Value(i+3)-out.Value(i))
		require.NotEqual(t, in.Value(i), out.Value(i))
		require.LessOrEqual(t, math.Abs(float64(in.Value(i)-out.Value(i))), 365.0)
	}
	iso := run(t, Spec{"date_shift", nil}, "", strs("2020-01-01", "2020-02-01", "2020-03-01"))
	require.Equal(t, texts(t, out)[:3], iso, "text moves as dates do")

	week := apply(t, build(t, conformanceCase{spec: Spec{"date_shift", P{"keep": "weekday"}}}, visits.DataType(), testKeys{"k"}), record(visits)).(*array.Date32)
	for i := range in.Len() {
		require.Zero(t, (week.Value(i)-in.Value(i))%7)
	}

	orphan := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "c", Type: visits.DataType()}, {Name: "subject", Type: arrow.BinaryTypes.String, Nullable: true}}, nil),
		[]arrow.Array{visits, strs("NULL", "a", "b", "c", "d", "e")}, 6)
	require.True(t, apply(t, build(t, conformanceCase{spec: Spec{"date_shift", nil}}, visits.DataType(), testKeys{"k"}), orphan).IsNull(0), "no subject, no date")
}

// Every move of 1..max_days in both directions is about equally frequent:
// chi-square over 20 cells, 19 degrees of freedom, false alarm 1e-6 at 66.
// The key is fixed, so the test cannot flicker.
func TestDateShiftIsUniform(t *testing.T) {
	t.Parallel()
	d := &dateShift{units: 10, step: 1}
	h := newPRF([]byte("k"))
	count := map[int64]float64{}
	for i := range 20000 {
		count[d.days(h, []byte{byte(i), byte(i >> 8)})]++
	}
	require.Len(t, count, 20)
	chi := 0.0
	for _, n := range count {
		chi += (n - 1000) * (n - 1000) / 1000
	}
	require.Less(t, chi, 66.0)
	require.Zero(t, count[0])
}

func TestSurrogates(t *testing.T) {
	t.Parallel()
	names := strs("James", "Mary", "James", "王芳")
	got := run(t, Spec{"surrogate", P{"key": "n"}}, "first_name", names)
	require.Equal(t, got[0], got[2], "equal values, equal surrogates")
	require.Equal(t, []string{"male", "female", ""}, []string{genderOf("james"), genderOf("mary"), genderOf("xqz")})
	for _, n := range run(t, Spec{"surrogate", nil}, "first_name", strs("Mary", "Linda", "Susan", "Karen")) {
		require.Equal(t, "female", genderOf(strings.ToLower(n[1:])), "gender is kept")
	}
	for i, in := range texts(t, names) {
		require.NotEqual(t, in, got[i])
	}
	common := gazetteer.EnglishGiven("female")
	for i, s := range run(t, Spec{"surrogate", nil}, "first_name", strs(common...)) {
		require.NotEqual(t, strings.ToLower(common[i]), strings.ToLower(s[1:]), "nobody keeps her name")
	}
	r := []rune(got[3][1:])
	require.GreaterOrEqual(t, r[0], rune(0x4e00), "script is kept")
	require.Equal(t, got[:1], run(t, Spec{"surrogate", P{"key": "n"}}, "first_name", strs("James")), "other tables agree")

	valid, ok := semantic.Lookup("credit_card")
	require.True(t, ok)
	for _, c := range run(t, Spec{"surrogate", nil}, "credit_card", strs("4111111111111111", "5500000000000004")) {
		require.True(t, valid.Valid == nil || valid.Valid(c[1:]), "check digits hold")
	}
	_, err := New(Spec{"surrogate", nil}, Column{Name: "g", Type: arrow.BinaryTypes.String, Semantic: "gender"}, testKeys{})
	require.ErrorContains(t, err, "too few values")
}

// A person's surrogate address is made of her surrogate names.
func TestSurrogateMailAgreesWithName(t *testing.T) {
	t.Parallel()
	given, family, mail := strs("Ada", "Grace"), strs("Lovelace", "Hopper"), strs("ada.lovelace@x.org", "grace.hopper@y.org")
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "m", Type: mail.DataType()}, {Name: "g", Type: given.DataType()}, {Name: "f", Type: family.DataType()}}, nil),
		[]arrow.Array{mail, given, family}, 2)
	make := func(spec Spec, name, sem string, at int) arrow.Array {
		tr, err := New(spec, Column{Table: "t", Name: name, Type: mail.DataType(), Semantic: sem}, testKeys{"k"})
		require.NoError(t, err)
		out, err := tr.Apply(context.Background(), rec, at)
		require.NoError(t, err)
		return out
	}
	fg := make(Spec{"surrogate", P{"key": "G"}}, "g", "first_name", 1).(*array.String)
	ff := make(Spec{"surrogate", P{"key": "F"}}, "f", "last_name", 2).(*array.String)
	fm := make(Spec{"surrogate", P{"given": P{"column": "g", "key": "G"}, "family": P{"column": "f", "key": "F"}}}, "m", "email", 0).(*array.String)
	for i := range 2 {
		want := string(appendFold(nil, []byte(fg.Value(i)+"."+ff.Value(i))))
		require.Contains(t, fm.Value(i), want)
	}
}

func TestSplitName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"Ada Lovelace": {"Ada", "Lovelace"}, "Lovelace, Ada": {"Ada", "Lovelace"}, "王小明": {"小明", "王"},
		"Mary Ann Poe": {"Mary Ann", "Poe"}, "Cher": {"Cher", ""}, "": {"", ""},
	} {
		g, f := splitName(in)
		require.Equal(t, want, [2]string{g, f}, in)
	}
}
