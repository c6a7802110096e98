package activities

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/ml/linear"
	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/labeling/consensus"
	"github.com/nocturne-data/nocturne/labeling/query"
)

const (
	askVersion   = 1
	labelVersion = 1
)

func rowQueueConfig(l pipeline.Labels, seed uint64) labeling.Config {
	return labeling.Config{
		Classes: l.Choices, Overlap: l.Overlap, MaxLeases: scriptedLease, ControlShare: l.Random, GoldShare: -1, Seed: seed,
	}
}

func rowQueue(l pipeline.Labels) QueueRecord {
	return QueueRecord{Name: l.Queue, Title: "Rows of " + l.Table + ": " + l.Column, Question: firstLine(l.Guidelines), Guidelines: l.Guidelines, Choices: l.Choices}
}

// asked is the statistics of a round's artifact, which lists the tasks that the
// round chose as tasks.jsonl.
type asked struct {
	Tasks int `json:"tasks"`
}

// roundRecipe describes the tasks of a round: they follow from the table, the
// settings and the answers to the rounds before.
func roundRecipe(in LabelInput, l pipeline.Labels, seed uint64, before store.Digest) store.Recipe {
	l.Wait = ""
	l.Scripted = nil
	return store.Recipe{
		Step: "ask_rows", Version: askVersion, Part: fmt.Sprint(in.Round), Inputs: []store.Digest{in.Protected.Ref.Digest, before},
		Spec: map[string]any{"labels": l, "seed": seed, "table": in.Protected.Table},
	}
}

// AskRows chooses the rows of one round by the acquisition function and puts
// them into the queue. Rows that were ever asked about are not asked again.
func (a *Activities) AskRows(ctx context.Context, in LabelInput) (LabelProgress, error) {
	var out LabelProgress
	m := &meter{stage: "label", table: in.Protected.Table, part: fmt.Sprintf("round %d", in.Round)}
	err := a.run(ctx, "label", m, func(ctx context.Context) error {
		s, err := a.spec(ctx, in.Plan)
		if err != nil {
			return err
		}
		l := *s.Labels
		p, err := a.pool(ctx, in, l)
		if err != nil {
			return err
		}
		earlier, err := a.roundTasks(ctx, in, l, in.Round-1)
		if err != nil {
			return err
		}
		want := min(l.Batch, l.Budget-len(earlier))
		chosen, err := a.roundArtifact(ctx, in, l, s.Seed, p, earlier, max(want, 0))
		if err != nil {
			return err
		}
		if len(chosen) > 0 {
			if _, err := a.addTasks(ctx, rowQueue(l), rowQueueConfig(l, s.Seed), chosen, true); err != nil {
				return err
			}
		}
		out, err = a.progress(ctx, in, l)
		return err
	})
	return out, err
}

// roundArtifact chooses the tasks of a round, once.
func (a *Activities) roundArtifact(ctx context.Context, in LabelInput, l pipeline.Labels, seed uint64, p *pool, earlier []labeling.Task, want int) ([]labeling.Task, error) {
	labels, digest, err := a.consensusOf(ctx, l, earlier)
	if err != nil {
		return nil, err
	}
	r := roundRecipe(in, l, seed, digest)
	art, _, err := a.Store.Build(ctx, r, func(ctx context.Context, d *store.Draft) error {
		picks, err := choose(p, l, seed, in.Round, earlier, labels, want)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := labeling.WriteLines(&b, picks); err != nil {
			return err
		}
		d.Rows, d.Stats = int64(len(picks)), asked{Tasks: len(picks)}
		return d.WriteFile(ctx, "tasks.jsonl", b.Bytes())
	})
	if err != nil {
		return nil, err
	}
	// Which artifact was this night's round is asked again by later rounds.
	if err := a.Store.PutJSON(ctx, roundKey(in, l, in.Round), art.Ref()); err != nil {
		return nil, err
	}
	return a.readTasks(ctx, art.Ref())
}

