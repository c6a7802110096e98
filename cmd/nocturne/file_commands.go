package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"
)

// fileCommands lists the jobs that run on files, without Temporal.
func (a *app) fileCommands() []*cobra.Command {
	return []*cobra.Command{
		a.inspectCommand(), a.detectCommand(), a.policyCommand(), a.deidentifyCommand(), a.synthesizeCommand(),
		a.evaluateCommand(), a.labelsCommand(), a.viewCommand(), a.verifyCommand(), a.keysCommand(),
	}
}

// group makes a command that only holds others. Called bare it shows its help;
// an unknown word below it is wrong use.
func group(use, short, long string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Long: long,
		RunE: func(c *cobra.Command, as []string) error {
			if len(as) > 0 {
				return usageError{fmt.Errorf("%s has no command %q\nsee `%s --help`", c.CommandPath(), as[0], c.CommandPath())}
			}
			return c.Help()
		},
	}
	c.AddCommand(children...)
	return c
}

// writeJSON writes the one document of --format json.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// note tells a person something; it never goes to standard output.
func note(c *cobra.Command, format string, args ...any) {
	fmt.Fprintf(c.ErrOrStderr(), format+"\n", args...)
}

// workersFlag adds the flag that says how many processors a job may use. No
// output depends on it.
func workersFlag(c *cobra.Command, workers *int) {
	c.Flags().IntVar(workers, "workers", 0, "processors to use; 0 = all (the output does not depend on it)")
}

func workerCount(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// readable names what could not be read in a file that the command line names.
func readable(what, path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", what, err)}
	}
	return data, nil
}
