package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// span is a run of one activity, from the worker's start to the server's record
// of its end.
type span struct{ from, to time.Time }

// activity sums the runs of one activity type.
type activity struct {
	runs   int
	busy   time.Duration
	queued time.Duration // between scheduled and started
}

// night is what the histories of a night and its tables say.
type night struct {
	from, to   time.Time
	spans      []span
	activities map[string]*activity
	events     int
	payload    int // bytes of the largest payload
}

// overhead prints the share of a night's time in which no activity ran: what
// scheduling, polling and bookkeeping add to the stages' own work. Time in which
// some activity runs counts as work once, however many run.
func overhead(ctx context.Context, address, id string) error {
	c, err := client.DialContext(ctx, client.Options{HostPort: address})
	if err != nil {
		return err
	}
	defer c.Close()
	n := &night{activities: map[string]*activity{}}
	if err := n.read(ctx, c, id, true); err != nil {
		return err
	}
	wall := n.to.Sub(n.from)
	busy := union(n.spans)
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "activity\truns\tbusy s\tqueued s, mean\t")
	names := make([]string, 0, len(n.activities))
	for name := range n.activities {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		a := n.activities[name]
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.3f\t\n", name, a.runs, a.busy.Seconds(), a.queued.Seconds()/float64(a.runs))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("night %.2f s, some activity running %.2f s, overhead %.2f s = %.2f %%; %d events, largest payload %d bytes\n",
		wall.Seconds(), busy.Seconds(), (wall - busy).Seconds(), 100*(1-busy.Seconds()/wall.Seconds()), n.events, n.payload)
	return nil
}

// read adds one workflow's history and those of its children.
func (n *night) read(ctx context.Context, c client.Client, id string, top bool) error {
	it := c.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	scheduled, started := map[int64]*history.HistoryEvent{}, map[int64]time.Time{}
	end := func(of int64, at time.Time) {
		from, ok := started[of]
		if !ok {
			return // timed out before it started
		}
		n.spans = append(n.spans, span{from, at})
		e := scheduled[of]
		name := e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName()
		a := n.activities[name]
		if a == nil {
			a = &activity{}
			n.activities[name] = a
		}
		a.runs++
		a.busy += at.Sub(from)
		a.queued += from.Sub(e.GetEventTime().AsTime())
	}
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			return err
		}
		n.events++
		n.payload = max(n.payload, largest(e))
		at := e.GetEventTime().AsTime()
		if top {
			if n.from.IsZero() {
				n.from = at
			}
			n.to = at
		}
		switch e.GetEventType() {
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			scheduled[e.GetEventId()] = e
		case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			started[e.GetActivityTaskStartedEventAttributes().GetScheduledEventId()] = at
		case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			end(e.GetActivityTaskCompletedEventAttributes().GetScheduledEventId(), at)
		case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED:
			end(e.GetActivityTaskFailedEventAttributes().GetScheduledEventId(), at)
		case enums.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
			child := e.GetChildWorkflowExecutionStartedEventAttributes().GetWorkflowExecution().GetWorkflowId()
			if strings.HasPrefix(child, id+"/") {
				if err := n.read(ctx, c, child, false); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// largest is the size of an event's largest payload: input or result.
func largest(e *history.HistoryEvent) int {
	out := 0
	for _, p := range e.GetActivityTaskScheduledEventAttributes().GetInput().GetPayloads() {
		out = max(out, len(p.GetData()))
	}
	for _, p := range e.GetActivityTaskCompletedEventAttributes().GetResult().GetPayloads() {
		out = max(out, len(p.GetData()))
	}
	for _, p := range e.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetInput().GetPayloads() {
		out = max(out, len(p.GetData()))
	}
	for _, p := range e.GetChildWorkflowExecutionCompletedEventAttributes().GetResult().GetPayloads() {
		out = max(out, len(p.GetData()))
	}
	return out
}

// union is the time that at least one span covers.
func union(spans []span) time.Duration {
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var total time.Duration
	var end time.Time
	for _, s := range spans {
		if s.from.Before(end) {
			s.from = end
		}
		if s.to.After(s.from) {
			total += s.to.Sub(s.from)
			end = s.to
		}
	}
	return total
}
