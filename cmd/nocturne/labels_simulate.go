package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/ml/linear"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/labeling/learn"
	"github.com/nocturne-data/nocturne/labeling/query"
	"github.com/spf13/cobra"
)

// simulateFlags are the command line of one simulation.
type simulateFlags struct {
	label, strategy, pool string
	exclude               []string
	batch, limit          int
	control               float64
	seed                  uint64
	stdin                 string
}

func (a *app) labelsSimulateCommand() *cobra.Command {
	var f simulateFlags
	c := &cobra.Command{
		Use:   "simulate TABLE [ORDER.csv] --label COLUMN",
		Short: "The order in which labels would have been asked for",
		Long: `Plays active learning over a table whose labels are known: the labels stay hidden
until they are asked for. Writes row numbers (from 0, header not counted), one a
line without a header, in the order of asking.

  nocturne labels simulate pool.csv order.csv --label class
  nocturne labels simulate pool.csv --label class --strategy random --limit 600 > order.csv
  nocturne labels simulate all.csv --label class --pool rows.csv > order.csv   only these rows

With --format json: the items with round and reason, and the accuracy that the
random control items estimate.`,
		Args: args(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, as []string) error {
			if f.label == "" {
				return usageError{errors.New("--label is needed: the column with the known labels")}
			}
			cfg := query.Config{Strategy: query.Strategy(f.strategy), Batch: f.batch, ControlShare: f.control, Seed: f.seed}
			if err := cfg.Validate(); err != nil {
				return usageError{err}
			}
			out := "-"
			if len(as) == 2 {
				out = as[1]
			}
			asked, rounds, err := simulate(c, as[0], cfg, f)
			if err != nil {
				return err
			}
			return writeTo(c, out, func(w io.Writer) error {
				if a.format == "json" {
					return writeJSON(w, map[string]any{"asked": asked, "rounds": rounds})
				}
				for _, x := range asked {
					fmt.Fprintln(w, x.Item)
				}
				return nil
			})
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.label, "label", "", "column with the known labels")
	fl.StringVar(&f.strategy, "strategy", string(query.Margin), "margin, entropy, least_confidence or random")
	fl.StringVar(&f.pool, "pool", "", "CSV of row numbers that may be asked; default all rows")
	fl.StringSliceVar(&f.exclude, "exclude", nil, "columns that are no features")
	fl.IntVar(&f.batch, "batch", 20, "labels a round")
	fl.IntVar(&f.limit, "limit", 0, "labels in all; 0 = the whole pool")
	fl.Float64Var(&f.control, "control-share", 0, "share of each batch drawn at random, 0..1")
	fl.Uint64Var(&f.seed, "seed", 0, "seed")
	inputFormatFlag(c, &f.stdin)
	return c
}

func simulate(c *cobra.Command, arg string, cfg query.Config, f simulateFlags) ([]learn.Asked, []learn.Round, error) {
	ctx := c.Context()
	in, err := openInput(c, arg, f.stdin)
	if err != nil {
		return nil, nil, err
	}
	defer in.close()
	source, err := in.source(ctx)
	if err != nil {
		return nil, nil, err
	}
	x, y, classes, err := encodePool(ctx, source, f)
	if err != nil {
		return nil, nil, fmt.Errorf("table %s: %w", in.name, err)
	}
	var rows []int
	if f.pool != "" {
		if rows, err = readPool(c, f.pool, len(y)); err != nil {
			return nil, nil, err
		}
		x = x.Take(rows)
		picked := make([]int, len(rows))
		for i, r := range rows {
			picked[i] = y[r]
		}
		y = picked
	}
	if i := slices.Index(y, noLabel); i >= 0 {
		return nil, nil, fmt.Errorf("table %s: the pool holds rows without a label (the %dth of the pool): leave them out with --pool", in.name, i+1)
	}
	asked, rounds, err := learn.Simulate(ctx, x, y, classes, learn.SimulateConfig{Query: cfg, Limit: f.limit})
	if rows != nil {
		for i := range asked {
			asked[i].Item = rows[asked[i].Item]
		}
	}
	return asked, rounds, err
}

// noLabel stands for a null in the label column.
const noLabel = -1

func encodePool(ctx context.Context, source tabular.Source, f simulateFlags) (*linear.Matrix, []int, int, error) {
	rd, err := source(ctx)
	if err != nil {
		return nil, nil, 0, err
	}
	defer func() { _ = rd.Close() }()
	for _, name := range append([]string{f.label}, f.exclude...) {
		if !rd.Schema().HasField(name) {
			return nil, nil, 0, usageError{fmt.Errorf("no column %q", name)}
		}
	}
	enc, err := learn.NewEncoder(rd.Schema(), learn.EncoderConfig{Exclude: append([]string{f.label}, f.exclude...)})
	if err != nil {
		return nil, nil, 0, err
	}
	// Classes are numbered by name, so that they do not depend on row order.
	names := map[string]int{}
	var labels []string
	var null []bool
	err = forEach(ctx, rd, func(rec arrow.Record) error {
		arr := column(rec, f.label)
		for i := range arr.Len() {
			labels = append(labels, arr.ValueStr(i))
			null = append(null, arr.IsNull(i))
			if arr.IsValid(i) {
				names[labels[len(labels)-1]] = 0
			}
		}
		return enc.Observe(rec)
	})
	if err != nil {
		return nil, nil, 0, err
	}
	enc.Seal()
	for i, name := range sortedKeys(names) {
		names[name] = i
	}
	y := make([]int, len(labels))
	for i, l := range labels {
		if y[i] = names[l]; null[i] {
			y[i] = noLabel
		}
	}
	x := &linear.Matrix{Cols: enc.Cols()}
	again, err := source(ctx)
	if err != nil {
		return nil, nil, 0, err
	}
	defer again.Close()
	err = forEach(ctx, again, func(rec arrow.Record) error { return enc.Encode(x, rec) })
	return x, y, len(names), err
}

func readPool(c *cobra.Command, path string, rows int) ([]int, error) {
	var out []int
	err := readFrom(c, path, func(r io.Reader) (err error) {
		out, err = readRowNumbers(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	seen := make(map[int]bool, len(out))
	for i, r := range out {
		if r >= rows || seen[r] {
			return nil, fmt.Errorf("%s, line %d: row number repeated or beyond the table's %d rows", path, i+1, rows)
		}
		seen[r] = true
	}
	return out, nil
}
