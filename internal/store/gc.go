package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gocloud.dev/blob"
)

// Swept counts what Collect removed.
type Swept struct {
	Artifacts int   `json:"artifacts"`
	Attempts  int   `json:"attempts"` // objects of builds that never finished
	Bytes     int64 `json:"bytes"`
}

// Drop removes one artifact, the manifest first: what has no manifest does not
// exist.
func (s *Store) Drop(ctx context.Context, a Address) error {
	if err := s.Delete(ctx, manifestKey(a)); err != nil {
		return err
	}
	s.dropPrefix(ctx, artifactKey(a)+"/")
	return nil
}

// Collect removes artifacts that live does not hold, and leftovers of builds
// that did not finish, if they were last written before the given time. The
// caller chooses before so that everything an open run wrote is younger.
func (s *Store) Collect(ctx context.Context, live map[Address]bool, before time.Time) (Swept, error) {
	type artifact struct {
		finished bool
		newest   time.Time
		keys     []string
		bytes    int64
	}
	found := map[Address]*artifact{}
	var order []Address
	it := s.bucket.List(&blob.ListOptions{Prefix: "artifacts/"})
	for {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Swept{}, fmt.Errorf("store: collect: %w", err)
		}
		parts := strings.SplitN(o.Key, "/", 4)
		if len(parts) < 4 {
			continue
		}
		a := Address(parts[2])
		x := found[a]
		if x == nil {
			x = &artifact{}
			found[a] = x
			order = append(order, a)
		}
		x.keys = append(x.keys, o.Key)
		x.bytes += o.Size
		if o.ModTime.After(x.newest) {
			x.newest = o.ModTime
		}
		x.finished = x.finished || parts[3] == "manifest.json"
	}
	var out Swept
	for _, a := range order {
		x := found[a]
		if live[a] || !x.newest.Before(before) {
			continue
		}
		if x.finished {
			out.Artifacts++
		} else {
			out.Attempts += len(x.keys)
		}
		out.Bytes += x.bytes
		if err := s.Delete(ctx, manifestKey(a)); err != nil {
			return out, err
		}
		for _, k := range x.keys {
			if err := s.Delete(ctx, k); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}
