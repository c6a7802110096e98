package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/examples/census"
	"github.com/spf13/cobra"
)

func (a *app) upCommand() *cobra.Command {
	var opt platformOptions
	c := &cobra.Command{
		Use:   "up",
		Short: "Run embedded Temporal with its UI, a worker and the pages, and stay up",
		Long: `Starts everything in this process, on loopback: a Temporal server on a SQLite
file that survives restarts, its Web UI, a worker, and Nocturne's pages. The
example pipeline "census" is stored and scheduled, so that nightly_pipeline can be
started from the Temporal UI with the input {}.

Nights that were under way when the process died go on where they were.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			p, err := a.start(ctx, opt)
			if err != nil {
				return err
			}
			defer p.stop()
			if err := a.exampleReady(ctx, p); err != nil {
				return err
			}
			p.printWhere(os.Stdout)
			fmt.Fprintln(os.Stdout, "\nCtrl-C stops it.")
			<-ctx.Done()
			return nil
		},
	}
	platformFlags(c, &opt)
	return c
}

func platformFlags(c *cobra.Command, opt *platformOptions) {
	f := c.Flags()
	f.IntVar(&opt.port, "port", defaultPort, "port of the Temporal server")
	f.IntVar(&opt.uiPort, "ui-port", defaultUIPort, "port of the Temporal UI")
	f.IntVar(&opt.pagesPort, "pages-port", defaultPagesPort, "port of the label page and the catalogue")
	f.IntVar(&opt.slots, "slots", 0, "compute activities at a time; 0 = one a processor")
}

// exampleReady lays the example out, stores its pipeline and schedules it,
// once: a changed copy is the user's.
func (a *app) exampleReady(ctx context.Context, p *platform) error {
	dir := a.path("examples", "census")
	if _, err := os.Stat(a.path("examples", "census", "data", "contacts.csv.gz")); errors.Is(err, os.ErrNotExist) {
		if err := census.Write(ctx, dir); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	s, err := pipeline.Load(a.path("examples", "census", "pipeline.yaml"))
	if err != nil {
		return err
	}
	if err := storePipeline(ctx, p.store, s); err != nil {
		return err
	}
	return schedulePipeline(ctx, p.client, s)
}

func (p *platform) printWhere(w *os.File) {
	fmt.Fprintf(w, "Temporal UI   %s\n", p.at.UI)
	fmt.Fprintf(w, "  start one   %s/namespaces/default/workflows/start-workflow?taskQueue=nocturne&workflowType=nightly_pipeline\n", p.at.UI)
	fmt.Fprintf(w, "Pages         %s   datasets and reports\n", p.at.Pages)
	fmt.Fprintf(w, "Label page    %s/label\n", p.at.Pages)
	fmt.Fprintf(w, "Temporal      %s\n", p.at.Temporal)
	fmt.Fprintf(w, "Store         %s\n", p.app.storeURL())
}
