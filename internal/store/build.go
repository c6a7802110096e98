package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
)

// Draft is an artifact being built. Its methods are safe for concurrent use.
type Draft struct {
	// Rows is the manifest's row count.
	Rows int64
	// Stats becomes the manifest's statistics: a small value without data.
	Stats any

	s      *Store
	prefix string
	mu     sync.Mutex
	files  []FileEntry
	open   map[*draftFile]bool
}

// Create starts a file of the artifact. The bytes count only once Close has
// returned nil.
func (d *Draft) Create(ctx context.Context, name string) (io.WriteCloser, error) {
	if name == "" || strings.Contains(name, "..") || strings.HasPrefix(name, "/") {
		return nil, fmt.Errorf("store: unusable file name %q", name)
	}
	// Cancelling a gocloud writer's context drops what it wrote.
	ctx, cancel := context.WithCancel(ctx)
	key := d.prefix + name
	w, err := d.s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("store: create %s: %w", name, err)
	}
	f := &draftFile{d: d, name: name, key: key, w: w, cancel: cancel, h: sha256.New()}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		d.open = map[*draftFile]bool{}
	}
	d.open[f] = true
	return f, nil
}

// WriteFile adds a whole small file.
func (d *Draft) WriteFile(ctx context.Context, name string, data []byte) error {
	w, err := d.Create(ctx, name)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		w.(*draftFile).Abort()
		return err
	}
	return w.Close()
}

// Adopt makes a file of a finished artifact a file of this one as well,
// without reading it.
func (d *Draft) Adopt(ctx context.Context, name string, e FileEntry) error {
	key := d.prefix + name
	if err := d.s.Copy(ctx, key, e.Key); err != nil {
		return err
	}
	d.add(FileEntry{Name: name, Key: key, Size: e.Size, SHA256: e.SHA256})
	return nil
}

// abandon drops the files that a failed build left open.
func (d *Draft) abandon() {
	d.mu.Lock()
	open := slices.Collect(maps.Keys(d.open))
	d.mu.Unlock()
	for _, f := range open {
		f.Abort()
	}
}

func (d *Draft) add(e FileEntry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = append(d.files, e)
}

type draftFile struct {
	d      *Draft
	name   string
	key    string
	w      *blob.Writer
	cancel context.CancelFunc
	h      hash.Hash
	size   int64
	failed error
}

func (f *draftFile) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	f.h.Write(p[:n])
	f.size += int64(n)
	if err != nil {
		f.failed = fmt.Errorf("store: write %s: %w", f.name, err)
		return n, f.failed
	}
	return n, nil
}

func (f *draftFile) Close() error {
	defer f.cancel()
	if f.failed != nil {
		f.Abort()
		return f.failed
	}
	f.closed()
	if err := f.w.Close(); err != nil {
		return fmt.Errorf("store: write %s: %w", f.name, err)
	}
	f.d.add(FileEntry{Name: f.name, Key: f.key, Size: f.size, SHA256: Digest(hex.EncodeToString(f.h.Sum(nil)))})
	return nil
}

// Abort drops the file.
func (f *draftFile) Abort() {
	f.closed()
	f.cancel()
	_ = f.w.Close()
}

func (f *draftFile) closed() {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	delete(f.d.open, f)
}

// Build returns the artifact that r describes, running f to make it unless it
// is finished already; built tells which. While another living process builds
// the same artifact, Build waits for it. When f fails nothing of the attempt
// stays.
func (s *Store) Build(ctx context.Context, r Recipe, f func(ctx context.Context, d *Draft) error) (m Manifest, built bool, err error) {
	a, err := r.Address()
	if err != nil {
		return Manifest{}, false, err
	}
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		m, err := s.Stat(ctx, a)
		if err == nil {
			return m, false, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return Manifest{}, false, err
		}
		l, err := s.acquire(ctx, a)
		if err != nil {
			return Manifest{}, false, err
		}
		if l != nil {
			m, built, err := s.buildLeased(ctx, a, r, f)
			s.release(ctx, a, l)
			return m, built, err
		}
		select {
		case <-ctx.Done():
			return Manifest{}, false, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (s *Store) buildLeased(ctx context.Context, a Address, r Recipe, f func(ctx context.Context, d *Draft) error) (Manifest, bool, error) {
	// Between the look and the lease somebody may have finished.
	if m, err := s.Stat(ctx, a); err == nil {
		return m, false, nil
	}
	d := &Draft{s: s, prefix: artifactKey(a) + "/" + attemptID() + "/"}
	m, err := d.finish(ctx, a, r, f)
	if err != nil {
		d.abandon()
		s.dropPrefix(context.WithoutCancel(ctx), d.prefix)
		return Manifest{}, false, err
	}
	return m, true, nil
}

func (d *Draft) finish(ctx context.Context, a Address, r Recipe, f func(ctx context.Context, d *Draft) error) (Manifest, error) {
	if err := f(ctx, d); err != nil {
		return Manifest{}, err
	}
	if err := ctx.Err(); err != nil {
		return Manifest{}, err
	}
	for f := range d.open {
		return Manifest{}, fmt.Errorf("store: step %s left %s open", r.Step, f.name)
	}
	slices.SortFunc(d.files, func(x, y FileEntry) int { return strings.Compare(x.Name, y.Name) })
	for i := 1; i < len(d.files); i++ {
		if d.files[i].Name == d.files[i-1].Name {
			return Manifest{}, fmt.Errorf("store: step %s wrote %s twice", r.Step, d.files[i].Name)
		}
	}
	spec, err := CanonicalJSON(r.Spec)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{
		Address: a, Step: r.Step, Version: r.Version, Part: r.Part, Spec: spec,
		Inputs: r.Inputs, Files: d.files, Rows: d.Rows,
	}
	if d.Stats != nil {
		if m.Stats, err = CanonicalJSON(d.Stats); err != nil {
			return Manifest{}, fmt.Errorf("store: statistics of step %s: %w", r.Step, err)
		}
	}
	// Compact JSON keeps Stats byte for byte, which the content digest covers.
	data, err := json.Marshal(m)
	if err != nil {
		return Manifest{}, fmt.Errorf("store: manifest of step %s: %w", r.Step, err)
	}
	if err := d.s.Put(ctx, manifestKey(a), append(data, '\n')); err != nil {
		return Manifest{}, err
	}
	return m, nil
}

func attemptID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return "a" + hex.EncodeToString(b[:])
}

func (s *Store) dropPrefix(ctx context.Context, prefix string) {
	keys, err := s.List(ctx, prefix)
	if err != nil {
		return // garbage collection removes what stays
	}
	for _, k := range keys {
		_ = s.Delete(ctx, k)
	}
}

// File returns a file that the draft holds already.
func (d *Draft) File(name string) (FileEntry, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.files {
		if f.Name == name {
			return f, true
		}
	}
	return FileEntry{}, false
}
