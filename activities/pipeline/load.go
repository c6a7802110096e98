package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/synth/evaluate"
)

// ErrInvalid is matched by every error about a specification that cannot be
// run as it is. Trying again does not help.
var ErrInvalid = errors.New("invalid pipeline")

// Example is a minimal valid inline specification, shown with errors about
// input that does not decode.
const Example = `{"pipeline":"census"}`

// Load reads a pipeline file and everything it points to: the result stands
// alone, with contracts and policy inside and paths made absolute.
func Load(path string) (Spec, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Spec{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	var s Spec
	if err := strictYAML(data, &s); err != nil {
		return Spec{}, fmt.Errorf("%w: %s: %w", ErrInvalid, path, err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Spec{}, err
	}
	within := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(dir, p)
	}
	if s.Policy != "" && !strings.Contains(s.Policy, "\n") {
		text, err := os.ReadFile(within(s.Policy))
		if err != nil {
			return Spec{}, fmt.Errorf("%w: %s: policy: %w", ErrInvalid, path, err)
		}
		s.Policy = string(text)
	}
	if s.Keys != "" && !strings.Contains(s.Keys, ":") {
		s.Keys = within(s.Keys)
	}
	for i := range s.Tables {
		t := &s.Tables[i]
		t.Source.Path = within(t.Source.Path)
		if t.ContractFile == "" {
			continue
		}
		if t.Contract != nil {
			return Spec{}, fmt.Errorf("%w: %s: table %s has both contract and contract_file", ErrInvalid, path, t.Name)
		}
		file := within(t.ContractFile)
		text, err := os.ReadFile(file)
		if err != nil {
			return Spec{}, fmt.Errorf("%w: %s: table %s: contract: %w", ErrInvalid, path, t.Name, err)
		}
		var c schemas.Contract
		if err := strictYAML(text, &c); err != nil {
			return Spec{}, fmt.Errorf("%w: %s: %w", ErrInvalid, file, err)
		}
		t.Contract, t.ContractFile = &c, ""
	}
	s = s.WithDefaults()
	if err := s.Validate(); err != nil {
		return Spec{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// strictYAML refuses unknown fields. It turns a panic of the YAML library, which
// some malformed files cause, into an error.
func strictYAML(data []byte, v any) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("not well-formed YAML")
		}
	}()
	err = yaml.UnmarshalWithOptions(data, v, yaml.Strict())
	if err != nil {
		// The library's pretty form quotes the file; a pipeline holds no data
		// rows, so that is help and not a leak.
		return errors.New(yaml.FormatError(err, false, true))
	}
	return nil
}

// Decode reads an inline specification as JSON, refusing unknown fields.
func Decode(data []byte) (Spec, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var s Spec
	if err := dec.Decode(&s); err != nil {
		return Spec{}, fmt.Errorf("%w: %w; for example %s", ErrInvalid, err, Example)
	}
	s = s.WithDefaults()
	return s, s.Validate()
}

// WithDefaults returns a copy with every zero value replaced by its default.
func (s Spec) WithDefaults() Spec {
	set := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	share := func(p *float64, v float64) {
		if *p == 0 {
			*p = v
		}
	}
	text := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	text(&s.Title, s.Name)
	text(&s.License, "other")
	text(&s.Principal.Purpose, "training")
	set(&s.Layout.BlockRows, 65536)
	set(&s.Layout.ShardBlocks, 8)
	text(&s.Synthesis.Engine, "auto")
	share(&s.Synthesis.Holdout, 0.2)
	if s.Gate.Limits == nil {
		t := evaluate.DefaultThresholds()
		s.Gate.Limits = &t
	}
	if s.Labels != nil {
		l := *s.Labels
		set(&l.Budget, 100)
		set(&l.Batch, max(1, l.Budget/4))
		share(&l.Random, 0.2)
		set(&l.Overlap, 1)
		text(&l.Column, "label")
		s.Labels = &l
	}
	s.Tables = append([]Table(nil), s.Tables...)
	for i := range s.Tables {
		if s.Tables[i].Source.Postgres != "" {
			text(&s.Tables[i].Source.Table, s.Tables[i].Name)
		}
	}
	return s
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// Validate reports every fault of the specification that can be seen without
// opening a source.
func (s Spec) Validate() error {
	var faults []error
	fault := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if !nameForm.MatchString(s.Name) {
		fault("name: must be 1 to 63 lower-case letters, digits, - or _")
	}
	if len(s.Tables) == 0 {
		fault("tables: at least one is needed")
	}
	if strings.TrimSpace(s.Policy) == "" {
		fault("policy: missing; `nocturne policy draft` writes a first one")
	} else if err := s.checkPolicy(); err != nil {
		fault("policy: %w", err)
	}
	seen := map[string]bool{}
	for i, t := range s.Tables {
		at := fmt.Sprintf("tables[%d]", i)
		if !nameForm.MatchString(t.Name) {
			fault("%s.name: must be 1 to 63 lower-case letters, digits, - or _", at)
		}
		if seen[t.Name] {
			fault("%s.name: used twice", at)
		}
		seen[t.Name] = true
		if (t.Source.Path == "") == (t.Source.Postgres == "") {
			fault("%s.source: exactly one of path and postgres is needed", at)
		}
		if t.Source.Postgres != "" && !strings.HasPrefix(t.Source.Postgres, "env:") {
			fault("%s.source.postgres: must be env:NAME, so that no password stands in a file", at)
		}
		if t.ContractFile != "" {
			fault("%s.contract_file: only allowed in a pipeline file", at)
		}
	}
	for _, t := range s.Tables {
		if t.Contract == nil {
			continue
		}
		for _, fk := range t.Contract.ForeignKeys {
			if !seen[fk.Table] {
				fault("table %s: foreign key refers to table %q, which is not in the pipeline", t.Name, fk.Table)
			}
		}
	}
	if s.Layout.BlockRows < 16 || s.Layout.ShardBlocks < 1 || s.Layout.Partitions < 0 || s.Layout.Partitions > 1000 {
		fault("layout: block_rows must be at least 16, shard_blocks at least 1, partitions 0 to 1000")
	}
	if s.Synthesis.Holdout < 0.01 || s.Synthesis.Holdout > 0.9 {
		fault("synthesis.holdout: must be 0.01 to 0.9")
	}
	if s.Synthesis.Rows < 0 {
		fault("synthesis.rows: must not be negative")
	}
	if s.Labels != nil {
		faults = append(faults, s.Labels.faults(seen)...)
	}
	if s.Schedule != nil {
		if _, err := time.Parse("15:04", s.Schedule.At); err != nil {
			fault(`schedule.at: must be a time of day such as "02:00"`)
		}
		if _, err := time.LoadLocation(s.Schedule.TimeZone); err != nil || s.Schedule.TimeZone == "" {
			fault(`schedule.time_zone: must be an IANA name such as "Europe/Berlin"`)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalid, errors.Join(faults...))
}

// checkPolicy compiles the policy and, where the contracts of all tables are
// given, looks for the columns that its rules name.
func (s Spec) checkPolicy() error {
	policy, err := anonymize.ParsePolicy([]byte(s.Policy))
	if err != nil {
		return err
	}
	contracts := make([]schemas.Contract, len(s.Tables))
	for i, t := range s.Tables {
		if t.Contract == nil {
			return nil
		}
		contracts[i] = *t.Contract
	}
	return anonymize.CheckColumns(policy, contracts)
}

func (l Labels) faults(tables map[string]bool) (faults []error) {
	fault := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if !nameForm.MatchString(l.Queue) {
		fault("labels.queue: must be 1 to 63 lower-case letters, digits, - or _")
	}
	if !tables[l.Table] {
		fault("labels.table: no table of this name in the pipeline")
	}
	if len(l.Choices) < 2 {
		fault("labels.choices: at least two are needed")
	}
	if l.Budget < 0 || l.Budget > 5000 || l.Batch < 1 || l.Open < 0 || l.Open > 1000 {
		fault("labels: budget must be 1 to 5000, batch at least 1, open 0 to 1000")
	}
	if l.Random < 0 || l.Random > 1 {
		fault("labels.random: must be 0 to 1")
	}
	if l.Overlap < 1 || l.Overlap > 20 {
		fault("labels.overlap: must be 1 to 20")
	}
	if _, err := l.WaitTime(); err != nil {
		fault(`labels.wait: must be a duration such as "10m"`)
	}
	if sc := l.Scripted; sc != nil && (sc.Annotators < 1 || sc.Annotators > 20 || sc.Accuracy < 0 || sc.Accuracy > 1 || sc.Truth == "") {
		fault("labels.scripted: annotators 1 to 20, accuracy 0 to 1 and truth are needed")
	}
	return faults
}

// WaitTime is how long the night waits for answers.
func (l Labels) WaitTime() (time.Duration, error) {
	if l.Wait == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(l.Wait)
	if err == nil && d < 0 {
		err = errors.New("negative")
	}
	return d, err
}

// Table returns the table called name.
func (s Spec) Table(name string) (Table, bool) {
	for _, t := range s.Tables {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}

// JSONSchema is the schema of the pipeline file, for editors.
func JSONSchema() ([]byte, error) {
	r := &jsonschema.Reflector{ExpandedStruct: true, DoNotReference: false}
	return json.MarshalIndent(r.Reflect(&Spec{}), "", "  ")
}
