package main

import (
	"fmt"
	"os"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/cmd/nocturne/worker"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/spf13/cobra"
)

func (a *app) workerCommand() *cobra.Command {
	var slots int
	var queues []string
	c := &cobra.Command{
		Use:   "worker",
		Short: "Run one more worker, for the embedded or an external Temporal",
		Long: `Runs a worker against the Temporal that the environment names (TEMPORAL_ADDRESS,
TEMPORAL_PROFILE, temporal.toml), else the one that nocturne up runs from this
home. All workers of one Temporal must see one store (NOCTURNE_STORE, for example
s3://bucket) and one keyset (NOCTURNE_KEYS).`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			cl, err := a.connect(ctx)
			if err != nil {
				return err
			}
			defer cl.Close()
			st, err := store.Open(ctx, a.storeURL())
			if err != nil {
				return err
			}
			defer st.Close()
			w, err := worker.Start(worker.Options{
				Client: cl, Slots: slots, Queues: queues,
				Activities: activities.New(activities.Config{Store: st, Client: cl, Keys: a.keysSource()}),
			})
			if err != nil {
				return err
			}
			fmt.Fprintln(os.Stderr, "worker running; Ctrl-C stops it")
			<-ctx.Done()
			w.Stop()
			return nil
		},
	}
	c.Flags().IntVar(&slots, "slots", 0, "compute activities at a time; 0 = one a processor")
	c.Flags().StringSliceVar(&queues, "queues", nil, "queues to serve: workflows, compute; default both")
	return c
}
