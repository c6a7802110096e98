package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/planner"
	"github.com/spf13/cobra"
)

// synthesizeFlags are the command line of one run.
type synthesizeFlags struct {
	rows             int64
	engine, contract string
	seed             uint64
	budget           time.Duration
	where, model     string
	stdin, output    string
	workers          int
}

func (a *app) synthesizeCommand() *cobra.Command {
	var f synthesizeFlags
	c := &cobra.Command{
		Use:   "synthesize IN OUT",
		Short: "Learn a table and draw new rows about nobody",
		Long: `Fits a model to a table and writes rows drawn from it, with the columns, types and
nulls of the original. Columns that identify people are not learned: their values
are generated. The same table, seed and engine give the same rows on any number of
processors.

  nocturne synthesize people.csv twin.csv
  nocturne synthesize people.parquet twin.parquet --rows 1000000 --seed 7
  nocturne synthesize people.csv twin.csv --model people.model     keep the model too

How good the rows are is for ` + "`nocturne evaluate`" + ` to say.`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, as []string) error { return a.synthesize(c, as[0], as[1], f) },
	}
	c.Flags().Int64Var(&f.rows, "rows", 0, "rows to draw; 0 = as many as the table has")
	c.Flags().StringVar(&f.engine, "engine", planner.Auto, "engine: auto or "+engineNames())
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the model and the rows")
	c.Flags().DurationVar(&f.budget, "budget", time.Minute, "time that the planner may plan with; mixture, the only engine so far, needs less")
	c.Flags().StringVar(&f.where, "where", "", "draw only rows that meet a condition (no engine of this version can)")
	c.Flags().StringVar(&f.model, "model", "", "file to keep the fitted model in")
	contractFlag(c, &f.contract, "contract of the table; default inferred from it")
	workersFlag(c, &f.workers)
	inputFormatFlag(c, &f.stdin)
	outputFormatFlag(c, &f.output)
	return c
}

func engineNames() string {
	out := ""
	for i, e := range planner.Engines() {
		if i > 0 {
			out += ", "
		}
		out += e.Name()
	}
	return out
}

// synthesized is the document that the command prints.
type synthesized struct {
	Table       string   `json:"table"`
	Engine      string   `json:"engine"`
	Reason      string   `json:"reason"`
	Rows        int64    `json:"rows"`
	Seed        uint64   `json:"seed"`
	Generated   []string `json:"generated,omitempty"` // columns that were invented, not learned
	FitSeconds  float64  `json:"fit_seconds"`
	DrawSeconds float64  `json:"draw_seconds"`
}

func (f synthesizeFlags) validate() error {
	switch {
	case f.rows < 0:
		return usageError{errors.New("--rows must not be negative")}
	case f.budget <= 0:
		return usageError{errors.New("--budget must be positive, such as 60s")}
	case f.where != "":
		return usageError{errors.New("--where: the mixture engine draws unconditional rows only: draw more rows and filter them, or leave --where out")}
	}
	return nil
}

