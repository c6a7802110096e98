package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/labeling/consensus"
	"github.com/spf13/cobra"
)

func (a *app) labelsCommand() *cobra.Command {
	return group("labels", "Tasks, answers, consensus, and what active learning would ask",
		`Works on label files without a queue.

  nocturne labels export safe.parquet tasks.jsonl --classes spam,ham   rows become tasks
  nocturne labels import answers.jsonl answers.csv                    worker,item,label
  nocturne labels aggregate answers.csv labels.csv                    one label an item
  nocturne labels simulate pool.csv --label class > order.csv         the order of asking`,
		a.labelsExportCommand(), a.labelsImportCommand(), a.labelsAggregateCommand(), a.labelsSimulateCommand())
}

func (a *app) labelsImportCommand() *cobra.Command {
	var tasks string
	c := &cobra.Command{
		Use:   "import ANSWERS.jsonl OUT.csv",
		Short: "Turn answers (JSON lines) into worker,item,label",
		Long: `Reads answers as JSON lines, checks each, and writes those with a label as CSV
with the header worker,item,label. With --tasks every answer must belong to one of
the tasks and carry a label that it offers.

  nocturne labels import answers.jsonl answers.csv --tasks tasks.jsonl
  nocturne labels import - - < answers.jsonl | nocturne labels aggregate -`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, as []string) error {
			var answers []labeling.Answer
			err := readFrom(c, as[0], func(r io.Reader) (err error) {
				answers, err = labeling.ReadAnswers(r)
				return err
			})
			if err != nil {
				return err
			}
			if tasks != "" {
				if err := checkAnswers(c, tasks, answers); err != nil {
					return err
				}
			}
			if err := writeTo(c, as[1], func(w io.Writer) error { return labeling.WriteAnswersCSV(w, answers) }); err != nil {
				return err
			}
			skips := 0
			for _, x := range answers {
				if x.Skipped {
					skips++
				}
			}
			note(c, "%d answers, %d skips left out", len(answers)-skips, skips)
			return nil
		},
	}
	c.Flags().StringVar(&tasks, "tasks", "", "tasks (JSON lines) that the answers belong to")
	return c
}

func checkAnswers(c *cobra.Command, path string, answers []labeling.Answer) error {
	var tasks []labeling.Task
	err := readFrom(c, path, func(r io.Reader) (err error) {
		tasks, err = labeling.ReadTasks(r)
		return err
	})
	if err != nil {
		return err
	}
	byID := make(map[string]labeling.Task, len(tasks))
	for _, t := range tasks {
		byID[t.ID] = t
	}
	for i, x := range answers {
		t, ok := byID[x.Task]
		if !ok {
			return fmt.Errorf("answer %d belongs to no task of %s", i+1, path)
		}
		offered := slices.ContainsFunc(t.Choices, func(ch labeling.Choice) bool { return ch.Value == x.Label })
		if !x.Skipped && len(t.Choices) > 0 && !offered {
			return fmt.Errorf("answer %d has a label that task %s does not offer", i+1, t.ID)
		}
	}
	return nil
}

func (a *app) labelsAggregateCommand() *cobra.Command {
	var method string
	var smoothing float64
	c := &cobra.Command{
		Use:   "aggregate ANSWERS.csv [OUT.csv]",
		Short: "One label an item, by majority or Dawid-Skene",
		Long: `Reads answers as CSV with the header worker,item,label (task for item is read too)
and writes task,label,confidence,votes,tied. With --format json the document also
says how each annotator errs.

  nocturne labels aggregate answers.csv labels.csv
  nocturne labels aggregate answers.csv --method majority`,
		Args: args(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, as []string) error {
			if method != "majority" && method != "dawid_skene" {
				return usageError{errors.New("--method must be majority or dawid_skene")}
			}
			opt := consensus.Options{Smoothing: smoothing}
			if err := opt.Validate(); err != nil {
				return usageError{err}
			}
			var votes []consensus.Vote
			err := readFrom(c, as[0], func(r io.Reader) (err error) {
				votes, err = consensus.ReadCSV(r)
				return err
			})
			if err != nil {
				return err
			}
			res, err := aggregate(votes, method, opt)
			if err != nil {
				return named(as[0], err)
			}
			out := "-"
			if len(as) == 2 {
				out = as[1]
			}
			return writeTo(c, out, func(w io.Writer) error {
				if a.format == "json" {
					return writeJSON(w, res)
				}
				return res.WriteCSV(w)
			})
		},
	}
	c.Flags().StringVar(&method, "method", "dawid_skene", "majority or dawid_skene")
	c.Flags().Float64Var(&smoothing, "smoothing", 0, "added to every cell of the confusion matrices; 0 = 0.01")
	return c
}

func aggregate(votes []consensus.Vote, method string, opt consensus.Options) (*consensus.Result, error) {
	if len(votes) == 0 {
		return nil, errors.New("no answers: the file holds a header only")
	}
	answers, err := consensus.NewAnswers(votes)
	if err != nil {
		return nil, err
	}
	if method == "majority" {
		return consensus.Majority(answers), nil
	}
	return consensus.DawidSkene(answers, opt)
}

// readFrom reads a file that the command line names, or standard input.
func readFrom(c *cobra.Command, path string, f func(io.Reader) error) error {
	if path == "-" {
		return named("standard input", f(c.InOrStdin()))
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return named(path, f(file))
}

func named(name string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// writeTo writes a small file in one atomic step, or standard output.
func writeTo(c *cobra.Command, path string, f func(io.Writer) error) error {
	if path == "-" {
		w := bufio.NewWriter(c.OutOrStdout())
		return errors.Join(f(w), w.Flush())
	}
	tmp := path + ".part"
	file, err := os.Create(tmp)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	if err := errors.Join(f(w), w.Flush(), file.Close()); err != nil {
		_ = os.Remove(tmp)
		return named(path, err)
	}
	return os.Rename(tmp, path)
}

// readRowNumbers reads row numbers: the first column of CSV lines.
func readRowNumbers(r io.Reader) ([]int, error) {
	cr := csv.NewReader(r)
	cr.FieldsPerRecord = -1
	var out []int
	for line := 1; ; line++ {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: not CSV", line)
		}
		var n int
		if _, err := fmt.Sscanf(strings.TrimSpace(rec[0]), "%d", &n); err != nil || n < 0 {
			return nil, fmt.Errorf("line %d: not a row number", line)
		}
		out = append(out, n)
	}
}