func roundKey(in LabelInput, l pipeline.Labels, round int) string {
	return fmt.Sprintf("queues/%s/rounds/%.16s/%03d.json", l.Queue, in.Protected.Ref.Digest, round)
}

func (a *Activities) readTasks(ctx context.Context, ref store.Ref) ([]labeling.Task, error) {
	data, err := a.readFile(ctx, ref, "tasks.jsonl")
	if err != nil {
		return nil, err
	}
	return labeling.ReadTasks(bytes.NewReader(data))
}

// roundTasks lists the tasks of rounds 1 to last.
func (a *Activities) roundTasks(ctx context.Context, in LabelInput, l pipeline.Labels, last int) ([]labeling.Task, error) {
	var out []labeling.Task
	for n := 1; n <= last; n++ {
		var ref store.Ref
		if err := a.Store.GetJSON(ctx, roundKey(in, l, n), &ref); err != nil {
			return nil, err
		}
		tasks, err := a.readTasks(ctx, ref)
		if err != nil {
			return nil, err
		}
		out = append(out, tasks...)
	}
	return out, nil
}

// choose picks the next batch: at random without a model, else by margin with
// a random control slice.
func choose(p *pool, l pipeline.Labels, seed uint64, round int, earlier []labeling.Task, labels map[string]consensus.Item, want int) ([]labeling.Task, error) {
	taken := map[string]bool{}
	for _, t := range earlier {
		taken[t.ID] = true
	}
	items := make([]int, 0, len(p.ids))
	for i, id := range p.ids {
		if !taken[id] && p.at[id] == i { // equal rows are asked about once
			items = append(items, i)
		}
	}
	pool := query.Pool{Items: items, Classes: len(l.Choices)}
	var rows, classes []int
	for _, t := range earlier {
		if x, ok := labels[t.ID]; ok {
			if i, known := p.at[t.ID]; known {
				rows, classes = append(rows, i), append(classes, slices.Index(l.Choices, x.Label))
			}
		}
	}
	if distinct(classes) > 1 {
		model, _, err := linear.Fit(p.x.Take(rows), classes, linear.Config{Classes: len(l.Choices)}, nil)
		if err != nil {
			return nil, err
		}
		pool.Probabilities = model.Probabilities(p.x.Take(items), nil)
	}
	if want == 0 || len(items) == 0 {
		return nil, nil
	}
	picks, err := query.Select(pool, query.Config{Batch: want, ControlShare: l.Random, Seed: seed, Round: round})
	if err != nil {
		return nil, err
	}
	out := make([]labeling.Task, len(picks))
	for i, k := range picks {
		out[i] = p.task(k.Item, l, k.Slice)
	}
	return out, nil
}

func distinct(v []int) int {
	v = slices.Clone(v)
	slices.Sort(v)
	return len(slices.Compact(v))
}

// consensusOf settles the answers to tasks. digest covers what it used.
func (a *Activities) consensusOf(ctx context.Context, l pipeline.Labels, tasks []labeling.Task) (map[string]consensus.Item, store.Digest, error) {
	ids := map[string]bool{}
	for _, t := range tasks {
		ids[t.ID] = true
	}
	answers, err := a.answers(ctx, l.Queue)
	if err != nil {
		return nil, "", err
	}
	var votes []consensus.Vote
	var said []string
	for _, x := range answers {
		if ids[x.Task] && !x.Skipped {
			votes = append(votes, consensus.Vote{Worker: x.Annotator, Item: x.Task, Label: x.Label})
			said = append(said, x.Task+"\x00"+x.Annotator+"\x00"+x.Label)
		}
	}
	slices.Sort(said)
	out := map[string]consensus.Item{}
	if len(votes) == 0 {
		return out, store.DigestOf(), nil
	}
	set, err := consensus.NewAnswers(votes, l.Choices...)
	if err != nil {
		return nil, "", err
	}
	res := consensus.Majority(set)
	// An annotator model pays once there are several annotators with a few
	// dozen answers each.
	if len(set.Workers) > 1 && len(votes) >= 30*len(set.Workers) {
		if res, err = consensus.DawidSkene(set, consensus.Options{Smoothing: 1}); err != nil {
			return nil, "", err
		}
	}
	for _, item := range res.Items {
		out[item.Item] = item
	}
	return out, store.DigestOf(said...), nil
}

