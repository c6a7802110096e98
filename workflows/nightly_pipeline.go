// Package workflows decides order, retries, waiting and people; it touches no
// data. Every workflow takes one JSON struct, runs safely on `{}` where a
// person may start it, and carries references and counts only.
package workflows

import (
	"fmt"
	"strings"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/internal/store"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// NightResult is what a night leaves behind.
type NightResult struct {
	Pipeline    string                   `json:"pipeline"`
	Date        string                   `json:"date"`
	Published   activities.Published     `json:"published"`
	Protected   []activities.Protected   `json:"protected"`
	Evaluations []activities.Evaluation  `json:"evaluations,omitempty"`
	Labels      activities.LabelProgress `json:"labels"`
	Refused     []string                 `json:"refused,omitempty"` // tables whose twin the gate held back
}

// tablesAtOnce bounds the child workflows of one night.
const tablesAtOnce = 16

// NightlyPipeline runs one night: read, check, detect, decide, de-identify,
// prove, fit, sample, evaluate, gate, label, publish.
func NightlyPipeline(ctx workflow.Context, in NightInput) (NightResult, error) {
	if err := in.check(); err != nil {
		return NightResult{}, err
	}
	name := in.Pipeline
	if in.Spec != nil {
		name = in.Spec.Name
	} else if name == "" {
		name = DefaultPipeline
		in.Pipeline = name
	}
	st, err := newStages(ctx, name)
	if err != nil {
		return NightResult{}, err
	}
	_ = workflow.UpsertTypedSearchAttributes(ctx, DatasetAttribute.ValueSet(name))

	info := workflow.GetInfo(ctx)
	var a *activities.Activities
	i := st.begin(ctx, "plan", "")
	var plan activities.Plan
	err = workflow.ExecuteActivity(light(ctx, "fix the specification of "+name), a.Plan, activities.PlanInput{
		Pipeline: in.Pipeline, Spec: in.Spec, Date: in.Date, At: nominalStart(ctx),
		Night: info.WorkflowExecution.ID, Run: info.FirstRunID,
	}).Get(ctx, &plan)
	st.title = fmt.Sprintf("%s, night of %s", name, plan.Date)
	st.end(ctx, i, 0, 0, fmt.Sprintf("%d tables", len(plan.Tables)), err)
	if err != nil {
		return NightResult{}, err
	}

	result, err := night(ctx, plan, st)
	// Clean even when the night was cancelled: raw snapshots must go.
	after, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	outcome := "done"
	if err != nil {
		outcome = failureType(err)
	}
	cleaned := workflow.ExecuteActivity(light(after, "drop snapshots and run key"), a.Clean, activities.CleanInput{Plan: plan, Outcome: outcome}).Get(after, nil)
	// What other nights left behind is no reason to call this one failed.
	_ = workflow.ExecuteActivity(housekeeping(after, "remove what dead nights left"), a.Sweep).Get(after, nil)
	if err == nil {
		err = cleaned
	}
	if err != nil {
		return NightResult{}, err
	}
	result = readable(result)
	result.Pipeline, result.Date = plan.Name, plan.Date
	return result, nil
}

// bare leaves out what Publish reads from the artifacts themselves, and the order
// of the work: with many tables they would fill a payload.
func bare(in activities.PublishInput) activities.PublishInput {
	in.Plan.Tables, in.Plan.Ingests = nil, nil
	protected := make([]activities.Protected, len(in.Protected))
	for i, p := range in.Protected {
		protected[i] = activities.Protected{
			Table: p.Table, Ref: p.Ref, Decision: p.Decision, Report: p.Report,
			RowsIn: p.RowsIn, RowsOut: p.RowsOut, Quarantined: p.Quarantined, Shards: p.Shards,
		}
	}
	evaluations := make([]activities.Evaluation, len(in.Evaluations))
	for i, e := range in.Evaluations {
		evaluations[i] = activities.Evaluation{Table: e.Table, Report: e.Report, Refused: e.Refused}
	}
	in.Protected, in.Evaluations = protected, evaluations
	return in
}

// readable leaves the references out of a night's result: people read it, and
// the version's record names the artifacts.
func readable(r NightResult) NightResult {
	protected := make([]activities.Protected, len(r.Protected))
	for i, p := range r.Protected {
		protected[i] = activities.Protected{
			Table: p.Table, RowsIn: p.RowsIn, RowsOut: p.RowsOut, Quarantined: p.Quarantined, Shards: p.Shards, How: p.How,
		}
	}
	evaluations := make([]activities.Evaluation, len(r.Evaluations))
	for i, e := range r.Evaluations {
		e.Report = store.Ref{}
		evaluations[i] = e
	}
	r.Protected, r.Evaluations = protected, evaluations
	return r
}

func night(ctx workflow.Context, plan activities.Plan, st *stages) (NightResult, error) {
	var out NightResult
	snapshots, err := ingest(ctx, plan, st)
	if err != nil {
		return out, err
	}
	tables, err := protect(ctx, plan, snapshots, st)
	if err != nil {
		return out, err
	}
	proofs := make([]activities.ProveResult, len(tables))
	for i, t := range tables {
		out.Protected = append(out.Protected, t.Protected)
		proofs[i] = t.Proof
	}
	pub := activities.PublishInput{Plan: plan, Protected: out.Protected, Proofs: proofs}

	if plan.Twins {
		if err := twins(ctx, plan, out.Protected, &pub, st); err != nil {
			return out, err
		}
		for _, e := range pub.Evaluations {
			if len(e.Refused) > 0 {
				out.Refused = append(out.Refused, e.Table)
			}
		}
		out.Evaluations = pub.Evaluations
		if len(out.Refused) > 0 && plan.Stop {
			return out, temporal.NewNonRetryableApplicationError(
				fmt.Sprintf("the gate refused the twins of %v: see the evaluation stage for the reasons", out.Refused), activities.GateRefused, nil)
		}
	}
	if plan.Labels != nil {
		if err := labels(ctx, plan, out.Protected, &pub, st); err != nil {
			return out, err
		}
		out.Labels = pub.LabelCounts
	}

	var a *activities.Activities
	i := st.begin(ctx, "publish", "")
	err = workflow.ExecuteActivity(compute(ctx, "write the dataset's new version"), a.Publish, bare(pub)).Get(ctx, &out.Published)
	st.end(ctx, i, 0, 0, fmt.Sprintf("version %s, %d files", out.Published.Version, out.Published.Files), err)
	return out, err
}

// ingest takes the snapshots of all tables; those of one database together.
func ingest(ctx workflow.Context, plan activities.Plan, st *stages) (map[string]activities.Snapshot, error) {
	var a *activities.Activities
	futures := make([]workflow.Future, len(plan.Ingests))
	lines := make([]int, len(plan.Ingests))
	for g, group := range plan.Ingests {
		label := group[0]
		if len(group) > 1 {
			label = fmt.Sprintf("%d tables", len(group))
		}
		lines[g] = st.begin(ctx, "ingest", label)
		futures[g] = workflow.ExecuteActivity(compute(ctx, "read "+label), a.Ingest, activities.IngestInput{Plan: plan, Tables: group})
	}
	out := map[string]activities.Snapshot{}
	var failed error
	for g, f := range futures {
		var r activities.IngestResult
		err := f.Get(ctx, &r)
		var rows int64
		for _, s := range r.Snapshots {
			out[s.Table] = s
			rows += s.Rows
		}
		st.end(ctx, lines[g], rows, rows, "", err)
		if err != nil && failed == nil {
			failed = err
		}
	}
	return out, failed
}

// protect runs one child workflow a table and returns the results in plan
// order.
func protect(ctx workflow.Context, plan activities.Plan, snapshots map[string]activities.Snapshot, st *stages) ([]TableNightResult, error) {
	out := make([]TableNightResult, len(plan.Tables))
	sem := workflow.NewSemaphore(ctx, tablesAtOnce)
	wg := workflow.NewWaitGroup(ctx)
	var failed error
	// One table that fails ends the night: the others need not go on.
	each, stop := workflow.WithCancel(ctx)
	defer stop()
	for i, t := range plan.Tables {
		wg.Add(1)
		workflow.Go(each, func(ctx workflow.Context) {
			defer wg.Done()
			if err := sem.Acquire(ctx, 1); err != nil {
				failed = first(failed, err)
				return
			}
			defer sem.Release(1)
			snap := snapshots[t.Name]
			shards := plan.Shards(snap.Rows)
			child := TableNightInput{
				Plan: plan, Snapshot: snap, Ask: plan.Labels != nil,
				Shards: shards, Partitions: plan.Partitions(shards),
			}
			for _, p := range t.Parents {
				child.Parents = append(child.Parents, snapshots[p])
			}
			ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
				WorkflowID:    plan.Night + "/" + t.Name,
				TaskQueue:     Queue,
				StaticSummary: "table " + t.Name,
				TypedSearchAttributes: temporal.NewSearchAttributes(
					DatasetAttribute.ValueSet(plan.Name), ContractAttribute.ValueSet(t.Name)),
				// The parent's clean-up must wait until the child no longer reads.
				WaitForCancellation: true,
			})
			started := workflow.Now(ctx)
			if err := workflow.ExecuteChildWorkflow(ctx, TableNightName, child).Get(ctx, &out[i]); err != nil {
				// A failed child leaves no stages: this line leads to it.
				out[i].Stages = []Stage{{
					Name: "table", Table: t.Name, State: "failed", Note: failureType(err), Started: started, Ended: workflow.Now(ctx),
				}}
				failed = first(failed, err)
				stop()
			}
		})
	}
	wg.Wait(ctx)
	for _, r := range out {
		st.add(ctx, r.Stages)
	}
	return out, failed
}

