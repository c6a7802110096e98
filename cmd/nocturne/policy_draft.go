package main

import (
	"errors"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/spf13/cobra"
)

func (a *app) policyDraftCommand() *cobra.Command {
	var contractPath, stdin string
	c := &cobra.Command{
		Use:   "draft FILE",
		Short: "Write a careful first policy from what detection finds",
		Long: `Looks at a table and writes a policy for it, with a reason at each rule. Columns
that detection is unsure of are suppressed until you decide.

  nocturne policy draft people.csv > policy.yaml
  nocturne policy draft people.csv --contract people.yaml > policy.yaml`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, as []string) error {
			ctx := c.Context()
			in, err := openInput(c, as[0], stdin)
			if err != nil {
				return err
			}
			defer in.close()
			rd, err := in.open(ctx, tabular.ReadOptions{})
			if err != nil {
				return err
			}
			defer rd.Close()
			e, err := examine(ctx, in.name, rd, contractPath == "")
			if err != nil {
				return err
			}
			var policy anonymize.Policy
			var text []byte
			if contractPath == "" {
				policy, text, err = anonymize.Draft(e.contract(in.name), e.report)
			} else {
				contract, err := loadContract(contractPath)
				if err != nil {
					return err
				}
				if policy, text, err = anonymize.Draft(contract, e.report); err != nil {
					return err
				}
			}
			if err != nil {
				return err
			}
			if a.format == "json" {
				return writeJSON(c.OutOrStdout(), policy)
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	contractFlag(c, &contractPath, "contract of the table; default drafted from it")
	inputFormatFlag(c, &stdin)
	return c
}

// errContractOrFile is returned when a command that needs to know the columns
// is told neither a contract nor a table.
var errContractOrFile = usageError{errors.New("which columns? Give --contract FILE or a table")}
