package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/spf13/cobra"
)

// exportFlags say how rows become tasks.
type exportFlags struct {
	classes, columns []string
	title, id        string
	limit            int
	stdin            string
}

func (a *app) labelsExportCommand() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export TABLE TASKS.jsonl --classes A,B",
		Short: "Turn rows of a de-identified table into tasks (JSON lines), or tasks into CSV",
		Long: `Writes one task a row: its columns as fields, the classes as choices. People will
see the rows, so export de-identified tables only. A TASKS name that ends in .csv
gives one line a task with its columns, for tools that import CSV.

  nocturne labels export safe.parquet tasks.jsonl --classes spam,ham --title "Is it spam?"
  nocturne labels export safe.csv tasks.jsonl --classes low,high --columns age,job --limit 500`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, as []string) error {
			if len(f.classes) < 2 {
				return usageError{errors.New("--classes needs two labels at least, such as --classes spam,ham")}
			}
			tasks, err := exportTasks(c, as[0], f)
			if err != nil {
				return err
			}
			err = writeTo(c, as[1], func(w io.Writer) error {
				if withoutEndings(as[1])+".csv" == as[1] {
					return writeTasksCSV(w, tasks)
				}
				return labeling.WriteLines(w, tasks)
			})
			if err == nil {
				note(c, "%d tasks", len(tasks))
			}
			return err
		},
	}
	fl := c.Flags()
	fl.StringSliceVar(&f.classes, "classes", nil, "labels that may be given, in the order of their keys")
	fl.StringSliceVar(&f.columns, "columns", nil, "columns to show; default all")
	fl.StringVar(&f.title, "title", "", "the question, in one line")
	fl.StringVar(&f.id, "id", "", "column that names the row; default its number. The task's id is a hash of it")
	fl.IntVar(&f.limit, "limit", 10_000, "rows to export, from the first")
	inputFormatFlag(c, &f.stdin)
	return c
}

func exportTasks(c *cobra.Command, arg string, f exportFlags) ([]labeling.Task, error) {
	ctx := c.Context()
	in, err := openInput(c, arg, f.stdin)
	if err != nil {
		return nil, err
	}
	defer in.close()
	rd, err := in.open(ctx, tabular.ReadOptions{Rows: &tabular.Range{Count: int64(f.limit)}})
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	shown := f.columns
	if shown == nil {
		for _, x := range rd.Schema().Fields() {
			shown = append(shown, x.Name)
		}
	}
	for _, name := range append(slices.Clone(shown), f.id) {
		if name != "" && !rd.Schema().HasField(name) {
			return nil, usageError{fmt.Errorf("table %s has no column %q", in.name, name)}
		}
	}
	var choices []labeling.Choice
	for _, x := range f.classes {
		choices = append(choices, labeling.Choice{Value: x})
	}
	var out []labeling.Task
	err = forEach(ctx, rd, func(rec arrow.Record) error {
		for row := range int(rec.NumRows()) {
			id := strconv.Itoa(len(out))
			if f.id != "" {
				id = column(rec, f.id).ValueStr(row)
			}
			t := labeling.Task{ID: labeling.TaskID("row", in.name, id), Kind: labeling.RowTask, Title: f.title, Choices: choices}
			for _, name := range shown {
				arr := column(rec, name)
				x := labeling.Field{Name: name, Null: arr.IsNull(row)}
				if !x.Null {
					x.Value = arr.ValueStr(row)
				}
				t.Fields = append(t.Fields, x)
			}
			if err := t.Validate(); err != nil {
				return fmt.Errorf("row %d: %w", len(out), err)
			}
			out = append(out, t)
		}
		return nil
	})
	return out, err
}

func column(rec arrow.Record, name string) arrow.Array {
	return rec.Column(rec.Schema().FieldIndices(name)[0])
}

func writeTasksCSV(w io.Writer, tasks []labeling.Task) error {
	cw := csv.NewWriter(w)
	for i, t := range tasks {
		header, line := []string{"item"}, []string{t.ID}
		for _, x := range t.Fields {
			header, line = append(header, x.Name), append(line, x.Value)
		}
		if i == 0 {
			if err := cw.Write(header); err != nil {
				return err
			}
		}
		if err := cw.Write(line); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}
