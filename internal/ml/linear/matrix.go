// Package linear fits linear classifiers over sparse features: multinomial
// logistic regression (softmax) with an L2 penalty, by L-BFGS. It is
// deterministic: one goroutine, sums in row order, every product rounded before
// it is added.
package linear

import "fmt"

// Matrix is a sparse matrix in compressed row form. Row i has the entries
// Index[Ptr[i]:Ptr[i+1]] and Value[Ptr[i]:Ptr[i+1]]. Column numbers within a row
// need not be sorted; a repeated number adds up. The zero value with Cols set is
// an empty matrix.
type Matrix struct {
	Cols  int       // number of columns; every index is in [0, Cols)
	Ptr   []int     // len = rows + 1, or nil when there is no row
	Index []int32   // column of each entry
	Value []float64 // value of each entry
}

// Rows returns the number of rows.
func (m *Matrix) Rows() int { return max(len(m.Ptr)-1, 0) }

// Row returns the entries of row i; the slices alias the matrix.
func (m *Matrix) Row(i int) ([]int32, []float64) {
	from, to := m.Ptr[i], m.Ptr[i+1]
	return m.Index[from:to], m.Value[from:to]
}

// Append adds one row.
func (m *Matrix) Append(index []int32, value []float64) {
	if m.Ptr == nil {
		m.Ptr = append(m.Ptr, 0)
	}
	m.Index = append(m.Index, index...)
	m.Value = append(m.Value, value...)
	m.Ptr = append(m.Ptr, len(m.Index))
}

// Take returns a new matrix of the given rows, in that order.
func (m *Matrix) Take(rows []int) *Matrix {
	t := &Matrix{Cols: m.Cols, Ptr: make([]int, 1, len(rows)+1)}
	for _, r := range rows {
		t.Append(m.Row(r))
	}
	return t
}

// check reports the first row whose entries do not fit the matrix.
func (m *Matrix) check() error {
	for i := range m.Rows() {
		if m.Ptr[i] > m.Ptr[i+1] || m.Ptr[i+1] > len(m.Index) || len(m.Index) != len(m.Value) {
			return fmt.Errorf("linear: row %d of the matrix has bad bounds", i)
		}
		index, _ := m.Row(i)
		for _, c := range index {
			if c < 0 || int(c) >= m.Cols {
				return fmt.Errorf("linear: row %d names a column outside [0, %d)", i, m.Cols)
			}
		}
	}
	return nil
}
