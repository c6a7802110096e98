package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
)

// TestCanaries plants people who cannot be mistaken for others: one like any
// other, one whose row breaks the contract and goes to quarantine, and one who
// is only mentioned in somebody else's note. None of what identifies them may be
// found after the night, in whatever spelling.
func TestCanaries(t *testing.T) {
	t.Parallel()
	h := sharedHome(t)
	layOut(t)
	census := func(age string) string { // the census columns of a row, and the position of its note
		return age + ",Private,77516,Bachelors,13,Never-married,Adm-clerical,Not-in-family,White,Male,2174,0,40,United-States,<=50K"
	}
	first := strings.Split(strings.SplitN(string(example.people), "\n", 3)[0], ",")
	require.Equal(t, []string{"person_id", "full_name", "email", "phone", "ssn", "street_address", "birth_date", "age"}, first[:8])
	planted := []string{
		`P9000001,Zebulon Quixwhistle,zebulon.quixwhistle@canarymail.example,(917) 555-8361,531-77-9146,7731 Canarywhistle Crossing,1955-02-03,` + census("39") +
			`,"Quixwhistle said: call (917) 555-8361, SSN 531-77-9146. Zebulon Quixwhistle lives at 7731 Canarywhistle Crossing."`,
		`P9000002,Thomasina Brackwatershed,thomasina@brackwatershed.example,(646) 555-7294,612-88-3057,88 Brackwatershed Alley,1840-02-03,` + census("154") +
			`,"Identity confirmed, SSN 612-88-3057."`,
		`P9000003,Ordinary Somebodyelse,somebodyelse@canarymail.example,(917) 555-4427,533-81-6642,12 Somebodyelse Path,1955-02-04,` + census("39") +
			`,"Her brother left ottoline@vexworthy.example and (332) 555-6158, SSN 428-93-7716."`,
	}
	values := map[string]string{}
	for i, v := range []string{
		"P9000001", "Zebulon Quixwhistle", "Quixwhistle", "zebulon.quixwhistle@canarymail.example", "(917) 555-8361", "531-77-9146", "7731 Canarywhistle Crossing",
		"P9000002", "Thomasina Brackwatershed", "Brackwatershed", "thomasina@brackwatershed.example", "(646) 555-7294", "612-88-3057",
		"P9000003", "Ordinary Somebodyelse", "Somebodyelse", "(917) 555-4427", "533-81-6642",
		"ottoline@vexworthy.example", "(332) 555-6158", "428-93-7716",
	} {
		values[v] = fmt.Sprintf("canary %d", i)
	}
	s := cut(t, "canaries", 600, planted...)
	out, err := night(t, h.client(t), "canaries", workflows.NightInput{Spec: &s})
	require.NoError(t, err)
	require.EqualValues(t, 603, out.Protected[0].RowsIn)
	require.EqualValues(t, 1, out.Protected[0].Quarantined, "the one who would be 154 years old")

	f := newFinder(encodings(values))
	raw, err := os.ReadFile(s.Tables[0].Source.Path)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(f.find(raw)), len(values), "what is looked for does stand in the source")
	for _, p := range payloads(t, h.client(t)) {
		require.Empty(t, f.find(p.data), "payload of %s in %s", p.event, p.workflow)
	}
	searchHome(t, h, f)
}
