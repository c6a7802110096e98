package consensus

// Result is what the answers say together.
type Result struct {
	Method     string      `json:"method"` // "majority" or "dawid_skene"
	Labels     []string    `json:"labels"` // order of every posterior and confusion matrix
	Prior      []float64   `json:"prior"`  // share of each label
	Items      []Item      `json:"items"`
	Annotators []Annotator `json:"annotators"`
	// LogLikelihood of the votes under the annotator model; 0 for majority.
	LogLikelihood float64 `json:"log_likelihood,omitempty"`
	Iterations    int     `json:"iterations,omitempty"`
	Converged     bool    `json:"converged"`
}

// Item is the consensus on one item.
type Item struct {
	Item        string    `json:"item"`
	Label       string    `json:"label"`
	Probability float64   `json:"probability"` // of Label, 0..1
	Posterior   []float64 `json:"posterior"`
	Votes       int       `json:"votes"`
	// Tied tells that another label was as probable; Majority and DawidSkene
	// say which one wins.
	Tied bool `json:"tied,omitempty"`
}

// Annotator is what is known of one annotator.
type Annotator struct {
	Worker string `json:"worker"`
	Votes  int    `json:"votes"`
	// Accuracy is the expected share of right answers, 0..1, for the share of
	// labels in Prior.
	Accuracy float64 `json:"accuracy"`
	// Confusion[i][j] is the probability that the annotator says label j when
	// label i is true.
	Confusion [][]float64 `json:"confusion"`
}

// tie is the difference below which two posteriors are equal.
const tie = 1e-12

// decide picks the most probable label. Ties go to the label with more votes
// overall, then to the one that sorts first.
func decide(posterior []float64, votes []int) (best int, tied bool) {
	for k, p := range posterior {
		switch d := p - posterior[best]; {
		case k == 0:
		case d > tie:
			best, tied = k, false
		case d >= -tie:
			tied = true
			if votes[k] > votes[best] {
				best = k
			}
		}
	}
	return best, tied
}

// result assembles items and annotators from the chosen label of each item and
// the posteriors (items x labels).
func (a *Answers) result(method string, chosen []int, tied []bool, posterior, confusion, prior []float64) *Result {
	k := len(a.Labels)
	r := &Result{Method: method, Labels: a.Labels, Prior: prior}
	perWorker := make([]int, len(a.Workers))
	for _, v := range a.votes {
		perWorker[v.worker]++
	}
	for i, name := range a.Items {
		p := posterior[i*k : (i+1)*k : (i+1)*k]
		r.Items = append(r.Items, Item{Item: name, Label: a.Labels[chosen[i]], Probability: p[chosen[i]], Posterior: p, Votes: len(a.of(i)), Tied: tied[i]})
	}
	for w, name := range a.Workers {
		an := Annotator{Worker: name, Votes: perWorker[w]}
		for i := range k {
			row := confusion[(w*k+i)*k : (w*k+i+1)*k : (w*k+i+1)*k]
			an.Confusion = append(an.Confusion, row)
			an.Accuracy += float64(prior[i] * row[i])
		}
		r.Annotators = append(r.Annotators, an)
	}
	return r
}
