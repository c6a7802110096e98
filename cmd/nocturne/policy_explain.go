package main

import (
	"context"
	"fmt"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/spf13/cobra"
)

// policyOver is a policy and the table that it is held against.
type policyOver struct {
	policy    anonymize.Policy
	principal anonymize.Principal
	contract  schemas.Contract
}

// policyOverFlags read one.
type policyOverFlags struct {
	policy, contract, stdin string
	who                     principalFlags
}

func (f *policyOverFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.policy, "policy", "", "policy file (YAML)")
	contractFlag(c, &f.contract, "contract of the table; default detected from FILE")
	inputFormatFlag(c, &f.stdin)
	f.who.add(c)
}

func (f *policyOverFlags) load(ctx context.Context, c *cobra.Command, as []string) (policyOver, error) {
	var out policyOver
	var err error
	if out.policy, err = loadPolicy(f.policy); err != nil {
		return out, err
	}
	if out.principal, err = f.who.principal(); err != nil {
		return out, err
	}
	switch {
	case f.contract != "":
		out.contract, err = loadContract(f.contract)
	case len(as) == 1:
		in, openErr := openInput(c, as[0], f.stdin)
		if openErr != nil {
			return out, openErr
		}
		defer in.close()
		out.contract, err = contractOf(ctx, c, in, "")
	default:
		err = errContractOrFile
	}
	return out, err
}

func (a *app) policyExplainCommand() *cobra.Command {
	var f policyOverFlags
	c := &cobra.Command{
		Use:   "explain [FILE] --policy P [--contract C]",
		Short: "What will happen to each column, and why",
		Long: `Says for each column which rule decides, what happens, what an observer of the
output still learns and what stays usable.

  nocturne policy explain --policy policy.yaml people.csv --purpose training
  nocturne policy explain --policy policy.yaml --contract people.yaml --role nurse --purpose care`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, as []string) error {
			p, err := f.load(c.Context(), c, as)
			if err != nil {
				return err
			}
			e, err := anonymize.Explain(p.policy, p.principal, p.contract, anonymize.PlanOptions{})
			if err != nil {
				return err
			}
			if a.format == "json" {
				return writeJSON(c.OutOrStdout(), e)
			}
			_, err = fmt.Fprint(c.OutOrStdout(), e.Text())
			return err
		},
	}
	f.add(c)
	return c
}

func (a *app) policyCheckCommand() *cobra.Command {
	var f policyOverFlags
	var keysPath string
	c := &cobra.Command{
		Use:   "check [FILE] --policy P [--contract C]",
		Short: "Faults between a policy and a table",
		Long: `Reports rules about columns that do not exist, transforms that cannot be built,
joins that break and rules that contradict each other. Exit code 1 when one of
them would stop a run.

  nocturne policy check --policy policy.yaml people.csv
  nocturne policy check --policy policy.yaml --contract people.yaml`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, as []string) error {
			p, err := f.load(c.Context(), c, as)
			if err != nil {
				return err
			}
			set, _, err := a.keysFor(keysPath)
			if err != nil {
				return err
			}
			found, err := anonymize.Check(p.policy, p.principal, p.contract, set != nil, anonymize.PlanOptions{})
			if err != nil {
				return err
			}
			faults := 0
			for _, x := range found {
				if x.Severity == "error" {
					faults++
				}
			}
			if a.format == "json" {
				if found == nil {
					found = []anonymize.Finding{}
				}
				err = writeJSON(c.OutOrStdout(), map[string]any{"findings": found, "ok": faults == 0})
			} else {
				err = printFindings(c, found)
			}
			if err == nil && faults > 0 {
				return fmt.Errorf("policy %s: %d errors would stop a run over table %s", p.policy.Name, faults, p.contract.Name)
			}
			return err
		},
	}
	f.add(c)
	c.Flags().StringVar(&keysPath, "keys", "", "keyset that the run will have; default NOCTURNE_KEYS or keys.json in the home folder")
	return c
}

func printFindings(c *cobra.Command, found []anonymize.Finding) error {
	for _, x := range found {
		if _, err := fmt.Fprintln(c.OutOrStdout(), x.String()); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		_, err := fmt.Fprintln(c.OutOrStdout(), "no findings")
		return err
	}
	return nil
}
