package trees

import "sync"

// gradient is one row's first and second derivative in fixed point.
type gradient struct{ g, h int32 }

// cell is a histogram entry: the sums of its rows' derivatives in fixed point.
type cell struct{ g, h int64 }

// minParallelCells is the least number of cell updates for which splitting the
// rows of a node over workers pays for the merge.
const minParallelCells = 1 << 19

// histogram adds the rows' gradients to the cells of their bins. Integer sums
// do not depend on the grouping, so workers may take any rows.
func (t *grower) histogram(rows []int32, into []cell) {
	clear(into)
	workers := min(t.workers, len(rows)*t.x.Cols/minParallelCells+1)
	if workers <= 1 {
		t.addRows(rows, into)
		return
	}
	parts := make([][]cell, workers)
	var wg sync.WaitGroup
	for w := range workers {
		lo, hi := len(rows)*w/workers, len(rows)*(w+1)/workers
		parts[w] = into
		if w > 0 {
			parts[w] = t.takeHistogram()
			clear(parts[w])
		}
		wg.Go(func() { t.addRows(rows[lo:hi], parts[w]) })
	}
	wg.Wait()
	for _, part := range parts[1:] {
		for i, c := range part {
			into[i].g += c.g
			into[i].h += c.h
		}
		t.giveHistogram(part)
	}
}

func (t *grower) addRows(rows []int32, into []cell) {
	cols, codes := t.x.Cols, t.x.Codes
	offsets := t.x.bins.offsets[:cols]
	if t.features != nil {
		t.addRowsOf(rows, into)
		return
	}
	for _, r := range rows {
		gr := t.grad[r]
		g, h := int64(gr.g), int64(gr.h)
		at := int(r) * cols
		row := codes[at : at+cols : at+cols]
		for f, c := range row {
			p := &into[offsets[f]+int(c)]
			p.g += g
			p.h += h
		}
	}
}

// addRowsOf is addRows for a sample of the features.
func (t *grower) addRowsOf(rows []int32, into []cell) {
	cols, codes, offsets := t.x.Cols, t.x.Codes, t.x.bins.offsets
	for _, r := range rows {
		gr := t.grad[r]
		g, h := int64(gr.g), int64(gr.h)
		row := codes[int(r)*cols:]
		for _, f := range t.features {
			p := &into[offsets[f]+int(row[f])]
			p.g += g
			p.h += h
		}
	}
}

// subtract leaves the sibling of child in parent.
func subtract(parent, child []cell) {
	child = child[:len(parent)]
	for i := range parent {
		parent[i].g -= child[i].g
		parent[i].h -= child[i].h
	}
}

func (t *grower) takeHistogram() []cell {
	if n := len(t.pool); n > 0 {
		h := t.pool[n-1]
		t.pool = t.pool[:n-1]
		return h
	}
	b := t.x.bins
	return make([]cell, b.offsets[len(b.Features)])
}

func (t *grower) giveHistogram(h []cell) { t.pool = append(t.pool, h) }
