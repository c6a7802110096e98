package activities

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/internal/report"
	"github.com/nocturne-data/nocturne/synth/evaluate"
)

// nightPage is report.html: what a privacy officer reads before she signs.
func nightPage(n nightRecord) report.Page {
	p := report.Page{
		Title:    n.spec.Title,
		Subtitle: fmt.Sprintf("Night of %s, pipeline %s", n.in.Plan.Date, n.spec.Name),
		Sections: []report.Section{overview(n)},
	}
	for _, t := range n.tables {
		p.Sections = append(p.Sections, columnsOf(t))
	}
	p.Sections = append(p.Sections, proofSection(n))
	if s, ok := labelSection(n); ok {
		p.Sections = append(p.Sections, s)
	}
	for _, t := range n.tables {
		if t.evaluation == nil {
			continue
		}
		for _, s := range evaluate.Sections(*t.evaluation) {
			s.ID = t.protected.Table + "-" + s.ID
			s.Title = "Twin of " + t.protected.Table + ": " + lowerFirst(s.Title)
			p.Sections = append(p.Sections, s)
		}
	}
	return p
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

func overview(n nightRecord) report.Section {
	s := report.Section{ID: "overview", Title: "What happened", Lead: "Rows read, set aside and published, and what the release policy says of each twin."}
	var rows report.KeyFigures
	table := report.Table{Columns: []report.Column{
		{Title: "table"},
		{Title: "rows in", Number: true},
		{Title: "in quarantine", Number: true},
		{Title: "published", Number: true},
		{Title: "columns"},
		{Title: "twin", Number: true},
		{Title: "release"},
	}}
	var in, out int64
	for _, t := range n.tables {
		in, out = in+t.stats.RowsIn, out+t.stats.RowsOut
		twin, release := "", report.Cell{Text: "no twin"}
		if t.twin != nil {
			twin = thousands(t.twin.Rows)
		}
		if t.verdict != nil {
			release = report.Cell{Text: "released", Status: report.Good}
			if len(t.verdict.Refused) > 0 {
				release = report.Cell{Text: "twin held back", Note: strings.Join(t.verdict.Refused, "; "), Status: report.Bad}
			}
		}
		table.Rows = append(table.Rows, []report.Cell{
			{Text: t.protected.Table},
			{Text: thousands(t.stats.RowsIn)},
			{Text: thousands(t.stats.RowsIn - t.stats.RowsOut)},
			{Text: thousands(t.stats.RowsOut)},
			{Text: strings.Join(t.stats.How, ", ")},
			{Text: twin},
			release,
		})
	}
	rows = append(rows,
		report.KeyFigure{Label: "Rows read", Value: thousands(in)},
		report.KeyFigure{Label: "Set aside", Value: thousands(in - out), Note: "rows that break their contract"},
		report.KeyFigure{Label: "Published", Value: thousands(out), Note: "de-identified and proven"},
	)
	s.Blocks = append(s.Blocks, rows, table)
	if reasons := quarantineTable(n); len(reasons.Rows) > 0 {
		s.Blocks = append(s.Blocks, reasons)
	}
	return s
}

func quarantineTable(n nightRecord) report.Table {
	t := report.Table{Caption: "Why rows were set aside", Columns: []report.Column{{Title: "table"}, {Title: "reason"}, {Title: "rows", Number: true}}}
	for _, x := range n.tables {
		reasons := make([]string, 0, len(x.stats.ByReason))
		for r := range x.stats.ByReason {
			reasons = append(reasons, r)
		}
		sort.Strings(reasons)
		for _, r := range reasons {
			t.Rows = append(t.Rows, report.Text(x.protected.Table, r, thousands(x.stats.ByReason[r])))
		}
	}
	return t
}

// columnsOf lists what was detected in a table and what was done about it.
func columnsOf(t tableRecord) report.Section {
	s := report.Section{
		ID: "columns-" + t.protected.Table, Title: "Columns of " + t.protected.Table,
		Lead: "What each column is, how sure detection is, what the policy did and why.",
	}
	found := map[string]detect.Column{}
	for _, c := range t.report.Columns {
		found[c.Name] = c
	}
	table := report.Table{Columns: []report.Column{
		{Title: "column"}, {Title: "class"}, {Title: "meaning"}, {Title: "detected", Number: true}, {Title: "done"}, {Title: "why"},
	}}
	for _, d := range t.decisions {
		c := found[d.Field.Name]
		done := report.Cell{Text: d.Transform.Name, Status: report.Good}
		switch {
		case d.Transform.Name == "keep" && d.Field.Class != "none":
			done.Status = report.Warning
		case d.Transform.Name == "keep":
			done.Status = report.Neutral
		}
		meaning := report.Cell{Text: d.Field.Semantic}
		if d.Field.Confirmed != "" {
			meaning.Note = "decided by " + strings.ReplaceAll(d.Field.Confirmed, "_", " ")
		}
		detected := report.Cell{Text: fmt.Sprintf("%.2f", c.Probability), Note: c.Semantic}
		table.Rows = append(table.Rows, []report.Cell{
			{Text: d.Field.Name}, {Text: strings.ReplaceAll(string(d.Field.Class), "_", " ")}, meaning, detected, done, {Text: d.Why, Note: "rule: " + orNone(d.Rule)},
		})
	}
	s.Blocks = append(s.Blocks, table)
	return s
}

func orNone(s string) string {
	if s == "" {
		return "none matched"
	}
	return s
}

func proofSection(n nightRecord) report.Section {
	s := report.Section{
		ID: "proof", Title: "Proof",
		Lead: "The published files were read back and searched for the values that had to go: in cells and texts, statistics, dictionaries and metadata.",
	}
	table := report.Table{Columns: []report.Column{
		{Title: "table"},
		{Title: "protected values", Number: true},
		{Title: "cells searched", Number: true},
		{Title: "found", Number: true},
		{Title: "excused", Number: true},
		{Title: "policy digest"},
	}}
	for _, t := range n.tables {
		table.Rows = append(table.Rows, []report.Cell{
			{Text: t.protected.Table},
			{Text: thousands(int64(t.proof.Values))},
			{Text: thousands(t.proof.Cells)},
			{Text: "0", Status: report.Good},
			{Text: thousands(t.proof.Excused)},
			{Text: t.decided.Policy[:min(16, len(t.decided.Policy))]},
		})
	}
	s.Blocks = append(s.Blocks,
		report.Verdict{Status: report.Good, Label: "Nothing survived", Text: "A single surviving value would have failed the night."},
		table,
		report.Prose{"Excused are words that are common in the data or in English, such as a given name that is also a month; they are counted, not alarmed."})
	return s
}

func labelSection(n nightRecord) (report.Section, bool) {
	l := n.spec.Labels
	if l == nil || n.in.Labels == nil {
		return report.Section{}, false
	}
	s := report.Section{ID: "labels", Title: "Labels", Lead: "What people were asked, and what they said."}
	count := map[string]int64{}
	for _, x := range n.labels {
		count[x.Label]++
	}
	table := report.Table{Columns: []report.Column{{Title: "label"}, {Title: "rows", Number: true}}}
	choices := slices.Clone(l.Choices)
	for _, c := range choices {
		table.Rows = append(table.Rows, report.Text(c, thousands(count[c])))
	}
	s.Blocks = append(s.Blocks,
		report.KeyFigures{
			{Label: "Asked", Value: thousands(int64(n.in.LabelCounts.Asked)), Note: "rows of " + l.Table},
			{Label: "Answered", Value: thousands(int64(n.in.LabelCounts.Answered))},
			{Label: "Column", Value: l.Column},
		}, table)
	return s, true
}

// thousands writes a count with separators.
func thousands(n int64) string {
	t := fmt.Sprint(n)
	for i := len(t) - 3; i > 0; i -= 3 {
		t = t[:i] + "," + t[i:]
	}
	return t
}
