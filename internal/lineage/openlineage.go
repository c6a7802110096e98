package lineage

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The events of a run. A run emits one Start and then one Complete or Fail.
const (
	Start    = "START"
	Complete = "COMPLETE"
	Fail     = "FAIL"
	Abort    = "ABORT"
)

// openLineage is the base of the versioned schema addresses of OpenLineage.
const openLineage = "https://openlineage.io/spec/"

// Event is one OpenLineage RunEvent (spec 2-0-2).
type Event struct {
	Type     string    // Start, Complete, Fail or Abort; required
	Time     time.Time // when it happened; required
	Producer string    // URI of the program that emits, with its version; required
	Run      Run
	Job      Job
	Inputs   []EventDataset
	Outputs  []EventDataset
}

// Run is one execution of a job.
type Run struct {
	ID string // UUID; required. Temporal's run id is one; stages use StageRunID.
	// Parent is the run that this one is a stage of; nil = none.
	Parent *RunRef
	// NominalStart and NominalEnd are the scheduled time and the one after;
	// zero = not scheduled.
	NominalStart, NominalEnd time.Time
	// Error says why a Fail happened; it must hold no data value.
	Error string
}

// RunRef names a run of a job.
type RunRef struct {
	RunID     string
	Namespace string
	Name      string
}

// Job names what runs.
type Job struct {
	Namespace string // "nocturne"; required
	Name      string // "census.deidentify"; required
}

// EventDataset is one input or output.
type EventDataset struct {
	Namespace string // "file", "s3://bucket", "postgres://host:port"; required
	Name      string // required
	// Schema lists the columns; nil = not said.
	Schema []SchemaField
	// Columns says where the columns of an output come from.
	Columns []ColumnLineage
	// Statistics of an output; nil = not said.
	Statistics *OutputStatistics
	// Assertions are the checks of an input and how they ended.
	Assertions []Assertion
}

// SchemaField is one column.
type SchemaField struct {
	Name        string
	Type        string // as the producer writes types
	Description string
}

// ColumnLineage tells which input columns an output column is made of.
type ColumnLineage struct {
	Field  string
	Inputs []InputField
}

// InputField is one input column of an output column.
type InputField struct {
	Namespace string
	Name      string
	Field     string
	// Subtype is IDENTITY, TRANSFORMATION or AGGREGATION for values that flow
	// into the output; FILTER, JOIN, SORT, GROUP_BY, WINDOW or CONDITIONAL for
	// those that only steer it.
	Subtype     string
	Description string // "keyed pseudonym (HMAC-SHA-256)"
	Masking     bool   // whether the output no longer shows the input's values
}

// OutputStatistics counts what was written.
type OutputStatistics struct {
	Rows  int64
	Bytes int64
	Files int64
}

// Assertion is one check of an input.
type Assertion struct {
	Assertion string // "not_null", "unique", "range", "set", "pattern", "foreign_key", ...
	Column    string // empty = about the whole table
	Success   bool
}

var uuidText = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// StageRunID derives the run id of a stage from the run id of its parent: the
// UUID of version 5 (RFC 9562) of the stage's name in the parent's namespace. So
// a retried stage keeps its id. A parent that is no UUID gives an error.
func StageRunID(parent, stage string) (string, error) {
	space, err := hex.DecodeString(strings.ReplaceAll(parent, "-", ""))
	if !uuidText.MatchString(parent) || err != nil {
		return "", fmt.Errorf("lineage: parent run id is not a lower-case UUID")
	}
	sum := sha1.Sum(append(space, stage...))
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id)
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-"), nil
}

func (e Event) check() (gaps []string) {
	need := func(ok bool, say string) {
		if !ok {
			gaps = append(gaps, say)
		}
	}
	switch e.Type {
	case Start, Complete, Fail, Abort:
	default:
		gaps = append(gaps, "type: must be START, COMPLETE, FAIL or ABORT")
	}
	need(!e.Time.IsZero(), "time: is not set")
	need(strings.Contains(e.Producer, "://"), "producer: must be a URI")
	need(uuidText.MatchString(e.Run.ID), "run id: must be a lower-case UUID")
	need(e.Run.Error == "" || e.Type == Fail || e.Type == Abort, "error: belongs to FAIL and ABORT")
	need(e.Job.Namespace != "" && e.Job.Name != "", "job: needs namespace and name")
	if p := e.Run.Parent; p != nil {
		need(uuidText.MatchString(p.RunID) && p.Namespace != "" && p.Name != "", "parent: needs run id, namespace and name")
	}
	for _, d := range e.Inputs {
		need(d.Namespace != "" && d.Name != "", "input: needs namespace and name")
		need(d.Columns == nil && d.Statistics == nil, "input "+d.Name+": column lineage and statistics belong to outputs")
	}
	for _, d := range e.Outputs {
		need(d.Namespace != "" && d.Name != "", "output: needs namespace and name")
		seen := map[string]bool{}
		for _, c := range d.Columns {
			need(c.Field != "" && !seen[c.Field], "output "+d.Name+": lineage of column "+c.Field+": is unnamed or listed twice")
			seen[c.Field] = true
			for _, in := range c.Inputs {
				need(in.Namespace != "" && in.Name != "" && in.Field != "" && in.Subtype != "", "output "+d.Name+": lineage of column "+c.Field+": an input needs namespace, name, field and subtype")
			}
		}
		need(d.Assertions == nil, "output "+d.Name+": assertions belong to inputs")
	}
	return gaps
}

