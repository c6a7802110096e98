package activities

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/lineage"
	"github.com/nocturne-data/nocturne/schemas"
)

// Where Nocturne's own documents say they come from. Croissant and OpenLineage
// ask for URLs; these name, they need not answer.
const (
	producer     = "https://github.com/nocturne-data/nocturne"
	jobNamespace = "nocturne"
)

// licences are the pages of the licences that pipelines name most.
var licences = map[string]string{
	"cc-by-4.0":    "https://creativecommons.org/licenses/by/4.0/",
	"cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
	"cc0-1.0":      "https://creativecommons.org/publicdomain/zero/1.0/",
	"apache-2.0":   "https://www.apache.org/licenses/LICENSE-2.0",
	"mit":          "https://opensource.org/license/mit",
	"odbl":         "https://opendatacommons.org/licenses/odbl/1-0/",
}

func licenceURL(id string) string {
	if u, ok := licences[strings.ToLower(id)]; ok {
		return u
	}
	return producer + "#licence-" + strings.ToLower(id)
}

// describe is the dataset as the publishing formats see it.
func describe(n nightRecord, files []datasetFile) (lineage.Dataset, error) {
	day, err := time.Parse(time.DateOnly, n.in.Plan.Date)
	if err != nil {
		return lineage.Dataset{}, err
	}
	d := lineage.Dataset{
		Name: n.spec.Name, Title: n.spec.Title, Description: n.spec.Description, Version: "1.0.0",
		License: n.spec.License, LicenseURL: licenceURL(n.spec.License), URL: producer + "#" + n.spec.Name,
		Creator: "Nocturne", Published: day, Cite: n.spec.Attribution,
		Keywords: []string{"de-identified"},
		Privacy:  "Direct identifiers are replaced or removed under a policy; the output was searched for surviving values before publication. See report.html.",
	}
	if d.Description == "" {
		d.Description = "De-identified tables of the pipeline " + n.spec.Name + "."
	}
	for _, t := range n.tables {
		contract := t.output
		if n.spec.Labels != nil && n.spec.Labels.Table == t.protected.Table && n.in.Labels != nil {
			contract.Fields = append(append([]schemas.Field(nil), contract.Fields...), labelFields(n.spec.Labels.Column)...)
		}
		fields, err := lineageFields(contract)
		if err != nil {
			return d, err
		}
		d.Configs = append(d.Configs, lineage.Config{
			Name: t.protected.Table, Description: "De-identified rows of " + t.protected.Table + ".",
			Fields: fields, Splits: trainSplit(files, t.protected.Table),
		})
		if t.twin == nil {
			continue
		}
		d.Synthetic = true
		if fields, err = lineageFields(t.output); err != nil {
			return d, err
		}
		d.Configs = append(d.Configs, lineage.Config{
			Name: twinConfig(t.protected.Table), Description: "Synthetic twin of " + t.protected.Table + ".",
			Fields: fields, Splits: trainSplit(files, twinConfig(t.protected.Table)),
		})
	}
	return d, nil
}

func trainSplit(files []datasetFile, config string) []lineage.Split {
	s := lineage.Split{Name: "train"}
	for _, f := range files {
		if f.Config == config {
			s.Files = append(s.Files, lineage.File{Path: f.Path, SHA256: string(f.SHA256), Bytes: f.Bytes, Rows: f.Rows})
		}
	}
	return []lineage.Split{s}
}

