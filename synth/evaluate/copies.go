package evaluate

import (
	"math"
	"slices"
)

// maxFingerprints bounds the distinct training rows remembered, 8 bytes each.
const maxFingerprints = 8 << 20

// fingerprints counts rows that equal a training row. Rows are hashes of all
// their cells. When there are too many, only those below a falling threshold
// are remembered and, in the other tables, looked up: equal rows have equal
// hashes, so the shares stay unbiased.
type fingerprints struct {
	limit int      // most distinct rows remembered
	known []uint64 // of train; sorted after seal
	shift uint     // rows with hash >> (64-shift) != 0 are ignored
	hits  [3]int64
	tries [3]int64
}

func (f *fingerprints) see(table int, print uint64) {
	if f.shift > 0 && print>>(64-f.shift) != 0 {
		return
	}
	if table == inTrain {
		f.known = append(f.known, print)
		if len(f.known) == f.limit {
			f.compact()
		}
		return
	}
	f.tries[table]++
	if _, ok := slices.BinarySearch(f.known, print); ok {
		f.hits[table]++
	}
}

func (f *fingerprints) compact() {
	slices.Sort(f.known)
	f.known = slices.Compact(f.known)
	for len(f.known) > f.limit/2 {
		f.shift++
		cut, _ := slices.BinarySearch(f.known, 1<<(64-f.shift))
		f.known = f.known[:cut]
	}
}

// seal ends the training table.
func (f *fingerprints) seal() {
	slices.Sort(f.known)
	f.known = slices.Compact(f.known)
}

func (f *fingerprints) copies() Copies {
	share := func(t int) float64 {
		if f.tries[t] == 0 {
			return math.NaN()
		}
		return float64(f.hits[t]) / float64(f.tries[t])
	}
	s, h := share(inSynthetic), share(inHoldout)
	// Two binomial shares; half a row added to each so that no observed copy
	// still leaves an error.
	variance := func(t int) float64 {
		n := float64(f.tries[t])
		p := (float64(f.hits[t]) + .5) / (n + 1)
		return p * (1 - p) / n
	}
	return Copies{
		Share: Number(s), Natural: Number(h), StdErr: Number(math.Sqrt(variance(inSynthetic) + variance(inHoldout))),
		Rows: f.tries[inSynthetic], Sampled: Number(math.Ldexp(1, -int(f.shift))),
	}
}
