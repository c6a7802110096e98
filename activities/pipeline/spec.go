// Package pipeline is the specification of a night: which tables are read,
// under which policy they are protected, what is learned from them, and what
// must hold before anything is published.
//
// The YAML file, its JSON Schema, the inline form in a workflow's input and the
// stored form are all this one set of types.
package pipeline

import (
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth/evaluate"
)

// Spec is one pipeline.
type Spec struct {
	// Name identifies the pipeline: lower-case letters, digits, "-", "_".
	Name        string `json:"name" yaml:"name"`
	Title       string `json:"title,omitempty" yaml:"title,omitempty"`             // shown to people; default Name
	Description string `json:"description,omitempty" yaml:"description,omitempty"` // one paragraph for the dataset card
	License     string `json:"license,omitempty" yaml:"license,omitempty"`         // SPDX or Hugging Face id, e.g. "cc-by-4.0"; default "other"
	Attribution string `json:"attribution,omitempty" yaml:"attribution,omitempty"` // source that the licence asks to name
	Seed        uint64 `json:"seed,omitempty" yaml:"seed,omitempty"`               // of every random choice that is not a secret

	Tables []Table `json:"tables" yaml:"tables"`
	// Policy is the de-identification policy: its text, or in a file the path
	// to it relative to the pipeline's own folder.
	Policy string `json:"policy" yaml:"policy"`
	// Principal is for whom the tables are written; purpose defaults to
	// "training".
	Principal anonymize.Principal `json:"principal,omitempty" yaml:"principal,omitempty"`
	// Keys names the keyset: a file, "env:NAME" or a KMS URI; empty = the
	// keyset of the store.
	Keys string `json:"keys,omitempty" yaml:"keys,omitempty"`

	Layout    Layout    `json:"layout,omitempty" yaml:"layout,omitempty"`
	Synthesis Synthesis `json:"synthesis,omitempty" yaml:"synthesis,omitempty"`
	Gate      Gate      `json:"gate,omitempty" yaml:"gate,omitempty"`
	Labels    *Labels   `json:"labels,omitempty" yaml:"labels,omitempty"`
	Schedule  *Schedule `json:"schedule,omitempty" yaml:"schedule,omitempty"`
}

// Table is one table of the night.
type Table struct {
	Name   string `json:"name" yaml:"name"` // lower-case letters, digits, "-", "_"
	Source Source `json:"source" yaml:"source"`
	// Contract is what the table promises. In a file it may be given as
	// contract_file instead; absent = inferred on the first night.
	Contract     *schemas.Contract `json:"contract,omitempty" yaml:"contract,omitempty"`
	ContractFile string            `json:"contract_file,omitempty" yaml:"contract_file,omitempty"`
	// Target is the column a model will be trained to predict; used to
	// measure utility. Empty = none.
	Target string `json:"target,omitempty" yaml:"target,omitempty"`
	// SkipTwin publishes the table de-identified only.
	SkipTwin bool `json:"skip_twin,omitempty" yaml:"skip_twin,omitempty"`
}

// Source says where rows come from: Path or Postgres.
type Source struct {
	// Path is a file, a folder of part files, or a glob; relative to the
	// pipeline's folder in a file.
	Path string `json:"path,omitempty" yaml:"path,omitempty"`
	// Postgres is "env:NAME": the environment variable of the worker that
	// holds the connection string. All tables that name the same variable are
	// read in one repeatable-read snapshot.
	Postgres string `json:"postgres,omitempty" yaml:"postgres,omitempty"`
	// Table is the table to read from Postgres, "schema.table"; default the
	// table's name.
	Table string `json:"table,omitempty" yaml:"table,omitempty"`
}

