package store

import (
	"context"
	"errors"
	"strings"
)

// Reach returns the roots and every artifact that they were made from, at any
// distance: an artifact's manifest names the content digests of what it read. It
// reads all manifests of the store. Roots that do not exist are passed over.
func (s *Store) Reach(ctx context.Context, roots []Address) (map[Address]bool, error) {
	keys, err := s.List(ctx, "artifacts/")
	if err != nil {
		return nil, err
	}
	inputs := map[Address][]Digest{}
	made := map[Digest][]Address{} // several recipes may lead to equal content
	for _, k := range keys {
		if !strings.HasSuffix(k, "/manifest.json") {
			continue
		}
		var m Manifest
		err := s.GetJSON(ctx, k, &m)
		if errors.Is(err, ErrNotFound) {
			continue // dropped a moment ago
		}
		if err != nil {
			return nil, err
		}
		if k != manifestKey(m.Address) {
			continue // a file of an artifact that bears this name
		}
		inputs[m.Address] = m.Inputs
		made[m.Digest()] = append(made[m.Digest()], m.Address)
	}
	out := map[Address]bool{}
	for open := append([]Address(nil), roots...); len(open) > 0; {
		a := open[len(open)-1]
		open = open[:len(open)-1]
		in, exists := inputs[a]
		if !exists || out[a] {
			continue
		}
		out[a] = true
		for _, d := range in {
			open = append(open, made[d]...)
		}
	}
	return out, nil
}
