package main

import (
	"fmt"
	"os"

	"github.com/nocturne-data/nocturne/workflows"
	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	var opt platformOptions
	var stay bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "The example night, start to finish",
		Long: `Starts everything on loopback, runs the night of examples/census with progress
bars, and says where the Parquet, the report, the Temporal UI and the label page
are. With --stay it leaves them running, as nocturne up does; the pipeline is
scheduled nightly either way.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			opt.anyPort = true
			p, err := a.start(ctx, opt)
			if err != nil {
				return err
			}
			defer p.stop()
			if err := a.exampleReady(ctx, p); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "Temporal UI %s   label page %s/label\n", p.at.UI, p.at.Pages)
			run, err := startNight(ctx, p.client, workflows.NightInput{})
			if err != nil {
				return err
			}
			result, err := follow(ctx, p.client, run)
			if err != nil {
				return nightError(err)
			}
			if err := a.reportNight(result, &p.at); err != nil {
				return err
			}
			if !stay {
				fmt.Fprintln(os.Stderr, "\n`nocturne up` brings the server and the pages back.")
				return nil
			}
			fmt.Fprintln(os.Stderr, "\nCtrl-C stops it.")
			<-ctx.Done()
			return nil
		},
	}
	platformFlags(c, &opt)
	c.Flags().BoolVar(&stay, "stay", false, "leave server, worker and pages running")
	return c
}
