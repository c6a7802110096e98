package relational

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/synth"
	"github.com/nocturne-data/nocturne/synth/codec"
	"github.com/nocturne-data/nocturne/synth/mixture"
)

// parents is what a fit remembers of the real parents: for each the hash of
// its key, its class and how many children have been seen.
type parents struct {
	key      int // column of the key
	at       map[uint64]int32
	class    []uint8
	children []atomic.Uint32
}

// hashKey hashes a key's text, so that an int32 key finds its int64 parent.
func hashKey(a arrow.Array, i int) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(a.ValueStr(i))) // a hash never fails
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	return x ^ x>>31
}

// gather reads the parents once and remembers key and class.
func gather(ctx context.Context, t synth.Table, key int, cl *clusters, opt Options) (*parents, error) {
	p := &parents{key: key, at: make(map[uint64]int32)}
	type part struct {
		keys  []uint64
		class []uint8
	}
	var fault error
	err := mixture.Scan(ctx, t, opt.Workers, func(*arrow.Schema) error { return nil },
		func(_ int64, rec arrow.Record) (part, error) {
			class, err := cl.ofRecord(rec)
			if err != nil {
				return part{}, err
			}
			out := part{}
			keys := rec.Column(key)
			for i := range int(rec.NumRows()) {
				if keys.IsNull(i) {
					continue // nobody can refer to it
				}
				out.keys = append(out.keys, hashKey(keys, i))
				out.class = append(out.class, class[i])
			}
			return out, nil
		}, func(v part) {
			for i, k := range v.keys {
				switch _, twice := p.at[k]; {
				case twice:
					fault = ErrParentKey
				case len(p.class) == opt.MaxParents:
					fault = ErrTooManyParents
				default:
					p.at[k] = int32(len(p.class))
					p.class = append(p.class, v.class[i])
				}
			}
		})
	if err == nil {
		err = fault
	}
	if err != nil {
		return nil, fmt.Errorf("relational: parents: %w", err)
	}
	p.children = make([]atomic.Uint32, len(p.class))
	return p, nil
}

// find returns the parent that cell i of a key column means, or -1.
func (p *parents) find(keys arrow.Array, i int) int32 {
	if keys.IsNull(i) {
		return -1
	}
	if at, ok := p.at[hashKey(keys, i)]; ok {
		return at
	}
	return -1
}

// clusters sorts parents into classes by their attributes: the most likely
// class of a small mixture.
type clusters struct {
	codec   *codec.Codec
	encoder *codec.Encoder
	latent  *mixture.Latent // nil = a single class
}

func newClusters(c *codec.Codec, l *mixture.Latent) *clusters {
	return &clusters{codec: c, encoder: c.NewEncoder(), latent: l}
}

func (c *clusters) classes() int {
	if c.latent == nil {
		return 1
	}
	return c.latent.Classes()
}

func (c *clusters) ofRecord(rec arrow.Record) ([]uint8, error) {
	states, err := c.encoder.Encode(nil, rec)
	if err != nil {
		return nil, err
	}
	return c.ofStates(states, int(rec.NumRows())), nil
}

// ofStates classes rows of states, one slice a column.
func (c *clusters) ofStates(states [][]uint8, rows int) []uint8 {
	out := make([]uint8, rows)
	if c.latent == nil {
		return out
	}
	s := c.latent.NewClassifier()
	row := make([]uint8, len(states))
	for i := range out {
		for j := range states {
			row[j] = states[j][i]
		}
		out[i] = uint8(s.MostLikely(row))
	}
	return out
}