func first(have, next error) error {
	if have != nil {
		return have
	}
	return next
}

// twins fits, samples and evaluates each family of tables.
func twins(ctx workflow.Context, plan activities.Plan, tables []activities.Protected, pub *activities.PublishInput, st *stages) error {
	var a *activities.Activities
	for _, family := range families(plan, tables) {
		label := family[0].Table
		var rows int64
		for _, t := range family {
			rows += t.RowsOut
		}
		if few, ok := tooFew(family); ok {
			i := st.begin(ctx, "fit", label)
			st.skip(ctx, i, fmt.Sprintf("no twin: %d rows of %s are too few to learn from and to compare with", few.RowsOut, few.Table))
			continue
		}
		i := st.begin(ctx, "fit", label)
		var fit activities.FitResult
		err := workflow.ExecuteActivity(compute(ctx, "learn the twin of "+label), a.Fit, activities.FitInput{Plan: plan, Tables: family}).Get(ctx, &fit)
		st.end(ctx, i, rows, fit.Rows, fit.Engine, err)
		if err != nil {
			return err
		}
		pub.Engine = fit.Engine

		i = st.begin(ctx, "sample", label)
		var sampled activities.SampleResult
		err = workflow.ExecuteActivity(compute(ctx, "draw the twin of "+label), a.Sample, activities.SampleInput{Plan: plan, Tables: family, Models: fit.Models}).Get(ctx, &sampled)
		var drawn int64
		for _, t := range sampled.Twins {
			drawn += t.Rows
		}
		st.end(ctx, i, 0, drawn, "", err)
		if err != nil {
			return err
		}

		futures := make([]workflow.Future, len(family))
		lines := make([]int, len(family))
		for n, t := range family {
			lines[n] = st.begin(ctx, "evaluate", t.Table)
			futures[n] = workflow.ExecuteActivity(compute(ctx, "how faithful, how private: "+t.Table), a.Evaluate,
				activities.EvaluateInput{Plan: plan, Protected: t, Twin: sampled.Twins[n]})
		}
		for n, f := range futures {
			var e activities.Evaluation
			err := f.Get(ctx, &e)
			note := shortVerdict(e)
			st.end(ctx, lines[n], sampled.Twins[n].Rows, sampled.Twins[n].Rows, note, err)
			if err != nil {
				return err
			}
			pub.Evaluations = append(pub.Evaluations, e)
			if len(e.Refused) == 0 {
				pub.Twins = append(pub.Twins, sampled.Twins[n])
			}
		}
	}
	return nil
}

