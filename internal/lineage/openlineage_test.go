package lineage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// validator checks an event against the core schema and each of its facets
// against the schema that the facet itself names.
type validator struct{ compiler *jsonschema.Compiler }

func newValidator(t *testing.T) validator {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	load := func(name string) any {
		raw, err := os.ReadFile("testdata/openlineage/" + name)
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		require.NoError(t, err)
		return doc
	}
	docs := append([]any{load("OpenLineage.json")}, load("facets.json").([]any)...)
	for _, d := range docs {
		require.NoError(t, c.AddResource(d.(map[string]any)["$id"].(string), d))
	}
	return validator{c}
}

func (v validator) validate(event []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(event))
	if err != nil {
		return err
	}
	core, err := v.compiler.Compile("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent")
	if err != nil {
		return err
	}
	if err := core.Validate(doc); err != nil {
		return err
	}
	return v.facets(doc)
}

func (v validator) facets(doc any) error {
	switch doc := doc.(type) {
	case map[string]any:
		if url, ok := doc["_schemaURL"].(string); ok {
			s, err := v.compiler.Compile(url)
			if err != nil {
				return fmt.Errorf("facet schema: %w", err)
			}
			if err := s.Validate(doc); err != nil {
				return err
			}
		}
		for _, inner := range doc {
			if err := v.facets(inner); err != nil {
				return err
			}
		}
	case []any:
		for _, inner := range doc {
			if err := v.facets(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

func exampleEvent(kind string) Event {
	at := time.Date(2026, 11, 24, 2, 0, 0, 5000, time.UTC)
	run := "0194a1b2-3c4d-7e5f-8a6b-112233445566"
	e := Event{
		Type: kind, Time: at, Producer: "https://github.com/nocturne-data/nocturne/v1",
		Run: Run{ID: run, NominalStart: at.Truncate(time.Hour), NominalEnd: at.Truncate(time.Hour).Add(24 * time.Hour)},
		Job: Job{"nocturne", "census.deidentify"},
		Inputs: []EventDataset{{
			Namespace: "file", Name: "census", Schema: []SchemaField{{"ssn", "utf8", "Number < of \"her\" card"}, {"age", "int64", ""}},
			Assertions: []Assertion{{"not_null", "ssn", true}, {"row_count", "", false}},
		}},
	}
	switch kind {
	case Complete:
		e.Outputs = []EventDataset{{
			Namespace: "file", Name: "census_deid", Schema: []SchemaField{{"ssn", "utf8", ""}}, Statistics: &OutputStatistics{48842, 1 << 20, 2},
			Columns: []ColumnLineage{
				{"ssn", []InputField{{"file", "census", "ssn", "TRANSFORMATION", "keyed pseudonym (HMAC-SHA-256)", true}}},
				{"age", []InputField{{"file", "census", "age", "IDENTITY", "", false}, {"file", "census", "ssn", "FILTER", "", false}}},
			},
		}}
	case Fail:
		e.Run.Error = "prove: 1 column still holds input values"
		id, err := StageRunID(run, "prove")
		if err != nil {
			panic(err)
		}
		e.Run.ID, e.Run.Parent = id, &RunRef{run, "nocturne", "census"}
	}
	return e
}

func TestEventsValidate(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	var lines []byte
	for _, kind := range []string{Start, Complete, Fail, Abort} {
		raw, err := MarshalEvent(exampleEvent(kind))
		require.NoError(t, err)
		require.NoError(t, v.validate(raw), kind)
		require.NotContains(t, string(raw), "\n")
		lines = append(append(lines, raw...), '\n')
	}
	golden(t, "events.jsonl", lines)
}

func TestBrokenEventsDoNotValidate(t *testing.T) {
	t.Parallel()
	v := newValidator(t)
	raw, err := MarshalEvent(exampleEvent(Complete))
	require.NoError(t, err)
	for name, edit := range map[string][2]string{
		"unknown type":    {`"COMPLETE"`, `"DONE"`},
		"run id":          {`"0194a1b2-3c4d`, `"3c4d`},
		"no job name":     {`,"name":"census.deidentify"`, ``},
		"no producer":     {`"_producer":"https://github.com/nocturne-data/nocturne/v1",`, ``},
		"masking as text": {`"masking":true`, `"masking":"yes"`},
		"rows as text":    {`"rowCount":48842`, `"rowCount":"48842"`},
		"no input field":  {`,"field":"ssn"`, ``},
		"no outcome":      {`,"success":true`, ``},
		"nominal time":    {`"nominalStartTime":"2026-11-24T02:00:00Z"`, `"nominalStartTime":"tonight"`},
		"unnamed column":  {`{"name":"ssn","type":"utf8"`, `{"type":"utf8"`},
	} {
		broken := strings.Replace(string(raw), edit[0], edit[1], 1)
		require.NotEqual(t, string(raw), broken, name)
		require.True(t, json.Valid([]byte(broken)), name)
		require.Error(t, v.validate([]byte(broken)), name)
	}
}

func TestMarshalEventRefuses(t *testing.T) {
	t.Parallel()
	_, err := MarshalEvent(Event{Run: Run{Error: "x", Parent: &RunRef{}}, Inputs: []EventDataset{{Statistics: &OutputStatistics{}}}, Outputs: []EventDataset{{Assertions: []Assertion{}, Columns: []ColumnLineage{{"a", []InputField{{}}}, {"a", nil}}}}})
	require.ErrorIs(t, err, ErrIncomplete)
	for _, say := range []string{"type:", "time:", "producer:", "run id:", "error:", "job:", "parent:", "belong to outputs", "belong to inputs", "listed twice", "subtype"} {
		require.ErrorContains(t, err, say)
	}
}

// TestStageRunID uses the example of RFC 9562, appendix A.4: version 5 of
// "www.example.com" in the DNS namespace.
func TestStageRunID(t *testing.T) {
	t.Parallel()
	id, err := StageRunID("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com")
	require.NoError(t, err)
	require.Equal(t, "2ed6657d-e927-568b-95e1-2665a8aea6a2", id)
	_, err = StageRunID("not-a-uuid", "x")
	require.Error(t, err)
}
