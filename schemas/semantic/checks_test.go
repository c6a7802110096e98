package semantic

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The numbers were judged by an independent implementation; see the file's
// first line.
func TestChecksAgreeWithIndependentImplementation(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/checks.tsv")
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	n := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		p := strings.Split(sc.Text(), "\t")
		require.Len(t, p, 3)
		name, v, want := p[0], p[1], p[2] == "1"
		if ty, ok := Lookup(name); ok {
			require.Equal(t, want, ty.Match(v) && ty.Valid(v), "%s %s", name, v)
		} else {
			for _, s := range schemes {
				if s.name == name {
					require.Equal(t, want, fits(v, s.form) && s.check(v), "%s %s", name, v)
				}
			}
		}
		n++
	}
	require.Greater(t, n, 300)
}

func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ   string
		yes   []string
		no    []string
		valid []string // of yes
	}{
		{"email", []string{"a@b.co", "first.last+tag@sub.example.org", "o'neil@example.com"}, []string{"a@b", "@b.co", "a b@c.co", "a@b..co", "a@.co", ".a@b.co", ""}, nil},
		{"phone", []string{"(212) 555-0147", "+44 20 7946 0018", "212.555.0147", "212-555-0147 x12", "13812345678"}, []string{"2020-01-02", "192.168.0.1", "12.3456789", "12345", "abc", "1/2/2020"}, []string{"(212) 555-0147", "+44 20 7946 0018", "13812345678"}},
		{"credit_card", []string{"4111111111111111", "4111 1111 1111 1111", "378282246310005"}, []string{"1234567812345678", "4111", "41111111111111111111"}, []string{"4111111111111111", "378282246310005"}},
		{"iban", []string{"GB82 WEST 1234 5698 7654 32", "DE89370400440532013000"}, []string{"DE", "gb82west"}, []string{"DE89370400440532013000"}},
		{"us_ssn", []string{"123-45-6789", "123456789"}, []string{"123-456-789", "12345678"}, []string{"123-45-6789"}},
		{"cn_resident_id", []string{"11010119900307803X"}, []string{"1101011990030780", "X10101199003078031"}, []string{"11010119900307803X"}},
		{"ipv4", []string{"10.0.0.1", "255.255.255.255"}, []string{"1.2.3", "256.1.1.1", "01.2.3.4", "1.2.3.4.5", "1..2.3"}, nil},
		{"ipv6", []string{"::1", "2001:db8::1", "fe80::1:2"}, []string{"1:2", "12:30:45", "::g"}, nil},
		{"url", []string{"https://example.com", "http://a.b.org/x?y=1", "www.example.com/a"}, []string{"example", "https://", "http://a b.com"}, nil},
		{"uuid", []string{"123e4567-e89b-12d3-a456-426614174000"}, []string{"123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"}, nil},
		{"mac_address", []string{"02:1a:2b:3c:4d:5e", "02-1A-2B-3C-4D-5E"}, []string{"02:1a:2b:3c:4d", "02:1a-2b:3c:4d:5e"}, nil},
		{"birth_date", []string{"1990-02-28", "2/28/1990", "28.02.1990", "1990年2月28日", "28 Feb 1990", "February 28, 1990", "19900228"}, []string{"1990-02-30", "13/13/1990", "1990", "Feb"}, nil},
		{"street_address", []string{"24 Clarke Avenue", "Villacher Strasse 89", "朝阳区建国路88号"}, []string{"hello", "12345", ""}, nil},
		{"postal_code", []string{"94110", "94110-1234", "SW1A 1AA", "K1A 0B1", "1012 AB"}, []string{"A", "hello", "12"}, nil},
		{"latitude", []string{"48.8566", "-33.8688"}, []string{"91.0000", "48", "abc"}, nil},
	} {
		ty, ok := Lookup(c.typ)
		require.True(t, ok)
		for _, v := range c.yes {
			require.True(t, ty.Match(v), "%s %q", c.typ, v)
		}
		for _, v := range c.no {
			require.False(t, ty.Match(v), "%s %q", c.typ, v)
		}
		for _, v := range c.valid {
			require.True(t, ty.Valid(v), "%s %q", c.typ, v)
		}
	}
}

func TestGenerateAgreesWithPerson(t *testing.T) {
	t.Parallel()
	p := &Person{Given: "Zoë", Family: "Quist", Gender: "female", Born: "1984-07-09"}
	r := newRand(1)
	c := Context{Person: p}
	require.Contains(t, email.Generate(r, c), "quist")
	require.Equal(t, "Zoë Quist", fullName.Generate(r, c))
	require.Equal(t, "1984-07-09", birthDate.Generate(r, c))
	require.Equal(t, "42", age.Generate(r, c))
	require.Equal(t, "Female", gender.Generate(r, c))
	require.Equal(t, "19840709", cnResidentID.Generate(r, c)[6:14])
	require.Zero(t, (cnResidentID.Generate(r, c)[16]-'0')%2)
	require.Equal(t, "QUIST, ZOË", fullName.Generate(r, Context{Person: p, Like: "SMITH, ANN"}))
}

func TestGenerateKeepsFormat(t *testing.T) {
	t.Parallel()
	r := newRand(2)
	for _, c := range []struct{ typ, like, shape string }{
		{"phone", "+1 212.555.0147", "+9 999.999.9999"},
		{"phone", "(212) 555-0147", "(999) 999-9999"},
		{"phone", "13812345678", "99999999999"},
		{"us_ssn", "123-45-6789", "999-99-9999"},
		{"credit_card", "4111 1111 1111 1111", "9999 9999 9999 9999"},
		{"postal_code", "SW1A 1AA", "AA9A 9AA"},
		{"iban", "DE89 3704 0044 0532 0130 00", "AA99 9999 9999 9999 9999 99"},
		{"birth_date", "03/04/1990", ""},
		{"national_id", "529.982.247-25", "999.999.999-99"},
	} {
		ty, _ := Lookup(c.typ)
		v := ty.Generate(r, Context{Like: c.like})
		if c.shape != "" {
			require.Equal(t, c.shape, shapeOf(v), "%s like %q", c.typ, c.like)
		}
		require.True(t, ty.Match(v))
	}
}

func shapeOf(v string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9':
			return '9'
		case c >= 'A' && c <= 'Z':
			return 'A'
		}
		return c
	}, v)
}