// Layout says how rows are cut up. It is part of the recipe: other values give
// other files. Partitions is not: it only spreads the work.
type Layout struct {
	// BlockRows is the unit of work and of random streams. Zero = 65,536.
	BlockRows int `json:"block_rows,omitempty" yaml:"block_rows,omitempty"`
	// ShardBlocks is how many blocks of input go to one published Parquet
	// file. Zero = 8 (524,288 rows).
	ShardBlocks int `json:"shard_blocks,omitempty" yaml:"shard_blocks,omitempty"`
	// Partitions bounds how many activities share a table's shards. Zero = one
	// activity a shard, at most 1,000.
	Partitions int `json:"partitions,omitempty" yaml:"partitions,omitempty"`
}

// Synthesis says how the twin is learned.
type Synthesis struct {
	Engine string `json:"engine,omitempty" yaml:"engine,omitempty"` // "auto" (default), "mixture"
	// Holdout is the share of rows that the model never sees and that every
	// measure is compared with. Zero = 0.2.
	Holdout float64 `json:"holdout,omitempty" yaml:"holdout,omitempty"`
	// Rows of the twin; zero = as many as the de-identified table has.
	Rows int64 `json:"rows,omitempty" yaml:"rows,omitempty"`
	// Off publishes no twins at all.
	Off bool `json:"off,omitempty" yaml:"off,omitempty"`
}

// Gate is the release policy for twins.
type Gate struct {
	// Limits on the evaluation; none given = evaluate.DefaultThresholds.
	Limits *evaluate.Thresholds `json:"limits,omitempty" yaml:"limits,omitempty"`
	// Stop fails the whole night on a refusal; otherwise the refused twin
	// alone is left out.
	Stop bool `json:"stop,omitempty" yaml:"stop,omitempty"`
}

// Labels asks people about rows.
type Labels struct {
	Queue      string   `json:"queue" yaml:"queue"`                   // name of the label queue
	Table      string   `json:"table" yaml:"table"`                   // whose rows are asked about
	Column     string   `json:"column" yaml:"column"`                 // name of the label column in the published table
	Hide       []string `json:"hide,omitempty" yaml:"hide,omitempty"` // columns not shown to annotators nor to the learner
	Choices    []string `json:"choices" yaml:"choices"`               // labels to choose from
	Guidelines string   `json:"guidelines,omitempty" yaml:"guidelines,omitempty"`
	// Budget is how many rows are asked about in all. Zero = 100.
	Budget int `json:"budget,omitempty" yaml:"budget,omitempty"`
	// Batch is how many rows are chosen between two fits of the learner.
	// Zero = a quarter of the budget.
	Batch int `json:"batch,omitempty" yaml:"batch,omitempty"`
	// Random is the share of each batch drawn at random as control. Zero =
	// 0.2.
	Random float64 `json:"random,omitempty" yaml:"random,omitempty"`
	// Overlap is how many annotators answer one row. Zero = 1.
	Overlap int `json:"overlap,omitempty" yaml:"overlap,omitempty"`
	// Open is how many further rows stay in the queue for people after the
	// night. Zero = 0.
	Open int `json:"open,omitempty" yaml:"open,omitempty"`
	// Wait bounds how long the night waits for answers, e.g. "10m". What is
	// not answered by then is left for the next night. Zero = do not wait.
	Wait string `json:"wait,omitempty" yaml:"wait,omitempty"`
	// Scripted annotators answer in people's place, for demonstrations and
	// tests: they know Truth and err now and then.
	Scripted *Scripted `json:"scripted,omitempty" yaml:"scripted,omitempty"`
}

// Scripted describes annotators that are programs.
type Scripted struct {
	Annotators int     `json:"annotators" yaml:"annotators"` // how many; each answers every task
	Accuracy   float64 `json:"accuracy" yaml:"accuracy"`     // 0..1, of each
	Truth      string  `json:"truth" yaml:"truth"`           // column of the de-identified table that holds the right label
}

// Schedule says when the night runs.
type Schedule struct {
	At       string `json:"at" yaml:"at"`               // "02:00"
	TimeZone string `json:"time_zone" yaml:"time_zone"` // IANA name, always explicit
	Paused   bool   `json:"paused,omitempty" yaml:"paused,omitempty"`
}
