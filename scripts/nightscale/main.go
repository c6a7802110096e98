// Nightscale measures the night at scale. It generates the table that
// docs/benchmarks.md speaks of, with the pipeline that publishes it; runs a
// night's steps one by one, with what each costs; and computes from the histories
// of a night how much of its time was not a stage's own work.
//
//	go run ./scripts/nightscale generate --rows 10000000 DIR
//	go run ./scripts/nightscale steps DIR/pipeline.yaml
//	nocturne --home HOME up & nocturne --home HOME run DIR/pipeline.yaml
//	go run ./scripts/nightscale overhead --address HOST:PORT WORKFLOW-ID
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("nightscale: say generate, steps or overhead")
	}
	flags := flag.NewFlagSet("nightscale "+args[0], flag.ContinueOnError)
	switch args[0] {
	case "generate":
		var t table
		flags.Int64Var(&t.rows, "rows", 10_000_000, "rows of the table")
		flags.IntVar(&t.shardBlocks, "shard-blocks", 8, "blocks of 65,536 rows in one published file")
		flags.IntVar(&t.blockRows, "block-rows", 0, "rows in a block; 0 = 65,536")
		flags.BoolVar(&t.twin, "twin", false, "learn and publish a synthetic twin as well")
		flags.BoolVar(&t.csv, "csv", false, "write gzipped CSV in place of Parquet")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		if flags.NArg() != 1 {
			return fmt.Errorf("nightscale generate: give one folder")
		}
		return t.write(ctx, flags.Arg(0))
	case "steps":
		profile := flags.String("cpuprofile", "", "file for a CPU profile")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		if flags.NArg() != 1 {
			return fmt.Errorf("nightscale steps: give one pipeline file")
		}
		return steps(ctx, flags.Arg(0), *profile)
	case "overhead":
		address := flags.String("address", "127.0.0.1:7233", "Temporal server, see endpoints.json in the home folder")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		if flags.NArg() != 1 {
			return fmt.Errorf("nightscale overhead: give the workflow id of a night")
		}
		return overhead(ctx, *address, flags.Arg(0))
	}
	return fmt.Errorf("nightscale: unknown command %q: say generate, steps or overhead", args[0])
}
