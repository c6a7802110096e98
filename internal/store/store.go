// Package store keeps artifacts: content-addressed results of steps, in a local
// folder or an object store. An artifact's address is its recipe, so a retry, a
// repeat, a resumed night and an unchanged table are one mechanism.
//
// Beside artifacts the store keeps small named records (pointers, pipelines,
// runs), each replaced in one atomic step.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:// is the default store
	_ "gocloud.dev/blob/memblob"  // mem:// serves tests
	"gocloud.dev/gcerrors"
)

// ErrNotFound is returned when an artifact or record does not exist.
var ErrNotFound = errors.New("not in the store")

// Store is a bucket with artifacts in it. It is safe for concurrent use, also
// by several processes on one bucket.
type Store struct {
	bucket *blob.Bucket
	root   string // local folder behind the bucket; "" = not local
	owner  string // this process, in leases
	now    func() time.Time
}

// Open opens the store at a gocloud URL ("file:///var/lib/nocturne", "mem://",
// "s3://bucket") or a plain folder path, which is created if needed.
func Open(ctx context.Context, where string) (*Store, error) {
	root := ""
	u, err := url.Parse(where)
	if err != nil || u.Scheme == "" || len(u.Scheme) == 1 {
		if root, err = filepath.Abs(where); err != nil {
			return nil, fmt.Errorf("store: %s: %w", where, err)
		}
	} else if u.Scheme == "file" {
		root = filepath.FromSlash(u.Path)
	}
	open := where
	if root != "" {
		if err := os.MkdirAll(root, 0o700); err != nil {
			return nil, fmt.Errorf("store: create folder: %w", err)
		}
		// The temporary file lies beside its target, so that the rename that
		// publishes it is atomic; attribute files would double every entry.
		q := url.Values{"no_tmp_dir": {"true"}, "metadata": {"skip"}}
		open = (&url.URL{Scheme: "file", Path: filepath.ToSlash(root), RawQuery: q.Encode()}).String()
	}
	b, err := blob.OpenBucket(ctx, open)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	return &Store{bucket: b, root: root, owner: processIdentity(), now: time.Now}, nil
}

// Close releases the bucket.
func (s *Store) Close() error { return s.bucket.Close() }

// Root returns the local folder behind the store, or "" when it is not local.
func (s *Store) Root() string { return s.root }

func artifactKey(a Address) string {
	if len(a) < 2 {
		return "artifacts/__/" + string(a)
	}
	return "artifacts/" + string(a[:2]) + "/" + string(a)
}

func manifestKey(a Address) string { return artifactKey(a) + "/manifest.json" }

// Stat returns the manifest of a finished artifact, or ErrNotFound.
func (s *Store) Stat(ctx context.Context, a Address) (Manifest, error) {
	var m Manifest
	if err := s.GetJSON(ctx, manifestKey(a), &m); err != nil {
		return Manifest{}, err
	}
	return m, nil
}

// Find returns the manifest of the artifact that r describes, or ErrNotFound.
func (s *Store) Find(ctx context.Context, r Recipe) (Manifest, error) {
	a, err := r.Address()
	if err != nil {
		return Manifest{}, err
	}
	return s.Stat(ctx, a)
}

// Put replaces the record at key in one atomic step.
func (s *Store) Put(ctx context.Context, key string, data []byte) error {
	if err := s.bucket.WriteAll(ctx, key, data, nil); err != nil {
		return fmt.Errorf("store: write %s: %w", key, err)
	}
	return nil
}

// PutJSON replaces the record at key by v as JSON.
func (s *Store) PutJSON(ctx context.Context, key string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("store: encode %s: %w", key, err)
	}
	return s.Put(ctx, key, append(data, '\n'))
}

// Get reads the record at key, or ErrNotFound.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	data, err := s.bucket.ReadAll(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("store: %s: %w", key, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("store: read %s: %w", key, err)
	}
	return data, nil
}

// GetJSON reads the record at key into v.
func (s *Store) GetJSON(ctx context.Context, key string, v any) error {
	data, err := s.Get(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("store: %s is damaged: %w", key, err)
	}
	return nil
}

// Delete removes the record at key; a missing one is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("store: delete %s: %w", key, err)
	}
	return nil
}

// List returns the keys under prefix in order.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	it := s.bucket.List(&blob.ListOptions{Prefix: prefix})
	for {
		o, err := it.Next(ctx)
		if errors.Is(err, errEOF) {
			return keys, nil
		}
		if err != nil {
			return nil, fmt.Errorf("store: list %s: %w", prefix, err)
		}
		if !o.IsDir && !strings.HasSuffix(o.Key, ".tmp") {
			keys = append(keys, o.Key)
		}
	}
}
