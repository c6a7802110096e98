package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
)

const maxPayload = 64 << 10

// What crosses Temporal stays small at 50 tables of 10,000 partitions each: it
// grows with tables, never with partitions or rows.
func TestPayloadsStaySmall(t *testing.T) {
	t.Parallel()
	const tables, partitions = 50, 10_000
	ref := store.Ref{Address: store.Address(fmt.Sprintf("%064d", 1)), Digest: store.Digest(fmt.Sprintf("%064d", 2)), Rows: 1 << 40}
	name := func(i int) string { return fmt.Sprintf("schema_customer_orders_%02d", i) }
	p := activities.Plan{
		Ref: ref, Name: name(0), Date: "2026-11-24", Night: "night-" + name(0) + "-20261124T020000.000", Run: fmt.Sprintf("%036d", 1),
		Layout: pipeline.Layout{BlockRows: 65536, ShardBlocks: 8, Partitions: 1000}, Twins: true,
		Labels: &activities.PlannedLabels{Queue: name(0), Table: name(0), Rounds: 100, Annotators: 20, WaitSeconds: 3600},
	}
	pub := activities.PublishInput{Plan: p, Labels: &ref}
	var stages []workflows.Stage
	var evaluations []activities.Evaluation
	for i := range tables {
		p.Tables = append(p.Tables, activities.PlannedTable{Name: name(i), Twin: true, Parents: []string{name(i / 2)}})
		p.Ingests = append(p.Ingests, []string{name(i)})
		pub.Protected = append(pub.Protected, activities.Protected{
			Table: name(i), Ref: ref, Decision: ref, Report: ref, RowsIn: 1 << 40, RowsOut: 1 << 40, Shards: partitions,
			Values: ref, How: []string{"12 pseudonym", "11 surrogate", "10 generalize", "9 mask", "8 suppress", "7 date_shift", "6 top_bottom", "5 keep", "4 text"},
		})
		pub.Proofs = append(pub.Proofs, activities.ProveResult{Rows: 1 << 40, Cells: 1 << 50, Values: 1 << 40})
		pub.Twins = append(pub.Twins, activities.Twin{Table: name(i), Ref: ref, Rows: 1 << 40})
		evaluations = append(evaluations, evaluation(name(i), ref))
		for _, s := range []string{"detect", "ask", "decide", "check", "de-identify", "prove"} {
			stages = append(stages, workflows.Stage{Name: s, Table: name(i), State: "done", RowsIn: 1 << 40, RowsOut: 1 << 40, Started: time.Now(), Ended: time.Now()})
		}
	}
	pub.Plan, pub.Evaluations = p, evaluations
	snap := activities.Snapshot{Table: name(1), Rows: 1 << 40, Digest: ref.Digest, Bytes: 1 << 50, Stamp: string(ref.Digest), Copy: &ref}
	parents := make([]activities.Snapshot, 8)
	for i := range parents {
		parents[i] = snap
	}
	for what, v := range map[string]any{
		"plan":        p,
		"table night": workflows.TableNightInput{Plan: p, Snapshot: snap, Parents: parents, Shards: partitions, Partitions: 1000, Ask: true},
		"table result": workflows.TableNightResult{
			Protected: pub.Protected[0], Proof: pub.Proofs[0], Stages: stages[:6],
		},
		"ingest":   activities.IngestInput{Plan: p, Tables: []string{name(1)}},
		"detect":   activities.DetectInput{Plan: p, Snapshot: snap},
		"decide":   activities.DecideInput{Plan: p, Snapshot: snap, Report: ref},
		"check":    activities.CheckInput{Plan: p, Snapshot: snap, Decision: ref, Parents: parents},
		"protect":  activities.ProtectInput{Plan: p, Snapshot: snap, Decision: ref, Broken: ref, First: 1, Last: partitions},
		"assemble": activities.AssembleInput{Plan: p, Snapshot: snap, Decision: ref, Broken: ref, Shards: partitions},
		"prove":    activities.ProveInput{Plan: p, Protected: pub.Protected[0], First: 1, Last: partitions},
		"fit":      activities.FitInput{Plan: p, Tables: pub.Protected[:2]},
		"sample":   activities.SampleInput{Plan: p, Tables: pub.Protected[:2], Models: ref},
		"evaluate": activities.EvaluateInput{Plan: p, Protected: pub.Protected[0], Twin: pub.Twins[0]},
		"label":    activities.LabelInput{Plan: p, Protected: pub.Protected[0], Round: 1},
		"clean":    activities.CleanInput{Plan: p, Outcome: "done"},
		"publish":  workflows.TrimPublish(pub),
		"night":    workflows.TrimResult(workflows.NightResult{Protected: pub.Protected, Evaluations: evaluations}),
	} {
		data, err := converter.GetDefaultDataConverter().ToPayload(v)
		require.NoError(t, err)
		require.Less(t, len(data.Data), maxPayload, what)
		t.Logf("%-12s %6d bytes", what, len(data.Data))
	}
	require.Equal(t, 1000, p.Partitions(partitions), "activities of a table are bounded")
}

func evaluation(table string, ref store.Ref) activities.Evaluation {
	e := activities.Evaluation{
		Table: table, Report: ref,
		Verdict: "The synthetic table is hard to tell from fresh real rows (detection score 0.995, real holdout 0.999), and it is no nearer to its training rows than fresh data would be (85.62 % of its rows equal a training row, 84.93 % of holdout rows do; 70.95 % lie nearer to training than to holdout rows, 70.85 % expected).",
	}
	for i := range 7 {
		e.Figures = append(e.Figures, activities.Figure{Name: fmt.Sprintf("a measure named %d", i), Value: 0.123456789012345, Ceiling: 0.123456789012345})
	}
	return e
}
