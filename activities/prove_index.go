package activities

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/store"
)

const indexVersion = 1

// An index artifact holds values.index: the hashes of all values of a table that
// must be gone, merged from the sets of its shards. Each proof of a shard asks
// this one file, so that proving n shards costs n, not n times n.
const indexFile = "values.index"

// indexStats is its statistics.
type indexStats struct {
	Values int64 `json:"values"`
}

func (a *Activities) indexValues(ctx context.Context, in AssembleInput, shards []store.Manifest, inputs []store.Digest) (store.Manifest, error) {
	s, err := a.spec(ctx, in.Plan)
	if err != nil {
		return store.Manifest{}, err
	}
	opt, err := a.proofOptions(s)
	if err != nil {
		return store.Manifest{}, err
	}
	m, _, err := a.Store.Build(ctx, store.Recipe{Step: "index", Version: indexVersion, Part: in.Snapshot.Table, Inputs: inputs},
		func(ctx context.Context, d *store.Draft) error {
			sets := make([]*io.SectionReader, len(shards))
			for i, m := range shards {
				e, ok := m.File(valuesName)
				if !ok {
					return fmt.Errorf("shard %d has no values", i)
				}
				f, err := a.Store.OpenEntry(ctx, e)
				if err != nil {
					return err
				}
				defer f.Close()
				sets[i] = f.Reader()
			}
			w, err := d.Create(ctx, indexFile)
			if err != nil {
				return err
			}
			n, err := proof.WriteIndex(ctx, w, sets, opt)
			if err != nil {
				return err
			}
			d.Stats = indexStats{Values: n}
			return w.Close()
		})
	return m, err
}

// indexes keeps the index of the table that was proven last open between the
// shards of a table: reading its filters anew for each would cost as much as
// proving a shard.
type indexes struct {
	mu   sync.Mutex
	last *openIndex
}

// openIndex is an index with the number of its users; the cache is one of them.
type openIndex struct {
	*proof.Index
	address store.Address
	file    *store.OpenFile
	users   int
}

// index returns the index of a table and a function that lets it go.
func (a *Activities) index(ctx context.Context, ref store.Ref, opt proof.Options) (*proof.Index, func(), error) {
	a.indexes.mu.Lock()
	defer a.indexes.mu.Unlock()
	if x := a.indexes.last; x == nil || x.address != ref.Address {
		// The file outlives the activity that opened it.
		f, err := a.open(context.WithoutCancel(ctx), ref, indexFile)
		if err != nil {
			return nil, nil, err
		}
		opened, err := proof.OpenIndex(f.Body, f.Size, opt)
		if err != nil {
			f.Close()
			return nil, nil, err
		}
		if x != nil {
			x.letGo()
		}
		a.indexes.last = &openIndex{Index: opened, address: ref.Address, file: f, users: 1}
	}
	x := a.indexes.last
	x.users++
	return x.Index, func() {
		a.indexes.mu.Lock()
		defer a.indexes.mu.Unlock()
		x.letGo()
	}, nil
}

// drop forgets the index that is kept, once its users have let it go.
func (x *indexes) drop() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.last != nil {
		x.last.letGo()
		x.last = nil
	}
}

func (x *openIndex) letGo() {
	if x.users--; x.users == 0 {
		x.file.Close()
	}
}
