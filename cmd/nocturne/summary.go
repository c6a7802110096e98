package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/nocturne-data/nocturne/workflows"
)

// reportNight prints what a night left behind: one JSON document, or a short
// summary with where to look. at is nil when no platform runs in this process.
func (a *app) reportNight(r workflows.NightResult, at *endpoints) error {
	if a.format == "json" {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		a.writeSummary(os.Stdout, r, at)
	}
	if len(r.Refused) > 0 {
		return refusedError{fmt.Errorf("the gate held back the twin of %s: see the report", strings.Join(r.Refused, ", "))}
	}
	return nil
}

func (a *app) writeSummary(w io.Writer, r workflows.NightResult, at *endpoints) {
	fmt.Fprintf(w, "\n%s, night of %s: version %s\n\n", r.Pipeline, r.Date, r.Published.Version)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "table\trows in\trows out\tquarantined\tcolumns protected")
	for _, p := range r.Protected {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\n", p.Table, p.RowsIn, p.RowsOut, p.Quarantined, strings.Join(p.How, ", "))
	}
	t.Flush()
	for _, e := range r.Evaluations {
		fmt.Fprintf(w, "\ntwin of %s: %s\n", e.Table, e.Verdict)
		fmt.Fprintln(t, "measure\ttwin\treal holdout")
		for _, f := range e.Figures {
			fmt.Fprintf(t, "%s\t%.4g\t%.4g\n", f.Name, f.Value, f.Ceiling)
		}
		t.Flush()
		for _, reason := range e.Refused {
			fmt.Fprintf(w, "held back: %s\n", reason)
		}
	}
	if r.Labels.Queue != "" {
		fmt.Fprintf(w, "\nlabels: %d asked, %d answered, %d open in queue %s\n", r.Labels.Asked, r.Labels.Answered, r.Labels.Open, r.Labels.Queue)
	}
	folder := a.storeURL() + "/" + r.Published.Path
	fmt.Fprintf(w, "\nParquet       %s (%d files, %.1f MB)\n", folder, r.Published.Files, float64(r.Published.Bytes)/1e6)
	fmt.Fprintf(w, "Report        %s/report.html\n", folder)
	if at != nil {
		fmt.Fprintf(w, "Temporal UI   %s\nPages         %s\nLabel page    %s/label\n", at.UI, at.Pages, at.Pages)
	}
}
