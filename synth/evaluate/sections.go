package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nocturne-data/nocturne/internal/plot"
	"github.com/nocturne-data/nocturne/internal/report"
)

// Limits of what the page shows; the JSON has all.
const (
	shownPlots = 60
	shownPairs = 12
	heatLimit  = 80 // columns of the heat map
)

var seriesNames = []string{"real (train)", "synthetic"}

// Sections builds the evaluation part of a report page.
func Sections(r Report) []report.Section {
	out := []report.Section{r.summarySection(), r.fidelitySection(), r.columnsSection()}
	if len(r.Pairs) > 0 {
		out = append(out, r.pairsSection())
	}
	return append(out, r.privacySection(), r.methodSection())
}

// PageTitle is a title for a page of these sections alone.
const PageTitle = "Evaluation of a synthetic table"

// Subtitle says which rows were compared.
func (r *Report) Subtitle() string {
	return fmt.Sprintf("%s synthetic rows beside %s training and %s holdout rows, %d columns",
		thousands(r.Rows.Synthetic), thousands(r.Rows.Train), thousands(r.Rows.Holdout), len(r.Columns))
}

func (r *Report) summarySection() report.Section {
	status, label := report.Good, "Faithful, and no nearer to its training rows than fresh data"
	level := r.FidelityLevel()
	switch {
	case r.PrivacyLevel() == "too near":
		status, label = report.Bad, "Too near to its training rows"
	case level == "unknown" || r.PrivacyLevel() == "unknown":
		status, label = report.Warning, "Not fully measured"
	case r.PrivacyLevel() == "slightly nearer":
		status, label = report.Warning, "A faint trace of its training rows, "+level+" fidelity"
	case level == "poor" || level == "rough":
		status, label = report.Warning, "No nearer to its training rows than fresh data, but of "+level+" fidelity"
	case level == "similar":
		label = "Similar to real rows, and no nearer to its training rows than fresh data"
	}
	d, f, p := r.Detection.AgainstHoldout, r.Fidelity, r.Privacy
	figures := report.KeyFigures{
		{
			Label: "Detection score (1 = cannot be told from real)", Value: decimal(d.Value, 3), Note: "real holdout " + decimal(d.Ceiling, 3),
			Status: byShare(d), Chart: bullet("Detection score", d.Value, d.Ceiling, 1),
		},
		{
			Label: "Error of column pairs (total variation)", Value: percent(f.PairTVDMatched.Value), Note: "real holdout " + percent(f.PairTVDMatched.Ceiling),
			Status: byRatio(f.PairTVDMatched), Chart: bullet("Pair error", f.PairTVDMatched.Value, f.PairTVDMatched.Ceiling, widest(f.PairTVDMatched)),
		},
	}
	if u := r.Utility; u != nil {
		figures = append(figures, report.KeyFigure{
			Label: fmt.Sprintf("%s of “%s”, trained on synthetic", metricName(u.Metric), u.Target), Value: decimal(u.Synthetic, 3), Note: "trained on real " + decimal(u.Real, 3),
			Status: byLoss(u), Chart: bullet("Utility", u.Synthetic, u.Real, 1),
		})
	}
	copies, distance := statusOf(r.CopiesExcess(), copiesWarning), r.distanceStatus()
	figures = append(
		figures,
		report.KeyFigure{
			Label: "Rows equal to a training row", Value: percent(p.Copies.Share), Note: "natural level " + percent(p.Copies.Natural), Status: copies,
			Chart: bullet("Exact copies", p.Copies.Share, p.Copies.Natural, widest(Measure{p.Copies.Share, p.Copies.Natural})),
		},
		report.KeyFigure{
			Label: "Rows nearer to training than to holdout rows", Value: percent(max(p.Distance.Share, p.Distance.ShareTies)),
			Note: fmt.Sprintf("expected %s ± %s", decimal(100*p.Distance.Ideal, 2), percent(p.Distance.StdErr)), Status: distance,
			Chart: bullet("Nearer to train", max(p.Distance.Share, p.Distance.ShareTies), p.Distance.Ideal, 1),
		},
	)
	return report.Section{
		ID: "verdict", Title: "Verdict",
		Lead:   "Each number stands beside what fresh real rows score in the synthetic table's place (the blue mark).",
		Blocks: []report.Block{report.Verdict{Status: status, Label: label, Text: r.Verdict}, figures},
	}
}