// AnswerRows is a scripted annotator: it knows the truth and errs as often as
// the specification says, in the same places every time.
func (a *Activities) AnswerRows(ctx context.Context, in LabelInput) error {
	m := &meter{stage: "label", table: in.Protected.Table}
	return a.run(ctx, "answer", m, func(ctx context.Context) error {
		s, err := a.spec(ctx, in.Plan)
		if err != nil {
			return err
		}
		l := *s.Labels
		tasks, err := a.thisRound(ctx, in, l)
		if err != nil {
			return err
		}
		p, err := a.pool(ctx, in, l)
		if err != nil {
			return err
		}
		labels := map[string]string{}
		name := scriptedName(in.Annotator)
		for _, t := range tasks {
			if truth, ok := p.truthOf(p.at[t.ID]); ok && slices.Contains(l.Choices, truth) {
				labels[t.ID] = scriptedLabel(s.Seed, name, t.ID, truth, l)
			}
		}
		return a.scripted(ctx, l.Queue, name, len(labels), func(task string) (string, bool) {
			text, ok := labels[task]
			return text, ok
		})
	})
}

func (a *Activities) thisRound(ctx context.Context, in LabelInput, l pipeline.Labels) ([]labeling.Task, error) {
	var ref store.Ref
	if err := a.Store.GetJSON(ctx, roundKey(in, l, in.Round), &ref); err != nil {
		return nil, err
	}
	return a.readTasks(ctx, ref)
}

func scriptedLabel(seed uint64, annotator, task, truth string, l pipeline.Labels) string {
	h := fnv.New64a()
	h.Write([]byte(task))
	r := rng.New(seed, "scripted/"+annotator, h.Sum64())
	if r.Float64() < l.Scripted.Accuracy {
		return truth
	}
	wrong := slices.DeleteFunc(slices.Clone(l.Choices), func(c string) bool { return c == truth })
	return wrong[r.IntN(len(wrong))]
}

// AwaitRows waits until the tasks asked so far are answered, or the night has
// waited long enough.
func (a *Activities) AwaitRows(ctx context.Context, in LabelInput) (LabelProgress, error) {
	var out LabelProgress
	m := &meter{stage: "label", table: in.Protected.Table}
	err := a.run(ctx, "await", m, func(ctx context.Context) error {
		s, err := a.spec(ctx, in.Plan)
		if err != nil {
			return err
		}
		return a.await(ctx, time.Duration(in.Plan.Labels.WaitSeconds)*time.Second, func(ctx context.Context) (bool, error) {
			if out, err = a.progress(ctx, in, *s.Labels); err != nil {
				return false, err
			}
			m.total.Store(int64(out.Asked))
			m.done.Store(int64(out.Answered))
			return out.Answered >= out.Asked, nil
		})
	})
	return out, err
}

// progress counts the tasks of the rounds so far.
func (a *Activities) progress(ctx context.Context, in LabelInput, l pipeline.Labels) (LabelProgress, error) {
	out := LabelProgress{Queue: l.Queue}
	tasks, err := a.roundTasks(ctx, in, l, in.Round)
	if err != nil {
		return out, err
	}
	out.Asked = len(tasks)
	answers, err := a.answers(ctx, l.Queue)
	if err != nil {
		return out, err
	}
	votes := map[string]int{}
	for _, x := range answers {
		if !x.Skipped {
			votes[x.Task]++
		}
	}
	for _, t := range tasks {
		if votes[t.ID] >= l.Overlap {
			out.Answered++
		}
	}
	status, known, err := a.queues().Status(ctx, l.Queue)
	if err != nil {
		return out, err
	}
	if known {
		out.Open = status.Progress.Open
	}
	return out, nil
}

