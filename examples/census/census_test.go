package census_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/examples/census"
	"github.com/stretchr/testify/require"
)

// The digests of both tables: the same people on every machine. They change when
// the example or a semantic type's generator does; then every golden figure of
// the example is to be looked at again.
const (
	peopleDigest   = "430cb1b8ebdea60e74d6623a373116d9f393e7aae83adb8882b70e410790bec3"
	contactsDigest = "e699cfb64b9fa763990a4f9230ef3e37262c69639beaf220deb6f14f8c8b66ac"
)

func TestTablesAreTheSameEverywhereAndAgree(t *testing.T) {
	t.Parallel()
	var people, contacts bytes.Buffer
	require.NoError(t, census.Generate(t.Context(), &people, &contacts))
	digest := func(b []byte) string {
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:])
	}
	require.Equal(t, peopleDigest, digest(people.Bytes()))
	require.Equal(t, contactsDigest, digest(contacts.Bytes()))

	rows, err := csv.NewReader(&people).ReadAll()
	require.NoError(t, err)
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	rows = rows[1:]
	require.Len(t, rows, 48842)
	ids := make(map[string]bool, len(rows))
	phone, email := regexp.MustCompile(`555-01\d\d$`), regexp.MustCompile(`@[a-z.-]*example\.(com|net|org)$|\.example$`)
	for _, r := range rows {
		ids[r[at["person_id"]]] = true
		age, err := strconv.Atoi(r[at["age"]])
		require.NoError(t, err)
		born, err := strconv.Atoi(r[at["birth_date"]][:4])
		require.NoError(t, err)
		require.Equal(t, 1994, age+born)
		require.Regexp(t, phone, r[at["phone"]], "a number that nobody has")
		require.Regexp(t, email, r[at["email"]], "a reserved domain")
	}
	require.Len(t, ids, 48842)

	calls, err := csv.NewReader(&contacts).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"contact_id", "person_id"}, calls[0][:2])
	calls = calls[1:]
	require.Len(t, calls, 81990)
	seen := make(map[string]bool, len(calls))
	for _, r := range calls {
		require.False(t, seen[r[0]])
		seen[r[0]] = true
		require.True(t, ids[r[1]], "every contact is with a person of the other table")
	}
}

func TestExampleLiesOutWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, census.Write(t.Context(), dir))
	s, err := pipeline.Load(filepath.Join(dir, "pipeline.yaml"))
	require.NoError(t, err)
	for _, table := range s.Tables {
		require.FileExists(t, table.Source.Path)
	}
	require.Equal(t, "cc-by-4.0", s.License)
	require.Contains(t, s.Attribution, "10.24432/C5XW20")
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	require.Contains(t, string(readme), "CC BY 4.0")
	require.Contains(t, string(readme), "Becker")
	leftovers, err := filepath.Glob(filepath.Join(dir, "data", "*.part"))
	require.NoError(t, err)
	require.Empty(t, leftovers)
}
