package activities

import (
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/store"
)

// The types below cross the workflow boundary: references, counts and names,
// never rows. Each stays far below 64 KiB whatever the table's size; lists are
// bounded by the number of tables in a pipeline.

// PlanInput asks for a night's plan.
type PlanInput struct {
	Pipeline string         `json:"pipeline,omitempty"` // stored pipeline to run
	Spec     *pipeline.Spec `json:"spec,omitempty"`     // or an inline one
	Date     string         `json:"date,omitempty"`     // data date, YYYY-MM-DD; empty = the day of At
	At       time.Time      `json:"at"`                 // nominal start; its day in the schedule's time zone is the data date
	Night    string         `json:"night"`              // workflow id of the night
	Run      string         `json:"run"`                // its first run id
}

// Plan is a night that can be run: the specification is fixed and stored.
type Plan struct {
	Ref    store.Ref      `json:"ref"` // artifact with the specification
	Name   string         `json:"name"`
	Date   string         `json:"date"`
	Night  string         `json:"night"` // workflow id
	Run    string         `json:"run"`   // its first run id
	Tables []PlannedTable `json:"tables"`
	// Ingests groups tables that must be read together, by name.
	Ingests [][]string      `json:"ingests"`
	Labels  *PlannedLabels  `json:"labels,omitempty"`
	Layout  pipeline.Layout `json:"layout"`
	Twins   bool            `json:"twins"` // whether twins are learned
	Stop    bool            `json:"stop"`  // whether a refused twin fails the night
}

// Shards is how many published files a table of so many rows makes; an empty
// table still makes one.
func (p Plan) Shards(rows int64) int {
	per := int64(p.Layout.BlockRows) * int64(p.Layout.ShardBlocks)
	return int(max(1, (rows+per-1)/per))
}

// Partitions is how many activities share that many shards.
func (p Plan) Partitions(shards int) int {
	if p.Layout.Partitions > 0 {
		return min(p.Layout.Partitions, shards)
	}
	return min(shards, 1000)
}

// PlannedTable is what a workflow must know to order the work on a table.
type PlannedTable struct {
	Name    string   `json:"name"`
	Parents []string `json:"parents,omitempty"` // tables its foreign keys refer to
	Twin    bool     `json:"twin"`
}

// PlannedLabels is what a workflow must know to order the label stage.
type PlannedLabels struct {
	Queue       string `json:"queue"`
	Table       string `json:"table"`
	Rounds      int    `json:"rounds"`
	Annotators  int    `json:"annotators"`   // scripted ones
	WaitSeconds int    `json:"wait_seconds"` // for people
}

// TableInput names a table of a plan.
type TableInput struct {
	Plan  Plan   `json:"plan"`
	Table string `json:"table"`
}

// Snapshot is a table as it was read tonight: a file read in place, or sealed
// blocks copied from a source that cannot be read twice.
type Snapshot struct {
	Table  string       `json:"table"`
	Rows   int64        `json:"rows"`
	Digest store.Digest `json:"digest"` // content digest; equal content, equal digest
	Bytes  int64        `json:"bytes"`
	// Stamp tells whether files read in place are still the same.
	Stamp string `json:"stamp,omitempty"`
	// Copy is the artifact of sealed blocks; empty = read in place.
	Copy *store.Ref `json:"copy,omitempty"`
}

// IngestInput asks for snapshots of tables that are read together.
type IngestInput struct {
	Plan   Plan     `json:"plan"`
	Tables []string `json:"tables"`
}

// IngestResult holds one snapshot a table, in the order asked for.
type IngestResult struct {
	Snapshots []Snapshot `json:"snapshots"`
}

// DetectInput asks what the columns of a snapshot mean.
type DetectInput struct {
	Plan     Plan     `json:"plan"`
	Snapshot Snapshot `json:"snapshot"`
}

// DetectResult refers to the detection report.
type DetectResult struct {
	Report  store.Ref `json:"report"`
	Columns int       `json:"columns"`
	Unsure  int       `json:"unsure"` // columns to ask people about
}

// DecideInput asks for the decision on every column.
type DecideInput struct {
	Plan     Plan      `json:"plan"`
	Snapshot Snapshot  `json:"snapshot"`
	Report   store.Ref `json:"report"`
}

// DecideResult refers to the contract in force and the decisions under it.
type DecideResult struct {
	Decision   store.Ref `json:"decision"`
	Protected  int       `json:"protected"`  // columns changed
	Suppressed int       `json:"suppressed"` // columns suppressed
	Kept       int       `json:"kept"`
}

// CheckInput asks for the rows that break a key of the contract.
type CheckInput struct {
	Plan     Plan       `json:"plan"`
	Snapshot Snapshot   `json:"snapshot"`
	Decision store.Ref  `json:"decision"`
	Parents  []Snapshot `json:"parents,omitempty"` // of the tables that foreign keys refer to
}

// CheckResult refers to the row positions that break a key.
type CheckResult struct {
	Broken     store.Ref `json:"broken"`
	Duplicates int64     `json:"duplicates"`
}

// ProtectInput asks for shards First to Last-1 of a table, de-identified.
type ProtectInput struct {
	Plan     Plan      `json:"plan"`
	Snapshot Snapshot  `json:"snapshot"`
	Decision store.Ref `json:"decision"`
	Broken   store.Ref `json:"broken"`
	First    int       `json:"first"`
	Last     int       `json:"last"`
}

