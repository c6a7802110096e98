package mixture

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/nocturne-data/nocturne/internal/parallel"
)

// Rows is a table of states: Codes holds rows one after another, a byte a
// column; States the number of states of each column.
type Rows struct {
	States []int
	Codes  []uint8
}

// Len is the number of rows.
func (r Rows) Len() int {
	if len(r.States) == 0 {
		return 0
	}
	return len(r.Codes) / len(r.States)
}

// chunkRows is the unit of parallel work inside a block.
const chunkRows = 4096

// marginals returns the share of each state, shrunk a little towards uniform.
func (r Rows) marginals() []float64 {
	first, total := offsets(r.States)
	n := make([]int64, total)
	d := len(r.States)
	for at := 0; at < len(r.Codes); at += d {
		for j, s := range r.Codes[at : at+d] {
			n[first[j]+int(s)]++
		}
	}
	out := make([]float64, total)
	for j, states := range r.States {
		rows := float64(r.Len()) + 1
		for s := first[j]; s < first[j]+states; s++ {
			out[s] = (float64(n[s]) + 1/float64(states)) / rows
		}
	}
	return out
}

// split divides rows at random, by their number, into one part in ten that is
// held out and the rest. Of more than searchRows rows it takes a sample.
func (r Rows) split(seed uint64) (fit, held Rows) {
	fit, held = Rows{States: r.States}, Rows{States: r.States}
	d := len(r.States)
	for i := range r.Len() {
		h := mix(mix(seed) + uint64(i))
		if int(h>>32%uint64(r.Len())) >= searchRows {
			continue
		}
		row := r.Codes[i*d : (i+1)*d]
		if uint32(h)%10 == 0 {
			held.Codes = append(held.Codes, row...)
		} else {
			fit.Codes = append(fit.Codes, row...)
		}
	}
	return fit, held
}

// mix is the SplitMix64 finaliser.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// expect runs the E-step over all rows. Sums are integers, so chunks may go
// to any worker.
func (r Rows) expect(ctx context.Context, l *Latent, workers int) (*Pass, error) {
	s := newScorer(l)
	chunks := (r.Len() + chunkRows - 1) / chunkRows
	workers = min(parallel.Workers(workers), max(chunks, 1), 4*runtime.NumCPU())
	passes := make([]*Pass, workers)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		passes[w] = s.newPass()
		wg.Add(1)
		go func() {
			defer wg.Done()
			fused := make([]uint8, s.groups())
			d := len(r.States)
			for ctx.Err() == nil {
				c := int(next.Add(1)) - 1
				if c >= chunks {
					return
				}
				for i := c * chunkRows; i < min((c+1)*chunkRows, r.Len()); i++ {
					row := r.Codes[i*d : (i+1)*d]
					s.fuse(row, fused)
					passes[w].add(row, fused)
				}
			}
		}()
	}
	wg.Wait()
	for _, p := range passes[1:] {
		if err := passes[0].Merge(p); err != nil {
			return nil, err
		}
	}
	return passes[0], ctx.Err()
}

// likelihood is the mean log-likelihood of the rows, in nats.
func (r Rows) likelihood(ctx context.Context, l *Latent, workers int) (float64, error) {
	s := newScorer(l)
	chunks := (r.Len() + chunkRows - 1) / chunkRows
	total := int64(0)
	err := parallel.Ordered(ctx, chunks, workers, func(_ context.Context, c int) (int64, error) {
		acc := make([]float32, s.classes)
		fused := make([]uint8, s.groups())
		hot := make([]share, 0, s.classes)
		d := len(r.States)
		var sum, ll int64
		for i := c * chunkRows; i < min((c+1)*chunkRows, r.Len()); i++ {
			s.fuse(r.Codes[i*d:(i+1)*d], fused)
			ll, hot = s.responsibilities(fused, acc, hot)
			sum += ll
		}
		return sum, nil
	}, func(_ int, sum int64) error {
		total += sum
		return nil
	})
	return float64(total) / llUnit / float64(max(r.Len(), 1)), err
}
