// Package activities carries out the steps of a night: each opens readers,
// calls the domain, and writes one artifact. The step helper gives all of them
// idempotence, heartbeat, progress and error mapping.
//
// Nothing here decides order or waits for people on its own account; nothing
// below here knows that Temporal exists.
package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nocturne-data/nocturne/activities/pipeline"
	"github.com/nocturne-data/nocturne/internal/keys"
	"github.com/nocturne-data/nocturne/internal/store"
	"go.temporal.io/sdk/client"
)

// Config is what activities depend on.
type Config struct {
	Store  *store.Store
	Client client.Client // for label queues and for asking whether a night is still under way
	// Keys is the keyset of pipelines that name none: a file, "env:NAME" or a
	// KMS URI.
	Keys string
	// MakeKeys creates the keyset file on first use.
	MakeKeys bool
	// Workers bound the goroutines of one activity; 0 = all processors. No
	// result depends on it.
	Workers int
}

// Activities are the steps of a night. Its methods are registered with a
// worker under their own names.
type Activities struct {
	Config

	mu    sync.Mutex
	specs map[store.Address]pipeline.Spec // plans already read by this process

	indexes   indexes
	pools     pools
	manifests manifests
}

// New returns the steps of a night over cfg.
func New(cfg Config) *Activities {
	return &Activities{Config: cfg, specs: map[store.Address]pipeline.Spec{}}
}

// spec returns the specification that a plan fixed.
func (a *Activities) spec(ctx context.Context, p Plan) (pipeline.Spec, error) {
	a.mu.Lock()
	s, ok := a.specs[p.Ref.Address]
	a.mu.Unlock()
	if ok {
		return s, nil
	}
	if err := a.readJSON(ctx, p.Ref, "spec.json", &s); err != nil {
		return s, err
	}
	a.mu.Lock()
	a.specs[p.Ref.Address] = s
	a.mu.Unlock()
	return s, nil
}

func (a *Activities) table(ctx context.Context, p Plan, name string) (pipeline.Spec, pipeline.Table, error) {
	s, err := a.spec(ctx, p)
	if err != nil {
		return s, pipeline.Table{}, err
	}
	t, ok := s.Table(name)
	if !ok {
		return s, t, fail(InvalidSpec, fmt.Errorf("the pipeline has no table %q", name))
	}
	return s, t, nil
}

// readJSON decodes one file of an artifact.
func (a *Activities) readJSON(ctx context.Context, ref store.Ref, name string, v any) error {
	data, err := a.readFile(ctx, ref, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("artifact %.12s: %s: %w", ref.Address, name, err)
	}
	return nil
}

// readFile reads one small file of an artifact.
func (a *Activities) readFile(ctx context.Context, ref store.Ref, name string) ([]byte, error) {
	f, err := a.open(ctx, ref, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, f.Size)
	if _, err := f.Body.ReadAt(data, 0); err != nil && int64(len(data)) != f.Size {
		return nil, fmt.Errorf("artifact %.12s: %s: %w", ref.Address, name, err)
	}
	return data, nil
}

// open opens one file of an artifact for random access.
func (a *Activities) open(ctx context.Context, ref store.Ref, name string) (*store.OpenFile, error) {
	m, err := a.manifest(ctx, ref.Address)
	if err != nil {
		return nil, err
	}
	e, ok := m.File(name)
	if !ok {
		return nil, fmt.Errorf("artifact %.12s has no file %s", ref.Address, name)
	}
	return a.Store.OpenEntry(ctx, e)
}

// manifests keeps the manifest that was read last: a table of thousands of
// shards lists them all, and each of its activities opens a few. A finished
// artifact never changes.
type manifests struct {
	mu   sync.Mutex
	last store.Manifest
}

func (a *Activities) manifest(ctx context.Context, at store.Address) (store.Manifest, error) {
	a.manifests.mu.Lock()
	m := a.manifests.last
	a.manifests.mu.Unlock()
	if m.Address == at && at != "" {
		return m, nil
	}
	m, err := a.Store.Stat(ctx, at)
	if err == nil && len(m.Files) >= manyFiles {
		a.manifests.mu.Lock()
		a.manifests.last = m
		a.manifests.mu.Unlock()
	}
	return m, err
}

// manyFiles is the length of a manifest from which it is worth keeping.
const manyFiles = 16

// keyset opens the keyset of a pipeline.
func (a *Activities) keyset(s pipeline.Spec) (*keys.Keyset, error) {
	source := s.Keys
	if source == "" {
		source = a.Keys
	}
	k, err := keys.Load(source)
	if errors.Is(err, os.ErrNotExist) && a.MakeKeys && s.Keys == "" && !strings.HasPrefix(source, "env:") {
		a.mu.Lock()
		defer a.mu.Unlock()
		if k, err = keys.Load(source); err == nil {
			return k, nil
		}
		if k, err = keys.New(time.Now()); err == nil {
			err = k.Save(strings.TrimPrefix(source, "file:"))
		}
	}
	if err != nil {
		return nil, fail(KeyMissing, fmt.Errorf("keyset: %w; `nocturne keys new` makes one", err))
	}
	return k, nil
}

// writeJSON adds a JSON file to an artifact being built.
func writeJSON(ctx context.Context, d *store.Draft, name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return d.WriteFile(ctx, name, append(data, '\n'))
}
