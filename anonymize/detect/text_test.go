package detect

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// got lists the spans found in s as "type=text".
func got(s string, opt TextOptions) []string {
	rs := []rune(s)
	var out []string
	for _, sp := range Text(s, opt) {
		out = append(out, sp.Type+"="+string(rs[sp.Start:sp.End]))
	}
	return out
}

func TestText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"e-mail":           {"Write to ana.diaz@example.com, please.", []string{"email=ana.diaz@example.com"}},
		"url":              {"See https://www.example.org/a?b=1.", []string{"url=https://www.example.org/a?b=1"}},
		"ipv4":             {"It came from 198.18.0.7 last night", []string{"ip_address=198.18.0.7"}},
		"ipv6":             {"host 2001:db8::1 is down", []string{"ip_address=2001:db8::1"}},
		"mac":              {"nic 02:1a:2b:3c:4d:5e up", []string{"mac_address=02:1a:2b:3c:4d:5e"}},
		"iban":             {"send it to GB82 WEST 1234 5698 7654 32 today", []string{"iban=GB82 WEST 1234 5698 7654 32"}},
		"card":             {"my card 4111 1111 1111 1111 is lost", []string{"credit_card=4111 1111 1111 1111"}},
		"ssn":              {"SSN is 123-45-6789", []string{"us_ssn=123-45-6789"}},
		"phone":            {"call me at (212) 555-0147 tomorrow", []string{"phone=(212) 555-0147"}},
		"extension":        {"reach us on 212-555-0147 x12", []string{"phone=212-555-0147 x12"}},
		"plus":             {"+44 20 7946 0018 rings", []string{"phone=+44 20 7946 0018"}},
		"date":             {"born on 4/14/1962 there", []string{"date=4/14/1962"}},
		"date and time":    {"at 2018-02-24 12:45:18 it stopped", []string{"date=2018-02-24 12:45:18"}},
		"month":            {"on March 5th, 1990 we met", []string{"date=March 5th, 1990"}},
		"age":              {"a 36 year old female", []string{"age=36"}},
		"age hyphen":       {"the 63-year-old man", []string{"age=63"}},
		"title and name":   {"Ask Dr. Okonkwo about it", []string{"title=Dr.", "full_name=Okonkwo"}},
		"name":             {"yesterday Maria Kowalska paid", []string{"full_name=Maria Kowalska"}},
		"initial":          {"signed by Iva D. Novak", []string{"full_name=Iva D. Novak"}},
		"name at start":    {"Elizabeth Hanson paid.", []string{"full_name=Elizabeth Hanson"}},
		"no name":          {"The quick brown fox jumps over the lazy dog.", nil},
		"no name, capital": {"Please send the invoice. Thank you!", nil},
		"amounts":          {"It costs $1,234.56, 20% off, order of 12 items", nil},
		"country":          {"We moved here from Norway", []string{"country=Norway"}},
		"street":           {"He lives at 24 Clarke Avenue, Springfield, IL 62701 now", []string{"street_address=24 Clarke Avenue, Springfield, IL 62701"}},
		"german street":    {"The bus station is on Villacher Strasse 89", []string{"street_address=Villacher Strasse 89"}},
		"box":              {"write to P.O. Box 1207, please", []string{"street_address=P.O. Box 1207"}},
		"password":         {"the password is s3cr3t!x", []string{"password=s3cr3t!x"}},
		"account":          {"account number: 00481516", []string{"account_id=00481516"}},
		"organisation":     {"I work for Hill Industries Inc. in town", []string{"organization=Hill Industries Inc."}},
		"possessive":       {"Alice's brother", []string{"full_name=Alice"}},
		"chinese":          {"患者姓名：王小明，手机13812345678，身份证11010119900307803X。", []string{"full_name=王小明", "phone=13812345678", "national_id=11010119900307803X"}},
		"chinese title":    {"请联系李女士处理", []string{"full_name=李"}},
		"chinese place":    {"他住在浙江省杭州市西湖区文三路88号", []string{"street_address=浙江省杭州市西湖区文三路88号"}},
		"middle dot":       {"约翰·史密斯来了", []string{"full_name=约翰·史密斯"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, got(c.text, TextOptions{}))
		})
	}
}

// The row's own values are found in any case, in parts, in another format.
func TestTextKnown(t *testing.T) {
	t.Parallel()
	opt := TextOptions{Known: []string{"Hope Summers", "+1 212 555 0147", "赵丽"}}
	require.Equal(t, []string{"full_name=HOPE", "phone=2125550147"}, got("HOPE rang from 2125550147 again", opt))
	require.Equal(t, []string{"full_name=summers"}, got("spoke with mrs summers", TextOptions{Known: []string{"Zoe Summers"}}))
	require.Equal(t, []string{"full_name=赵丽"}, got("昨天赵丽来过", opt))
	require.Equal(t, []string{"full_name=hope"}, got("I hope so", opt))
	opt.MinProbability = .6
	require.Empty(t, got("I hope so", opt))
}

// 256 KiB of one pattern: quadratic work would take minutes, linear work about
// 0.1 s of CPU.
func TestTextIsLinear(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "1", "A", "@", ".", "-", ":", "(", "+", "中", "王", "\n", " ", "é", "\xff", "x1", "1 ", "A ", "a@", "1.", "A.", "·", "王·", "Apt 1 ", "://", "Mr. "} {
		s := strings.Repeat(unit, (1<<18)/len(unit))
		start := time.Now()
		Text(s, TextOptions{Known: []string{"A B", "1111111"}})
		require.Less(t, time.Since(start), 20*time.Second, "%q", unit)
	}
}

func checkSpans(s string) string {
	n, at := utf8.RuneCountInString(s), 0
	for _, sp := range Text(s, TextOptions{Known: []string{"Ann Lee", "212-555-0147"}}) {
		if sp.Start < at || sp.End <= sp.Start || sp.End > n {
			return "offsets out of order or range"
		}
		if sp.Probability <= 0 || sp.Probability > 1 || sp.Type == "" {
			return "probability or type missing"
		}
		at = sp.End
	}
	return ""
}

func TestTextSpansAreOrdered(t *testing.T) {
	t.Parallel()
	pieces := []string{"Ann Lee", "+1 (212) 555-0100", "a@example.com", "Dr. ", "王小明", " in ", "Suite 4", "\n", "12 Main St", "1990-01-02", "é", "…", "1", "A.", "·", ", "}
	rapid.Check(t, func(rt *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(rt, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(rt, "glue"))
		if why := checkSpans(s); why != "" {
			rt.Fatalf("%q: %s", s, why)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "Dr. A. B@c.de", "+1 (212) 555-0100 x", "\xff@\xfe.com", "王·李", "::1 1:2:3", "Apt. #", "P.O. Box", "corner of A and", "12 March", "password: ", "GB82 WEST"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if why := checkSpans(s); why != "" {
			t.Fatal(why)
		}
	})
}

func BenchmarkText(b *testing.B) {
	s := strings.Repeat("Yesterday Maria Kowalska of Hill Industries Inc. called from +1 212-555-0147 about the invoice that was sent to 24 Clarke Avenue, Springfield. She asked for a copy by mail to maria.k@example.com before Friday. ", 500)
	n := 0
	for b.Loop() {
		Text(s, TextOptions{})
		n += len(s)
	}
	b.ReportMetric(float64(n)/1e6/b.Elapsed().Seconds(), "MB/s")
}
