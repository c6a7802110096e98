package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/view"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/spf13/cobra"
)

// viewFlags are the command line of one look.
type viewFlags struct {
	policy, contract, keys string
	rows                   int64
	output                 string
	who                    principalFlags
}

func (a *app) viewCommand() *cobra.Command {
	var f viewFlags
	var as []string
	c := &cobra.Command{
		Use:   "view DATASET|FILE --as ROLE --purpose P --policy POL",
		Short: "What a caller with this role and purpose would get",
		Long: `Shows the rows of a published dataset, or of a table, as a policy lets a caller
with a role and a purpose see them. DATASET is a name in the store, with the table
behind a slash where there are several.

  nocturne view census/people --as nurse --purpose care --policy policy.yaml
  nocturne view data/people.parquet --as analyst --purpose analytics --policy policy.yaml --rows 5
  nocturne view census/people --as analyst --purpose training --policy policy.yaml --rows 0 > rows.csv

What happened to each column goes to standard error.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, pos []string) error {
			if len(as) == 0 || f.who.purpose == "" {
				return usageError{errors.New("--as and --purpose are needed: what a caller gets depends on both")}
			}
			f.who.roles = as
			return a.view(c, pos[0], f)
		},
	}
	fl := c.Flags()
	fl.StringSliceVar(&as, "as", nil, "role of the caller (several: --as a,b)")
	fl.StringVar(&f.who.purpose, "purpose", "", "what for")
	fl.StringSliceVar(&f.who.attributes, "attribute", nil, "attribute of the caller, name=value")
	fl.StringVar(&f.policy, "policy", "", "policy file (YAML)")
	contractFlag(c, &f.contract, "contract of the table; default the dataset's own, or detected")
	fl.StringVar(&f.keys, "keys", "", "keyset; default NOCTURNE_KEYS or keys.json in the home folder")
	fl.Int64Var(&f.rows, "rows", 20, "rows to show; 0 = all")
	fl.StringVar(&f.output, "output-format", "csv", "format of the rows: csv, jsonl, parquet, arrow")
	return c
}

// viewed is the document that --format json prints.
type viewed struct {
	Table     string               `json:"table"`
	Principal anonymize.Principal  `json:"principal"`
	Columns   []anonymize.Decision `json:"columns"`
	Rows      []map[string]any     `json:"rows"`
}

func (a *app) view(c *cobra.Command, name string, f viewFlags) error {
	ctx := c.Context()
	if f.rows < 0 {
		return usageError{errors.New("--rows must not be negative")}
	}
	policy, err := loadPolicy(f.policy)
	if err != nil {
		return err
	}
	principal, err := f.who.principal()
	if err != nil {
		return err
	}
	set, _, err := a.keysFor(f.keys)
	if err != nil {
		return err
	}
	rd, contract, err := a.openViewed(ctx, c, name, f)
	if err != nil {
		return err
	}
	v, err := view.New(policy, principal, contract, rd, view.Options{Keys: set})
	if err != nil {
		return errors.Join(err, rd.Close())
	}
	defer v.Close()
	rows := tabular.Reader(v)
	if f.rows > 0 {
		rows = tabular.Slice(v, tabular.Range{Count: f.rows})
	}
	if a.format == "json" {
		doc := viewed{Table: contract.Name, Principal: principal, Columns: v.Plan().Decisions(), Rows: []map[string]any{}}
		err := forEach(ctx, rows, func(rec arrow.Record) error {
			for i := range int(rec.NumRows()) {
				row := map[string]any{}
				for k, x := range rec.Schema().Fields() {
					row[x.Name] = rec.Column(k).GetOneForMarshal(i)
				}
				doc.Rows = append(doc.Rows, row)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return writeJSON(c.OutOrStdout(), doc)
	}
	for _, d := range v.Plan().Decisions() {
		note(c, "%s: %s: %s", d.Field.Name, d.Transform.Name, d.Why)
	}
	w, err := files.NewOutput(c.OutOrStdout(), f.output, rows.Schema(), tabular.WriteOptions{Protected: v.Plan().Protected()})
	if err != nil {
		return usageError{fmt.Errorf("--output-format: %w", err)}
	}
	defer w.Abort()
	if _, err := tabular.Copy(ctx, w, rows); err != nil {
		return err
	}
	return w.Close()
}

// openViewed opens a published table by its name in the store, or a file.
func (a *app) openViewed(ctx context.Context, c *cobra.Command, name string, f viewFlags) (tabular.Reader, schemas.Contract, error) {
	if exists(name) {
		in, err := openInput(c, name, "")
		if err != nil {
			return nil, schemas.Contract{}, err
		}
		contract, err := contractOf(ctx, c, in, f.contract)
		if err != nil {
			return nil, contract, err
		}
		rd, err := in.open(ctx, tabular.ReadOptions{})
		return rd, contract, err
	}
	d, table, err := a.openDataset(ctx, name)
	if err != nil {
		return nil, schemas.Contract{}, err
	}
	t, err := d.table(ctx, table)
	if err != nil {
		return nil, schemas.Contract{}, errors.Join(err, d.close())
	}
	contract := t.contract
	if f.contract != "" {
		if contract, err = loadContract(f.contract); err != nil {
			return nil, contract, errors.Join(err, d.close())
		}
	}
	rd, err := t.source(ctx)
	if err != nil {
		return nil, contract, errors.Join(err, d.close())
	}
	return &closing{rd, d}, contract, nil
}

// closing closes a dataset with the reader of one of its tables.
type closing struct {
	tabular.Reader
	also io.Closer
}

func (x *closing) Close() error { return errors.Join(x.Reader.Close(), x.also.Close()) }
