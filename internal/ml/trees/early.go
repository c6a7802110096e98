package trees

import (
	"errors"
	"math"
)

// watcher follows the validation loss for early stopping. Its zero value
// watches nothing.
type watcher struct {
	p       Params
	d       Data
	rows    []int32
	margins []float64
	best    float64
	at      int // the best round
	on      bool
}

func newWatcher(p Params, valid *Data, bins *Binning) (*watcher, error) {
	w := &watcher{p: p, best: math.Inf(1), at: -1}
	if p.EarlyStopping <= 0 {
		return w, nil
	}
	if valid == nil {
		return nil, errors.New("trees: EarlyStopping needs validation data")
	}
	rows, err := valid.check()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || valid.X.bins != bins {
		return nil, errors.New("trees: validation data must have rows and share the training data's Binning")
	}
	if err := p.checkTargets(valid.Y, rows); err != nil {
		return nil, err
	}
	w.d, w.rows, w.on = *valid, rows, true
	return w, nil
}

func (w *watcher) start(base []float64) {
	if !w.on {
		return
	}
	w.margins = make([]float64, w.d.X.Rows*len(base))
	for i := range w.margins {
		w.margins[i] = base[i%len(base)]
	}
}

// stop adds the newest round to the validation margins and tells whether to
// end.
func (w *watcher) stop(m *Model, round int) bool {
	if !w.on {
		return false
	}
	groups := w.p.groups()
	for k := range groups {
		tree := &m.Trees[len(m.Trees)-groups+k]
		for _, r := range w.rows {
			at := int(r) * w.d.X.Cols
			w.margins[int(r)*groups+k] += tree.leaf(w.d.X.Codes[at : at+w.d.X.Cols]).Value
		}
	}
	if loss := w.p.loss(w.d, w.rows, w.margins); loss < w.best {
		w.best, w.at = loss, round
	}
	return round-w.at >= w.p.EarlyStopping
}

func (w *watcher) finish(m *Model) {
	if w.on {
		m.Trees = m.Trees[:(w.at+1)*w.p.groups()]
	}
}