// ProtectResult counts what happened to the rows of some shards.
type ProtectResult struct {
	RowsIn      int64 `json:"rows_in"`
	RowsOut     int64 `json:"rows_out"`
	Quarantined int64 `json:"quarantined"`
}

// AssembleInput asks for the table made of all shards.
type AssembleInput struct {
	Plan     Plan      `json:"plan"`
	Snapshot Snapshot  `json:"snapshot"`
	Decision store.Ref `json:"decision"`
	Broken   store.Ref `json:"broken"`
	Shards   int       `json:"shards"`
}

// Protected is a de-identified table: an artifact that lists its shards.
type Protected struct {
	Table       string    `json:"table"`
	Ref         store.Ref `json:"ref,omitzero"`
	Decision    store.Ref `json:"decision,omitzero"`
	Report      store.Ref `json:"report,omitzero"`
	Values      store.Ref `json:"values,omitzero"` // index of the values that must be gone
	RowsIn      int64     `json:"rows_in"`
	RowsOut     int64     `json:"rows_out"`
	Quarantined int64     `json:"quarantined"`
	Shards      int       `json:"shards"`
	How         []string  `json:"how,omitempty"` // "3 pseudonym", "1 mask", ...
}

// ProveInput asks whether shards First to Last-1 still hold protected values.
type ProveInput struct {
	Plan      Plan      `json:"plan"`
	Protected Protected `json:"protected"`
	First     int       `json:"first"`
	Last      int       `json:"last"`
}

// ProveResult counts what the proof looked at. A hit is an error, not a result.
type ProveResult struct {
	Rows        int64 `json:"rows"`
	Cells       int64 `json:"cells"`
	FalseAlarms int64 `json:"false_alarms"`
	Values      int64 `json:"values"`
}

// FitInput asks for the models of a family: a table and the tables that refer
// to it.
type FitInput struct {
	Plan   Plan        `json:"plan"`
	Tables []Protected `json:"tables"` // parent first
}

// FitResult refers to the models, one artifact for the family.
type FitResult struct {
	Models store.Ref `json:"models"`
	Engine string    `json:"engine"`
	Rows   int64     `json:"rows"` // rows learned from
}

// SampleInput asks for the twins of a family.
type SampleInput struct {
	Plan   Plan        `json:"plan"`
	Tables []Protected `json:"tables"`
	Models store.Ref   `json:"models"`
}

// SampleResult holds one twin a table, in the family's order.
type SampleResult struct {
	Twins []Twin `json:"twins"`
}

// Twin is a synthetic table.
type Twin struct {
	Table string    `json:"table"`
	Ref   store.Ref `json:"ref"`
	Rows  int64     `json:"rows"`
}

// EvaluateInput asks how faithful and how private a twin is.
type EvaluateInput struct {
	Plan      Plan      `json:"plan"`
	Protected Protected `json:"protected"`
	Twin      Twin      `json:"twin"`
}

// Evaluation refers to the report on a twin and says whether the release policy
// lets it out.
type Evaluation struct {
	Table   string    `json:"table"`
	Report  store.Ref `json:"report,omitzero"`
	Verdict string    `json:"verdict,omitempty"`
	Figures []Figure  `json:"figures,omitempty"`
	Refused []string  `json:"refused,omitempty"` // reasons; none = released
}

// Figure is one measured number beside its ceiling: the same number with the
// real holdout in the twin's place.
type Figure struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Ceiling float64 `json:"ceiling"`
}

// CleanInput ends a night: its snapshots, its run key and its hold on the
// pipeline go.
type CleanInput struct {
	Plan    Plan   `json:"plan"`
	Outcome string `json:"outcome"` // "done" or the type of the failure
}

// AskColumnsInput asks people about columns that detection is unsure of.
type AskColumnsInput struct {
	Plan   Plan      `json:"plan"`
	Table  string    `json:"table"`
	Report store.Ref `json:"report"`
}

// LabelInput asks for one round of labels on a table.
type LabelInput struct {
	Plan      Plan      `json:"plan"`
	Protected Protected `json:"protected"`
	Round     int       `json:"round"`
	Annotator int       `json:"annotator"` // scripted one, from 1
}

// LabelProgress counts a queue's tasks and answers.
type LabelProgress struct {
	Queue    string `json:"queue"`
	Asked    int    `json:"asked"`
	Answered int    `json:"answered"`
	Open     int    `json:"open"`
}

// CollectLabelsResult refers to the consensus labels of a table.
type CollectLabelsResult struct {
	Labels   store.Ref     `json:"labels"`
	Rows     int           `json:"rows"`
	Progress LabelProgress `json:"progress"`
}

// PublishInput asks for a new version of the dataset.
type PublishInput struct {
	Plan        Plan          `json:"plan"`
	Protected   []Protected   `json:"protected"`
	Proofs      []ProveResult `json:"proofs"`
	Twins       []Twin        `json:"twins"`
	Evaluations []Evaluation  `json:"evaluations"`
	Labels      *store.Ref    `json:"labels,omitempty"`
	LabelCounts LabelProgress `json:"label_counts"`
	Engine      string        `json:"engine,omitempty"`
}

// Published is the new version.
type Published struct {
	Dataset string    `json:"dataset"`
	Version string    `json:"version"`
	Ref     store.Ref `json:"ref"`
	Path    string    `json:"path"` // key of the version's folder in the store
	Files   int       `json:"files"`
	Bytes   int64     `json:"bytes"`
}
