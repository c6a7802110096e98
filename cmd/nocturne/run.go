package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

func (a *app) runCommand() *cobra.Command {
	var date string
	var detach bool
	c := &cobra.Command{
		Use:   "run NAME|PIPELINE.yaml",
		Short: "Start one night and follow it with progress bars",
		Long: `Starts the night of a stored pipeline, or of a pipeline file without storing it,
and follows it. Ctrl-C stops following; the night goes on. Exit code 3 when the
gate refused a twin.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, as []string) error {
			ctx := c.Context()
			in := workflows.NightInput{Pipeline: as[0], Date: date}
			if strings.HasSuffix(as[0], ".yaml") || strings.HasSuffix(as[0], ".yml") {
				s, err := pipeline.Load(as[0])
				if err != nil {
					return usageError{err}
				}
				in = workflows.NightInput{Spec: &s, Date: date}
			}
			if date != "" {
				if _, err := time.Parse(time.DateOnly, date); err != nil {
					return usageError{errors.New("--date must have the form 2026-11-24")}
				}
			}
			cl, err := a.connect(ctx)
			if err != nil {
				return err
			}
			defer cl.Close()
			run, err := startNight(ctx, cl, in)
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "night %s\n", run.GetID())
			if detach {
				return nil
			}
			result, err := follow(ctx, cl, run)
			if err != nil {
				return nightError(err)
			}
			return a.reportNight(result, nil)
		},
	}
	c.Flags().StringVar(&date, "date", "", "data date, YYYY-MM-DD; default today in the schedule's time zone")
	c.Flags().BoolVar(&detach, "detach", false, "start the night and return")
	return c
}

func nightName(in workflows.NightInput) string {
	switch {
	case in.Spec != nil:
		return in.Spec.Name
	case in.Pipeline != "":
		return in.Pipeline
	}
	return workflows.DefaultPipeline
}

func startNight(ctx context.Context, c client.Client, in workflows.NightInput) (client.WorkflowRun, error) {
	name := nightName(in)
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       fmt.Sprintf("night-%s-%s", name, time.Now().UTC().Format("20060102T150405.000")),
		TaskQueue:                workflows.Queue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		StaticSummary:            "night of " + name,
		TypedSearchAttributes:    temporal.NewSearchAttributes(workflows.DatasetAttribute.ValueSet(name)),
	}, workflows.NightlyPipelineName, in)
	if err != nil {
		return nil, fmt.Errorf("start the night: %w", err)
	}
	return run, nil
}

// nightError unwraps what Temporal wraps around a step's own message.
func nightError(err error) error {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		e := fmt.Errorf("%s: %s", app.Type(), app.Message())
		if app.Type() == activities.GateRefused {
			return refusedError{e}
		}
		return e
	}
	return err
}
