package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// app holds the flags that every command shares.
type app struct {
	home   string // folder of the embedded server, the store and the keys
	format string // "text" or "json"
}

func newRoot() *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:   "nocturne",
		Short: "Turn sensitive tables into datasets that people may train on",
		Long: `Nocturne reads sensitive tables, checks them against their contracts, finds and
hides what identifies people, learns a synthetic twin, measures how faithful and
how private it is, asks people for the labels that help most, and publishes
Parquet with the evidence beside it. Temporal makes each step durable, visible
and restartable; every job also runs alone, on files.

  nocturne demo        the example night, start to finish
  nocturne up          server, worker and pages; stays up
  nocturne inspect F   what is in a file

Exit codes: 0 done, 1 failed, 2 wrong use, 3 a gate refused.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(c *cobra.Command, as []string) error {
			if len(as) == 0 {
				return nil
			}
			return usageError{fmt.Errorf("unknown command %q\nsee `nocturne --help`", as[0])}
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if a.format != "text" && a.format != "json" {
				return usageError{fmt.Errorf("--format must be text or json")}
			}
			return nil
		},
	}
	home := os.Getenv("NOCTURNE_HOME")
	if home == "" {
		home = ".nocturne"
	}
	root.PersistentFlags().StringVar(&a.home, "home", home, "folder of the embedded server, the store and the keys (NOCTURNE_HOME)")
	root.PersistentFlags().StringVar(&a.format, "format", "text", "text, or json for one JSON document on standard output")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\nsee `%s --help`", err, c.CommandPath())}
	})
	night := &cobra.Group{ID: "night", Title: "The night:"}
	files := &cobra.Group{ID: "files", Title: "One job on files:"}
	root.AddGroup(night, files)
	for _, c := range a.nightCommands() {
		c.GroupID = night.ID
		root.AddCommand(c)
	}
	for _, c := range a.fileCommands() {
		c.GroupID = files.ID
		root.AddCommand(c)
	}
	return root
}

func (a *app) nightCommands() []*cobra.Command {
	return []*cobra.Command{
		a.demoCommand(), a.upCommand(), a.workerCommand(), a.applyCommand(), a.runCommand(),
		a.backfillCommand(), a.statusCommand(),
	}
}

// args turns cobra's complaint about the number of arguments into wrong use.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		if err := check(c, a); err != nil {
			return usageError{fmt.Errorf("%w\nusage: %s", err, c.UseLine())}
		}
		return nil
	}
}

// printJSON writes the one document of --format json.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
