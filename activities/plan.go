package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/store"
)

// planVersion is raised when the specification's meaning changes.
const planVersion = 1

// PipelineKey is where the stored form of a pipeline lies.
func PipelineKey(name string) string { return "pipelines/" + name + ".json" }

// Plan fixes the specification of a night and takes hold of its pipeline: two
// nights of one pipeline at once would race for the dataset's pointer.
func (a *Activities) Plan(ctx context.Context, in PlanInput) (Plan, error) {
	var out Plan
	err := a.run(ctx, "plan", &meter{stage: "plan"}, func(ctx context.Context) error {
		s, err := a.resolve(ctx, in)
		if err != nil {
			return err
		}
		// Recorded first: Sweep then knows the run whatever happens to it.
		if err := a.Store.PutJSON(ctx, runRecordKey(s.Name, in.Run), hold{Night: in.Night, Run: in.Run, Since: in.At}); err != nil {
			return err
		}
		if out, err = a.plan(ctx, s, in); err != nil {
			return err
		}
		return a.holdPipeline(ctx, s.Name, in)
	})
	return out, err
}

func (a *Activities) resolve(ctx context.Context, in PlanInput) (pipeline.Spec, error) {
	if in.Spec != nil {
		s := in.Spec.WithDefaults()
		return s, s.Validate()
	}
	var s pipeline.Spec
	err := a.Store.GetJSON(ctx, PipelineKey(in.Pipeline), &s)
	if errors.Is(err, store.ErrNotFound) {
		return s, fail(InvalidSpec, fmt.Errorf("no pipeline is stored under the name %q: store it with `nocturne apply FILE`; a valid input is %s", in.Pipeline, pipeline.Example))
	}
	if err != nil {
		return s, err
	}
	s = s.WithDefaults()
	return s, s.Validate()
}

func (a *Activities) plan(ctx context.Context, s pipeline.Spec, in PlanInput) (Plan, error) {
	tables, err := order(s)
	if err != nil {
		return Plan{}, err
	}
	date, err := dataDate(s, in)
	if err != nil {
		return Plan{}, err
	}
	m, _, err := a.Store.Build(ctx, store.Recipe{Step: "plan", Version: planVersion, Spec: s}, func(ctx context.Context, d *store.Draft) error {
		return writeJSON(ctx, d, "spec.json", s)
	})
	if err != nil {
		return Plan{}, err
	}
	out := Plan{
		Ref: m.Ref(), Name: s.Name, Date: date, Night: in.Night, Run: in.Run, Tables: tables, Ingests: ingests(s),
		Layout: s.Layout, Twins: !s.Synthesis.Off, Stop: s.Gate.Stop,
	}
	if l := s.Labels; l != nil {
		wait, err := l.WaitTime()
		if err != nil {
			return Plan{}, fail(InvalidSpec, err)
		}
		out.Labels = &PlannedLabels{Queue: l.Queue, Table: l.Table, Rounds: (l.Budget + l.Batch - 1) / l.Batch, WaitSeconds: int(wait.Seconds())}
		if l.Scripted != nil {
			out.Labels.Annotators = l.Scripted.Annotators
		}
	}
	return out, nil
}

// dataDate is the day whose data the night is about.
func dataDate(s pipeline.Spec, in PlanInput) (string, error) {
	if in.Date != "" {
		if _, err := time.Parse(time.DateOnly, in.Date); err != nil {
			return "", fail(InvalidSpec, errors.New("date must have the form 2026-11-24"))
		}
		return in.Date, nil
	}
	zone := time.UTC
	if s.Schedule != nil {
		var err error
		if zone, err = time.LoadLocation(s.Schedule.TimeZone); err != nil {
			return "", fail(InvalidSpec, err)
		}
	}
	return in.At.In(zone).Format(time.DateOnly), nil
}

// order lists the tables parents first, otherwise as they are written.
func order(s pipeline.Spec) ([]PlannedTable, error) {
	var out []PlannedTable
	done, open := map[string]bool{}, map[string]bool{}
	var visit func(t pipeline.Table) error
	visit = func(t pipeline.Table) error {
		if done[t.Name] {
			return nil
		}
		if open[t.Name] {
			return fail(InvalidSpec, fmt.Errorf("tables: the foreign keys of table %s lead back to it", t.Name))
		}
		open[t.Name] = true
		p := PlannedTable{Name: t.Name, Twin: !t.SkipTwin && !s.Synthesis.Off}
		if t.Contract != nil {
			for _, fk := range t.Contract.ForeignKeys {
				parent, ok := s.Table(fk.Table)
				if !ok {
					return fail(InvalidSpec, fmt.Errorf("table %s refers to table %q, which is not in the pipeline", t.Name, fk.Table))
				}
				if fk.Table == t.Name || slices.Contains(p.Parents, fk.Table) {
					continue // a self-reference orders nothing
				}
				if err := visit(parent); err != nil {
					return err
				}
				p.Parents = append(p.Parents, fk.Table)
			}
		}
		done[t.Name] = true
		out = append(out, p)
		return nil
	}
	for _, t := range s.Tables {
		if err := visit(t); err != nil {
			return nil, err
		}
	}
	return out, checkFamilies(out)
}

// checkFamilies refuses twins that this version cannot learn: a table with one
// table that refers to it is a family, more than that is not.
func checkFamilies(tables []PlannedTable) error {
	twin := map[string]bool{}
	children := map[string][]string{}
	for _, t := range tables {
		twin[t.Name] = t.Twin
	}
	for _, t := range tables {
		for _, p := range t.Parents {
			if !t.Twin || !twin[p] {
				continue
			}
			children[p] = append(children[p], t.Name)
			if len(children[p]) > 1 || len(t.Parents) > 1 || len(children[t.Name]) > 0 || grandchild(tables, p, twin) {
				return fail(InvalidSpec, fmt.Errorf("tables: twins of more than two tables that refer to each other are not learned yet (%s and %v): set skip_twin on all but one of the referring tables", p, children[p]))
			}
		}
	}
	return nil
}

// grandchild tells whether a table with a twin refers to another one.
func grandchild(tables []PlannedTable, name string, twin map[string]bool) bool {
	for _, t := range tables {
		if t.Name == name {
			return slices.ContainsFunc(t.Parents, func(p string) bool { return twin[p] })
		}
	}
	return false
}

// ingests groups the tables of one database; files are read one by one.
func ingests(s pipeline.Spec) [][]string {
	var out [][]string
	at := map[string]int{}
	for _, t := range s.Tables {
		if t.Source.Postgres == "" {
			out = append(out, []string{t.Name})
			continue
		}
		g, ok := at[t.Source.Postgres]
		if !ok {
			g = len(out)
			at[t.Source.Postgres] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], t.Name)
	}
	return out
}
