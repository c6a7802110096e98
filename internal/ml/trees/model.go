package trees

import (
	"context"
	"errors"

	"github.com/nocturne-data/nocturne/internal/det"
	"github.com/nocturne-data/nocturne/internal/parallel"
)

// Model is a sum of trees. It is immutable and safe for concurrent use.
type Model struct {
	Bins      *Binning
	Objective Objective
	Classes   int       // of Softmax
	Base      []float64 // margin before the first tree, by class
	Trees     []Tree    // round by round, class by class within a round
}

// Groups is the number of margins a row has: the classes of Softmax, else 1.
func (m *Model) Groups() int { return len(m.Base) }

// predictRows is how many rows are scored tree by tree: their codes stay in
// the first-level cache while the trees pass.
const predictRows = 1024

// Margins returns the sums of leaf values, [row*Groups+class]: log-odds for
// Logistic, unnormalised logs for Softmax, the prediction for SquaredError.
// rows = nil scores every row of x; otherwise entry i belongs to rows[i].
func (m *Model) Margins(ctx context.Context, x *Matrix, rows []int32, workers int) ([]float64, error) {
	if x.bins != m.Bins {
		return nil, errors.New("trees: the matrix was not encoded by the model's Binning")
	}
	n := x.Rows
	if rows != nil {
		n = len(rows)
	}
	out := make([]float64, n*len(m.Base))
	parts := (n + predictRows - 1) / predictRows
	err := parallel.Ordered(ctx, parts, workers, func(_ context.Context, i int) (struct{}, error) {
		m.margins(x, rows, i*predictRows, min((i+1)*predictRows, n), out)
		return struct{}{}, nil
	}, func(int, struct{}) error { return nil })
	return out, err
}

func (m *Model) margins(x *Matrix, rows []int32, lo, hi int, out []float64) {
	groups := len(m.Base)
	for i := lo * groups; i < hi*groups; i++ {
		out[i] = m.Base[i%groups]
	}
	for t := range m.Trees {
		nodes, k := m.Trees[t].Nodes, t%groups
		for i := lo; i < hi; i++ {
			r := i
			if rows != nil {
				r = int(rows[i])
			}
			row := x.Codes[r*x.Cols : (r+1)*x.Cols]
			n := &nodes[0]
			for n.Feature >= 0 {
				c := row[n.Feature]
				n = &nodes[n.Child[n.Right[c>>6]>>(c&63)&1]]
			}
			out[i*groups+k] += n.Value
		}
	}
}

// Probabilities is Margins as probabilities: of class 1 for Logistic, of each
// class for Softmax; for SquaredError it equals Margins.
func (m *Model) Probabilities(ctx context.Context, x *Matrix, rows []int32, workers int) ([]float64, error) {
	out, err := m.Margins(ctx, x, rows, workers)
	if err != nil {
		return nil, err
	}
	switch m.Objective {
	case Logistic:
		for i, v := range out {
			out[i] = det.Logistic(v)
		}
	case Softmax:
		q := make([]float64, len(m.Base))
		for i := 0; i < len(out); i += len(q) {
			row := out[i : i+len(q)]
			for k := range q {
				q[k] = softmaxAt(row, k)
			}
			copy(row, q)
		}
	}
	return out, nil
}

// Importance is the share of all gain that the splits on each feature brought;
// it sums to 1 unless no tree has a split.
func (m *Model) Importance() []float64 {
	gain := make([]float64, len(m.Bins.Features))
	var total float64
	for _, t := range m.Trees {
		for _, n := range t.Nodes {
			if n.Feature >= 0 {
				gain[n.Feature] += n.Gain
				total += n.Gain
			}
		}
	}
	if total > 0 {
		for i := range gain {
			gain[i] /= total
		}
	}
	return gain
}
