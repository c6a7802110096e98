package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The search attributes of every Nocturne workflow. They are visible to
// everyone who may list workflows and no codec hides them: a data set's name, a
// stage, a contract, and never a data subject.
var (
	DatasetAttribute  = temporal.NewSearchAttributeKeyKeyword("NocturneDataset")
	StageAttribute    = temporal.NewSearchAttributeKeyKeyword("NocturneStage")
	ContractAttribute = temporal.NewSearchAttributeKeyKeyword("NocturneContract")
)

// SearchAttributes lists their names, for setting up a namespace.
func SearchAttributes() []string {
	return []string{DatasetAttribute.GetName(), StageAttribute.GetName(), ContractAttribute.GetName()}
}

// StagesQuery is the query that answers with the []Stage of a running or
// closed workflow.
const StagesQuery = "stages"

// Stage is one line of the table that people see in the Temporal UI and on the
// command line.
type Stage struct {
	Name    string    `json:"name"`
	Table   string    `json:"table,omitempty"`
	State   string    `json:"state"`             // "running", "done", "failed", "skipped"
	Total   int64     `json:"total,omitempty"`   // rows expected; 0 = unknown
	RowsIn  int64     `json:"rows_in,omitempty"` // rows done so far
	RowsOut int64     `json:"rows_out,omitempty"`
	Note    string    `json:"note,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
}

// stages keeps the table and shows every change at once.
type stages struct {
	rows  []Stage
	title string
}

func newStages(ctx workflow.Context, title string) (*stages, error) {
	s := &stages{title: title}
	return s, workflow.SetQueryHandler(ctx, StagesQuery, func() ([]Stage, error) { return s.rows, nil })
}

// begin adds a running stage and returns its handle.
func (s *stages) begin(ctx workflow.Context, name, table string) int {
	s.rows = append(s.rows, Stage{Name: name, Table: table, State: "running", Started: workflow.Now(ctx)})
	s.show(ctx)
	if table == "" {
		// A failed upsert only leaves the list in the UI stale.
		_ = workflow.UpsertTypedSearchAttributes(ctx, StageAttribute.ValueSet(name))
	}
	return len(s.rows) - 1
}

// expect says how many rows a running stage will see.
func (s *stages) expect(i int, total int64) { s.rows[i].Total = total }

// advance counts rows of a running stage as partitions finish.
func (s *stages) advance(ctx workflow.Context, i int, in, out int64) {
	s.rows[i].RowsIn += in
	s.rows[i].RowsOut += out
	s.show(ctx)
}

// end closes a stage with its row counts, or as failed.
func (s *stages) end(ctx workflow.Context, i int, in, out int64, note string, err error) {
	r := &s.rows[i]
	r.State, r.RowsIn, r.RowsOut, r.Note, r.Ended = "done", in, out, note, workflow.Now(ctx)
	if err != nil {
		r.State, r.Note = "failed", failureType(err)
	}
	s.show(ctx)
}

// skip closes a stage that there was nothing to do in.
func (s *stages) skip(ctx workflow.Context, i int, note string) {
	r := &s.rows[i]
	r.State, r.Note, r.Ended = "skipped", note, workflow.Now(ctx)
	s.show(ctx)
}

// add appends lines that another workflow has finished.
func (s *stages) add(ctx workflow.Context, rows []Stage) {
	s.rows = append(s.rows, rows...)
	s.show(ctx)
}

func (s *stages) show(ctx workflow.Context) {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("**%s**\n\n| stage | table | state | rows in | rows out | |\n|---|---|---|---:|---:|---|\n", s.title))
	for _, r := range s.rows {
		b.WriteString(fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", r.Name, r.Table, r.State, count(r.RowsIn), count(r.RowsOut), r.Note))
	}
	workflow.SetCurrentDetails(ctx, b.String())
}

// count writes a row count with thousands separators; zero stays empty.
func count(n int64) string {
	if n == 0 {
		return ""
	}
	t := fmt.Sprint(n)
	for i := len(t) - 3; i > 0; i -= 3 {
		t = t[:i] + "," + t[i:]
	}
	return t
}
