package cell

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestCalendarAgreesWithTheStandardLibrary checks every day of the years that
// Parse accepts.
func TestCalendarAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for day := int32(at.Unix() / 86_400); at.Year() < 10_000; day++ {
		y, m, d := civil(int64(day))
		if y != at.Year() || m != int(at.Month()) || d != at.Day() {
			t.Fatalf("civil(%d) = %d-%d-%d, want %v", day, y, m, d, at)
		}
		if got, ok := days(y, m, d); !ok || got != day {
			t.Fatalf("days(%v) = %d, want %d", at, got, day)
		}
		at = at.AddDate(0, 0, 1)
	}
}

func TestFloatsPrintAsPythonDoes(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]float64{
		"1.0": 1, "0.1": 0.1, "-2.5": -2.5, "0.0": 0, "-0.0": math.Copysign(0, -1), "1e+16": 1e16, "9999999999999998.0": 9999999999999998,
		"0.0001": 1e-4, "1e-05": 1e-5, "1.7976931348623157e+308": math.MaxFloat64, "5e-324": 5e-324, "inf": math.Inf(1), "-inf": math.Inf(-1), "nan": math.NaN(),
	} {
		require.Equal(t, want, string(AppendFloat(nil, v, 64)))
	}
	require.Equal(t, "0.1", string(AppendFloat(nil, float64(float32(0.1)), 32)))
}

func TestFloatHoldsMeansPrintsBackTheSameNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lit := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,22})?(e-?[0-9]{1,2})?`).Draw(t, "literal")
		n, ok := ScanNumber([]byte(lit))
		require.True(t, ok)
		exact, ok := new(big.Rat).SetString(lit)
		require.True(t, ok)
		f, err := strconv.ParseFloat(lit, 64)
		require.NoError(t, err)
		printed, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
		require.True(t, ok)
		require.Equal(t, printed.Cmp(exact) == 0, FloatHolds([]byte(lit), n), lit)
	})
}

func TestDecimalsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := decimal128.New(rapid.Int64Range(-5e18, 5e18).Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))
		scale := rapid.Int32Range(0, 38).Draw(t, "scale")
		s := AppendDecimal(nil, v, scale)
		require.Equal(t, v.ToString(scale), string(s))
		got, ok := ParseDecimal(s, 38, scale)
		require.True(t, ok, string(s))
		require.Equal(t, v, got)
	})
}

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text     string
		p, scale int32
		want     int64
		ok       bool
	}{
		{"1.50", 5, 2, 150, true},
		{"1.5", 5, 2, 150, true},
		{"1.500", 5, 2, 150, true},
		{"1.505", 5, 2, 0, false},
		{"-0.01", 5, 2, -1, true},
		{"999.99", 5, 2, 99999, true},
		{"1000", 5, 2, 0, false},
		{"1.5e2", 5, 2, 15000, true},
		{"150e-2", 5, 2, 150, true},
		{"155e-3", 5, 2, 0, false},
		{"15500e-4", 5, 2, 155, true},
		{"0", 1, 0, 0, true},
		{"x", 5, 2, 0, false},
		{strings.Repeat("9", 39), 38, 0, 0, false},
	} {
		got, ok := ParseDecimal([]byte(tc.text), tc.p, tc.scale)
		require.Equal(t, tc.ok, ok, tc.text)
		if ok {
			require.Equal(t, decimal128.FromI64(tc.want), got, tc.text)
		}
	}
}

func TestIntegers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-1": -1, "+7": 7, "007": 7, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64, "0000000000000000000000001": 1,
	} {
		got, ok := ParseInt([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "-", "1.0", "1e3", "9223372036854775808", "-9223372036854775809", "0x1", "1_0", " 1"} {
		_, ok := ParseInt([]byte(text))
		require.False(t, ok, text)
	}
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2020-02-29 12:34":                 "2020-02-29T12:34:00",
		"2020-02-29T12:34:56.5":            "2020-02-29T12:34:56.500",
		"2020-02-29T12:34:56.000001":       "2020-02-29T12:34:56.000001",
		"2020-02-29T12:34:56.123456000":    "2020-02-29T12:34:56.123456",
		"2020-02-29T00:30:00+01:00":        "2020-02-28T23:30:00Z",
		"2020-02-29T23:30:00-0130":         "2020-03-01T01:00:00Z",
		"0001-01-01T00:00:00Z":             "0001-01-01T00:00:00Z",
		"1969-12-31T23:59:59.999999+00:00": "1969-12-31T23:59:59.999999Z",
	} {
		us, zoned, ok := ParseTimestamp([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, string(AppendTimestamp(nil, us, arrow.Microsecond, zoned)))
	}
	for _, text := range []string{"2020-02-30T00:00", "2020-01-01T24:00", "2020-01-01T00:60", "2020-01-01T00:00:60", "2020-01-01T00:00:00.", "2020-01-01T00:00:00.1234567", "2020-01-01T00:00+1", "2020-01-01T00:00Zx", "2020-01-01x00:00"} {
		_, _, ok := ParseTimestamp([]byte(text))
		require.False(t, ok, text)
	}
}
