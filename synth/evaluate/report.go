package evaluate

import (
	"encoding/json"
	"math"
)

// Number is a float64 that is null in JSON when it was not measured (NaN).
type Number float64

// NotMeasured is the value of a number that could not be computed.
var NotMeasured = Number(math.NaN())

// Measured tells whether the number was computed.
func (n Number) Measured() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes the shortest text that reads back equal, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Measured() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = NotMeasured
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// Measure is a number beside its ceiling: the same number for real holdout
// rows in the synthetic table's place.
type Measure struct {
	Value   Number `json:"value"`
	Ceiling Number `json:"ceiling"`
}

// Report is the outcome of Evaluate. Its JSON has a fixed order of fields.
// Errors and shares are fractions of 1.
type Report struct {
	Verdict   string         `json:"verdict"` // one sentence, made of the numbers below
	Rows      RowCounts      `json:"rows"`
	RowsUsed  RowCounts      `json:"rows_used"` // by the measures that hold rows in memory
	Seed      uint64         `json:"seed"`
	Fidelity  Fidelity       `json:"fidelity"`
	Detection Detection      `json:"detection"`
	Utility   *Utility       `json:"utility,omitempty"`
	Privacy   Privacy        `json:"privacy"`
	Columns   []ColumnReport `json:"columns"`
	Pairs     []PairReport   `json:"pairs"`
	Skipped   []string       `json:"skipped,omitempty"`
	Notes     []string       `json:"notes,omitempty"`

	pairTVD []float64 // at full size, by pair, until summed up
}

// RowCounts are rows of the three tables.
type RowCounts struct {
	Train     int64 `json:"train"`
	Holdout   int64 `json:"holdout"`
	Synthetic int64 `json:"synthetic"`
}

// Fidelity sums up how near the distributions are. Errors: lower is better.
type Fidelity struct {
	// ShapeError is 1 - SDMetrics' Column Shapes (KSComplement,
	// TVComplement), the mean over columns.
	ShapeError Measure `json:"shape_error"`
	// PairError is 1 - SDMetrics' Column Pair Trends in classic mode: every
	// pair counts (before version 0.29 the only mode).
	PairError Measure `json:"pair_error"`
	// QualityScore is SDMetrics' overall score in classic mode: the mean of
	// 1-ShapeError and 1-PairError.
	QualityScore Measure `json:"quality_score"`
	// PairTVD is the mean total variation distance of column pairs whose bins
	// are fixed by train: deciles of a number, the 50 commonest levels,
	// missing apart. All rows of the synthetic table.
	PairTVD Number `json:"pair_tvd"`
	// PairTVDMatched is PairTVD with both sides cut to one size, beside the
	// holdout's.
	PairTVDMatched Measure `json:"pair_tvd_matched"`
	// MissingRateError is the mean over columns of the absolute difference of
	// the shares of missing cells, all rows counted.
	MissingRateError Measure `json:"missing_rate_error"`
	// PairsCompared and PairsTotal differ where a table is very wide.
	PairsCompared int `json:"pairs_compared"`
	PairsTotal    int `json:"pairs_total"`
}

// Detection says how well boosted trees tell synthetic from real rows
// (classifier two-sample test, Lopez-Paz and Oquab 2017): 1 - (2*max(.5, AUC)
// - 1), mean of a stratified 3-fold cross-validation with 100 trees of depth
// 6. 1 = cannot be told apart, 0 = always told apart.
type Detection struct {
	// AgainstTrain compares equally many training and synthetic rows.
	AgainstTrain Number `json:"against_train"`
	// AgainstTrainMatched is AgainstTrain at the holdout's size, beside train
	// against holdout.
	AgainstTrainMatched Measure `json:"against_train_matched"`
	// AgainstHoldout compares with real rows that the generator never saw:
	// copying train does not help here. Its ceiling is train against holdout.
	AgainstHoldout Measure `json:"against_holdout"`
	// FoldSpread is the standard deviation of AgainstHoldout over the folds.
	FoldSpread Number `json:"fold_spread"`
	// Features are the columns that told synthetic from holdout rows, by
	// their share of the gain, largest first.
	Features []FeatureGain `json:"features"`
}

