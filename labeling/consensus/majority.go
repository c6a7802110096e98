package consensus

// Majority labels each item by the share of its votes; the posterior of a label
// is that share. A tie goes to the label whose voters agree more with the
// consensus on the items that are not tied, then to the label with more votes
// over all items, then to the one that sorts first; ties are reported. Confusion
// matrices count each annotator against the consensus, with one half added to
// every cell.
func Majority(a *Answers) *Result {
	k := len(a.Labels)
	posterior := a.shares()
	total := a.totals()
	chosen, tied := make([]int, len(a.Items)), make([]bool, len(a.Items))
	agreed, asked := make([]float64, len(a.Workers)), make([]float64, len(a.Workers))
	for i := range a.Items {
		chosen[i], tied[i] = decide(posterior[i*k:(i+1)*k], total)
		if tied[i] {
			continue
		}
		for _, v := range a.of(i) {
			asked[v.worker]++
			if int(v.label) == chosen[i] {
				agreed[v.worker]++
			}
		}
	}
	weight := make([]float64, k)
	for i := range a.Items {
		if !tied[i] {
			continue
		}
		clear(weight)
		votes := a.of(i)
		share := posterior[i*k+chosen[i]]
		for _, v := range votes {
			if posterior[i*k+int(v.label)] >= share-tie {
				weight[v.label] += (agreed[v.worker] + 1) / (asked[v.worker] + 2)
			}
		}
		chosen[i], _ = decide(weight, total)
	}
	consensus := make([]float64, len(posterior))
	for i, c := range chosen {
		consensus[i*k+c] = 1
	}
	prior, confusion := make([]float64, k), make([]float64, len(a.Workers)*k*k)
	a.estimate(consensus, 0.5, prior, confusion)
	r := a.result("majority", chosen, tied, posterior, confusion, prior)
	r.Converged = true
	return r
}

// shares returns each item's share of votes a label, items x labels.
func (a *Answers) shares() []float64 {
	k := len(a.Labels)
	z := make([]float64, len(a.Items)*k)
	for i := range a.Items {
		votes := a.of(i)
		for _, v := range votes {
			z[i*k+int(v.label)] += 1 / float64(len(votes))
		}
	}
	return z
}

// totals counts the votes a label over all items.
func (a *Answers) totals() []int {
	n := make([]int, len(a.Labels))
	for _, v := range a.votes {
		n[v.label]++
	}
	return n
}
