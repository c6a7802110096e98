// Package report builds self-contained HTML pages out of sections: one file,
// no script, no request, readable on paper, on a phone and in the dark.
//
// All text is escaped. The same page gives the same bytes.
package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/nocturne-data/nocturne/internal/plot"
)

// Page is a document.
type Page struct {
	Title    string
	Subtitle string // one line below the title: what, when, which version
	Sections []Section
}

// Section is a chapter with an entry in the page's contents.
type Section struct {
	ID     string // for links: letters, digits, hyphens; unique in the page
	Title  string
	Lead   string // a sentence that says what to see here; may be empty
	Blocks []Block
}

// Block is a part of a section: Prose, Verdict, KeyFigures, Table, Figure or
// Gallery.
type Block interface{ kind() string }

// Prose is running text, a paragraph each.
type Prose []string

// Status colours a judgement. The word beside it must say the same: colour
// alone tells nothing to some readers.
type Status string

// The statuses.
const (
	Neutral Status = ""
	Good    Status = "good"
	Warning Status = "warning"
	Bad     Status = "bad"
)

// Verdict is a sentence that stands out.
type Verdict struct {
	Status Status
	Label  string // a word or two: "Passed", "Refused"
	Text   string
}

// KeyFigures is a row of numbers to see first.
type KeyFigures []KeyFigure

// KeyFigure is one number.
type KeyFigure struct {
	Label  string
	Value  string
	Note   string // what it stands beside: "real holdout 0.997"
	Status Status
	Chart  plot.SVG // may be empty
}

// Table has a header row. Cells beyond the columns are an error.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Cell
}

// Column is a table's column.
type Column struct {
	Title  string
	Number bool // right-aligned, digits of one width
}

// Cell is a table's cell.
type Cell struct {
	Text   string
	Note   string // small, below the text
	Status Status
	Chart  plot.SVG // may be empty
}

// Figure is a chart with its caption and, for charts of two series, the names
// behind the two colours.
type Figure struct {
	Title   string
	Chart   plot.SVG
	Caption string
	Legend  []string // names of the first and second series
}

// Gallery is figures in a grid.
type Gallery struct {
	Legend  []string // as in Figure, for all of them
	Figures []Figure
}

func (Prose) kind() string      { return "prose" }
func (Verdict) kind() string    { return "verdict" }
func (KeyFigures) kind() string { return "figures" }
func (Table) kind() string      { return "table" }
func (Figure) kind() string     { return "figure" }
func (Gallery) kind() string    { return "gallery" }

//go:embed page.html.tmpl
var source string

//go:embed page.css
var css string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"kind": func(b Block) string { return b.kind() },
	"svg":  func(s plot.SVG) template.HTML { return template.HTML(s) }, // SVG escapes its texts
	"css":  func() template.CSS { return template.CSS(css) },
}).Parse(source))

// Render writes the page. It fails on a duplicate or malformed section ID, on
// a row with more cells than columns, and when w does.
func (p Page) Render(w io.Writer) error {
	seen := map[string]bool{}
	for _, s := range p.Sections {
		if !validID(s.ID) || seen[s.ID] {
			return fmt.Errorf("report: section ID %q must be unique and made of letters, digits and hyphens", s.ID)
		}
		seen[s.ID] = true
		for _, b := range s.Blocks {
			if b == nil {
				return fmt.Errorf("report: section %q has a nil block", s.ID)
			}
			t, ok := b.(Table)
			if !ok {
				continue
			}
			for i, r := range t.Rows {
				if len(r) > len(t.Columns) {
					return fmt.Errorf("report: section %q: row %d of a table has %d cells for %d columns", s.ID, i, len(r), len(t.Columns))
				}
			}
		}
	}
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func validID(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return s != ""
}

// Text makes cells of plain texts.
func Text(s ...string) []Cell {
	out := make([]Cell, len(s))
	for i, t := range s {
		out[i].Text = t
	}
	return out
}
