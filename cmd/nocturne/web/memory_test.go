package web_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/cmd/nocturne/web"
	"github.com/nocturne-data/nocturne/labeling"
)

// memory is a web.Queues over one labeling.Queue, as the wiring is over a
// workflow.
type memory struct {
	mu    sync.Mutex
	q     *labeling.Queue
	info  web.QueueInfo
	tasks map[string]labeling.Task
	now   func() time.Time
	down  error
}

func newMemory(t testing.TB, cfg labeling.Config, tasks []labeling.Task) *memory {
	m := &memory{tasks: map[string]labeling.Task{}, now: time.Now, info: web.QueueInfo{
		Name: "census.income", Title: "Census: income class", Question: "Does this person earn more than 50,000 a year?",
		Guidelines: "Judge by the row alone.\n\nIncome is before tax. A person without work earns no more than 50,000.\nSkip rows that contradict themselves.",
		Classes:    []labeling.Choice{{Value: "<=50K", Title: "50,000 or less"}, {Value: ">50K", Title: "More than 50,000"}},
	}}
	for _, c := range m.info.Classes {
		cfg.Classes = append(cfg.Classes, c.Value)
	}
	var err error
	m.q, err = labeling.New(cfg)
	require.NoError(t, err)
	require.NoError(t, m.q.Add(tasks))
	for _, task := range tasks {
		m.tasks[task.ID] = task
	}
	return m
}

func (m *memory) locked(queue string) (*labeling.Queue, error) {
	m.mu.Lock()
	if m.down != nil {
		return nil, m.down
	}
	if queue != m.info.Name {
		return nil, web.ErrNoQueue
	}
	return m.q, nil
}

func (m *memory) List(context.Context) ([]web.QueueInfo, error) {
	defer m.mu.Unlock()
	q, err := m.locked(m.info.Name)
	if err != nil {
		return nil, err
	}
	m.info.Progress = q.Progress(m.now())
	return []web.QueueInfo{m.info}, nil
}

func (m *memory) Lease(_ context.Context, queue, who string, n int) ([]labeling.Lease, error) {
	defer m.mu.Unlock()
	q, err := m.locked(queue)
	if err != nil {
		return nil, err
	}
	return q.Lease(who, n, m.now())
}

func (m *memory) Answer(_ context.Context, queue, who, task, label string) error {
	defer m.mu.Unlock()
	q, err := m.locked(queue)
	if err != nil {
		return err
	}
	return q.Answer(who, task, label, m.now())
}

func (m *memory) Skip(_ context.Context, queue, who, task string) error {
	defer m.mu.Unlock()
	q, err := m.locked(queue)
	if err != nil {
		return err
	}
	return q.Skip(who, task, m.now())
}

func (m *memory) Undo(_ context.Context, queue, who string) (labeling.Lease, error) {
	defer m.mu.Unlock()
	q, err := m.locked(queue)
	if err != nil {
		return labeling.Lease{}, err
	}
	return q.Undo(who, m.now())
}

func (m *memory) Release(_ context.Context, queue, who, task string) error {
	defer m.mu.Unlock()
	q, err := m.locked(queue)
	if err != nil {
		return err
	}
	return q.Release(who, task, m.now())
}

func (m *memory) Progress(_ context.Context, queue string) (labeling.Progress, error) {
	defer m.mu.Unlock()
	q, err := m.locked(queue)
	if err != nil {
		return labeling.Progress{}, err
	}
	return q.Progress(m.now()), nil
}

func (m *memory) Task(_ context.Context, queue, id string) (labeling.Task, error) {
	defer m.mu.Unlock()
	if _, err := m.locked(queue); err != nil {
		return labeling.Task{}, err
	}
	return m.tasks[id], nil
}

func (m *memory) answers() []labeling.Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.q.Answers()
}

// questions are one column question and n rows.
func questions(n int) []labeling.Task {
	guesses := []labeling.Guess{{Value: "free_text:sensitive", Probability: 0.48}, {Value: "person_name:direct_identifier", Probability: 0.37}, {Value: "occupation:quasi_identifier", Probability: 0.08}}
	out := []labeling.Task{{
		ID: "column:people.note", Kind: labeling.ColumnTask, Title: "What does the column “note” of table people hold?", Slice: labeling.Column,
		Fields: []labeling.Field{
			{Name: "Header", Value: "note"},
			{Name: "Rows with a value", Value: "41,310 of 48,842"},
			{Name: "Distinct values", Value: "40,992"},
			{Name: "Length", Value: "12 to 164 characters, median 71"},
			{Name: "Shape", Value: "Aaaaaa aaaa aaaaaa, aaaaa 000-0000."},
		},
		Guesses: guesses, Choices: labeling.ColumnChoices(guesses),
		Evidence: []string{"The header is a word for remarks.", "38 % of the sampled cells contain a person's name.", "12 % contain a phone number."},
	}}
	jobs := []string{"Prof-specialty", "Craft-repair", "Sales", "Other-service", "Exec-managerial"}
	for i := range n {
		task := labeling.Task{
			ID: fmt.Sprintf("row:%04d", i), Kind: labeling.RowTask, Slice: labeling.Chosen,
			Guesses: []labeling.Guess{{Value: ">50K", Probability: 0.51}},
			Fields: []labeling.Field{
				{Name: "age", Value: []string{"30–39", "40–49", "20–29"}[i%3]},
				{Name: "workclass", Value: "Private"},
				{Name: "education", Value: "Bachelors"},
				{Name: "marital_status", Value: "Married-civ-spouse"},
				{Name: "occupation", Value: jobs[i%len(jobs)]},
				{Name: "hours_per_week", Value: fmt.Sprint(20 + i%45)},
				{Name: "capital_gain", Value: "0"},
				{Name: "native_country", Null: true},
				{Name: "row", Value: fmt.Sprint(i)},
			},
		}
		out = append(out, task)
	}
	return out
}
