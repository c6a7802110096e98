package evaluate

import (
	"fmt"
	"math"
)

// verdict says in one sentence what the numbers say. Its words follow fixed
// thresholds so that the sentence can be checked against the report.
func (r *Report) verdict() string {
	return fmt.Sprintf("The synthetic table is %s, and %s.", r.fidelityPhrase(), r.privacyPhrase())
}

// FidelityLevel names how near the table comes to real rows, by its share of
// the holdout's detection score: >= .9 close, >= .7 similar, >= .4 rough.
func (r *Report) FidelityLevel() string {
	m := r.Detection.AgainstHoldout
	if !m.Value.Measured() || !m.Ceiling.Measured() || m.Ceiling <= 0 {
		return "unknown"
	}
	switch share := m.Value / m.Ceiling; {
	case share >= .9:
		return "close"
	case share >= .7:
		return "similar"
	case share >= .4:
		return "rough"
	}
	return "poor"
}

func (r *Report) fidelityPhrase() string {
	m := r.Detection.AgainstHoldout
	level := r.FidelityLevel()
	if level == "unknown" {
		return "too small to compare by a discriminator"
	}
	word := map[string]string{
		"close":   "hard to tell from fresh real rows",
		"similar": "similar to real rows but can be told apart",
		"rough":   "a rough likeness of real rows",
		"poor":    "easy to tell from real rows",
	}[level]
	return fmt.Sprintf("%s (detection score %s, real holdout %s)", word, decimal(m.Value, 3), decimal(m.Ceiling, 3))
}

// Warning standard errors: beyond these a table is called too near, if the share
// of nearer rows is also more than the allowance above its ideal.
const (
	distanceWarning   = 3.0
	distanceAllowance = 0.02
	copiesWarning     = 3.0
)

// gap is the share of rows nearer to train, ties divided, above its ideal.
func (d Distance) gap() Number { return max(d.Share, d.ShareTies) - d.Ideal }

// CopiesExcess is by how many standard errors exact copies exceed the natural
// level.
func (r *Report) CopiesExcess() Number {
	c := r.Privacy.Copies
	return (c.Share - c.Natural) / c.StdErr
}

// PrivacyLevel is "too near" when copies or distances exceed chance by more
// than 3 standard errors (for fresh rows: about 1 in 400 evaluations) and
// distances by more than two points of share; "slightly nearer" when distances
// exceed chance, but by less than that; "as fresh" when nothing does, else
// "unknown".
func (r *Report) PrivacyLevel() string {
	c, d := r.CopiesExcess(), r.Privacy.Distance.Excess
	switch {
	case c > copiesWarning || d > distanceWarning && r.Privacy.Distance.gap() > distanceAllowance:
		return "too near"
	case d > distanceWarning:
		return "slightly nearer"
	case c.Measured() && d.Measured():
		return "as fresh"
	}
	return "unknown"
}

func (r *Report) privacyPhrase() string {
	c, d := r.Privacy.Copies, r.Privacy.Distance
	copies := fmt.Sprintf("%s of its rows equal a training row, %s of holdout rows do", percent(c.Share), percent(c.Natural))
	near := fmt.Sprintf("%s lie nearer to training than to holdout rows, %s expected", percent(max(d.Share, d.ShareTies)), percent(d.Ideal))
	switch r.PrivacyLevel() {
	case "unknown":
		return "its distance to the training rows could not be measured"
	case "too near":
		return fmt.Sprintf("it is nearer to its training rows than fresh data would be (%s; %s)", copies, near)
	case "slightly nearer":
		return fmt.Sprintf("it keeps a faint trace of its training rows (%s; %s)", copies, near)
	}
	return fmt.Sprintf("it is no nearer to its training rows than fresh data would be (%s; %s)", copies, near)
}

// decimal writes a number with fixed digits, or a dash.
func decimal(n Number, digits int) string {
	if !n.Measured() {
		return "–"
	}
	return fmt.Sprintf("%.*f", digits, float64(n))
}

// percent writes a share with two decimals; a share that is not 0 never reads
// as 0.
func percent(n Number) string {
	switch {
	case !n.Measured():
		return "–"
	case n != 0 && math.Abs(float64(n)) < .00005:
		return "< 0.01 %"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(n))
}
