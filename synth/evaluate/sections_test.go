package evaluate_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/report"
	"github.com/nocturne-data/nocturne/synth/evaluate"
)

func TestSectionsRenderForAnyReport(t *testing.T) {
	t.Parallel()
	measured, err := evaluate.Evaluate(t.Context(), whole(people(1, 300)), whole(people(2, 200)), whole(people(3, 300)), evaluate.Options{Target: "rich", Protected: []string{"city"}})
	require.NoError(t, err)
	one, err := evaluate.Evaluate(t.Context(), whole(people(1, 1)), whole(people(2, 1)), whole(people(3, 1)), evaluate.Options{})
	require.NoError(t, err)
	for name, r := range map[string]evaluate.Report{"measured": measured, "one row": one} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			require.NoError(t, report.Page{Title: evaluate.PageTitle, Subtitle: r.Subtitle(), Sections: evaluate.Sections(r)}.Render(&b))
			require.NotContains(t, b.String(), "NaN")
			require.NotContains(t, b.String(), "Inf")
			require.NotContains(t, b.String(), "Bergen") // of a protected column
		})
	}
}