func (a *app) synthesize(c *cobra.Command, inArg, outArg string, f synthesizeFlags) error {
	ctx := c.Context()
	if err := f.validate(); err != nil {
		return err
	}
	choice, err := planner.Choose(f.engine)
	if err != nil {
		return usageError{err}
	}
	in, err := openInput(c, inArg, f.stdin)
	if err != nil {
		return err
	}
	defer in.close()
	source, err := in.source(ctx)
	if err != nil {
		return err
	}
	table := synth.Table{Rows: source}
	var rows int64
	if table.Contract, rows, err = trainingContract(ctx, c, in.name, source, f); err != nil {
		return err
	}
	out, err := a.createOutput(c, outArg, f.output)
	if err != nil {
		return err
	}
	defer out.abort()
	res := synthesized{Table: table.Contract.Name, Engine: choice.Engine.Name(), Reason: choice.Reason, Rows: rows, Seed: f.seed, Generated: generatedColumns(table.Contract)}
	start := time.Now()
	model, err := choice.Engine.Fit(ctx, table, synth.FitOptions{Seed: f.seed, Workers: f.workers})
	if err != nil {
		return fmt.Errorf("learn %s: %w", in.name, err)
	}
	res.FitSeconds = time.Since(start).Seconds()
	if f.model != "" {
		if err := saveModel(f.model, model); err != nil {
			return err
		}
	}
	start = time.Now()
	if err := draw(ctx, model, out, f.seed, rows, workerCount(f.workers)); err != nil {
		return err
	}
	res.DrawSeconds = time.Since(start).Seconds()
	if err := out.publish(); err != nil {
		return err
	}
	if a.format == "json" {
		return writeJSON(c.OutOrStdout(), res)
	}
	note(c, "%d rows of %s drawn by %s (fit %.1f s, draw %.1f s)", res.Rows, res.Table, res.Engine, res.FitSeconds, res.DrawSeconds)
	for _, name := range res.Generated {
		note(c, "  column %q identifies people: generated, not learned", name)
	}
	return nil
}

// trainingContract is the contract that the model is fitted under, and the rows
// to draw. Counting rows takes no pass of its own where the contract is
// inferred.
func trainingContract(ctx context.Context, c *cobra.Command, name string, source tabular.Source, f synthesizeFlags) (schemas.Contract, int64, error) {
	rd, err := source(ctx)
	if err != nil {
		return schemas.Contract{}, 0, err
	}
	defer rd.Close()
	if f.contract != "" {
		contract, err := loadContract(f.contract)
		if err != nil || f.rows > 0 {
			return contract, f.rows, err
		}
		rows, err := countRows(ctx, rd)
		return contract, rows, err
	}
	e, err := examine(ctx, name, rd, true)
	if err != nil {
		return schemas.Contract{}, 0, err
	}
	for _, column := range e.unsure() {
		note(c, "column %q: detection is unsure what it holds; write a contract to decide (`nocturne inspect --contract`)", column)
	}
	rows := f.rows
	if rows == 0 {
		rows = e.profile.Rows()
	}
	return e.contract(name), rows, nil
}

func countRows(ctx context.Context, rd tabular.Reader) (int64, error) {
	var n int64
	err := forEach(ctx, rd, func(rec arrow.Record) error {
		n += rec.NumRows()
		return nil
	})
	return n, err
}

func generatedColumns(c schemas.Contract) []string {
	var out []string
	for _, f := range c.Fields {
		if f.Class == semantic.DirectIdentifier {
			out = append(out, f.Name)
		}
	}
	return out
}

// draw writes rows of a model. Each block has a random stream of its own, so
// the workers leave no trace.
func draw(ctx context.Context, m synth.Model, out *tableOutput, seed uint64, rows int64, workers int) error {
	w, err := out.writer(ctx, m.Schema(), tabular.WriteOptions{Workers: workers})
	if err != nil {
		return err
	}
	defer w.Abort()
	blocks := int((rows + parallel.BlockRows - 1) / parallel.BlockRows)
	err = parallel.Ordered(ctx, blocks, workers,
		func(ctx context.Context, i int) (arrow.Record, error) {
			return m.SampleBlock(ctx, seed, i, int(min(parallel.BlockRows, rows-int64(i)*parallel.BlockRows)))
		},
		func(_ int, rec arrow.Record) error {
			defer rec.Release()
			return w.Write(ctx, rec)
		})
	if err != nil {
		return err
	}
	return w.Close()
}

// saveModel writes a model file in one atomic step. It tells as much about the
// table as the table's statistics do, so it is readable by its owner only.
func saveModel(path string, m synth.Model) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("--model: %w", err)
	}
	defer os.Remove(f.Name())
	if err := errors.Join(m.MarshalTo(f), f.Close()); err != nil {
		return fmt.Errorf("--model: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("--model: %w", err)
	}
	return nil
}