func (r *Report) fidelitySection() report.Section {
	f, d := r.Fidelity, r.Detection
	t := report.Table{Columns: []report.Column{{Title: "Measure"}, {Title: "Synthetic", Number: true}, {Title: "Real holdout", Number: true}, {Title: ""}}}
	add := func(name, note, value, ceiling string, chart plot.SVG) {
		t.Rows = append(t.Rows, []report.Cell{{Text: name, Note: note}, {Text: value}, {Text: ceiling}, {Chart: chart}})
	}
	errorRow := func(name, note string, m Measure) {
		add(name, note, percent(m.Value), percent(m.Ceiling), bullet(name, m.Value, m.Ceiling, widest(m)))
	}
	scoreRow := func(name, note string, m Measure) {
		add(name, note, decimal(m.Value, 3), decimal(m.Ceiling, 3), bullet(name, m.Value, m.Ceiling, 1))
	}
	scoreRow("Detection score against holdout", "Boosted trees try to tell synthetic rows from real rows that the generator never saw; 1 = they cannot. Copying does not help here.", d.AgainstHoldout)
	scoreRow("Detection score against train", "The same with as many training rows as the holdout has. A copy of train scores 1, so read it beside privacy.", d.AgainstTrainMatched)
	errorRow("Shape error", "Columns one by one: 1 − SDMetrics Column Shapes. Lower is better.", f.ShapeError)
	errorRow("Pair error, SDMetrics", "Columns two by two: 1 − SDMetrics Column Pair Trends, every pair counted. Numbers are binned by each table's own range, so one outlier moves it.", f.PairError)
	errorRow("Pair error, total variation", "Columns two by two on bins fixed by train, both tables at one size.", f.PairTVDMatched)
	errorRow("Missing-cell error", "Mean difference of the shares of missing cells.", f.MissingRateError)
	if u := r.Utility; u != nil {
		scoreRow(fmt.Sprintf("Utility: %s of “%s”", metricName(u.Metric), u.Target), "Boosted trees trained on synthetic rows, tested on the real holdout; beside it the same trained on real rows.", Measure{u.Synthetic, u.Real})
	}
	blocks := []report.Block{t}
	if len(d.Features) > 0 && d.AgainstHoldout.Value.Measured() {
		features := report.Table{
			Caption: "What tells synthetic from real rows",
			Columns: []report.Column{{Title: "Column"}, {Title: "Share of what the trees used", Number: true}, {Title: ""}},
		}
		for _, g := range d.Features {
			features.Rows = append(features.Rows, []report.Cell{{Text: g.Column}, {Text: percent(g.Gain)}, {Chart: bullet(g.Column, g.Gain, NotMeasured, max(float64(d.Features[0].Gain), .01))}})
		}
		if d.AgainstHoldout.Value > .97*d.AgainstHoldout.Ceiling {
			blocks = append(blocks, report.Prose{"The discriminator found next to nothing, so what it used is noise; the list is shown for completeness."})
		}
		blocks = append(blocks, features)
	}
	return report.Section{ID: "fidelity", Title: "Fidelity", Lead: "How near the synthetic table is to the real one. Bars are the synthetic table, blue marks the real holdout.", Blocks: blocks}
}

