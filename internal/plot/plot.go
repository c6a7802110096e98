// Package plot draws small charts as SVG for pages that load nothing: no
// script, no font, no request. The same input gives the same bytes.
//
// Every chart carries a title and a description for readers that do not see
// it. Colours are attributes, so a chart stands alone; a page may restyle the
// classes p-a, p-b (the two series), p-text, p-grid and the heat steps p-h0 to
// p-h5, for instance for a dark theme.
package plot

import (
	"html"
	"strconv"
	"strings"
)

// SVG is one <svg> element, safe to put into HTML as it is.
type SVG string

// Labels say what a chart is, for those who see it and those who do not.
type Labels struct {
	Title string // short name, read aloud first
	Desc  string // one sentence with the message or the numbers
}

// Series is one row of numbers with its name. Values are shares, distances or
// whatever the chart says.
type Series struct {
	Name   string
	Values []float64
}

// Colours when the page says nothing: blue and orange, told apart by all
// common kinds of colour vision and in grey.
const (
	colourA    = "#3d6a9e"
	colourB    = "#e0803c"
	colourText = "#39424e"
	colourGrid = "#d5dae1"
)

// canvas writes SVG elements.
type canvas struct{ b strings.Builder }

func newCanvas(width, height float64, l Labels) *canvas {
	c := &canvas{}
	c.b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ` + num(width) + " " + num(height) +
		`" width="` + num(width) + `" height="` + num(height) + `" aria-label="` + escape(l.Title) + `">`)
	c.b.WriteString("<title>" + escape(l.Title) + "</title>")
	if l.Desc != "" {
		c.b.WriteString("<desc>" + escape(l.Desc) + "</desc>")
	}
	return c
}

func (c *canvas) done() SVG {
	c.b.WriteString("</svg>")
	return SVG(c.b.String())
}

// rect draws a box; tip, if any, is shown on hovering.
func (c *canvas) rect(x, y, w, h float64, class, fill, tip string) {
	c.b.WriteString(`<rect x="` + num(x) + `" y="` + num(y) + `" width="` + num(max(w, 0)) + `" height="` + num(max(h, 0)) +
		`" class="` + class + `" fill="` + fill + `"`)
	if tip == "" {
		c.b.WriteString("/>")
		return
	}
	c.b.WriteString("><title>" + escape(tip) + "</title></rect>")
}

func (c *canvas) line(x1, y1, x2, y2 float64, class, stroke string, width float64) {
	c.b.WriteString(`<line x1="` + num(x1) + `" y1="` + num(y1) + `" x2="` + num(x2) + `" y2="` + num(y2) +
		`" class="` + class + `" stroke="` + stroke + `" stroke-width="` + num(width) + `"/>`)
}

// path draws a polyline through points x0, y0, x1, y1, ...
func (c *canvas) path(points []float64, class, stroke string, width float64) {
	c.b.WriteString(`<path d="`)
	for i := 0; i+1 < len(points); i += 2 {
		if i == 0 {
			c.b.WriteString("M")
		} else {
			c.b.WriteString("L")
		}
		c.b.WriteString(num(points[i]) + " " + num(points[i+1]))
	}
	c.b.WriteString(`" class="` + class + `" fill="none" stroke="` + stroke + `" stroke-width="` + num(width) + `" stroke-linejoin="round"/>`)
}

// text writes s; anchor is start, middle or end.
func (c *canvas) text(x, y, size float64, anchor, s string) {
	c.b.WriteString(`<text x="` + num(x) + `" y="` + num(y) + `" font-size="` + num(size) + `" text-anchor="` + anchor +
		`" class="p-text" fill="` + colourText + `" font-family="system-ui, sans-serif">` + escape(s) + "</text>")
}

// slanted is text that ends at x, y, rising to the right.
func (c *canvas) slanted(x, y, size float64, s string) {
	c.b.WriteString(`<text transform="translate(` + num(x) + " " + num(y) + `) rotate(-45)" font-size="` + num(size) +
		`" class="p-text" fill="` + colourText + `" font-family="system-ui, sans-serif">` + escape(s) + "</text>")
}

// num writes a coordinate with at most two decimals.
func num(v float64) string {
	if v != v || v > 1e9 || v < -1e9 {
		v = 0
	}
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// escape makes any text safe inside elements and attributes; characters that
// XML forbids are dropped.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return html.EscapeString(s)
}

// shorten cuts a label to n characters.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// Percent writes a share for a label: 12.3 %, 0.05 %.
func Percent(v float64) string {
	switch {
	case v != v || v > 1e6 || v < -1e6:
		return "–"
	case v != 0 && v < .0005 && v > -.0005:
		return "< 0.05 %"
	case v < .01 && v > -.01:
		return strconv.FormatFloat(100*v, 'f', 2, 64) + " %"
	}
	return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
}

func largest(series ...Series) float64 {
	var m float64
	for _, s := range series {
		for _, v := range s.Values {
			if v == v {
				m = max(m, v)
			}
		}
	}
	return m
}

func at(v []float64, i int) float64 {
	if i < len(v) && v[i] == v[i] {
		return v[i]
	}
	return 0
}