// minTwinRows is the least rows of a table that a twin is learned from: with
// fewer, a model would hold single people and a holdout could not tell.
const minTwinRows = 50

// tooFew finds a table of the family that is too small for a twin.
func tooFew(family []activities.Protected) (activities.Protected, bool) {
	for _, t := range family {
		if t.RowsOut < minTwinRows {
			return t, true
		}
	}
	return activities.Protected{}, false
}

// shortVerdict is an evaluation in a few words, for the stage table.
func shortVerdict(e activities.Evaluation) string {
	var parts []string
	for _, f := range e.Figures {
		switch f.Name {
		case activities.DetectionFigure, activities.DistanceFigure:
			parts = append(parts, fmt.Sprintf("%s %.3f (real %.3f)", f.Name, f.Value, f.Ceiling))
		}
	}
	note := strings.Join(parts, ", ")
	if len(e.Refused) > 0 {
		note = "refused, see the report; " + note
	}
	return note
}

// families groups tables that foreign keys connect, parents first.
func families(plan activities.Plan, tables []activities.Protected) [][]activities.Protected {
	byName := map[string]activities.Protected{}
	for _, t := range tables {
		byName[t.Table] = t
	}
	group := map[string]int{}
	var out [][]activities.Protected
	for _, t := range plan.Tables { // plan order puts parents before children
		if !t.Twin {
			continue
		}
		g, known := -1, false
		for _, p := range t.Parents {
			if i, ok := group[p]; ok {
				g, known = i, true
				break
			}
		}
		if !known {
			g = len(out)
			out = append(out, nil)
		}
		group[t.Name] = g
		out[g] = append(out[g], byName[t.Name])
	}
	return out
}

