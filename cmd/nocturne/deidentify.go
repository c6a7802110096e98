package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/spf13/cobra"
)

// memoryGoal is the size of the heap, in bytes, from which the collector works
// harder, so that the process stays below 1 GiB whatever the table's size.
const memoryGoal = 640 << 20

// deidentifyFlags are the command line of one run.
type deidentifyFlags struct {
	policy, contract, keys, quarantine string
	stdin, output                      string
	noProof                            bool
	workers                            int
	who                                principalFlags
}

func (a *app) deidentifyCommand() *cobra.Command {
	var f deidentifyFlags
	c := &cobra.Command{
		Use:   "deidentify IN OUT --policy P",
		Short: "Hide what identifies people, and prove that it is gone",
		Long: `Reads a table block by block, sets aside the rows that break its contract, does to
each column what the policy says, and writes the result. Then it reads what was
written and looks for every value that should be gone. OUT appears only when
nothing survived; otherwise it stays as it was and the exit code is 1.

  nocturne keys new --keys keys.json
  nocturne deidentify people.csv safe.parquet --policy policy.yaml --keys keys.json
  nocturne deidentify people/ safe/ --policy policy.yaml --contract people.yaml --quarantine bad.csv

IN and OUT are files or folders, in the format of their names; - is standard input
or output. Equal keys and policies give equal pseudonyms on every machine, so tables
made one by one still join.`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, as []string) error { return a.deidentify(c, as[0], as[1], f) },
	}
	c.Flags().StringVar(&f.policy, "policy", "", "policy file (YAML)")
	contractFlag(c, &f.contract, "contract of the table; default detected, without rules")
	c.Flags().StringVar(&f.keys, "keys", "", "keyset; default NOCTURNE_KEYS or keys.json in the home folder")
	c.Flags().StringVar(&f.quarantine, "quarantine", "", "file for the rows that break the contract; they are raw, so it is readable by you only")
	c.Flags().BoolVar(&f.noProof, "no-proof", false, "do not look for surviving values: faster, and your word against a proof")
	workersFlag(c, &f.workers)
	inputFormatFlag(c, &f.stdin)
	outputFormatFlag(c, &f.output)
	f.who.add(c)
	return c
}

// deidentified is the document that the command prints.
type deidentified struct {
	Table       string           `json:"table"`
	RowsIn      int64            `json:"rows_in"`
	RowsOut     int64            `json:"rows_out"`
	Quarantined map[string]int64 `json:"quarantined,omitempty"` // reason -> rows
	Columns     map[string]int   `json:"columns"`               // transform -> columns
	Policy      string           `json:"policy_digest"`
	Seconds     float64          `json:"seconds"`
	Proof       *proof.Result    `json:"proof"` // null with --no-proof
}

// deidentification is one run of the command.
type deidentification struct {
	in       *tableInput
	out      *tableOutput
	contract schemas.Contract
	plan     *anonymize.Plan
	trivial  bool // the contract asks for nothing that rows could break
	checked  schemas.Counts
	bad      *quarantineFile
	workers  int
	proof    *proving // nil = none
}

func (a *app) deidentify(c *cobra.Command, inArg, outArg string, f deidentifyFlags) (err error) {
	ctx := c.Context()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memoryGoal))
	policy, err := loadPolicy(f.policy)
	if err != nil {
		return err
	}
	principal, err := f.who.principal()
	if err != nil {
		return err
	}
	set, ids, err := a.keysFor(f.keys)
	if err != nil {
		return err
	}
	in, err := openInput(c, inArg, f.stdin)
	if err != nil {
		return err
	}
	defer in.close()
	d := &deidentification{in: in, workers: workerCount(f.workers)}
	if d.contract, err = contractOf(ctx, c, in, f.contract); err != nil {
		return err
	}
	rd, err := d.rows(ctx, f.contract != "")
	if err != nil {
		return err
	}
	defer func() { _ = rd.Close() }()
	d.plan, err = anonymize.NewPlan(policy, principal, d.contract, set, anonymize.PlanOptions{Schema: rd.Schema()})
	if err != nil {
		if set == nil {
			return fmt.Errorf("%w\nno keyset was given: make one with `nocturne keys new --keys keys.json` and pass --keys keys.json", err)
		}
		return err
	}
	if f.quarantine != "" {
		d.bad = &quarantineFile{path: f.quarantine}
		defer d.bad.abort()
	}
	if d.out, err = a.createOutput(c, outArg, f.output); err != nil {
		return err
	}
	defer d.out.abort()
	if !f.noProof {
		if d.proof, err = newProving(d.plan, ids, d.out.dir); err != nil {
			return err
		}
		defer d.proof.close()
	}
	return a.runDeidentify(ctx, c, d, rd)
}

