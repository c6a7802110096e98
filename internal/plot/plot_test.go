package plot_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nocturne-data/nocturne/internal/plot"
)

var update = flag.Bool("update", false, "write the golden files")

// charts draws one of each kind with the text in every place a text can go.
func charts(text string, v []float64) map[string]plot.SVG {
	l := plot.Labels{Title: text, Desc: text}
	labels := make([]string, len(v))
	for i := range labels {
		labels[i] = text
	}
	a, b := plot.Series{Name: text, Values: v}, plot.Series{Name: "b", Values: v}
	return map[string]plot.SVG{
		"bars":         plot.Bars(l, labels, a, b),
		"histogram":    plot.Histogram(l, labels, a, b),
		"distribution": plot.Distribution(l, text, plot.Curve{Name: text, Quantiles: v}, plot.Curve{Name: "b", Quantiles: v}),
		"heat": plot.HeatMap(l, labels, plot.HeatScale{Borders: []float64{.1, .2}, Names: []string{text, "b", "c"}}, func(i, j int) (float64, string) {
			return v[(i+j)%len(v)], text
		}),
		"bullet": plot.Bullet(l, v[0], v[len(v)-1], 0, 1),
	}
}

func wellFormed(t require.TestingT, s plot.SVG) {
	d := xml.NewDecoder(strings.NewReader(string(s)))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		if e, ok := tok.(xml.StartElement); ok {
			require.Contains(t, []string{"svg", "title", "desc", "rect", "line", "path", "text"}, e.Name.Local)
		}
	}
}

func TestAnyTextAndNumberGivesWellFormedSVG(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		v := rapid.SliceOfN(rapid.Float64(), 1, 30).Draw(rt, "values")
		text := rapid.String().Draw(rt, "text")
		for _, s := range charts(text, v) {
			wellFormed(rt, s)
		}
		for name, s := range charts("text", v) {
			require.NotContains(rt, string(s), "NaN", name)
			require.NotContains(rt, string(s), "Inf", name)
		}
	})
}

func TestTextIsEscaped(t *testing.T) {
	t.Parallel()
	for name, s := range charts(`"><script>alert(1)</script>`, []float64{.1, math.NaN(), .3}) {
		require.NotContains(t, string(s), "<script", name)
		require.Contains(t, string(s), "<title>", name)
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, s := range charts("Age & sex", []float64{.05, .2, .3, .45}) {
		path := filepath.Join("testdata", name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(s), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), string(s), name)
	}
}
