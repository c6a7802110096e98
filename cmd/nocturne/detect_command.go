package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/spf13/cobra"
)

func (a *app) detectCommand() *cobra.Command {
	var text, stdin string
	var least float64
	var workers int
	c := &cobra.Command{
		Use:   "detect FILE... | --text FILE.jsonl",
		Short: "Find what identifies people: columns of tables, spans of texts",
		Long: `For tables: semantic type, privacy class, probability and evidence of each column,
by table (FOLDER/FILE without its ending). For texts: JSON lines {"id","text"} in,
JSON lines {"id","spans":[{start,end,type,probability}]} out, in input order,
offsets in code points, end exclusive.

  nocturne detect chinook/*.csv --format json
  nocturne detect --text notes.jsonl > spans.jsonl
  nocturne detect --text - < notes.jsonl                 standard input`,
		Args: func(c *cobra.Command, as []string) error {
			if text != "" {
				return args(cobra.NoArgs)(c, as)
			}
			return args(cobra.MinimumNArgs(1))(c, as)
		},
		RunE: func(c *cobra.Command, as []string) error {
			if least < 0 || least > 1 {
				return usageError{errors.New("--min-probability must lie in 0..1")}
			}
			if text != "" {
				return detectTexts(c, text, detect.TextOptions{MinProbability: least}, workerCount(workers))
			}
			var reports []detect.Report
			for _, arg := range as {
				r, err := detectColumns(c.Context(), c, arg, stdin)
				if err != nil {
					return err
				}
				reports = append(reports, r)
			}
			if a.format == "json" {
				return writeJSON(c.OutOrStdout(), detect.Document(reports...))
			}
			return printDetected(c, reports)
		},
	}
	c.Flags().StringVar(&text, "text", "", "JSON lines of texts instead of tables; - = standard input")
	c.Flags().Float64Var(&least, "min-probability", 0, "drop spans of texts that are less probable; 0 = 0.40")
	workersFlag(c, &workers)
	inputFormatFlag(c, &stdin)
	return c
}

func detectColumns(ctx context.Context, c *cobra.Command, arg, stdin string) (detect.Report, error) {
	in, err := openInput(c, arg, stdin)
	if err != nil {
		return detect.Report{}, err
	}
	defer in.close()
	rd, err := in.open(ctx, tabular.ReadOptions{})
	if err != nil {
		return detect.Report{}, err
	}
	defer rd.Close()
	return detect.Columns(ctx, reportName(arg), rd, detect.Options{})
}

// reportName is FOLDER/FILE without endings: tables of one name in different
// folders stay apart.
func reportName(arg string) string {
	if arg == "-" {
		return "table"
	}
	name := tableName(arg)
	folder := filepath.Base(filepath.Dir(filepath.Clean(arg)))
	if folder == "." || folder == string(filepath.Separator) {
		return name
	}
	return folder + "/" + name
}

func printDetected(c *cobra.Command, reports []detect.Report) error {
	t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "table\tcolumn\ttype\tclass\tprobability\tevidence")
	for _, r := range reports {
		for _, col := range r.Columns {
			evidence := ""
			if len(col.Evidence) > 0 {
				evidence = col.Evidence[0]
			}
			mark := ""
			if col.Unsure {
				mark = " ask"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.2f%s\t%s\n", r.Table, col.Name, dash(col.Semantic), col.Class, col.Probability, mark, evidence)
		}
	}
	return t.Flush()
}