func (r *Report) columnsSection() report.Section {
	t := report.Table{Columns: []report.Column{
		{Title: "Column"},
		{Title: "Kind"},
		{Title: "Shape error", Number: true},
		{Title: "Real holdout", Number: true},
		{Title: "Missing, real", Number: true},
		{Title: "Missing, synthetic", Number: true},
	}}
	gallery := report.Gallery{Legend: seriesNames}
	for _, c := range r.Columns {
		kind := string(c.Kind)
		if c.Protected {
			kind += ", protected"
		}
		t.Rows = append(t.Rows, []report.Cell{
			{Text: c.Name},
			{Text: kind},
			{Text: percent(c.ShapeError.Value), Status: columnStatus(c.ShapeError)},
			{Text: percent(c.ShapeError.Ceiling)},
			{Text: percent(c.MissingTrain)},
			{Text: percent(c.MissingSynthetic)},
		})
		if c.Distribution != nil && len(gallery.Figures) < shownPlots {
			gallery.Figures = append(gallery.Figures, report.Figure{Title: c.Name, Chart: c.chart()})
		}
	}
	blocks := []report.Block{t}
	if len(gallery.Figures) > 0 {
		blocks = append(blocks, gallery)
	}
	return report.Section{
		ID: "columns", Title: "Columns",
		Lead:   fmt.Sprintf("Distributions of cells that are not missing. Categories with fewer than %d training rows and protected columns are not shown.", MinSupport),
		Blocks: blocks,
	}
}

func (c ColumnReport) chart() plot.SVG {
	l := plot.Labels{
		Title: "Distribution of " + c.Name + ", real and synthetic",
		Desc:  fmt.Sprintf("Shape error %s, real holdout %s.", percent(c.ShapeError.Value), percent(c.ShapeError.Ceiling)),
	}
	a := plot.Series{Name: seriesNames[0], Values: floats(c.Distribution.Train)}
	b := plot.Series{Name: seriesNames[1], Values: floats(c.Distribution.Synthetic)}
	if c.Kind == Categorical {
		return plot.Bars(l, c.Distribution.Labels, a, b)
	}
	return plot.Histogram(l, c.Distribution.Labels, a, b)
}

func floats(v []Number) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func (r *Report) pairsSection() report.Section {
	worst := slices.Clone(r.Pairs)
	excess := func(p PairReport) Number {
		if !p.TVD.Value.Measured() {
			return -1
		}
		return p.TVD.Value - p.TVD.Ceiling
	}
	slices.SortStableFunc(worst, func(a, b PairReport) int { return cmp.Compare(excess(b), excess(a)) })
	t := report.Table{
		Caption: "Pairs farthest above the real holdout",
		Columns: []report.Column{{Title: "Pair"}, {Title: "Total variation", Number: true}, {Title: "Real holdout", Number: true}, {Title: "SDMetrics error", Number: true}, {Title: "Real holdout", Number: true}},
	}
	for _, p := range worst[:min(len(worst), shownPairs)] {
		t.Rows = append(t.Rows, report.Text(p.A+" × "+p.B, percent(p.TVD.Value), percent(p.TVD.Ceiling), percent(p.PairError.Value), percent(p.PairError.Ceiling)))
	}
	blocks := []report.Block{}
	if len(r.Columns) <= heatLimit && r.Fidelity.PairsCompared == r.Fidelity.PairsTotal {
		blocks = append(blocks, report.Figure{Chart: r.heatMap(), Caption: "Total variation of each pair above the real holdout's own at the same size. Cells of the first step are as near as real rows."})
	}
	s := report.Section{ID: "pairs", Title: "Pairs of columns", Lead: "Whether columns hang together as they do in the real table.", Blocks: append(blocks, t)}
	if r.Fidelity.PairsCompared < r.Fidelity.PairsTotal {
		s.Lead += fmt.Sprintf(" %s of %s pairs were drawn and compared.", thousands(int64(r.Fidelity.PairsCompared)), thousands(int64(r.Fidelity.PairsTotal)))
	}
	return s
}