// labels runs the rounds of the label queue and collects the consensus.
func labels(ctx workflow.Context, plan activities.Plan, tables []activities.Protected, pub *activities.PublishInput, st *stages) error {
	var a *activities.Activities
	l := plan.Labels
	in := activities.LabelInput{Plan: plan}
	for _, t := range tables {
		if t.Table == l.Table {
			in.Protected = t
		}
	}
	i := st.begin(ctx, "label", l.Table)
	err := func() error {
		for in.Round = 1; in.Round <= l.Rounds; in.Round++ {
			var p activities.LabelProgress
			if err := workflow.ExecuteActivity(compute(ctx, fmt.Sprintf("choose rows to ask about, round %d", in.Round)), a.AskRows, in).Get(ctx, &p); err != nil {
				return err
			}
			answers := make([]workflow.Future, l.Annotators)
			for n := range answers {
				task := in
				task.Annotator = n + 1
				answers[n] = workflow.ExecuteActivity(waiting(ctx, fmt.Sprintf("scripted annotator %d", n+1), 0), a.AnswerRows, task)
			}
			for _, f := range answers {
				if err := f.Get(ctx, nil); err != nil {
					return err
				}
			}
			if err := workflow.ExecuteActivity(waiting(ctx, "wait for people", seconds(l.WaitSeconds)), a.AwaitRows, in).Get(ctx, &p); err != nil {
				return err
			}
			pub.LabelCounts = p
		}
		var c activities.CollectLabelsResult
		if err := workflow.ExecuteActivity(compute(ctx, "consensus of the answers"), a.CollectLabels, in).Get(ctx, &c); err != nil {
			return err
		}
		pub.Labels, pub.LabelCounts = &c.Labels, c.Progress
		return nil
	}()
	st.end(ctx, i, int64(pub.LabelCounts.Asked), int64(pub.LabelCounts.Answered), fmt.Sprintf("queue %s", l.Queue), err)
	return err
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// nominalStart is when the night was due: the schedule's nominal time, so that a
// late or backfilled night is about its own day, or the time it started.
func nominalStart(ctx workflow.Context) time.Time {
	key := temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")
	if at, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(key); ok {
		return at.UTC()
	}
	return workflow.Now(ctx).UTC()
}
