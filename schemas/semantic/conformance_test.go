package semantic

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Every type passes the same suite; a new one is covered by being listed.
func TestTypesConform(t *testing.T) {
	t.Parallel()
	for _, ty := range All() {
		t.Run(ty.Name, func(t *testing.T) {
			t.Parallel()
			require.True(t, ty.Class.Valid())
			require.NotEmpty(t, ty.Family)
			for _, h := range ty.Headers {
				require.NotContains(t, h, " ")
			}
			if ty.Match != nil {
				matchIsLinear(t, ty)
			}
			if ty.Generate == nil {
				return
			}
			rapid.Check(t, func(rt *rapid.T) {
				seed := rapid.Uint64().Draw(rt, "seed")
				c := Context{Locale: rapid.SampledFrom([]string{"", "en_US", "zh_CN", "en_GB", "de_DE", "fr_FR"}).Draw(rt, "locale")}
				v := ty.Generate(rand.New(rand.NewPCG(seed, 1)), c)
				if !ty.Match(v) {
					rt.Fatalf("generated %q does not match", v)
				}
				if ty.Valid != nil && !ty.Valid(v) {
					rt.Fatalf("generated %q is not valid", v)
				}
				if again := ty.Generate(rand.New(rand.NewPCG(seed, 1)), c); again != v {
					rt.Fatalf("not deterministic: %q, %q", v, again)
				}
				c.Like = v
				like := ty.Generate(rand.New(rand.NewPCG(seed, 2)), c)
				if !ty.Match(like) || (ty.Valid != nil && !ty.Valid(like)) {
					rt.Fatalf("like %q: generated %q", v, like)
				}
				c.Like = rapid.String().Draw(rt, "foreign")
				_ = ty.Generate(rand.New(rand.NewPCG(seed, 3)), c)
			})
		})
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func matchIsLinear(t *testing.T, ty Type) {
	for _, c := range []string{"1", "a", "@", ".", " ", "-", "(", "中", "\xff", ":", "x", "+"} {
		v := strings.Repeat(c, 1<<20)
		start := time.Now()
		ty.Match(v)
		if ty.Valid != nil {
			ty.Valid(v)
		}
		require.Less(t, time.Since(start), time.Second)
	}
}

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, ty := range All() {
		require.False(t, seen[ty.Name], ty.Name)
		seen[ty.Name] = true
		got, ok := Lookup(ty.Name)
		require.True(t, ok)
		require.Equal(t, ty.Family, got.Family)
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"", "a@b.co", "+1 (212) 555-0100 x12", "GB82 WEST 1234 5698 7654 32", "11010119900307803X", "::1", "2020-02-30", "1年2月3日", "\xff\xfe", "(+", "x1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, ty := range All() {
			if ty.Match != nil && ty.Match(s) && ty.Valid != nil {
				ty.Valid(s)
			}
			if ty.Generate != nil {
				ty.Generate(rand.New(rand.NewPCG(1, 2)), Context{Like: s})
			}
		}
	})
}
