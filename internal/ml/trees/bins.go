package trees

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/nocturne-data/nocturne/internal/parallel"
)

// MaxBins is the most bins of a feature, the missing bin included: a cell is
// one byte.
const MaxBins = 256

// Column is one feature before quantisation. Exactly one of Numbers and Codes
// is set.
type Column struct {
	Name    string
	Numbers []float64 // numeric; NaN = missing
	Codes   []int32   // categorical, 0..Levels-1; negative = missing
	Levels  int       // number of codes of a categorical column
}

func (c Column) rows() int { return max(len(c.Numbers), len(c.Codes)) }

// Feature says how one column is quantised. The last bin is the missing one.
type Feature struct {
	Name string
	// Cuts are a numeric feature's ascending borders: x lies in bin
	// #{cut <= x}. Empty for a constant.
	Cuts []float64
	// LevelBin maps a code of a categorical feature to its bin; nil for a
	// numeric one. Codes beyond it count as missing.
	LevelBin []uint8
	// Bins is the number of bins, the missing one included.
	Bins int
}

// Categorical tells whether the feature has levels rather than an order.
func (f Feature) Categorical() bool { return f.LevelBin != nil }

// Binning is the quantisation of all features.
type Binning struct {
	Features []Feature
	offsets  []int // first histogram cell of each feature, and the total
}

// Matrix holds quantised features: Codes[row*Cols+feature].
type Matrix struct {
	Rows, Cols int
	Codes      []uint8
	bins       *Binning
}

// FitBins learns bins from columns of equal length. maxBins counts the missing
// bin, 3..256; 0 = 256. A numeric column with few distinct values gets a bin
// for each, otherwise bins of about equal numbers of rows; a categorical
// column with too many levels keeps the commonest and pools the others.
// O(rows log rows) a column.
func FitBins(cols []Column, maxBins int) (*Binning, error) {
	if maxBins == 0 {
		maxBins = MaxBins
	}
	if maxBins < 3 || maxBins > MaxBins {
		return nil, fmt.Errorf("trees: maxBins must be 3..%d, got %d", MaxBins, maxBins)
	}
	b := &Binning{Features: make([]Feature, len(cols))}
	for i, c := range cols {
		if err := checkColumn(c, cols[0].rows()); err != nil {
			return nil, err
		}
		if c.Numbers != nil {
			b.Features[i] = numericFeature(c, maxBins-1)
		} else {
			b.Features[i] = categoricalFeature(c, maxBins-1)
		}
	}
	b.offsets = make([]int, len(cols)+1)
	for i, f := range b.Features {
		b.offsets[i+1] = b.offsets[i] + f.Bins
	}
	return b, nil
}

func checkColumn(c Column, rows int) error {
	switch {
	case c.Numbers != nil && c.Codes != nil:
		return fmt.Errorf("trees: column %q has both numbers and codes", c.Name)
	case c.rows() != rows:
		return fmt.Errorf("trees: column %q has %d rows, the first has %d", c.Name, c.rows(), rows)
	case c.Codes != nil && c.Levels < 0:
		return fmt.Errorf("trees: column %q has %d levels", c.Name, c.Levels)
	}
	for _, v := range c.Codes {
		if int(v) >= c.Levels {
			return fmt.Errorf("trees: column %q has a code beyond its %d levels", c.Name, c.Levels)
		}
	}
	return nil
}

func numericFeature(c Column, most int) Feature {
	v := make([]float64, 0, len(c.Numbers))
	for _, x := range c.Numbers {
		if !math.IsNaN(x) {
			v = append(v, x)
		}
	}
	slices.Sort(v)
	cuts := make([]float64, 0, most)
	distinct := 0
	for i, x := range v {
		if i == 0 || x != v[i-1] {
			if distinct > 0 && distinct < most {
				cuts = append(cuts, x)
			}
			distinct++
		}
	}
	if distinct > most {
		cuts = cuts[:0]
		last := v[0]
		for k := 1; k < most; k++ {
			if x := v[k*len(v)/most]; x > last {
				cuts = append(cuts, x)
				last = x
			}
		}
	}
	return Feature{Name: c.Name, Cuts: slices.Clip(cuts), Bins: len(cuts) + 2}
}

func categoricalFeature(c Column, most int) Feature {
	f := Feature{Name: c.Name, LevelBin: make([]uint8, c.Levels), Bins: c.Levels + 1}
	if c.Levels <= most {
		for i := range f.LevelBin {
			f.LevelBin[i] = uint8(i)
		}
		return f
	}
	count := make([]int, c.Levels)
	for _, v := range c.Codes {
		if v >= 0 {
			count[v]++
		}
	}
	order := make([]int, c.Levels)
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return count[order[i]] > count[order[j]] })
	for rank, level := range order {
		f.LevelBin[level] = uint8(min(rank, most-1))
	}
	f.Bins = most + 1
	return f
}

// Encode quantises columns that match the features one for one. Workers split
// the rows; 0 = all processors.
func (b *Binning) Encode(ctx context.Context, cols []Column, workers int) (*Matrix, error) {
	if len(cols) != len(b.Features) {
		return nil, fmt.Errorf("trees: %d columns for %d features", len(cols), len(b.Features))
	}
	m := &Matrix{Cols: len(cols), bins: b}
	if len(cols) > 0 {
		m.Rows = cols[0].rows()
	}
	for i, c := range cols {
		if err := checkColumn(c, m.Rows); err != nil {
			return nil, err
		}
		if (c.Codes != nil) != b.Features[i].Categorical() && m.Rows > 0 {
			return nil, fmt.Errorf("trees: column %q changed its kind", c.Name)
		}
	}
	m.Codes = make([]uint8, m.Rows*m.Cols)
	blocks := (m.Rows + parallel.BlockRows - 1) / parallel.BlockRows
	err := parallel.Ordered(ctx, blocks, workers, func(_ context.Context, i int) (struct{}, error) {
		lo, hi := i*parallel.BlockRows, min((i+1)*parallel.BlockRows, m.Rows)
		for j, c := range cols {
			b.Features[j].encode(c, lo, hi, m.Codes[lo*m.Cols+j:], m.Cols)
		}
		return struct{}{}, nil
	}, func(int, struct{}) error { return nil })
	return m, err
}

func (f Feature) encode(c Column, lo, hi int, out []uint8, stride int) {
	missing := uint8(f.Bins - 1)
	at := 0
	if c.Numbers != nil {
		for _, x := range c.Numbers[lo:hi] {
			out[at] = missing
			if !math.IsNaN(x) {
				out[at] = uint8(countAtMost(f.Cuts, x))
			}
			at += stride
		}
		return
	}
	for _, v := range c.Codes[lo:hi] {
		out[at] = missing
		if v >= 0 && int(v) < len(f.LevelBin) {
			out[at] = f.LevelBin[v]
		}
		at += stride
	}
}

// countAtMost is the number of cuts <= x, cuts ascending.
func countAtMost(cuts []float64, x float64) int {
	lo, n := 0, len(cuts)
	for n > 0 {
		half := n >> 1
		if cuts[lo+half] <= x {
			lo += half + 1
			n -= half + 1
		} else {
			n = half
		}
	}
	return lo
}
