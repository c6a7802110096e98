package evaluate

import (
	"math"
)

func (d *data) newReport(opt Options) Report {
	r := Report{
		Rows:     RowCounts{d.rows[inTrain], d.rows[inHoldout], d.rows[inSynthetic]},
		RowsUsed: RowCounts{int64(d.used[inTrain]), int64(d.used[inHoldout]), int64(d.used[inSynthetic])},
		Seed:     opt.Seed,
		Pairs:    []PairReport{},
		Skipped:  d.skipped,
		Notes:    d.notes,
	}
	for _, c := range d.columns {
		rate := func(t int) Number { return Number(float64(c.nulls[t]) / float64(d.rows[t])) }
		r.Columns = append(r.Columns, ColumnReport{
			Name: c.name, Kind: c.kind, Protected: c.hidden,
			MissingTrain: rate(inTrain), MissingSynthetic: rate(inSynthetic),
		})
	}
	r.Privacy.Copies = d.copies
	return r
}

// summarise fills the means and the verdict.
func (r *Report) summarise(d *data) {
	f := &r.Fidelity
	var shape, shapeCeiling, missingErr, missingCeiling mean
	for i, c := range r.Columns {
		shape.add(c.ShapeError.Value)
		shapeCeiling.add(c.ShapeError.Ceiling)
		n := d.columns[i].nulls
		train := float64(n[inTrain]) / float64(d.rows[inTrain])
		missingErr.add(Number(math.Abs(float64(n[inSynthetic])/float64(d.rows[inSynthetic]) - train)))
		missingCeiling.add(Number(math.Abs(float64(n[inHoldout])/float64(d.rows[inHoldout]) - train)))
	}
	var pair, pairCeiling, tvd, tvdMatched, tvdCeiling mean
	for i, p := range r.Pairs {
		pair.add(p.PairError.Value)
		pairCeiling.add(p.PairError.Ceiling)
		tvd.add(Number(r.pairTVD[i]))
		tvdMatched.add(p.TVD.Value)
		tvdCeiling.add(p.TVD.Ceiling)
	}
	f.ShapeError = Measure{shape.value(), shapeCeiling.value()}
	f.PairError = Measure{pair.value(), pairCeiling.value()}
	f.QualityScore = Measure{quality(f.ShapeError.Value, f.PairError.Value), quality(f.ShapeError.Ceiling, f.PairError.Ceiling)}
	f.PairTVD = tvd.value()
	f.PairTVDMatched = Measure{tvdMatched.value(), tvdCeiling.value()}
	f.MissingRateError = Measure{missingErr.value(), missingCeiling.value()}
	f.PairsCompared, f.PairsTotal = len(r.Pairs), len(d.columns)*(len(d.columns)-1)/2
	r.pairTVD = nil
	r.Verdict = r.verdict()
}

// quality is SDMetrics' overall score: the mean of the properties that could
// be measured.
func quality(shape, pair Number) Number {
	var m mean
	m.add(1 - shape)
	m.add(1 - pair)
	return m.value()
}

// mean leaves out what was not measured.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(v Number) {
	if v.Measured() {
		m.sum += float64(v)
		m.n++
	}
}

func (m *mean) value() Number {
	if m.n == 0 {
		return NotMeasured
	}
	return Number(m.sum / float64(m.n))
}
