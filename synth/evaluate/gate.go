package evaluate

import "fmt"

// Thresholds are a release policy's limits on a Report. A nil limit is not
// checked; a limit whose number was not measured refuses.
type Thresholds struct {
	// MaxDetectionDeficit is the largest allowed distance of the detection
	// score against the holdout from its ceiling, 0..1.
	MaxDetectionDeficit *float64 `json:"max_detection_deficit,omitempty" yaml:"max_detection_deficit,omitempty"`
	// MaxShapeError, MaxPairError: SDMetrics classic errors, 0..1.
	MaxShapeError *float64 `json:"max_shape_error,omitempty" yaml:"max_shape_error,omitempty"`
	MaxPairError  *float64 `json:"max_pair_error,omitempty" yaml:"max_pair_error,omitempty"`
	// MaxPairTVDRatio is the largest allowed ratio of the pair TVD to the
	// holdout's at the same size; 1 = as near as real rows.
	MaxPairTVDRatio *float64 `json:"max_pair_tvd_ratio,omitempty" yaml:"max_pair_tvd_ratio,omitempty"`
	// MaxUtilityLoss is the largest allowed loss of AUC or R2 against
	// training on real rows; refuses when no target was evaluated.
	MaxUtilityLoss *float64 `json:"max_utility_loss,omitempty" yaml:"max_utility_loss,omitempty"`
	// MaxMissingRateError is the mean absolute error of missing shares, 0..1.
	MaxMissingRateError *float64 `json:"max_missing_rate_error,omitempty" yaml:"max_missing_rate_error,omitempty"`
	// MaxDistanceExcess limits the share of rows nearer to train than to
	// holdout above its ideal, in standard errors.
	MaxDistanceExcess *float64 `json:"max_distance_excess,omitempty" yaml:"max_distance_excess,omitempty"`
	// DistanceAllowance is the part of that share, 0..1, that passes however
	// few standard errors it would take: on many rows the faintest trace is
	// certain without being harmful. Nil = 0.
	DistanceAllowance *float64 `json:"distance_allowance,omitempty" yaml:"distance_allowance,omitempty"`
	// MaxCopiesExcess limits exact copies above the natural level, in
	// standard errors.
	MaxCopiesExcess *float64 `json:"max_copies_excess,omitempty" yaml:"max_copies_excess,omitempty"`
	// MaxCopies limits the share of exact copies itself, 0..1.
	MaxCopies *float64 `json:"max_copies,omitempty" yaml:"max_copies,omitempty"`
}

// DefaultThresholds is the policy of a pipeline that names none: privacy as
// fresh data within 3 standard errors (a table of fresh rows is refused about
// once in 400 evaluations), and a detection score that is not hopeless.
func DefaultThresholds() Thresholds {
	limit := func(v float64) *float64 { return &v }
	return Thresholds{
		MaxDetectionDeficit: limit(.6),
		MaxDistanceExcess:   limit(distanceWarning),
		DistanceAllowance:   limit(distanceAllowance),
		MaxCopiesExcess:     limit(copiesWarning),
	}
}

// Refusal is one limit that a report breaks.
type Refusal struct {
	Rule     string `json:"rule"` // the limit's name in the policy
	Observed Number `json:"observed"`
	Limit    Number `json:"limit"`
	Reason   string `json:"reason"` // a sentence for the release's history
}

// Gate compares a report with a policy. No refusal = may be released.
func Gate(r Report, t Thresholds) []Refusal {
	ceiling := func(m Measure) string { return "real holdout " + decimal(m.Ceiling, 4) }
	utility, target := NotMeasured, "no target was evaluated"
	if r.Utility != nil {
		utility = r.Utility.Real - r.Utility.Synthetic
		target = fmt.Sprintf("%s of %q: %s trained on synthetic, %s on real rows", r.Utility.Metric, r.Utility.Target, decimal(r.Utility.Synthetic, 4), decimal(r.Utility.Real, 4))
	}
	f, p := r.Fidelity, r.Privacy
	rules := []struct {
		name, what string
		limit      *float64
		observed   Number
		context    string
	}{
		{"max_detection_deficit", "a discriminator tells the table from real rows too well", t.MaxDetectionDeficit, r.Detection.AgainstHoldout.Ceiling - r.Detection.AgainstHoldout.Value, "detection score " + decimal(r.Detection.AgainstHoldout.Value, 4) + ", " + ceiling(r.Detection.AgainstHoldout)},
		{"max_shape_error", "columns differ too much", t.MaxShapeError, f.ShapeError.Value, ceiling(f.ShapeError)},
		{"max_pair_error", "pairs of columns differ too much", t.MaxPairError, f.PairError.Value, ceiling(f.PairError)},
		{"max_pair_tvd_ratio", "pairs of columns lie too far from train", t.MaxPairTVDRatio, f.PairTVDMatched.Value / f.PairTVDMatched.Ceiling, "pair TVD " + decimal(f.PairTVDMatched.Value, 4) + ", " + ceiling(f.PairTVDMatched)},
		{"max_utility_loss", "models trained on the table lose too much", t.MaxUtilityLoss, utility, target},
		{"max_missing_rate_error", "shares of missing cells differ too much", t.MaxMissingRateError, f.MissingRateError.Value, ceiling(f.MissingRateError)},
		{"max_distance_excess", "rows lie nearer to training rows than fresh data would", t.MaxDistanceExcess, p.Distance.Excess, percent(max(p.Distance.Share, p.Distance.ShareTies)) + " nearer to train, " + percent(p.Distance.Ideal) + " expected"},
		{"max_copies_excess", "more rows equal a training row than chance explains", t.MaxCopiesExcess, r.CopiesExcess(), percent(p.Copies.Share) + " copies, natural level " + percent(p.Copies.Natural)},
		{"max_copies", "too many rows equal a training row", t.MaxCopies, p.Copies.Share, "natural level " + percent(p.Copies.Natural)},
	}
	var out []Refusal
	for _, rule := range rules {
		if rule.limit == nil || rule.name == "max_distance_excess" && t.DistanceAllowance != nil && p.Distance.gap() <= Number(*t.DistanceAllowance) {
			continue
		}
		ref := Refusal{Rule: rule.name, Observed: rule.observed, Limit: Number(*rule.limit)}
		switch {
		case !rule.observed.Measured():
			ref.Reason = fmt.Sprintf("%s could not be measured, so the release is refused (%s)", rule.name, rule.context)
		case float64(rule.observed) > *rule.limit:
			ref.Reason = fmt.Sprintf("%s: %s, at most %s allowed (%s)", rule.what, decimal(rule.observed, 4), decimal(ref.Limit, 4), rule.context)
		default:
			continue
		}
		out = append(out, ref)
	}
	return out
}
