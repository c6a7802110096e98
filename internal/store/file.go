package store

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"gocloud.dev/blob"
)

var errEOF = io.EOF

// OpenFile is an open file of an artifact or record, for random access.
type OpenFile struct {
	tabular.File
	close func() error
}

// Close releases the file.
func (f *OpenFile) Close() error { return f.close() }

// OpenEntry opens one file of an artifact; place names it in errors.
func (s *Store) OpenEntry(ctx context.Context, e FileEntry) (*OpenFile, error) {
	return s.OpenKey(ctx, e.Key, e.Name)
}

// OpenKey opens the object at key. name is what errors call it, and its ending
// gives the format.
func (s *Store) OpenKey(ctx context.Context, key, name string) (*OpenFile, error) {
	if s.root != "" {
		f, err := os.Open(s.path(key))
		if os.IsNotExist(err) {
			return nil, fmt.Errorf("store: %s: %w", key, ErrNotFound)
		}
		if err != nil {
			return nil, fmt.Errorf("store: open %s: %w", key, err)
		}
		st, err := f.Stat()
		if err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("store: open %s: %w", key, err)
		}
		return &OpenFile{File: tabular.File{Name: name, Body: f, Size: st.Size()}, close: f.Close}, nil
	}
	at, err := s.bucket.Attributes(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", key, err)
	}
	r := &rangeReader{ctx: ctx, bucket: s.bucket, key: key, size: at.Size, chunks: map[int64][]byte{}}
	return &OpenFile{File: tabular.File{Name: name, Body: r, Size: at.Size}, close: func() error { return nil }}, nil
}

func (s *Store) path(key string) string { return filepath.Join(s.root, filepath.FromSlash(key)) }

// Path returns where an object lies on the local disk, or "" when the store is
// not local.
func (s *Store) Path(key string) string {
	if s.root == "" {
		return ""
	}
	return s.path(key)
}

// Copy puts the bytes of src at dst in one step: whoever reads dst sees the old
// bytes or the new. In a local store both names share the bytes where the file
// system can: artifacts are never changed in place.
func (s *Store) Copy(ctx context.Context, dst, src string) error {
	if s.root != "" {
		to := s.path(dst)
		part, err := s.beside(to)
		if err != nil {
			return fmt.Errorf("store: copy to %s: %w", dst, err)
		}
		if os.Link(s.path(src), part) == nil {
			err := os.Rename(part, to)
			// Renaming between two names of one file leaves both.
			_ = os.Remove(part)
			if err != nil {
				return fmt.Errorf("store: copy to %s: %w", dst, err)
			}
			return nil
		}
	}
	if err := s.bucket.Copy(ctx, dst, src, nil); err != nil {
		return fmt.Errorf("store: copy to %s: %w", dst, err)
	}
	return nil
}

// rangeReader reads an object of a remote bucket in chunks and keeps the last
// few, since table formats read in small neighbouring pieces.
type rangeReader struct {
	ctx    context.Context
	bucket *blob.Bucket
	key    string
	size   int64

	mu     sync.Mutex
	chunks map[int64][]byte
	order  []int64
}

const (
	rangeChunk = 4 << 20
	rangeKeep  = 8
)

func (r *rangeReader) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		if off+int64(n) >= r.size {
			return n, io.EOF
		}
		at := (off + int64(n)) / rangeChunk
		c, err := r.chunk(at)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], c[off+int64(n)-at*rangeChunk:])
	}
	return n, nil
}

func (r *rangeReader) chunk(at int64) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.chunks[at]; ok {
		return c, nil
	}
	length := min(rangeChunk, r.size-at*rangeChunk)
	rd, err := r.bucket.NewRangeReader(r.ctx, r.key, at*rangeChunk, length, nil)
	if err != nil {
		return nil, fmt.Errorf("store: read %s: %w", r.key, err)
	}
	defer rd.Close()
	c := make([]byte, length)
	if _, err := io.ReadFull(rd, c); err != nil {
		return nil, fmt.Errorf("store: read %s: %w", r.key, err)
	}
	if len(r.order) == rangeKeep {
		delete(r.chunks, r.order[0])
		r.order = r.order[1:]
	}
	r.chunks[at], r.order = c, append(r.order, at)
	return c, nil
}
