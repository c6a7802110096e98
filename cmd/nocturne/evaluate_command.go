package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/nocturne-data/nocturne/internal/report"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/synth/evaluate"
	"github.com/spf13/cobra"
)

// evaluateFlags are the command line of one run.
type evaluateFlags struct {
	train, holdout, synthetic string
	target, report            string
	skip                      []string
	gate                      bool
	seed                      uint64
	workers                   int
}

func (a *app) evaluateCommand() *cobra.Command {
	var f evaluateFlags
	c := &cobra.Command{
		Use:   "evaluate --train A --holdout B --synthetic C",
		Short: "How faithful and how private a synthetic table is",
		Long: `Compares a synthetic table with the rows it was learned from and with real rows
that its model never saw. Every number stands beside its ceiling: the same number
with real holdout rows in the synthetic table's place.

  nocturne evaluate --train train.csv --holdout test.csv --synthetic twin.csv
  nocturne evaluate --train train.csv --holdout test.csv --synthetic twin.csv \
      --target income --report twin.html
  nocturne evaluate ... --gate        exit code 3 when the table should be held back

Record ids, keys and free text are left out; --skip leaves out more columns.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.evaluate(c, f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.train, "train", "", "table that the model was fitted to")
	fl.StringVar(&f.holdout, "holdout", "", "real rows that the model never saw")
	fl.StringVar(&f.synthetic, "synthetic", "", "synthetic table")
	fl.StringVar(&f.target, "target", "", "column to predict: train on synthetic, test on real")
	fl.StringVar(&f.report, "report", "", "HTML file for the report")
	fl.StringSliceVar(&f.skip, "skip", nil, "columns to leave out")
	fl.BoolVar(&f.gate, "gate", false, "hold the table to the default release policy")
	fl.Uint64Var(&f.seed, "seed", 0, "seed of samples and folds")
	workersFlag(c, &f.workers)
	return c
}

// evaluated is the document that the command prints.
type evaluated struct {
	evaluate.Report
	Refused []evaluate.Refusal `json:"refused,omitempty"`
}

func (a *app) evaluate(c *cobra.Command, f evaluateFlags) error {
	ctx := c.Context()
	var missing []string
	var tables [3]tabular.Source
	for i, t := range []struct{ flag, path string }{{"--train", f.train}, {"--holdout", f.holdout}, {"--synthetic", f.synthetic}} {
		switch t.path {
		case "":
			missing = append(missing, t.flag)
			continue
		case "-":
			return usageError{fmt.Errorf("%s must be a file: tables are read several times", t.flag)}
		}
		in, err := openInput(c, t.path, "")
		if err != nil {
			return err
		}
		if tables[i], err = in.source(ctx); err != nil {
			return err
		}
	}
	if missing != nil {
		return usageError{fmt.Errorf("%s needed: three tables are compared", strings.Join(missing, ", "))}
	}
	opt, err := evaluateOptions(ctx, tables[0], f)
	if err != nil {
		return err
	}
	r, err := evaluate.Evaluate(ctx, tables[0], tables[1], tables[2], opt)
	if err != nil {
		return err
	}
	out := evaluated{Report: r}
	if f.gate {
		out.Refused = evaluate.Gate(r, evaluate.DefaultThresholds())
	}
	if f.report != "" {
		if err := writePage(f.report, report.Page{Title: evaluate.PageTitle, Subtitle: r.Subtitle(), Sections: evaluate.Sections(r)}); err != nil {
			return err
		}
	}
	if a.format == "json" {
		err = writeJSON(c.OutOrStdout(), out)
	} else {
		err = printEvaluated(c.OutOrStdout(), out)
	}
	if err == nil && len(out.Refused) > 0 {
		return refusedError{fmt.Errorf("the release policy holds this table back: %d limits are broken", len(out.Refused))}
	}
	return err
}

// evaluateOptions leaves out what names rows, and hides in the report what is
// personal. Detection reads the training table's first rows.
func evaluateOptions(ctx context.Context, train tabular.Source, f evaluateFlags) (evaluate.Options, error) {
	opt := evaluate.Options{Seed: f.seed, Workers: f.workers, Target: f.target, Skip: f.skip}
	rd, err := train(ctx)
	if err != nil {
		return opt, err
	}
	defer rd.Close()
	for _, name := range append([]string{f.target}, f.skip...) {
		if name != "" && !rd.Schema().HasField(name) {
			return opt, usageError{fmt.Errorf("the training table has no column %q", name)}
		}
	}
	e, err := examine(ctx, "train", rd, false)
	if err != nil {
		return opt, err
	}
	for _, col := range e.report.Columns {
		switch {
		case col.Name == f.target:
		case col.Semantic == "record_id", col.Semantic == "foreign_key", col.Semantic == "free_text":
			opt.Skip = append(opt.Skip, col.Name)
			continue
		}
		if col.Class == semantic.DirectIdentifier || col.Class == semantic.Sensitive {
			opt.Protected = append(opt.Protected, col.Name)
		}
	}
	return opt, nil
}

// writePage renders a page into a file in one atomic step.
func writePage(path string, p report.Page) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	defer os.Remove(f.Name())
	if err := errors.Join(p.Render(f), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return nil
}

func printEvaluated(w io.Writer, e evaluated) error {
	fmt.Fprintf(w, "%s\n\n", e.Verdict)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "measure\tsynthetic\treal holdout")
	line := func(name string, value, ceiling evaluate.Number) {
		fmt.Fprintf(t, "%s\t%s\t%s\n", name, figure(value), figure(ceiling))
	}
	measure := func(name string, m evaluate.Measure) { line(name, m.Value, m.Ceiling) }
	measure("shape error", e.Fidelity.ShapeError)
	measure("pair error", e.Fidelity.PairError)
	measure("pair TVD, matched size", e.Fidelity.PairTVDMatched)
	measure("missing-rate error", e.Fidelity.MissingRateError)
	measure("C2ST against train, matched size", e.Detection.AgainstTrainMatched)
	measure("C2ST against holdout", e.Detection.AgainstHoldout)
	if e.Utility != nil {
		line("utility ("+e.Utility.Metric+") of "+e.Utility.Target, e.Utility.Synthetic, e.Utility.Real)
	}
	line("nearer to train than to holdout (DCR)", e.Privacy.Distance.ShareTies, e.Privacy.Distance.Ceiling)
	line("exact copies of training rows", e.Privacy.Copies.Share, e.Privacy.Copies.Natural)
	if err := t.Flush(); err != nil {
		return err
	}
	if len(e.Skipped) > 0 {
		fmt.Fprintf(w, "\nleft out: %s\n", strings.Join(e.Skipped, ", "))
	}
	for _, n := range e.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	for _, r := range e.Refused {
		fmt.Fprintf(w, "held back: %s: %s\n", r.Rule, r.Reason)
	}
	return nil
}

func figure(n evaluate.Number) string {
	if !n.Measured() {
		return "-"
	}
	return fmt.Sprintf("%.4g", float64(n))
}
