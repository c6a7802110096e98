package detect

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

var refit = flag.Bool("refit", false, "print the temperature that fits best")

// training draws tables whose columns' types are known. Headers are a phrase
// of the type (60 %), abbreviated or decorated (15 %), missing (15 %) or
// another type's (10 %).
type training struct {
	rec   arrow.Record
	truth []string
}

var valueSets = map[string][]string{
	"marital_status": {"married", "single", "divorced", "widowed"}, "education": {"High School", "Bachelors", "Masters", "Doctorate"},
	"race": {"White", "Black", "Asian", "Hispanic"}, "occupation": {"nurse", "software engineer", "teacher", "sales manager", "accountant"},
	"category": {"pending", "shipped", "open", "closed", "blue", "large"}, "boolean": {"true", "false"}, "employment_type": {"full-time", "part-time", "contract"},
	"nationality": {"French", "German", "Polish", "Spanish"}, "religion": {"Catholic", "Muslim", "Hindu", "Buddhist"}, "card_brand": {"Visa", "Mastercard", "Amex"},
	"health_status": {"diabetes", "asthma", "hypertension", "healthy"}, "income": {"<=50K", ">50K"},
}

func drawTraining(seed uint64) training {
	r := rand.New(rand.NewPCG(seed, 99))
	types := semantic.All()
	var pool []semantic.Type
	for _, t := range types {
		if (t.Generate != nil && t.Name != "foreign_key" && t.Name != "cn_mobile") || valueSets[t.Name] != nil || t.Name == "number" || t.Name == "count" || t.Name == "date" || t.Name == "health_measure" {
			pool = append(pool, t)
		}
	}
	n := 5 + r.IntN(9)
	cols := make([]column, n)
	var tr training
	for i := range cols {
		ty := pool[r.IntN(len(pool))]
		cols[i] = column{drawHeader(r, ty, i), drawCells(r, ty)}
		name := ty.Name
		if v, ok := reported[name]; ok {
			name = v
		}
		tr.truth = append(tr.truth, name)
	}
	tr.rec = tableOf(seed, 20+r.IntN(100), cols...)
	return tr
}

func drawHeader(r *rand.Rand, ty semantic.Type, i int) string {
	phrase := ty.Headers[r.IntN(len(ty.Headers))]
	switch u := r.Float64(); {
	case u < .6:
		return phrase
	case u < .75:
		return []string{"cust_", "x_", "my_", "src_", "tmp_"}[r.IntN(5)] + phrase
	case u < .9:
		return strconv.Itoa(i)
	}
	other := semantic.All()[r.IntN(len(semantic.All()))]
	return other.Headers[r.IntN(len(other.Headers))]
}

func drawCells(r *rand.Rand, ty semantic.Type) func(*rand.Rand, int, *semantic.Person) string {
	if vs := valueSets[ty.Name]; vs != nil {
		return func(r *rand.Rand, _ int, _ *semantic.Person) string { return vs[r.IntN(len(vs))] }
	}
	scale := math.Exp(r.Float64() * 8)
	switch ty.Name {
	case "number", "health_measure":
		return func(r *rand.Rand, _ int, _ *semantic.Person) string {
			return fmt.Sprintf("%.3f", scale*(1+r.NormFloat64()*.3))
		}
	case "count":
		return func(r *rand.Rand, _ int, _ *semantic.Person) string { return strconv.Itoa(r.IntN(int(scale) + 2)) }
	case "date":
		return func(r *rand.Rand, _ int, _ *semantic.Person) string {
			return fmt.Sprintf("2024-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28))
		}
	case "record_id":
		return func(_ *rand.Rand, row int, _ *semantic.Person) string { return strconv.Itoa(1000 + row) }
	}
	return func(r *rand.Rand, _ int, p *semantic.Person) string {
		return ty.Generate(r, semantic.Context{Person: p})
	}
}

// scored is one column's scores by reported type with its truth.
type scored struct {
	truth  string
	scores []candidate
}

func scoreTraining(first, tables uint64) []scored {
	var out []scored
	for seed := first; seed < first+tables; seed++ {
		tr := drawTraining(seed)
		var cols []*profile
		for i := range int(tr.rec.NumCols()) {
			p := newProfile(tr.rec.ColumnName(i), tr.rec.Schema().Field(i).Type, 256)
			p.add(tr.rec.Column(i), int(tr.rec.NumRows()))
			cols = append(cols, p)
		}
		cands, _ := scoreTable("t", cols)
		for i, c := range cands {
			out = append(out, scored{tr.truth[i], c})
		}
		tr.rec.Release()
	}
	return out
}

// beliefs gives the probability of the truth, and of the winner with whether
// it is right, at a temperature.
func (s scored) beliefs(temp float64) (truth, top float64, right bool) {
	byName := map[string]float64{}
	best := ""
	for k, p := range softmax(s.scores, temp) {
		name := semantic.All()[k].Name
		if v, ok := reported[name]; ok {
			name = v
		}
		byName[name] += p
	}
	for n, p := range byName {
		if best == "" || p > byName[best] || (p == byName[best] && n < best) {
			best = n
		}
	}
	return byName[s.truth], byName[best], best == s.truth
}

func logLoss(cols []scored, temp float64) float64 {
	sum := 0.0
	for _, c := range cols {
		p, _, _ := c.beliefs(temp)
		sum -= math.Log(max(p, 1e-6))
	}
	return sum / float64(len(cols))
}

// calibrationError is the expected calibration error over ten equal bins
// (Guo et al. 2017, "On Calibration of Modern Neural Networks").
func calibrationError(cols []scored, temp float64) (ece, accuracy float64) {
	var n, conf, hit [10]float64
	for _, c := range cols {
		_, p, right := c.beliefs(temp)
		b := min(int(p*10), 9)
		n[b]++
		conf[b] += p
		hit[b] += boolTo(right)
		accuracy += boolTo(right)
	}
	for b := range n {
		ece += math.Abs(conf[b] - hit[b])
	}
	return ece / float64(len(cols)), accuracy / float64(len(cols))
}

func fitTemperature(cols []scored) float64 {
	best, least := 0.0, math.Inf(1)
	for t := .5; t <= 4; t += .05 {
		if l := logLoss(cols, t); l < least {
			best, least = t, l
		}
	}
	return math.Round(best*100) / 100
}

// The constant in calibration.go is what this fit gives; on fresh tables the
// error stays small.
func TestCalibration(t *testing.T) {
	t.Parallel()
	fitted := fitTemperature(scoreTraining(1, 60))
	fresh := scoreTraining(10_001, 60)
	ece, accuracy := calibrationError(fresh, temperature)
	t.Logf("fitted temperature %.2f; on fresh tables: expected calibration error %.3f, accuracy %.3f", fitted, ece, accuracy)
	if *refit {
		return
	}
	require.InDelta(t, temperature, fitted, .101)
	require.Less(t, ece, .06)
	require.Greater(t, accuracy, .8)
}
