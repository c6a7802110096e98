package transform

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKnownValuesLeaveTheText(t *testing.T) {
	t.Parallel()
	type value struct {
		v    string
		name bool
	}
	for _, c := range []struct {
		name  string
		text  string
		known []value
		want  string
	}{
		{"whole name", "Met Ada Lovelace today", []value{{"Ada Lovelace", true}}, "Met [X] today"},
		{"case", "met ADA LOVELACE", []value{{"Ada Lovelace", true}}, "met [X]"},
		{"parts of a name", "Ada rang, Mrs Lovelace wrote", []value{{"Ada Lovelace", true}}, "[X] rang, Mrs [X] wrote"},
		{"inside a word", "a bill for Will, will pay willingly", []value{{"Will", true}}, "a bill for [X], [X] pay willingly"},
		{"phone in another form", "call (555) 010-9988 now", []value{{"555-010-9988", false}}, "call ([X] now"},
		{"mail", "to ada@x.org.", []value{{"ada@x.org", false}}, "to [X]."},
		{"chinese", "王小明来电，小明说", []value{{"王小明", true}}, "[X]来电，[X]说"},
		{"too short", "Li and Liam", []value{{"Li", true}}, "Li and Liam"},
		{"overlap", "ada.lovelace@x.org", []value{{"ada.lovelace@x.org", false}, {"Ada", true}}, "[X]"},
		{"nothing", "", []value{{"Ada", true}}, ""},
	} {
		var k knownSearch
		k.reset([]byte(c.text))
		for _, v := range c.known {
			k.add([]byte(v.v), "x", v.name)
		}
		r := replacer{}
		require.Equal(t, c.want, string(r.replace(nil, []byte(c.text), merged(k.spans))), c.name)
	}
}

// The whole transform: the detector's spans, the row's own identifiers, code
// points beyond ASCII before a span.
func TestTextTransform(t *testing.T) {
	t.Parallel()
	notes := strs("→ 5 € — mail eve.adams@corp.example.com now", "grace was here, call 212-555-0187", "NULL")
	out := run(t, Spec{"text", P{"known": []P{{"column": "subject", "semantic": "first_name"}}}}, "", notes)
	require.Equal(t, "=→ 5 € — mail [EMAIL] now", out[0])
	require.NotContains(t, strings.ToLower(out[1]), "grace")
	require.Contains(t, out[1], "[PERSON] was here")
	require.NotContains(t, out[1], "0187")
	require.Equal(t, "NULL", out[2])
	out = run(t, Spec{"text", P{"replace": "surrogate"}}, "", notes)
	require.NotContains(t, out[0], "eve.adams")
	require.Contains(t, out[0], "@", "an address stands for an address")
}

func TestTextLinear(t *testing.T) {
	t.Parallel()
	var k knownSearch
	start := time.Now()
	k.reset(bytes.Repeat([]byte("1"), 1<<20))
	k.add([]byte("11111111112"), "phone", false)
	k.add([]byte(strings.Repeat("a ", 1000)), "person", true)
	require.Less(t, time.Since(start), 5*time.Second, "1 MB of one character")
}

func FuzzKnown(f *testing.F) {
	f.Add("Ada rang 555-0100", "Ada Lovelace")
	f.Add("王小明", "王")
	f.Fuzz(func(t *testing.T, text, value string) {
		var k knownSearch
		k.reset([]byte(text))
		k.add([]byte(value), "x", true)
		at := 0
		for _, s := range merged(k.spans) {
			if s.start < at || s.end <= s.start || s.end > len(text) {
				t.Fatal("spans overlap or leave the text")
			}
			at = s.end
		}
	})
}
