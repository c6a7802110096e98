package proof

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSipHashVector(t *testing.T) {
	t.Parallel()
	// The example of the paper's appendix A: key 00..0f, message 00..0e.
	key, msg := make([]byte, 16), make([]byte, 15)
	for i := range key {
		key[i] = byte(i)
	}
	copy(msg, key)
	k := sip{binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])}
	require.Equal(t, uint64(0xa129ca6149be45e5), k.sum(msg))
}

func TestSetsHoldWhatWasPut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.Uint64Range(0, 300)).Draw(t, "keys")
		var s set
		var a anchors
		count := map[uint64]int{}
		for _, k := range keys {
			s.put(k*k, 1, combine)
			a.put(k*0x9e3779b97f4a7c15, anchorBytes+int(k%63))
			count[max(k*k, 1)]++
		}
		for k := range uint64(300) {
			note, ok := s.get(k * k)
			want := min(maxCount, count[max(k*k, 1)])
			if ok != (want > 0) || int(note&noteCount) != want {
				t.Fatalf("count %d, want %d", note, want)
			}
		}
		for _, k := range keys {
			h, found := k*0x9e3779b97f4a7c15, false
			if !a.may(h) {
				t.Fatal("filter forgets")
			}
			a.lengths(h, func(n int) { found = found || n == anchorBytes+int(k%63) })
			if !found {
				t.Fatal("length is lost")
			}
		}
	})
}

func TestSqueeze(t *testing.T) {
	t.Parallel()
	var s squeezed
	for in, want := range map[string]string{
		"Ada.Lovelace@X.org": "adalovelacexorg", "(555) 010-99": "55501099", "ÉCOLE": "école", "王 芳": "王芳", "***": "", "": "", "\xff\xfe": "",
	} {
		s.set([]byte(in))
		require.Equal(t, want, string(s.text), in)
		require.Len(t, s.marks, len(s.text))
	}
	s.set([]byte("Ann Lee7, x"))
	var words []string
	s.eachWord(func(a, b int) { words = append(words, string(s.text[a:b])) })
	require.Equal(t, []string{"ann", "lee", "7", "x"}, words)
	require.Equal(t, 3, s.words)
}

// TestSqueezeOfASCII holds the fast paths against the general one: a letter that
// is not ASCII, far behind, sends the same value there.
func TestSqueezeOfASCII(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringOf(rapid.RuneFrom([]rune("abZQ019 .-+@('\x00"))).Draw(t, "value")
		var fast, slow squeezed
		fast.set([]byte(v))
		slow.set([]byte(v + " é"))
		n := len(slow.text) - len("é")
		slow.text, slow.marks = slow.text[:n], slow.marks[:n]
		slow.words--
		slow.runes--
		slow.alpha--
		if string(fast.text) != string(slow.text) || string(fast.marks) != string(slow.marks) ||
			fast.words != slow.words || fast.runes != slow.runes || fast.digit != slow.digit || fast.alpha != slow.alpha || fast.dot != slow.dot {
			t.Fatalf("%q: %+v, want %+v", v, fast, slow)
		}
		if got := string(slow.fold(nil, []byte(v))); got != string(fast.text) {
			t.Fatalf("%q folds to %q", v, got)
		}
	})
}
