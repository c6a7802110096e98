package labeling_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/labeling"
	"github.com/nocturne-data/nocturne/labeling/consensus"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

func TestTasksAndAnswersRoundTrip(t *testing.T) {
	t.Parallel()
	tasks := []labeling.Task{
		{
			ID: "row:1", Kind: labeling.RowTask, Fields: []labeling.Field{{Name: "age", Value: "30-39"}, {Name: "note", Null: true}},
			Guesses: []labeling.Guess{{Value: ">50K", Probability: 0.6}}, Slice: labeling.Control,
		},
		{ID: "c", Kind: labeling.ColumnTask, Choices: []labeling.Choice{{Value: "a:none", Title: "甲"}, {Value: "b:none"}}, Gold: "a:none"},
	}
	var b bytes.Buffer
	require.NoError(t, labeling.WriteLines(&b, tasks))
	got, err := labeling.ReadTasks(strings.NewReader("\ufeff" + b.String() + "\n"))
	require.NoError(t, err)
	require.Equal(t, tasks, got)

	answers := []labeling.Answer{
		{Task: "row:1", Annotator: "ann", Label: ">50K", At: start},
		{Task: "row:2", Annotator: "ann", Skipped: true, At: start},
	}
	b.Reset()
	require.NoError(t, labeling.WriteLines(&b, answers))
	back, err := labeling.ReadAnswers(&b)
	require.NoError(t, err)
	require.Equal(t, answers, back)

	b.Reset()
	require.NoError(t, labeling.WriteAnswersCSV(&b, answers))
	votes, err := consensus.ReadCSV(&b)
	require.NoError(t, err)
	require.Equal(t, []consensus.Vote{{Worker: "ann", Item: "row:1", Label: ">50K"}}, votes)
}

func TestReadTasksNamesTheLineAndNotTheValue(t *testing.T) {
	t.Parallel()
	good := `{"id":"a","kind":"row"}` + "\n"
	for name, line := range map[string]string{
		"syntax":        `{"id":"secret"`,
		"unknown field": `{"id":"b","kind":"row","secret":1}`,
		"wrong type":    `{"id":"b","kind":"row","fields":"secret"}`,
		"two objects":   `{"id":"b","kind":"row"} {"id":"secret","kind":"row"}`,
		"bad id":        `{"id":"secret value","kind":"row"}`,
	} {
		_, err := labeling.ReadTasks(strings.NewReader(good + line))
		require.ErrorIs(t, err, labeling.ErrInvalid, name)
		require.ErrorContains(t, err, "line 2", name)
		require.NotContains(t, err.Error(), "secret", name)
	}
	_, err := labeling.ReadAnswers(strings.NewReader(`{"task":"a","annotator":"b","skipped":true,"label":"x","at":"2026-11-24T00:00:00Z"}`))
	require.ErrorIs(t, err, labeling.ErrInvalid)
}

func TestColumnChoices(t *testing.T) {
	t.Parallel()
	choices := labeling.ColumnChoices([]labeling.Guess{{Value: "email:direct_identifier", Probability: 0.5}, {Value: "nonsense"}})
	require.Equal(t, labeling.Choice{Value: "email:direct_identifier", Title: "email", Hint: "direct identifier", Group: "Guesses"}, choices[0])
	require.Equal(t, "unknown:direct_identifier", choices[1].Value)
	seen := map[string]bool{}
	for _, c := range choices {
		require.False(t, seen[c.Value], c.Value)
		seen[c.Value] = true
		name, class, err := labeling.ParseColumnLabel(c.Value)
		require.NoError(t, err)
		require.Equal(t, c.Value, labeling.ColumnLabel(name, class))
	}
	require.NoError(t, labeling.Task{ID: "c", Kind: labeling.ColumnTask, Choices: choices}.Validate())
	require.Equal(t, "unknown:none", labeling.ColumnLabel("", semantic.None))
	_, _, err := labeling.ParseColumnLabel("email")
	require.ErrorIs(t, err, labeling.ErrInvalid)
}

func FuzzReadTasks(f *testing.F) {
	f.Add([]byte(`{"id":"a","kind":"row"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		tasks, err := labeling.ReadTasks(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, task := range tasks {
			if err := task.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