// rowLabel is the consensus on one row.
type rowLabel struct {
	ID          string  `json:"id"`
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
	Votes       int     `json:"votes"`
}

// CollectLabels settles the answers to all rounds and leaves further rows open
// for people.
func (a *Activities) CollectLabels(ctx context.Context, in LabelInput) (CollectLabelsResult, error) {
	var out CollectLabelsResult
	m := &meter{stage: "label", table: in.Protected.Table}
	err := a.run(ctx, "collect", m, func(ctx context.Context) error {
		s, err := a.spec(ctx, in.Plan)
		if err != nil {
			return err
		}
		l := *s.Labels
		p, err := a.pool(ctx, in, l)
		if err != nil {
			return err
		}
		tasks, err := a.roundTasks(ctx, in, l, in.Plan.Labels.Rounds)
		if err != nil {
			return err
		}
		if tasks, err = a.withOpenAnswered(ctx, l, p, tasks); err != nil {
			return err
		}
		labels, digest, err := a.consensusOf(ctx, l, tasks)
		if err != nil {
			return err
		}
		art, _, err := a.Store.Build(ctx, store.Recipe{
			Step: "labels", Version: labelVersion, Inputs: []store.Digest{in.Protected.Ref.Digest, digest},
			Spec: map[string]any{"choices": l.Choices, "column": l.Column},
		}, func(ctx context.Context, d *store.Draft) error {
			rows := []rowLabel{}
			for _, t := range tasks {
				if x, ok := labels[t.ID]; ok {
					rows = append(rows, rowLabel{ID: t.ID, Label: x.Label, Probability: x.Probability, Votes: x.Votes})
				}
			}
			d.Rows = int64(len(rows))
			return writeJSON(ctx, d, "labels.json", rows)
		})
		if err != nil {
			return err
		}
		out = CollectLabelsResult{Labels: art.Ref(), Rows: int(art.Rows)}
		if err := a.leaveOpen(ctx, in, s, l, p, tasks, labels); err != nil {
			return err
		}
		in.Round = in.Plan.Labels.Rounds
		out.Progress, err = a.progress(ctx, in, l)
		return err
	})
	return out, err
}

// withOpenAnswered adds the rows that people answered beyond the rounds.
func (a *Activities) withOpenAnswered(ctx context.Context, l pipeline.Labels, p *pool, tasks []labeling.Task) ([]labeling.Task, error) {
	have := map[string]bool{}
	for _, t := range tasks {
		have[t.ID] = true
	}
	answers, err := a.answers(ctx, l.Queue)
	if err != nil {
		return nil, err
	}
	var extra []int
	for _, x := range answers {
		if i, ok := p.at[x.Task]; ok && !have[x.Task] && !x.Skipped {
			have[x.Task] = true
			extra = append(extra, i)
		}
	}
	slices.Sort(extra)
	for _, i := range extra {
		tasks = append(tasks, p.task(i, l, labeling.Chosen))
	}
	return tasks, nil
}

// leaveOpen keeps some rows in the queue for people to answer by day.
func (a *Activities) leaveOpen(ctx context.Context, in LabelInput, s pipeline.Spec, l pipeline.Labels, p *pool, tasks []labeling.Task, labels map[string]consensus.Item) error {
	status, _, err := a.queues().Status(ctx, l.Queue)
	if err != nil {
		return err
	}
	want := l.Open - status.Progress.Open
	if want <= 0 {
		return nil
	}
	more, err := choose(p, l, s.Seed, in.Plan.Labels.Rounds+1, tasks, labels, want)
	if err != nil || len(more) == 0 {
		return err
	}
	_, err = a.addTasks(ctx, rowQueue(l), rowQueueConfig(l, s.Seed), more, false)
	return err
}
