package workflows

import (
	"fmt"

	"github.com/nocturne-data/nocturne/activities"
	"go.temporal.io/sdk/workflow"
)

// fanOut bounds how many activities of one table are scheduled at a time:
// enough to keep many workers busy, few enough to keep the history's pending
// set small.
const fanOut = 64

// TableNightInput asks for one table, de-identified and proven.
type TableNightInput struct {
	Plan     activities.Plan       `json:"plan"`
	Snapshot activities.Snapshot   `json:"snapshot"`
	Parents  []activities.Snapshot `json:"parents,omitempty"`
	Shards   int                   `json:"shards"`
	// Partitions is how many activities share the shards.
	Partitions int `json:"partitions"`
	// Ask tells whether people are asked about unsure columns.
	Ask bool `json:"ask"`
}

// TableNightResult is a table that is safe to learn from, and what it took.
type TableNightResult struct {
	Protected activities.Protected   `json:"protected"`
	Proof     activities.ProveResult `json:"proof"`
	Stages    []Stage                `json:"stages"`
}

// TableNight takes one table from its snapshot to a proven de-identified
// artifact: detect, decide, check keys, de-identify, prove.
func TableNight(ctx workflow.Context, in TableNightInput) (TableNightResult, error) {
	var a *activities.Activities
	table := in.Snapshot.Table
	st, err := newStages(ctx, fmt.Sprintf("%s, table %s", in.Plan.Name, table))
	if err != nil {
		return TableNightResult{}, err
	}
	rows := in.Snapshot.Rows

	i := st.begin(ctx, "detect", table)
	var found activities.DetectResult
	err = workflow.ExecuteActivity(compute(ctx, "what the columns of "+table+" mean"), a.Detect,
		activities.DetectInput{Plan: in.Plan, Snapshot: in.Snapshot}).Get(ctx, &found)
	st.end(ctx, i, rows, 0, fmt.Sprintf("%d columns, %d unsure", found.Columns, found.Unsure), err)
	if err != nil {
		return TableNightResult{}, err
	}

	if found.Unsure > 0 && in.Ask {
		i = st.begin(ctx, "ask", table)
		var asked activities.LabelProgress
		err = askColumns(ctx, in, found, &asked)
		st.end(ctx, i, 0, 0, fmt.Sprintf("%d of %d column questions answered", asked.Answered, asked.Asked), err)
		if err != nil {
			return TableNightResult{}, err
		}
	}

	i = st.begin(ctx, "decide", table)
	var decided activities.DecideResult
	err = workflow.ExecuteActivity(light(ctx, "what happens to each column of "+table), a.Decide,
		activities.DecideInput{Plan: in.Plan, Snapshot: in.Snapshot, Report: found.Report}).Get(ctx, &decided)
	st.end(ctx, i, 0, 0, fmt.Sprintf("%d protected, %d suppressed, %d kept", decided.Protected, decided.Suppressed, decided.Kept), err)
	if err != nil {
		return TableNightResult{}, err
	}

	i = st.begin(ctx, "check", table)
	var keys activities.CheckResult
	err = workflow.ExecuteActivity(compute(ctx, "keys of "+table), a.Check,
		activities.CheckInput{Plan: in.Plan, Snapshot: in.Snapshot, Decision: decided.Decision, Parents: in.Parents}).Get(ctx, &keys)
	st.end(ctx, i, rows, rows-keys.Duplicates, fmt.Sprintf("%d duplicates", keys.Duplicates), err)
	if err != nil {
		return TableNightResult{}, err
	}

	i = st.begin(ctx, "de-identify", table)
	st.expect(i, rows)
	var sum activities.ProtectResult
	err = overShards(ctx, in, "de-identify", func(ctx workflow.Context, first, last int) workflow.Future {
		return workflow.ExecuteActivity(ctx, a.Protect, activities.ProtectInput{
			Plan: in.Plan, Snapshot: in.Snapshot, Decision: decided.Decision, Broken: keys.Broken, First: first, Last: last,
		})
	}, func(f workflow.Future) error {
		var r activities.ProtectResult
		if err := f.Get(ctx, &r); err != nil {
			return err
		}
		sum.RowsIn += r.RowsIn
		sum.RowsOut += r.RowsOut
		sum.Quarantined += r.Quarantined
		st.advance(ctx, i, r.RowsIn, r.RowsOut)
		return nil
	})
	var protected activities.Protected
	if err == nil {
		err = workflow.ExecuteActivity(compute(ctx, "put the shards of "+table+" together"), a.Assemble, activities.AssembleInput{
			Plan: in.Plan, Snapshot: in.Snapshot, Decision: decided.Decision, Broken: keys.Broken, Shards: in.Shards,
		}).Get(ctx, &protected)
		protected.Report = found.Report
	}
	st.end(ctx, i, sum.RowsIn, sum.RowsOut, fmt.Sprintf("%d rows in quarantine", sum.Quarantined), err)
	if err != nil {
		return TableNightResult{}, err
	}

	i = st.begin(ctx, "prove", table)
	st.expect(i, sum.RowsOut)
	var proof activities.ProveResult
	err = overShards(ctx, in, "prove", func(ctx workflow.Context, first, last int) workflow.Future {
		return workflow.ExecuteActivity(ctx, a.Prove, activities.ProveInput{Plan: in.Plan, Protected: protected, First: first, Last: last})
	}, func(f workflow.Future) error {
		var r activities.ProveResult
		if err := f.Get(ctx, &r); err != nil {
			return err
		}
		proof.Cells += r.Cells
		proof.FalseAlarms += r.FalseAlarms
		proof.Values = max(proof.Values, r.Values)
		st.advance(ctx, i, r.Rows, r.Rows)
		return nil
	})
	st.end(ctx, i, sum.RowsOut, sum.RowsOut, fmt.Sprintf("%s cells, no protected value left", count(proof.Cells)), err)
	if err != nil {
		return TableNightResult{}, err
	}
	return TableNightResult{Protected: protected, Proof: proof, Stages: st.rows}, nil
}