func (a *app) runDeidentify(ctx context.Context, c *cobra.Command, d *deidentification, rd tabular.Reader) error {
	start := time.Now()
	rows, err := d.transform(ctx, rd)
	if err != nil {
		return err
	}
	res := deidentified{
		Table: d.contract.Name, RowsIn: rows, RowsOut: rows, Columns: map[string]int{}, Policy: d.plan.Digest(),
	}
	if !d.trivial {
		res.RowsIn, res.Quarantined = d.checked.Rows, d.checked.ByReason
	}
	for _, x := range d.plan.Decisions() {
		res.Columns[x.Transform.Name]++
	}
	if d.proof != nil {
		p, err := d.prove(ctx)
		if err != nil {
			return err
		}
		res.Proof = &p
	}
	res.Seconds = time.Since(start).Seconds()
	if res.Proof == nil || res.Proof.Err() == nil {
		// Bad rows first: rows that are nowhere are worse than rows kept twice.
		if d.bad != nil {
			if err := d.bad.publish(); err != nil {
				return err
			}
		}
		if err := d.out.publish(); err != nil {
			return err
		}
	}
	if err := a.printDeidentified(c, res); err != nil {
		return err
	}
	if res.Proof != nil {
		if err := res.Proof.Err(); err != nil {
			return fmt.Errorf("nothing was written to %s: %w\nprotect these columns more: `nocturne policy explain` shows which rule decides", d.out.arg, err)
		}
	}
	return nil
}

// transform writes the de-identified rows and returns their number.
func (d *deidentification) transform(ctx context.Context, rd tabular.Reader) (int64, error) {
	w, err := d.out.writer(ctx, d.plan.OutputSchema(), tabular.WriteOptions{
		Protected: d.plan.Protected(), Workers: d.workers,
		Metadata: map[string]string{"nocturne.contract": d.contract.Name + " " + d.contract.Version, "nocturne.policy": d.plan.Digest()},
	})
	if err != nil {
		return 0, err
	}
	defer w.Abort()
	type block struct {
		rec   arrow.Record
		first int64
	}
	type done struct {
		out    arrow.Record
		proven provenBlock
	}
	var first, rows int64
	err = parallel.Stream(ctx, d.workers,
		func(ctx context.Context) (block, error) {
			rec, err := rd.Next(ctx)
			if err != nil {
				return block{}, err
			}
			b := block{rec, first}
			first += rec.NumRows()
			return b, nil
		},
		func(ctx context.Context, _ int, b block) (done, error) {
			defer b.rec.Release()
			out, err := d.plan.Apply(ctx, b.rec)
			if err != nil || d.proof == nil {
				return done{out: out}, err
			}
			proven, err := d.proof.block(ctx, out, b.rec, b.first)
			return done{out, proven}, err
		},
		func(_ int, b done) error {
			defer b.out.Release()
			rows += b.out.NumRows()
			if d.proof != nil {
				if err := d.proof.add(b.proven); err != nil {
					return err
				}
			}
			return w.Write(ctx, b.out)
		})
	if err != nil {
		return 0, err
	}
	return rows, w.Close()
}

func (a *app) printDeidentified(c *cobra.Command, res deidentified) error {
	if a.format == "json" {
		return writeJSON(c.OutOrStdout(), res)
	}
	w := c.ErrOrStderr() // OUT may be standard output
	fmt.Fprintf(w, "table %s: %d rows in, %d out, %.1f s (%.0f rows/s)\n", res.Table, res.RowsIn, res.RowsOut, res.Seconds, float64(res.RowsIn)/max(res.Seconds, 1e-9))
	for _, reason := range sortedKeys(res.Quarantined) {
		fmt.Fprintf(w, "  set aside: %s: %d rows\n", reason, res.Quarantined[reason])
	}
	var how []string
	for _, name := range sortedKeys(res.Columns) {
		how = append(how, fmt.Sprintf("%d %s", res.Columns[name], name))
	}
	fmt.Fprintf(w, "columns: %s\n", strings.Join(how, ", "))
	if res.Proof == nil {
		fmt.Fprintln(w, "proof: none, as --no-proof asked")
		return nil
	}
	p := res.Proof
	verdict := "clean"
	if p.Err() != nil {
		verdict = "NOT CLEAN"
	}
	fmt.Fprintf(w, "proof: %s: %d output cells searched for %d protected values; %d excused as common words, %d coincidences of invented values\n",
		verdict, p.Cells, p.Values, p.Excused, p.Coincidences)
	for _, h := range p.Hits {
		fmt.Fprintf(w, "  column %q: %s: %d times\n", h.Column, h.Kind, h.Count)
	}
	return nil
}