// FeatureGain is a column's share of what the discriminator learned.
type FeatureGain struct {
	Column string `json:"column"`
	Gain   Number `json:"gain"`
}

// Utility compares models trained on synthetic and on real rows, both tested
// on the holdout.
type Utility struct {
	Target    string `json:"target"`
	Metric    string `json:"metric"` // "auc" (macro, one against rest) or "r2"
	Synthetic Number `json:"synthetic"`
	Real      Number `json:"real"` // the ceiling
}

// Privacy holds what can be said from distances and copies alone.
type Privacy struct {
	Copies   Copies   `json:"copies"`
	Distance Distance `json:"distance"`
}

// Copies counts rows that equal a training row in every compared column, over
// all rows of all tables.
type Copies struct {
	Share   Number `json:"share"`   // of synthetic rows that equal some training row
	Natural Number `json:"natural"` // of holdout rows that do: the level that chance explains
	StdErr  Number `json:"std_err"` // of Share - Natural
	Rows    int64  `json:"rows"`    // synthetic rows behind Share
	// Sampled is the share of distinct rows that were remembered, 1 unless a
	// table has millions of them.
	Sampled Number `json:"sampled"`
}

// Distance compares how near synthetic rows are to training and to holdout
// rows: distance to closest record, L1 over numbers divided by the training
// range and one-hot categories (a different category costs 2, a missing
// number is the training median plus 1).
type Distance struct {
	// Share of synthetic rows strictly nearer to train than to holdout.
	Share Number `json:"share"`
	// ShareTies counts a tie by the numbers of training and holdout rows at
	// the shortest distance. Its expectation is Ideal exactly when the
	// generator learned nothing about single rows, however many ties.
	ShareTies Number `json:"share_ties"`
	Ideal     Number `json:"ideal"`   // train rows / (train + holdout rows)
	StdErr    Number `json:"std_err"` // of Share, for the smaller of queries and holdout
	// Excess is the larger of Share and ShareTies, less Ideal, in standard
	// errors; above about 3 the table is nearer to its training rows than
	// fresh data would be.
	Excess Number `json:"excess"`
	// Ceiling is ShareTies for one half of the holdout in the synthetic
	// table's place, the other half as holdout, and train thinned to the same
	// ratio: what fresh real rows score.
	Ceiling Number `json:"ceiling"`

	MedianTrain   Number `json:"median_train"`   // of the distance to the closest training row
	MedianHoldout Number `json:"median_holdout"` // of the same for holdout rows in the synthetic rows' place
	Queries       int    `json:"queries"`

	// SyntheticToTrain and HoldoutToTrain are quantiles 0, .01, .. 1 of the
	// distance to the closest training row.
	SyntheticToTrain []Number `json:"synthetic_to_train"`
	HoldoutToTrain   []Number `json:"holdout_to_train"`
}

// ColumnReport is one column's part.
type ColumnReport struct {
	Name             string        `json:"name"`
	Kind             Kind          `json:"kind"`
	Protected        bool          `json:"protected,omitempty"`
	ShapeError       Measure       `json:"shape_error"`
	MissingTrain     Number        `json:"missing_train"`
	MissingSynthetic Number        `json:"missing_synthetic"`
	Distribution     *Distribution `json:"distribution,omitempty"` // nil for a protected column
}

// Distribution is what a plot of one column shows: shares of the non-missing
// cells of train and synthetic by label.
type Distribution struct {
	// Labels are categories with at least MinSupport training rows, or
	// intervals whose borders are round numbers; the last may be "other".
	Labels    []string `json:"labels"`
	Train     []Number `json:"train"`
	Synthetic []Number `json:"synthetic"`
}

// PairReport is one pair's part.
type PairReport struct {
	A         string  `json:"a"`
	B         string  `json:"b"`
	Metric    string  `json:"metric"` // "correlation" or "contingency"
	PairError Measure `json:"pair_error"`
	TVD       Measure `json:"tvd"` // at matched size
}
