package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/labeling/consensus"
)

// columnQueue is the queue of a pipeline's column questions, beside the queue
// of its rows.
func columnQueue(p Plan) string { return p.Labels.Queue + "-columns" }

func columnTaskID(p Plan, table, column string) string {
	return labeling.TaskID("column", p.Name, table, column)
}

// columnQuestions returns the open questions about a table: columns that
// detection is unsure of and nobody has decided.
func (a *Activities) columnQuestions(ctx context.Context, in AskColumnsInput) ([]labeling.Task, map[string]detect.Column, error) {
	var report detect.Report
	if err := a.readJSON(ctx, in.Report, "report.json", &report); err != nil {
		return nil, nil, err
	}
	m, err := a.Store.Stat(ctx, in.Report.Address)
	if err != nil {
		return nil, nil, err
	}
	var stats detected
	if err := m.DecodeStats(&stats); err != nil {
		return nil, nil, err
	}
	unsure := map[string]bool{}
	for _, name := range stats.Unsure {
		unsure[name] = true
	}
	answers, err := a.columnAnswers(ctx, in.Plan.Name, in.Table)
	if err != nil {
		return nil, nil, err
	}
	var tasks []labeling.Task
	byTask := map[string]detect.Column{}
	for _, c := range report.Columns {
		if _, done := answers[c.Name]; done || !unsure[c.Name] {
			continue
		}
		guesses := []labeling.Guess{{Value: labeling.ColumnLabel(c.Semantic, c.Class), Probability: c.Probability}}
		t := labeling.Task{
			ID: columnTaskID(in.Plan, in.Table, c.Name), Kind: labeling.ColumnTask, Slice: labeling.Column,
			Title:   fmt.Sprintf("What is column %q of table %s?", c.Name, in.Table),
			Guesses: guesses, Evidence: c.Evidence, Choices: labeling.ColumnChoices(guesses),
		}
		tasks = append(tasks, t)
		byTask[t.ID] = c
	}
	return tasks, byTask, nil
}

// AskColumns puts the questions about a table's columns into the queue.
func (a *Activities) AskColumns(ctx context.Context, in AskColumnsInput) (LabelProgress, error) {
	out := LabelProgress{Queue: columnQueue(in.Plan)}
	err := a.run(ctx, "ask", &meter{stage: "ask", table: in.Table}, func(ctx context.Context) error {
		tasks, _, err := a.columnQuestions(ctx, in)
		if err != nil || len(tasks) == 0 {
			return err
		}
		out.Asked = len(tasks)
		_, err = a.addTasks(ctx, QueueRecord{
			Name: out.Queue, Title: "Columns of " + in.Plan.Name, Question: "What does this column hold, and how personal is it?",
			Guidelines: "Say what the column holds and how personal that is. Until somebody does, it is treated as a direct identifier.",
		}, labeling.Config{Overlap: 1, MaxLeases: scriptedLease, GoldShare: -1}, tasks, true)
		return err
	})
	return out, err
}

// AnswerColumns is the scripted annotator for column questions: it agrees with
// detection's best guess.
func (a *Activities) AnswerColumns(ctx context.Context, in AskColumnsInput, annotator int) error {
	return a.run(ctx, "answer", &meter{stage: "ask", table: in.Table}, func(ctx context.Context) error {
		tasks, byTask, err := a.columnQuestions(ctx, in)
		if err != nil {
			return err
		}
		return a.scripted(ctx, columnQueue(in.Plan), scriptedName(annotator), len(tasks), func(task string) (string, bool) {
			c, ok := byTask[task]
			return labeling.ColumnLabel(c.Semantic, c.Class), ok
		})
	})
}

func scriptedName(n int) string { return fmt.Sprintf("scripted-%d", n) }

// AwaitColumns waits for the answers and keeps them: a column that people have
// decided is never asked about again.
func (a *Activities) AwaitColumns(ctx context.Context, in AskColumnsInput) (LabelProgress, error) {
	out := LabelProgress{Queue: columnQueue(in.Plan)}
	m := &meter{stage: "ask", table: in.Table}
	err := a.run(ctx, "await", m, func(ctx context.Context) error {
		tasks, byTask, err := a.columnQuestions(ctx, in)
		if err != nil {
			return err
		}
		out.Asked = len(tasks)
		m.total.Store(int64(len(tasks)))
		var decided map[string]string
		err = a.await(ctx, time.Duration(in.Plan.Labels.WaitSeconds)*time.Second, func(ctx context.Context) (bool, error) {
			if decided, err = a.majority(ctx, out.Queue, byTask); err != nil {
				return false, err
			}
			m.done.Store(int64(len(decided)))
			return len(decided) == len(tasks), nil
		})
		if err != nil {
			return err
		}
		out.Answered, out.Open = len(decided), len(tasks)-len(decided)
		return a.keepColumnAnswers(ctx, in, byTask, decided)
	})
	return out, err
}

// majority returns what most annotators said of each task.
func (a *Activities) majority(ctx context.Context, queue string, tasks map[string]detect.Column) (map[string]string, error) {
	answers, err := a.answers(ctx, queue)
	if err != nil {
		return nil, err
	}
	var votes []consensus.Vote
	for _, x := range answers {
		if _, ok := tasks[x.Task]; ok && !x.Skipped {
			votes = append(votes, consensus.Vote{Worker: x.Annotator, Item: x.Task, Label: x.Label})
		}
	}
	out := map[string]string{}
	if len(votes) == 0 {
		return out, nil
	}
	set, err := consensus.NewAnswers(votes)
	if err != nil {
		return nil, err
	}
	for _, item := range consensus.Majority(set).Items {
		out[item.Item] = item.Label
	}
	return out, nil
}

func (a *Activities) keepColumnAnswers(ctx context.Context, in AskColumnsInput, byTask map[string]detect.Column, decided map[string]string) error {
	if len(decided) == 0 {
		return nil
	}
	kept, err := a.columnAnswers(ctx, in.Plan.Name, in.Table)
	if err != nil {
		return err
	}
	for task, label := range decided {
		kind, class, err := labeling.ParseColumnLabel(label)
		if err != nil {
			return fmt.Errorf("answer about a column: %w", err)
		}
		kept[byTask[task].Name] = columnAnswer{Semantic: kind, Class: class}
	}
	return a.Store.PutJSON(ctx, answersKey(in.Plan.Name, in.Table), kept)
}
