package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/spf13/cobra"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

func (a *app) applyCommand() *cobra.Command {
	var schema bool
	c := &cobra.Command{
		Use:   "apply PIPELINE.yaml",
		Short: "Validate and store a pipeline; create or update its schedule",
		Long: `Reads a pipeline file with the contracts and the policy that it names, reports
every fault at once, stores the pipeline, and creates or updates its Temporal
Schedule: explicit time zone, a night that is late by up to six hours is caught
up, a night that is still running is not overlapped, a failure pauses.

  nocturne apply --schema     prints the JSON Schema of the file, for editors`,
		Args: func(c *cobra.Command, as []string) error {
			if schema {
				return nil
			}
			return args(cobra.ExactArgs(1))(c, as)
		},
		RunE: func(c *cobra.Command, as []string) error {
			if schema {
				text, err := pipeline.JSONSchema()
				if err != nil {
					return err
				}
				_, err = fmt.Println(string(text))
				return err
			}
			ctx := c.Context()
			s, err := pipeline.Load(as[0])
			if err != nil {
				return usageError{err}
			}
			st, err := store.Open(ctx, a.storeURL())
			if err != nil {
				return err
			}
			defer st.Close()
			cl, err := a.connect(ctx)
			if err != nil {
				return err
			}
			defer cl.Close()
			if err := printDrift(ctx, st, s); err != nil {
				return err
			}
			if err := storePipeline(ctx, st, s); err != nil {
				return err
			}
			if err := schedulePipeline(ctx, cl, s); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "pipeline %s stored", s.Name)
			if s.Schedule != nil {
				fmt.Fprintf(os.Stderr, " and scheduled at %s %s", s.Schedule.At, s.Schedule.TimeZone)
			}
			fmt.Fprintf(os.Stderr, "; run it now with `nocturne run %s`\n", s.Name)
			return nil
		},
	}
	c.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of the pipeline file")
	return c
}

// printDrift says how the contracts differ from those of the stored pipeline.
func printDrift(ctx context.Context, st *store.Store, s pipeline.Spec) error {
	var old pipeline.Spec
	err := st.GetJSON(ctx, activities.PipelineKey(s.Name), &old)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, t := range s.Tables {
		before, ok := old.Table(t.Name)
		if !ok || before.Contract == nil || t.Contract == nil {
			continue
		}
		if d := schemas.Diff(*before.Contract, *t.Contract); len(d.Changes) > 0 {
			fmt.Fprintf(os.Stderr, "contract of %s:\n%s\n", t.Name, d)
		}
	}
	return nil
}

func storePipeline(ctx context.Context, st *store.Store, s pipeline.Spec) error {
	return st.PutJSON(ctx, activities.PipelineKey(s.Name), s)
}

// scheduleID is the Temporal schedule of a pipeline.
func scheduleID(name string) string { return "nocturne-" + name }

// catchUp is how late a night may still start, after the server was down.
const catchUp = 6 * time.Hour

// schedulePipeline creates or updates the schedule, or removes it when the
// pipeline has none.
func schedulePipeline(ctx context.Context, c client.Client, s pipeline.Spec) error {
	h := c.ScheduleClient().GetHandle(ctx, scheduleID(s.Name))
	if s.Schedule == nil {
		if _, err := h.Describe(ctx); err != nil {
			return nil // there is none
		}
		if err := h.Delete(ctx); err != nil {
			return fmt.Errorf("schedule of %s: %w", s.Name, err)
		}
		return nil
	}
	at, err := time.Parse("15:04", s.Schedule.At)
	if err != nil {
		return fmt.Errorf("schedule of %s: %w", s.Name, err)
	}
	spec := client.ScheduleSpec{
		Calendars: []client.ScheduleCalendarSpec{{
			Hour:    []client.ScheduleRange{{Start: at.Hour()}},
			Minute:  []client.ScheduleRange{{Start: at.Minute()}},
			Comment: "nightly",
		}},
		TimeZoneName: s.Schedule.TimeZone,
	}
	action := &client.ScheduleWorkflowAction{
		ID: "night-" + s.Name, Workflow: workflows.NightlyPipelineName, TaskQueue: workflows.Queue,
		Args:                  []any{workflows.NightInput{Pipeline: s.Name}},
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.DatasetAttribute.ValueSet(s.Name)),
	}
	_, err = c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: scheduleID(s.Name), Spec: spec, Action: action,
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp, PauseOnFailure: true,
		Paused: s.Schedule.Paused, Note: "written by nocturne apply",
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("schedule of %s: %w", s.Name, err)
	}
	err = h.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		d := in.Description.Schedule
		d.Spec, d.Action = &spec, action
		d.Policy = &client.SchedulePolicies{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp, PauseOnFailure: true}
		return &client.ScheduleUpdate{Schedule: &d}, nil
	}})
	if err != nil {
		return fmt.Errorf("schedule of %s: %w", s.Name, err)
	}
	return nil
}
