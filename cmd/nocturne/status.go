package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/nocturne-data/nocturne/workflows"
	"github.com/spf13/cobra"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// nightStatus is one night in `status`.
type nightStatus struct {
	Night   string                 `json:"night"`
	Run     string                 `json:"run"`
	State   string                 `json:"state"`
	Started time.Time              `json:"started"`
	Stages  []workflows.Stage      `json:"stages,omitempty"`
	Result  *workflows.NightResult `json:"result,omitempty"`
}

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status [NIGHT]",
		Short: "Stages, rows and outputs of a night; without one, the latest nights",
		Args:  args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, as []string) error {
			ctx := c.Context()
			cl, err := a.connect(ctx)
			if err != nil {
				return err
			}
			defer cl.Close()
			if len(as) == 0 {
				return a.listNights(ctx, cl)
			}
			return a.showNight(ctx, cl, as[0])
		},
	}
}

func (a *app) listNights(ctx context.Context, c client.Client) error {
	list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: 20, Query: fmt.Sprintf("WorkflowType = '%s'", workflows.NightlyPipelineName),
	})
	if err != nil {
		return fmt.Errorf("list nights: %w", err)
	}
	nights := []nightStatus{}
	for _, e := range list.Executions {
		nights = append(nights, nightStatus{
			Night: e.Execution.WorkflowId, Run: e.Execution.RunId, State: stateName(e.Status.String()), Started: e.StartTime.AsTime(),
		})
	}
	if a.format == "json" {
		return a.printJSON(nights)
	}
	if len(nights) == 0 {
		fmt.Println("no nights yet: `nocturne run census` starts one")
		return nil
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "night\tstate\tstarted")
	for _, n := range nights {
		fmt.Fprintf(t, "%s\t%s\t%s\n", n.Night, n.State, n.Started.Format(time.RFC3339))
	}
	return t.Flush()
}

func (a *app) showNight(ctx context.Context, c client.Client, id string) error {
	d, err := c.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return fmt.Errorf("night %s: %w", id, err)
	}
	info := d.WorkflowExecutionInfo
	n := nightStatus{Night: id, Run: info.Execution.RunId, State: stateName(info.Status.String()), Started: info.StartTime.AsTime()}
	if n.Stages, err = watch(ctx, c, id, n.Run); err != nil {
		return fmt.Errorf("night %s: its stages need a running worker: %w", id, err)
	}
	if n.State == "completed" {
		n.Result = &workflows.NightResult{}
		if err := c.GetWorkflow(ctx, id, n.Run).Get(ctx, n.Result); err != nil {
			return fmt.Errorf("night %s: %w", id, err)
		}
	}
	if a.format == "json" {
		return a.printJSON(n)
	}
	fmt.Printf("%s  %s  started %s\n\n", n.Night, n.State, n.Started.Format(time.RFC3339))
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "stage\ttable\tstate\trows in\trows out\ttook\t")
	for _, s := range n.Stages {
		took := "" // still running
		if !s.Ended.IsZero() {
			took = s.Ended.Sub(s.Started).Round(10 * time.Millisecond).String()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", s.Name, s.Table, s.State, s.RowsIn, s.RowsOut, took, s.Note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if n.Result != nil {
		a.writeSummary(os.Stdout, *n.Result, nil)
	}
	return nil
}

func stateName(s string) string {
	out := []byte(s)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}