// overShards splits the shards into partitions and runs one activity a
// partition, at most fanOut at a time. After the first failure no more are
// started; those under way are waited for, so that nothing writes after the
// night has ended.
func overShards(
	ctx workflow.Context, in TableNightInput, what string,
	start func(ctx workflow.Context, first, last int) workflow.Future,
	collect func(workflow.Future) error,
) error {
	parts := max(1, min(in.Partitions, in.Shards))
	sel := workflow.NewSelector(ctx)
	inFlight := 0
	var failed error
	for p := 0; p < parts || inFlight > 0; {
		if p < parts && inFlight < fanOut && failed == nil {
			first, last := p*in.Shards/parts, (p+1)*in.Shards/parts
			summary := what + " " + in.Snapshot.Table
			if parts > 1 {
				summary = fmt.Sprintf("%s, part %d of %d", summary, p+1, parts)
			}
			f := start(compute(ctx, summary), first, last)
			inFlight++
			p++
			sel.AddFuture(f, func(f workflow.Future) {
				inFlight--
				if err := collect(f); err != nil && failed == nil {
					failed = err
				}
			})
			continue
		}
		if inFlight == 0 {
			break
		}
		sel.Select(ctx)
	}
	return failed
}

// askColumns puts the unsure columns into the label queue and waits a while
// for answers. What is not answered is treated as a direct identifier tonight.
func askColumns(ctx workflow.Context, in TableNightInput, found activities.DetectResult, out *activities.LabelProgress) error {
	var a *activities.Activities
	ask := activities.AskColumnsInput{Plan: in.Plan, Table: in.Snapshot.Table, Report: found.Report}
	if err := workflow.ExecuteActivity(light(ctx, "ask about columns of "+ask.Table), a.AskColumns, ask).Get(ctx, out); err != nil {
		return err
	}
	l := in.Plan.Labels
	for n := 1; n <= l.Annotators; n++ {
		err := workflow.ExecuteActivity(waiting(ctx, "scripted annotator", 0), a.AnswerColumns, ask, n).Get(ctx, nil)
		if err != nil {
			return err
		}
	}
	return workflow.ExecuteActivity(waiting(ctx, "wait for people", seconds(l.WaitSeconds)), a.AwaitColumns, ask).Get(ctx, out)
}