func (r *Report) heatMap() plot.SVG {
	names := make([]string, len(r.Columns))
	index := map[string]int{}
	for i, c := range r.Columns {
		names[i], index[c.Name] = c.Name, i
	}
	cells := map[[2]int]PairReport{}
	for _, p := range r.Pairs {
		i, j := index[p.A], index[p.B]
		cells[[2]int{max(i, j), min(i, j)}] = p
	}
	scale := plot.HeatScale{Borders: []float64{.005, .01, .025, .05, .1}, Names: []string{"< 0.5 points", "0.5–1", "1–2.5", "2.5–5", "5–10", "≥ 10"}}
	l := plot.Labels{Title: "Heat map of pair errors", Desc: fmt.Sprintf("Mean total variation %s, real holdout %s.", percent(r.Fidelity.PairTVDMatched.Value), percent(r.Fidelity.PairTVDMatched.Ceiling))}
	return plot.HeatMap(l, names, scale, func(i, j int) (float64, string) {
		p := cells[[2]int{i, j}]
		return max(float64(p.TVD.Value-p.TVD.Ceiling), 0), fmt.Sprintf("%s × %s: %s, real holdout %s", p.A, p.B, percent(p.TVD.Value), percent(p.TVD.Ceiling))
	})
}

// distanceStatus colours the share of nearer rows as PrivacyLevel judges it.
func (r *Report) distanceStatus() report.Status {
	s := statusOf(r.Privacy.Distance.Excess, distanceWarning)
	if s == report.Bad && r.Privacy.Distance.gap() <= distanceAllowance {
		return report.Warning
	}
	return s
}

func (r *Report) privacySection() report.Section {
	c, d := r.Privacy.Copies, r.Privacy.Distance
	share := max(d.Share, d.ShareTies)
	t := report.Table{
		Columns: []report.Column{{Title: "Question"}, {Title: "Synthetic", Number: true}, {Title: "Fresh real rows", Number: true}, {Title: "Excess", Number: true}},
		Rows: [][]report.Cell{
			{
				{Text: "How many rows equal a training row?", Note: "All rows and all compared columns counted. Fresh real rows coincide with training rows too; only the excess is a finding."},
				{Text: percent(c.Share)},
				{Text: percent(c.Natural)},
				{Text: standardErrors(r.CopiesExcess()), Status: statusOf(r.CopiesExcess(), copiesWarning)},
			},
			{
				{Text: "How many rows lie nearer to a training than to a holdout row?", Note: fmt.Sprintf("A generator that learned nothing about single people gives %s; a copy gives 100 %%. Ties count by the rows at the distance. Half of the holdout in the synthetic table's place: %s.", percent(d.Ideal), percent(d.Ceiling))},
				{Text: percent(share)},
				{Text: percent(d.Ideal)},
				{Text: standardErrors(d.Excess), Status: r.distanceStatus()},
			},
			{
				{Text: "How far is the closest training row, at the median?", Note: "In ranges of the numeric columns summed up; a different category counts 2. Smaller than for fresh rows means nearer than chance."},
				{Text: decimal(d.MedianTrain, 3)},
				{Text: decimal(d.MedianHoldout, 3)},
				{},
			},
		},
	}
	curves := plot.Distribution(
		plot.Labels{Title: "Distance to the closest training row", Desc: fmt.Sprintf("Median %s for synthetic rows, %s for holdout rows.", decimal(d.MedianTrain, 3), decimal(d.MedianHoldout, 3))},
		"distance to the closest training row",
		plot.Curve{Name: "holdout rows", Quantiles: floats(d.HoldoutToTrain)}, plot.Curve{Name: "synthetic rows", Quantiles: floats(d.SyntheticToTrain)},
	)
	return report.Section{
		ID: "privacy", Title: "Privacy",
		Lead: "Whether the table remembers single training rows. Distances show copying; they do not bound what an attacker may learn.",
		Blocks: []report.Block{
			t,
			report.Figure{
				Title: "Distance to the closest training row", Chart: curves, Legend: []string{"holdout rows", "synthetic rows"},
				Caption: "Share of rows whose closest training row is at most this far. A synthetic curve to the left of the holdout's (above it) is nearer to training rows than fresh data.",
			},
		},
	}
}