func lineageFields(c schemas.Contract) ([]lineage.Field, error) {
	out := make([]lineage.Field, 0, len(c.Fields))
	for _, f := range c.Fields {
		t, err := schemas.ParseType(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		x, err := lineageField(f.Name, t)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		x.Description = f.Description
		out = append(out, x)
	}
	return out, nil
}

// lineageField describes a column, nested ones part by part.
func lineageField(name string, t arrow.DataType) (lineage.Field, error) {
	out := lineage.Field{Name: name}
	switch t := t.(type) {
	case *arrow.ListType:
		item, err := lineageField("item", t.Elem())
		out.List = &item
		return out, err
	case *arrow.StructType:
		for _, f := range t.Fields() {
			part, err := lineageField(f.Name, f.Type)
			if err != nil {
				return out, err
			}
			out.Struct = append(out.Struct, part)
		}
		return out, nil
	}
	text, err := schemas.TypeText(t)
	if err != nil {
		return out, err
	}
	names, err := schemas.CrosswalkTypes(text)
	out.HuggingFace, out.Croissant = names.HuggingFace, names.Croissant
	return out, err
}

func writeCroissant(w io.Writer, d lineage.Dataset) error { return lineage.WriteCroissant(w, d) }

func writeCard(w io.Writer, n nightRecord, d lineage.Dataset) error {
	card := lineage.Card{Dataset: d}
	add := func(title, format string, a ...any) {
		card.Sections = append(card.Sections, lineage.Section{Title: title, Text: fmt.Sprintf(format, a...)})
	}
	var tables strings.Builder
	tables.WriteString("| config | rows | what it is |\n|---|---:|---|\n")
	for _, t := range n.tables {
		fmt.Fprintf(&tables, "| `%s` | %d | de-identified rows, %d columns |\n", t.protected.Table, t.stats.RowsOut, len(t.output.Fields))
		if t.twin != nil {
			fmt.Fprintf(&tables, "| `%s` | %d | synthetic rows: drawn from a model, about nobody |\n", twinConfig(t.protected.Table), t.twin.Rows)
		}
	}
	add("What is in it", "%s", tables.String())
	var how strings.Builder
	for _, t := range n.tables {
		fmt.Fprintf(&how, "**%s**: %s. The proof looked at %d cells for %d protected values and found none.\n\n", t.protected.Table, strings.Join(t.stats.How, ", "), t.proof.Cells, t.proof.Values)
	}
	add("How people are protected", "%s", how.String())
	var verdicts strings.Builder
	for _, t := range n.tables {
		switch {
		case t.verdict == nil:
		case len(t.verdict.Refused) > 0:
			fmt.Fprintf(&verdicts, "- twin of `%s`: held back by the release policy. %s\n", t.protected.Table, strings.Join(t.verdict.Refused, " "))
		default:
			fmt.Fprintf(&verdicts, "- twin of `%s`: %s\n", t.protected.Table, t.verdict.Verdict)
		}
	}
	if verdicts.Len() > 0 {
		add("How faithful, how private", "%s\nEvery number stands beside the same number for real rows that the model never saw: see `report.html`.", verdicts.String())
	}
	if n.spec.Labels != nil && n.in.Labels != nil {
		add("Labels", "`%s` in `%s` holds %d labels that annotators gave; all other rows are null there.", n.spec.Labels.Column, n.spec.Labels.Table, len(n.labels))
	}
	if n.spec.Attribution != "" {
		add("Attribution", "%s", n.spec.Attribution)
	}
	add("Limits", "De-identification lowers risk, it does not end it: do not try to find people in these rows. A twin keeps what its model saw; rare combinations are smoothed.")
	return lineage.WriteCard(w, card)
}

// lineageEvents are the START and COMPLETE events of the night, one a line.
func lineageEvents(n nightRecord, v Version, now time.Time) ([]byte, error) {
	run := lineage.Run{ID: n.in.Plan.Run}
	job := lineage.Job{Namespace: jobNamespace, Name: n.spec.Name + ".nightly_pipeline"}
	start := lineage.Event{Type: lineage.Start, Time: now, Producer: producer, Run: run, Job: job}
	end := lineage.Event{Type: lineage.Complete, Time: now, Producer: producer, Run: run, Job: job}
	for _, t := range n.tables {
		in := lineage.EventDataset{Namespace: "nocturne", Name: n.spec.Name + "." + t.protected.Table}
		for _, f := range t.source.Fields {
			in.Schema = append(in.Schema, lineage.SchemaField{Name: f.Name, Type: f.Type})
		}
		out := lineage.EventDataset{
			Namespace: "nocturne", Name: v.Path + "/data/" + t.protected.Table,
			Statistics: &lineage.OutputStatistics{Rows: t.stats.RowsOut},
		}
		for _, f := range t.output.Fields {
			out.Schema = append(out.Schema, lineage.SchemaField{Name: f.Name, Type: f.Type})
		}
		for _, d := range t.decisions {
			if _, ok := t.output.Field(d.Field.Name); !ok {
				continue
			}
			input := lineage.InputField{Namespace: in.Namespace, Name: in.Name, Field: d.Field.Name, Subtype: "TRANSFORMATION", Description: d.Transform.Name, Masking: true}
			if d.Transform.Name == "keep" {
				input.Subtype, input.Masking = "IDENTITY", false
			}
			out.Columns = append(out.Columns, lineage.ColumnLineage{Field: d.Field.Name, Inputs: []lineage.InputField{input}})
		}
		start.Inputs = append(start.Inputs, in)
		end.Inputs = append(end.Inputs, in)
		end.Outputs = append(end.Outputs, out)
	}
	var b bytes.Buffer
	for _, e := range []lineage.Event{start, end} {
		line, err := lineage.MarshalEvent(e)
		if err != nil {
			return nil, err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}
