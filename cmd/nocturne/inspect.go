package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/spf13/cobra"
)

// inspectedTable is one table in the document that inspect prints.
type inspectedTable struct {
	Table   string            `json:"table"`
	Format  string            `json:"format"`
	Rows    int64             `json:"rows"`
	Columns []inspectedColumn `json:"columns"`
}

// inspectedColumn joins what the profile counts with what detection believes.
type inspectedColumn struct {
	Name        string   `json:"name"`
	Arrow       string   `json:"arrow"`
	Nulls       int64    `json:"nulls"`
	Distinct    int64    `json:"distinct"`
	Exact       bool     `json:"distinct_exact"`
	Unique      bool     `json:"unique"`
	Min         string   `json:"min,omitempty"`
	Max         string   `json:"max,omitempty"`
	Semantic    string   `json:"type"`
	Class       string   `json:"class"`
	Probability float64  `json:"probability"`
	Unsure      bool     `json:"unsure,omitempty"`
	Evidence    []string `json:"evidence"`
}

func (a *app) inspectCommand() *cobra.Command {
	var draft bool
	var stdin string
	c := &cobra.Command{
		Use:   "inspect FILE...",
		Short: "Rows, columns, types, nulls, meanings and privacy classes",
		Long: `Reads each table once and says what is in it: rows, Arrow types, nulls, distinct
values, and for each column its semantic type, its privacy class and why. No value
of the data is shown; extremes are rounded outwards.

  nocturne inspect people.csv
  nocturne inspect --contract people.csv > people.yaml   a contract to edit
  nocturne inspect data/people/                          a folder of part files
  zcat people.csv.gz | nocturne inspect -                standard input`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, as []string) error {
			if draft && len(as) != 1 {
				return usageError{errors.New("--contract takes one table: a contract describes one")}
			}
			var tables []inspectedTable
			for _, arg := range as {
				t, e, err := inspect(c.Context(), c, arg, stdin)
				if err != nil {
					return err
				}
				if draft {
					return a.printContract(c, e.contract(t.Table))
				}
				tables = append(tables, t)
			}
			if a.format == "json" {
				return writeJSON(c.OutOrStdout(), map[string]any{"tables": tables})
			}
			for _, t := range tables {
				if err := printInspected(c.OutOrStdout(), t); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&draft, "contract", false, "print a contract drafted from the table, as YAML")
	inputFormatFlag(c, &stdin)
	return c
}

func (a *app) printContract(c *cobra.Command, contract schemas.Contract) error {
	if a.format == "json" {
		return writeJSON(c.OutOrStdout(), contract)
	}
	return contract.EncodeYAML(c.OutOrStdout())
}

func inspect(ctx context.Context, c *cobra.Command, arg, stdin string) (inspectedTable, examined, error) {
	in, err := openInput(c, arg, stdin)
	if err != nil {
		return inspectedTable{}, examined{}, err
	}
	defer in.close()
	rd, err := in.open(ctx, tabular.ReadOptions{})
	if err != nil {
		return inspectedTable{}, examined{}, err
	}
	defer rd.Close()
	e, err := examine(ctx, in.name, rd, true)
	if err != nil {
		return inspectedTable{}, e, err
	}
	t := inspectedTable{Table: in.name, Format: in.format, Rows: e.profile.Rows()}
	for i, p := range e.profile.Columns() {
		d := e.report.Columns[i]
		t.Columns = append(t.Columns, inspectedColumn{
			Name: p.Name, Arrow: p.Type, Nulls: p.Nulls, Distinct: p.Distinct, Exact: p.Exact, Unique: p.Unique, Min: p.Min, Max: p.Max,
			Semantic: d.Semantic, Class: string(d.Class), Probability: d.Probability, Unsure: d.Unsure, Evidence: d.Evidence,
		})
	}
	return t, e, nil
}

func printInspected(w io.Writer, t inspectedTable) error {
	fmt.Fprintf(w, "%s  %s, %d rows, %d columns\n\n", t.Table, t.Format, t.Rows, len(t.Columns))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "column\tarrow\tnulls\tdistinct\ttype\tclass\tsure\tevidence")
	for _, c := range t.Columns {
		distinct := fmt.Sprint(c.Distinct)
		if !c.Exact {
			distinct = "~" + distinct
		}
		sure := fmt.Sprintf("%.2f", c.Probability)
		if c.Unsure {
			sure += " ask"
		}
		evidence := ""
		if len(c.Evidence) > 0 {
			evidence = c.Evidence[0]
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", c.Name, c.Arrow, c.Nulls, distinct, dash(c.Semantic), c.Class, sure, evidence)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
