package main

import (
	"errors"
	"fmt"

	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/spf13/cobra"
)

func (a *app) policyDiffCommand() *cobra.Command {
	var contractPath string
	var who principalFlags
	c := &cobra.Command{
		Use:   "diff OLD NEW --contract C",
		Short: "What two policies do differently; exit code 3 when something is protected less",
		Long: `Compares two policies by what they do to the columns of a table, for every purpose
and role that they name (or the one given), not by their text. Use it as the check
of a pull request: exit code 3 when a column becomes less protected.

  nocturne policy diff policy-1.yaml policy-2.yaml --contract people.yaml`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, as []string) error {
			if contractPath == "" {
				return usageError{errors.New("--contract is needed: policies are compared over a table's columns; `nocturne inspect --contract FILE` drafts one")}
			}
			before, err := loadPolicy(as[0])
			if err != nil {
				return err
			}
			after, err := loadPolicy(as[1])
			if err != nil {
				return err
			}
			contract, err := loadContract(contractPath)
			if err != nil {
				return err
			}
			principals := anonymize.Principals(before, after)
			if len(who.roles) > 0 || who.purpose != "" || len(who.attributes) > 0 {
				one, err := who.principal()
				if err != nil {
					return err
				}
				principals = []anonymize.Principal{one}
			}
			changes, err := anonymize.Diff(before, after, contract, principals)
			if err != nil {
				return err
			}
			return a.reportChanges(c, changes)
		},
	}
	contractFlag(c, &contractPath, "contract of the table")
	who.add(c)
	return c
}

func (a *app) reportChanges(c *cobra.Command, changes []anonymize.Change) error {
	less := 0
	for _, x := range changes {
		if x.Direction == "less" {
			less++
		}
	}
	if a.format == "json" {
		if changes == nil {
			changes = []anonymize.Change{}
		}
		if err := writeJSON(c.OutOrStdout(), map[string]any{"changes": changes, "less_protected": less}); err != nil {
			return err
		}
	} else {
		for _, x := range changes {
			fmt.Fprintln(c.OutOrStdout(), x.String())
		}
		if len(changes) == 0 {
			fmt.Fprintln(c.OutOrStdout(), "the policies treat every column alike")
		}
	}
	if less > 0 {
		return refusedError{fmt.Errorf("%d columns would be protected less: have the new policy approved", less)}
	}
	return nil
}
