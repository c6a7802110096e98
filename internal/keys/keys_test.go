package keys

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/core/registry"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var day = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

func fixed(t *testing.T) *Keyset {
	t.Helper()
	doc := `{"format":"nocturne-keyset/1","keys":[{"id":"aabbccdd","version":1,"created":"2026-01-02","secret":"` +
		base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")) + `"}]}`
	k, err := Parse([]byte(doc))
	require.NoError(t, err)
	return k
}

func TestDeriveIsPinned(t *testing.T) {
	t.Parallel()
	// Computed apart with Python's hmac (RFC 5869, empty salt), so that a change of
	// the construction, which would break every stored pseudonym, is seen.
	got, err := fixed(t).Derive("pseudonym/customers.email")
	require.NoError(t, err)
	require.Equal(t, "cb84d315901bb8f4", hex.EncodeToString(got[:8]))
}

func TestDeriveSeparates(t *testing.T) {
	t.Parallel()
	k, err := New(day)
	require.NoError(t, err)
	r, err := k.Rotate(day)
	require.NoError(t, err)
	a, err := k.Derive("a")
	require.NoError(t, err)
	require.Len(t, a, SecretBytes)
	again, _ := k.Derive("a")
	b, _ := k.Derive("b")
	rotated, _ := r.Derive("a")
	require.Equal(t, a, again)
	require.NotEqual(t, a, b)
	require.NotEqual(t, a, rotated)
	old, err := r.At(1)
	require.NoError(t, err)
	before, _ := old.Derive("a")
	require.Equal(t, a, before, "old pseudonyms stay computable")
	_, err = r.At(7)
	require.ErrorIs(t, err, ErrNoVersion)
	_, err = k.Derive("")
	require.Error(t, err)
}

func TestListRotate(t *testing.T) {
	t.Parallel()
	k, err := New(day)
	require.NoError(t, err)
	r, err := k.Rotate(day.AddDate(0, 1, 0))
	require.NoError(t, err)
	require.Len(t, k.List(), 1, "rotation leaves the old value alone")
	list := r.List()
	require.Equal(t, []int{1, 2}, []int{list[0].Version, list[1].Version})
	require.Equal(t, "2026-12-24", list[1].Created)
	require.False(t, list[0].Primary)
	require.True(t, list[1].Primary)
	require.Equal(t, []string{list[1].ID}, r.IDs())
}

func TestNothingPrintsSecrets(t *testing.T) {
	t.Parallel()
	k := fixed(t)
	j, err := json.Marshal(k)
	require.NoError(t, err)
	var sb strings.Builder
	slog.New(slog.NewTextHandler(&sb, nil)).Info("k", "keys", k)
	slog.New(slog.NewJSONHandler(&sb, nil)).Info("k", "keys", k)
	all := fmt.Sprintf("%v %+v %#v %s %q %x %d", k, k, k, k, k, k, k) + string(j) + sb.String()
	require.Contains(t, all, "aabbccdd")
	for _, s := range []string{"0123456789abcdef", "MDEyMzQ1Njc4", "30313233", "48 49 50"} {
		require.NotContains(t, all, s)
	}
}

func TestSaveLoad(t *testing.T) {
	t.Parallel()
	k, err := New(day)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, k.Save(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	for _, src := range []string{path, "file:" + path} {
		got, err := Load(src)
		require.NoError(t, err)
		require.Equal(t, k.keys, got.keys)
	}
	require.NoError(t, os.Chmod(path, 0o640))
	_, err = Load(path)
	require.ErrorIs(t, err, ErrMode)
}

func TestLoadEnvironment(t *testing.T) {
	doc, err := fixed(t).encode()
	require.NoError(t, err)
	t.Setenv("NOCTURNE_TEST_KEYS", string(doc))
	k, err := Load("env:NOCTURNE_TEST_KEYS")
	require.NoError(t, err)
	require.Equal(t, []string{"aabbccdd"}, k.IDs())
	_, err = Load("env:NOCTURNE_TEST_NOT_SET")
	require.ErrorContains(t, err, "not set")
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	secret := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, doc := range map[string]string{
		"not json":      "secret-looking-text",
		"other format":  `{"format":"x"}`,
		"no keys":       `{"format":"nocturne-keyset/1"}`,
		"short secret":  `{"format":"nocturne-keyset/1","keys":[{"id":"a","version":1,"created":"2026-01-01","secret":"c2VjcmV0LWxvb2tpbmc="}]}`,
		"no id":         `{"format":"nocturne-keyset/1","keys":[{"version":1,"created":"2026-01-01","secret":"` + secret + `"}]}`,
		"bad version":   `{"format":"nocturne-keyset/1","keys":[{"id":"a","version":0,"created":"2026-01-01","secret":"` + secret + `"}]}`,
		"bad date":      `{"format":"nocturne-keyset/1","keys":[{"id":"a","version":1,"created":"x","secret":"` + secret + `"}]}`,
		"unknown kms":   `{"format":"nocturne-keyset-wrapped/1","kms":"none-kms://k","ciphertext":"AAAA"}`,
		"equal version": `{"format":"nocturne-keyset/1","keys":[{"id":"a","version":1,"created":"2026-01-01","secret":"` + secret + `"},{"id":"b","version":1,"created":"2026-01-01","secret":"` + secret + `"}]}`,
	} {
		_, err := Parse([]byte(doc))
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "secret-looking", name)
		require.NotContains(t, err.Error(), "c2VjcmV0", name)
	}
}

type fakeKMS struct{ a tink.AEAD }

func (f fakeKMS) Supported(uri string) bool         { return strings.HasPrefix(uri, "test-kms://") }
func (f fakeKMS) GetAEAD(string) (tink.AEAD, error) { return f.a, nil }
func newFakeKMS(t *testing.T) (client registry.KMSClient) {
	t.Helper()
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	require.NoError(t, err)
	a, err := aead.New(h)
	require.NoError(t, err)
	return fakeKMS{a}
}

func TestWrappedByKMS(t *testing.T) {
	registry.RegisterKMSClient(newFakeKMS(t))
	defer registry.ClearKMSClients()
	k := fixed(t)
	path := filepath.Join(t.TempDir(), "wrapped.json")
	require.NoError(t, k.SaveWrapped(path, "test-kms://ring/key"))
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "MDEyMzQ1")
	got, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, k.keys, got.keys)
}

func TestSealOpen(t *testing.T) {
	t.Parallel()
	key := make([]byte, SecretBytes)
	sealed, err := Seal(key, []byte("block"), []byte("run/0"))
	require.NoError(t, err)
	require.Len(t, sealed, 5+SealOverhead)
	again, _ := Seal(key, []byte("block"), []byte("run/0"))
	require.NotEqual(t, sealed, again, "nonces are random")
	plain, err := Open(key, sealed, []byte("run/0"))
	require.NoError(t, err)
	require.Equal(t, "block", string(plain))
	_, err = Open(key, sealed, []byte("run/1"))
	require.ErrorIs(t, err, ErrOpen)
	for i := range sealed {
		bad := append([]byte(nil), sealed...)
		bad[i] ^= 1
		_, err := Open(key, bad, []byte("run/0"))
		require.ErrorIs(t, err, ErrOpen)
	}
	_, err = Open(key, sealed[:10], []byte("run/0"))
	require.ErrorIs(t, err, ErrOpen)
	_, err = Seal(key[:16], nil, nil)
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":"nocturne-keyset/1","keys":[{"id":"a"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := Parse(b)
		if err == nil {
			_, err = k.Derive("x")
			require.NoError(t, err)
		}
	})
}
