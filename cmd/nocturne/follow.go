package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// follow shows the progress of a night until it ends, then returns its result.
// All it knows it asks from Temporal, so it follows a night on any cluster.
func follow(ctx context.Context, c client.Client, run client.WorkflowRun) (workflows.NightResult, error) {
	show := newDisplay(os.Stderr)
	defer show.close()
	done := make(chan error, 1)
	var result workflows.NightResult
	go func() { done <- run.Get(ctx, &result) }()
	t := time.NewTicker(400 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case err := <-done:
			if stages, e := watch(ctx, c, run.GetID(), run.GetRunID()); e == nil {
				show.update(stages)
			}
			return result, err
		case <-t.C:
			stages, err := watch(ctx, c, run.GetID(), run.GetRunID())
			if err != nil {
				continue // the server may be restarting; the result tells in the end
			}
			show.update(stages)
		}
	}
}

// watch returns the stages of a night with those of its tables under way, the
// rows of running ones brought up to date from heartbeats.
func watch(ctx context.Context, c client.Client, id, run string) ([]workflows.Stage, error) {
	d, err := c.DescribeWorkflowExecution(ctx, id, run)
	if err != nil {
		return nil, err
	}
	stages, err := stagesOf(ctx, c, id, run, d)
	if err != nil {
		return nil, err
	}
	for _, child := range d.PendingChildren {
		cd, err := c.DescribeWorkflowExecution(ctx, child.WorkflowId, child.RunId)
		if err != nil {
			continue // not started yet
		}
		more, err := stagesOf(ctx, c, child.WorkflowId, child.RunId, cd)
		if err != nil {
			continue
		}
		stages = append(stages, more...)
	}
	return stages, nil
}

func stagesOf(ctx context.Context, c client.Client, id, run string, d *workflowservice.DescribeWorkflowExecutionResponse) ([]workflows.Stage, error) {
	answer, err := c.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: id, RunID: run, QueryType: workflows.StagesQuery,
		QueryRejectCondition: enums.QUERY_REJECT_CONDITION_NONE,
	})
	if err != nil {
		return nil, err
	}
	var stages []workflows.Stage
	if err := answer.QueryResult.Get(&stages); err != nil {
		return nil, err
	}
	for _, p := range d.PendingActivities {
		var beat activities.Progress
		if p.HeartbeatDetails == nil || converter.GetDefaultDataConverter().FromPayloads(p.HeartbeatDetails, &beat) != nil {
			continue
		}
		for i := range stages {
			s := &stages[i]
			if s.State == "running" && s.Name == beat.Stage && (s.Table == beat.Table || s.Table == "") {
				s.RowsIn += beat.Done
				if s.Total == 0 {
					s.Total = beat.Total
				}
				break
			}
		}
	}
	return stages, nil
}

// display shows stages: bars on a terminal, else a line when one ends.
type display interface {
	update(stages []workflows.Stage)
	close()
}

func newDisplay(f *os.File) display {
	if st, err := f.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
		return &barDisplay{p: mpb.New(mpb.WithOutput(f), mpb.WithRefreshRate(200*time.Millisecond)), bars: map[string]*stageBar{}}
	}
	return &lineDisplay{w: f, said: map[string]string{}}
}

func stageLabel(s workflows.Stage) string { return strings.TrimSpace(s.Name + " " + s.Table) }

type lineDisplay struct {
	w    io.Writer
	said map[string]string
}

func (d *lineDisplay) update(stages []workflows.Stage) {
	for _, s := range stages {
		label := stageLabel(s)
		if s.State == "running" || d.said[label] == s.State {
			continue
		}
		d.said[label] = s.State
		took := s.Ended.Sub(s.Started)
		line := fmt.Sprintf("%-8s %-24s %7s", s.State, label, took.Round(10*time.Millisecond))
		if rows := max(s.RowsIn, s.RowsOut); rows > 0 {
			line += fmt.Sprintf("  %d rows", rows)
			if sec := took.Seconds(); sec > 0 {
				line += fmt.Sprintf(", %.0f rows/s", float64(rows)/sec)
			}
		}
		if s.Note != "" {
			line += "  " + s.Note
		}
		fmt.Fprintln(d.w, line)
	}
}

func (d *lineDisplay) close() {}

type barDisplay struct {
	p    *mpb.Progress
	bars map[string]*stageBar
}

type stageBar struct {
	bar   *mpb.Bar
	note  string
	ended bool
}

func (d *barDisplay) update(stages []workflows.Stage) {
	for _, s := range stages {
		label := stageLabel(s)
		b := d.bars[label]
		if b == nil {
			b = &stageBar{}
			b.bar = d.p.New(max(s.Total, 1), mpb.BarStyle().Lbound("").Rbound("").Filler("━").Tip("━").Padding("─"),
				mpb.BarWidth(24),
				mpb.PrependDecorators(decor.Name(label, decor.WCSyncSpaceR)),
				mpb.AppendDecorators(
					decor.OnComplete(decor.AverageSpeed(0, " %.0f rows/s", decor.WCSyncSpace), ""),
					decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace), ""),
					decor.Any(func(decor.Statistics) string { return " " + b.note }),
				))
			d.bars[label] = b
		}
		if b.ended {
			continue
		}
		switch s.State {
		case "running":
			b.bar.SetTotal(max(s.Total, s.RowsIn+1), false)
			b.bar.SetCurrent(s.RowsIn)
		case "failed":
			b.note, b.ended = "failed: "+s.Note, true
			b.bar.Abort(false)
		default:
			b.note = s.Note
			if rows := max(s.RowsIn, s.RowsOut); rows > 0 {
				b.note = fmt.Sprintf("%d rows  %s", rows, s.Note)
			}
			b.ended = true
			total := max(s.Total, s.RowsIn, 1)
			b.bar.SetTotal(total, false)
			b.bar.SetCurrent(total)
			b.bar.SetTotal(total, true)
		}
	}
}

func (d *barDisplay) close() {
	for _, b := range d.bars {
		if !b.ended {
			b.bar.Abort(false)
		}
	}
	d.p.Wait()
}
