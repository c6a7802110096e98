package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/plot"
	"github.com/nocturne-data/nocturne/internal/report"
)

func example(text string) report.Page {
	chart := plot.Bullet(plot.Labels{Title: text}, .5, .9, 0, 1)
	return report.Page{Title: text, Subtitle: text, Sections: []report.Section{
		{ID: "one", Title: text, Lead: text, Blocks: []report.Block{
			report.Verdict{Status: report.Good, Label: text, Text: text},
			report.KeyFigures{{Label: text, Value: text, Note: text, Status: report.Bad, Chart: chart}},
			report.Prose{text, text},
		}},
		{ID: "two", Title: text, Blocks: []report.Block{
			report.Table{
				Caption: text, Columns: []report.Column{{Title: text}, {Title: text, Number: true}},
				Rows: [][]report.Cell{{{Text: text, Note: text, Status: report.Warning}, {Text: "1", Chart: chart}}, report.Text("a", "b")},
			},
			report.Figure{Title: text, Chart: chart, Caption: text, Legend: []string{"real", "synthetic"}},
			report.Gallery{Legend: []string{"real", "synthetic"}, Figures: []report.Figure{{Title: text, Chart: chart}}},
		}},
	}}
}

func render(t *testing.T, p report.Page) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.Render(&b))
	return b.String()
}

func TestPageIsSelfContainedAndEscaped(t *testing.T) {
	t.Parallel()
	html := render(t, example(`</style><script>alert("x")</script><img src=x onerror=y>`))
	require.NotContains(t, html, "<script")
	require.NotContains(t, html, "<img")
	require.Equal(t, 1, strings.Count(html, "</style>"))
	for _, outside := range []string{"http://", "https://", "url(", "@import", "<link", "src="} {
		rest := strings.ReplaceAll(html, `xmlns="http://www.w3.org/2000/svg"`, "")
		if outside == "src=" {
			continue // inside the escaped text above
		}
		require.NotContains(t, rest, outside)
	}
	require.NotContains(t, html, "ZgotmplZ")
}

func TestPageIsDeterministic(t *testing.T) {
	t.Parallel()
	once := render(t, example("text"))
	require.Equal(t, once, render(t, example("text")))
}

func TestPageShowsEveryBlock(t *testing.T) {
	t.Parallel()
	html := render(t, example("Nightly figures"))
	require.Equal(t, 4, strings.Count(html, "<svg"))
	for _, want := range []string{`<section id="one">`, `href="#two"`, `class="verdict good"`, `class="card bad"`, `<caption>`, `class="gallery"`, `td class="warning"`} {
		require.Contains(t, html, want)
	}
}

func TestPageRefusesWhatItCannotShow(t *testing.T) {
	t.Parallel()
	for name, s := range map[string][]report.Section{
		"duplicate ID":   {{ID: "a"}, {ID: "a"}},
		"malformed ID":   {{ID: "a b"}},
		"missing ID":     {{}},
		"nil block":      {{ID: "a", Blocks: []report.Block{nil}}},
		"too many cells": {{ID: "a", Blocks: []report.Block{report.Table{Columns: []report.Column{{Title: "x"}}, Rows: [][]report.Cell{report.Text("1", "2")}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, report.Page{Sections: s}.Render(&bytes.Buffer{}))
		})
	}
}
