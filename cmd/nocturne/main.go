// Command nocturne turns sensitive tables into datasets that people may train
// on: by the night, run by Temporal, or one job at a time on files.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules name IANA zones, and small images have no zone files
)

// Exit codes.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
)

// usageError is a command line that cannot be understood.
type usageError struct{ error }

// refusedError is work that was done and that a gate holds back.
type refusedError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newRoot().ExecuteContext(ctx)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "nocturne:", err)
	var usage usageError
	var refused refusedError
	switch {
	case errors.As(err, &refused):
		os.Exit(exitRefused)
	case errors.As(err, &usage):
		os.Exit(exitUsage)
	}
	os.Exit(exitFailed)
}
