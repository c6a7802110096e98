package activities

import (
	"testing"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/stretchr/testify/require"
)

func (h *house) labelled(rows, budget int) (LabelInput, Protected) {
	s := h.spec(h.csv("people.csv", peopleHeader, h.people(rows)))
	s.Labels = &pipeline.Labels{
		Queue: "q", Table: "people", Choices: []string{"Berlin", "Lyon", "Oslo", "Porto"}, Budget: budget, Batch: budget / 2, Hide: []string{"city"},
		Scripted: &pipeline.Scripted{Annotators: 1, Accuracy: 1, Truth: "city"},
	}
	p := h.plan(s.WithDefaults(), "night")
	snap, err := h.ingest(p, "people")
	require.NoError(h.t, err)
	out, _ := h.protect(p, snap, 1)
	return LabelInput{Plan: p, Protected: out, Annotator: 1}, out
}

// rounds runs all rounds as the workflow does, each activity twice as after a
// lost reply.
func (h *house) rounds(in LabelInput) CollectLabelsResult {
	for in.Round = 1; in.Round <= in.Plan.Labels.Rounds; in.Round++ {
		first, err := h.AskRows(h.ctx, in)
		require.NoError(h.t, err)
		again, err := h.AskRows(h.ctx, in)
		require.NoError(h.t, err)
		require.Equal(h.t, first, again)
		require.NoError(h.t, h.AnswerRows(h.ctx, in))
		before := h.fake.leases
		require.NoError(h.t, h.AnswerRows(h.ctx, in))
		require.Equal(h.t, before, h.fake.leases, "what was answered is not leased for again")
		p, err := h.AwaitRows(h.ctx, in)
		require.NoError(h.t, err)
		require.Equal(h.t, p.Asked, p.Answered)
	}
	out, err := h.CollectLabels(h.ctx, in)
	require.NoError(h.t, err)
	again, err := h.CollectLabels(h.ctx, in)
	require.NoError(h.t, err)
	require.Equal(h.t, out, again)
	return out
}

func TestLabelRoundsCanBeRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, budget, want int }{
		"budget below table": {100, 20, 20}, "budget above table": {7, 20, 7}, "one row": {1, 4, 1}, "empty table": {0, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			in, _ := h.labelled(c.rows, c.budget)
			out := h.rounds(in)
			require.Equal(t, c.want, out.Rows)
			require.Equal(t, c.want, out.Progress.Answered)
			h.noRawTasks()
		})
	}
}

// noRawTasks: annotators see the de-identified row.
func (h *house) noRawTasks() {
	require.NoError(h.t, h.Clean(h.ctx, CleanInput{Plan: Plan{Name: "test", Night: "night", Run: "run of night"}}))
	h.noRaw()
}

// Answers that leave the queue for the store between two questions are neither
// lost nor counted twice.
func TestAnswersOnTheirWayToTheStoreAreNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in, _ := h.labelled(40, 10)
	want := h.rounds(in).Rows
	id := QueueID("q")
	all := h.fake.queues[id].Answers()
	require.Len(t, all, want)

	// The queue drains after it said how many files there are, before it is
	// asked for what it holds.
	h.fake.between = func() {
		fresh, err := labeling.New(labeling.Config{Classes: []string{"x", "y"}})
		require.NoError(t, err)
		h.fake.queues[id] = fresh
		h.fake.files[id] = 1
		require.NoError(t, h.StoreAnswers(h.ctx, StoreAnswersInput{Queue: "q", File: 1, Answers: all}))
	}
	got, err := h.answers(h.ctx, "q")
	require.NoError(t, err)
	require.Equal(t, all, got)
}

func TestAQueueThatStartsAnewKeepsItsFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in, _ := h.labelled(40, 10)
	h.rounds(in)
	all := h.fake.queues[QueueID("q")].Answers()
	require.NoError(t, h.StoreAnswers(h.ctx, StoreAnswersInput{Queue: "q", File: 1, Answers: all}))
	delete(h.fake.queues, QueueID("q")) // cancelled
	in.Round = 1
	_, err := h.AskRows(h.ctx, in)
	require.NoError(t, err)
	got, err := h.answers(h.ctx, "q")
	require.NoError(t, err)
	require.Equal(t, all, got)
}