func (r *Report) methodSection() report.Section {
	rows := func(n RowCounts) []report.Cell {
		return report.Text("", thousands(n.Train), thousands(n.Holdout), thousands(n.Synthetic))
	}
	all, used := rows(r.Rows), rows(r.RowsUsed)
	all[0].Text, used[0].Text = "Rows", "Rows used where rows are held in memory"
	t := report.Table{
		Columns: []report.Column{{Title: ""}, {Title: "Train", Number: true}, {Title: "Holdout", Number: true}, {Title: "Synthetic", Number: true}},
		Rows:    [][]report.Cell{all, used},
	}
	prose := report.Prose{
		fmt.Sprintf("Seed %d. The numbers do not depend on the machine or on how many workers ran. %s synthetic rows were searched for their closest real rows.", r.Seed, thousands(int64(r.Privacy.Distance.Queries))),
		"Detection: boosted trees (100 trees, depth 6, learning rate 0.3), stratified 3-fold cross-validation, score 1 − (2·max(½, AUC) − 1). Shape and pair error follow SDMetrics in classic mode. Distance is L1 over ranges of numbers, plus 2 for each different category.",
	}
	if len(r.Skipped) > 0 {
		prose = append(prose, "Not compared: "+strings.Join(r.Skipped, ", ")+".")
	}
	for _, n := range r.Notes {
		prose = append(prose, "Note: "+n+".")
	}
	return report.Section{ID: "method", Title: "How it was measured", Blocks: []report.Block{t, prose}}
}

func metricName(m string) string {
	if m == "r2" {
		return "R²"
	}
	return "AUC"
}

func bullet(name string, value, ceiling Number, hi float64) plot.SVG {
	return plot.Bullet(plot.Labels{Title: name, Desc: decimal(value, 4) + ", real rows " + decimal(ceiling, 4)}, float64(value), float64(ceiling), 0, hi)
}

// widest is an axis that holds both numbers with the ceiling well inside.
func widest(m Measure) float64 {
	hi := .001
	for _, v := range []Number{m.Value, 2 * m.Ceiling} {
		if v.Measured() {
			hi = max(hi, float64(v))
		}
	}
	return hi
}

func byShare(m Measure) report.Status {
	switch share := m.Value / m.Ceiling; {
	case !share.Measured():
		return report.Neutral
	case share >= .9:
		return report.Good
	case share >= .4:
		return report.Warning
	}
	return report.Bad
}

func byRatio(m Measure) report.Status {
	switch ratio := m.Value / m.Ceiling; {
	case !ratio.Measured():
		return report.Neutral
	case ratio <= 1.5:
		return report.Good
	case ratio <= 4:
		return report.Warning
	}
	return report.Bad
}

func byLoss(u *Utility) report.Status {
	switch loss := u.Real - u.Synthetic; {
	case !loss.Measured():
		return report.Neutral
	case loss <= .02:
		return report.Good
	case loss <= .1:
		return report.Warning
	}
	return report.Bad
}

func columnStatus(m Measure) report.Status {
	switch {
	case !m.Value.Measured() || !m.Ceiling.Measured():
		return report.Neutral
	case m.Value > .1 && m.Value > 4*m.Ceiling:
		return report.Bad
	case m.Value > .02 && m.Value > 3*m.Ceiling:
		return report.Warning
	}
	return report.Neutral
}

func statusOf(excess Number, limit Number) report.Status {
	switch {
	case !excess.Measured():
		return report.Neutral
	case excess > limit:
		return report.Bad
	case excess > limit-1:
		return report.Warning
	}
	return report.Good
}

func standardErrors(n Number) string {
	if !n.Measured() {
		return "–"
	}
	return strings.Replace(fmt.Sprintf("%+.1f standard errors", float64(n)), "-", "−", 1)
}

// thousands groups digits by commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
