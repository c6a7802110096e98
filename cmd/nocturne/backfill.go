package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nocturne-data/nocturne/workflows"
	"github.com/spf13/cobra"
)

func (a *app) backfillCommand() *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use:   "backfill NAME --from D --to D",
		Short: "Run the nights of past dates, one after the other",
		Long: `Runs one night of a stored pipeline for each date from --from to --to, both
included, oldest first, and stops at the first that fails. Nights whose inputs
have not changed take no time: their artifacts are there.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, as []string) error {
			first, err1 := time.Parse(time.DateOnly, from)
			last, err2 := time.Parse(time.DateOnly, to)
			if err := errors.Join(err1, err2); err != nil {
				return usageError{errors.New("--from and --to are needed, in the form 2026-11-24")}
			}
			if last.Before(first) {
				return usageError{errors.New("--to lies before --from")}
			}
			ctx := c.Context()
			cl, err := a.connect(ctx)
			if err != nil {
				return err
			}
			defer cl.Close()
			var results []workflows.NightResult
			for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
				date := day.Format(time.DateOnly)
				run, err := startNight(ctx, cl, workflows.NightInput{Pipeline: as[0], Date: date})
				if err != nil {
					return err
				}
				fmt.Fprintf(os.Stderr, "night of %s: %s\n", date, run.GetID())
				result, err := follow(ctx, cl, run)
				if err != nil {
					return fmt.Errorf("night of %s: %w", date, nightError(err))
				}
				results = append(results, result)
			}
			if a.format == "json" {
				return a.printJSON(results)
			}
			for _, r := range results {
				fmt.Printf("%s  version %s  %d files\n", r.Date, r.Published.Version, r.Published.Files)
			}
			return nil
		},
	}
	c.Flags().StringVar(&from, "from", "", "first data date")
	c.Flags().StringVar(&to, "to", "", "last data date")
	return c
}
