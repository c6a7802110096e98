package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/schemas"
)

const decideVersion = 1

// A decision artifact holds contract.json (the contract in force, answers of
// people included), output.json (what the de-identified table promises) and
// decisions.json (what happens to each column, and why).

// decided is its statistics.
type decided struct {
	Policy     string         `json:"policy"` // digest of policy, contract, principal and key ids
	How        map[string]int `json:"how"`    // transform -> columns
	Protected  int            `json:"protected"`
	Suppressed int            `json:"suppressed"`
	Kept       int            `json:"kept"`
}

// Decide applies the policy to every column of the contract in force. A column
// that is still undecided counts as a direct identifier.
func (a *Activities) Decide(ctx context.Context, in DecideInput) (DecideResult, error) {
	m := &meter{stage: "decide", table: in.Snapshot.Table}
	var out DecideResult
	err := a.run(ctx, "decide", m, func(ctx context.Context) error {
		s, t, err := a.table(ctx, in.Plan, in.Snapshot.Table)
		if err != nil {
			return err
		}
		c, open, err := a.contractInForce(ctx, in.Plan.Name, t, in.Report)
		if err != nil {
			return err
		}
		plan, err := a.compile(ctx, s, c, nil)
		if err != nil {
			return err
		}
		set, err := a.keyset(s)
		if err != nil {
			return err
		}
		recipe := store.Recipe{
			Step: "decide", Version: decideVersion, Part: t.Name,
			Spec: map[string]any{"contract": c, "policy": s.Policy, "principal": s.Principal, "keys": set.IDs(), "plan": plan.Digest()},
		}
		art, _, err := a.Store.Build(ctx, recipe, func(ctx context.Context, d *store.Draft) error {
			return writeDecision(ctx, d, c, plan)
		})
		if err != nil {
			return err
		}
		if t.Contract == nil {
			if err := a.keepInferred(ctx, in.Plan.Name, t.Name, c, open); err != nil {
				return err
			}
		}
		var stats decided
		if err := art.DecodeStats(&stats); err != nil {
			return err
		}
		out = DecideResult{Decision: art.Ref(), Protected: stats.Protected, Suppressed: stats.Suppressed, Kept: stats.Kept}
		return nil
	})
	return out, err
}

// contractInForce is the completed contract with what people decided since; open
// lists the fields that nobody has decided yet.
func (a *Activities) contractInForce(ctx context.Context, name string, t pipeline.Table, report store.Ref) (c schemas.Contract, open []string, err error) {
	if err := a.readJSON(ctx, report, "contract.json", &c); err != nil {
		return c, nil, err
	}
	answers, err := a.columnAnswers(ctx, name, t.Name)
	if err != nil {
		return c, nil, err
	}
	for i := range c.Fields {
		f := &c.Fields[i]
		if f.Confirmed != undecided {
			continue
		}
		f.Confirmed = ""
		if x, ok := answers[f.Name]; ok {
			f.Semantic, f.Class, f.Confirmed = x.Semantic, x.Class, "label_queue"
		} else {
			open = append(open, f.Name)
		}
	}
	if err := c.Validate(); err != nil {
		return c, nil, fail(InvalidSpec, err)
	}
	return c, open, nil
}

func (a *Activities) columnAnswers(ctx context.Context, name, table string) (map[string]columnAnswer, error) {
	out := map[string]columnAnswer{}
	err := a.Store.GetJSON(ctx, answersKey(name, table), &out)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return out, err
}

// keepInferred makes tonight's inferred contract the one that later nights are
// held to. Fields that nobody has decided stay without a class, so that they are
// asked about until somebody does.
func (a *Activities) keepInferred(ctx context.Context, name, table string, c schemas.Contract, open []string) error {
	err := a.Store.GetJSON(ctx, inferredKey(name, table), &schemas.Contract{})
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	c.Fields = append([]schemas.Field(nil), c.Fields...)
	for i := range c.Fields {
		if slices.Contains(open, c.Fields[i].Name) {
			c.Fields[i].Class = ""
		}
	}
	return a.Store.PutJSON(ctx, inferredKey(name, table), c)
}

// compile works the policy out for one table. schema is what the reader will
// deliver; nil = the contract's own types.
func (a *Activities) compile(ctx context.Context, s pipeline.Spec, c schemas.Contract, schema *arrow.Schema) (*anonymize.Plan, error) {
	policy, err := anonymize.ParsePolicy([]byte(s.Policy))
	if err != nil {
		return nil, fail(InvalidSpec, fmt.Errorf("policy: %w", err))
	}
	set, err := a.keyset(s)
	if err != nil {
		return nil, err
	}
	related := map[string]schemas.Contract{}
	for _, t := range s.Tables {
		if t.Contract != nil {
			related[t.Name] = *t.Contract
		}
	}
	related[c.Name] = c
	plan, err := anonymize.NewPlan(policy, s.Principal, c, set, anonymize.PlanOptions{Related: related, Schema: schema})
	if err != nil {
		return nil, fail(PolicyViolation, err)
	}
	return plan, nil
}

func writeDecision(ctx context.Context, d *store.Draft, c schemas.Contract, plan *anonymize.Plan) error {
	out, err := outputContract(c, plan)
	if err != nil {
		return err
	}
	stats := decided{Policy: plan.Digest(), How: map[string]int{}}
	for _, x := range plan.Decisions() {
		stats.How[x.Transform.Name]++
		switch x.Transform.Name {
		case "keep":
			stats.Kept++
		case "suppress":
			stats.Suppressed++
		default:
			stats.Protected++
		}
	}
	d.Stats = stats
	if err := writeJSON(ctx, d, "contract.json", c); err != nil {
		return err
	}
	if err := writeJSON(ctx, d, "output.json", out); err != nil {
		return err
	}
	return writeJSON(ctx, d, "decisions.json", plan.Decisions())
}

// how lists the transforms of a table for people, most frequent first.
func how(stats decided) []string {
	names := make([]string, 0, len(stats.How))
	for n := range stats.How {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool {
		if stats.How[names[i]] != stats.How[names[j]] {
			return stats.How[names[i]] > stats.How[names[j]]
		}
		return names[i] < names[j]
	})
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%d %s", stats.How[n], n)
	}
	return out
}