// MarshalEvent writes the event as one line of JSON without a line break, so
// that events can be appended to a log or posted.
func MarshalEvent(e Event) ([]byte, error) {
	if err := incomplete("OpenLineage event", e.check()); err != nil {
		return nil, err
	}
	run := object{{"runId", e.Run.ID}}
	if f := e.runFacets(); f != nil {
		run = append(run, member{"facets", f})
	}
	out, err := object{
		{"eventType", e.Type},
		{"eventTime", instant(e.Time)},
		{"run", run},
		{"job", object{{"namespace", e.Job.Namespace}, {"name", e.Job.Name}}},
		{"inputs", e.datasets(e.Inputs)},
		{"outputs", e.datasets(e.Outputs)},
		{"producer", e.Producer},
		{"schemaURL", openLineage + "2-0-2/OpenLineage.json#/$defs/RunEvent"},
	}.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("lineage: OpenLineage event: %w", err)
	}
	return out, nil
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// facet opens a facet of a published version.
func (e Event) facet(version, name string) object {
	return object{{"_producer", e.Producer}, {"_schemaURL", openLineage + "facets/" + version + "/" + name + ".json#/$defs/" + name}}
}

func (e Event) runFacets() (out object) {
	if p := e.Run.Parent; p != nil {
		out = append(out, member{"parent", append(e.facet("1-2-0", "ParentRunFacet"),
			member{"run", object{{"runId", p.RunID}}}, member{"job", object{{"namespace", p.Namespace}, {"name", p.Name}}})})
	}
	if !e.Run.NominalStart.IsZero() {
		f := append(e.facet("1-0-1", "NominalTimeRunFacet"), member{"nominalStartTime", instant(e.Run.NominalStart)})
		if !e.Run.NominalEnd.IsZero() {
			f = append(f, member{"nominalEndTime", instant(e.Run.NominalEnd)})
		}
		out = append(out, member{"nominalTime", f})
	}
	if e.Run.Error != "" {
		out = append(out, member{"errorMessage", append(e.facet("1-0-1", "ErrorMessageRunFacet"),
			member{"message", e.Run.Error}, member{"programmingLanguage", "Go"})})
	}
	return out
}

func (e Event) datasets(in []EventDataset) []object {
	out := make([]object, 0, len(in))
	for _, d := range in {
		o := object{{"namespace", d.Namespace}, {"name", d.Name}}
		if f := e.datasetFacets(d); f != nil {
			o = append(o, member{"facets", f})
		}
		if d.Assertions != nil {
			var list []object
			for _, a := range d.Assertions {
				one := object{{"assertion", a.Assertion}, {"success", a.Success}}
				if a.Column != "" {
					one = append(one, member{"column", a.Column})
				}
				list = append(list, one)
			}
			o = append(o, member{"inputFacets", object{{"dataQualityAssertions", append(e.facet("1-1-0", "DataQualityAssertionsDatasetFacet"), member{"assertions", list})}}})
		}
		if s := d.Statistics; s != nil {
			o = append(o, member{"outputFacets", object{{"outputStatistics", append(e.facet("1-0-2", "OutputStatisticsOutputDatasetFacet"),
				member{"rowCount", s.Rows}, member{"size", s.Bytes}, member{"fileCount", s.Files})}}})
		}
		out = append(out, o)
	}
	return out
}

func (e Event) datasetFacets(d EventDataset) (out object) {
	if d.Schema != nil {
		var fields []object
		for _, f := range d.Schema {
			one := object{{"name", f.Name}, {"type", f.Type}}
			if f.Description != "" {
				one = append(one, member{"description", f.Description})
			}
			fields = append(fields, one)
		}
		out = append(out, member{"schema", append(e.facet("1-2-0", "SchemaDatasetFacet"), member{"fields", fields})})
	}
	if d.Columns != nil {
		fields := object{}
		for _, c := range d.Columns {
			inputs := make([]object, 0, len(c.Inputs))
			for _, in := range c.Inputs {
				inputs = append(inputs, in.object())
			}
			fields = append(fields, member{c.Field, object{{"inputFields", inputs}}})
		}
		out = append(out, member{"columnLineage", append(e.facet("1-2-0", "ColumnLineageDatasetFacet"), member{"fields", fields})})
	}
	return out
}

func (in InputField) object() object {
	kind := "INDIRECT"
	switch in.Subtype {
	case "IDENTITY", "TRANSFORMATION", "AGGREGATION":
		kind = "DIRECT"
	}
	t := object{{"type", kind}, {"subtype", in.Subtype}}
	if in.Description != "" {
		t = append(t, member{"description", in.Description})
	}
	t = append(t, member{"masking", in.Masking})
	return object{{"namespace", in.Namespace}, {"name", in.Name}, {"field", in.Field}, {"transformations", []object{t}}}
}
