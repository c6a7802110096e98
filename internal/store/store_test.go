package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns both kinds of store: every test below must hold on each.
func each(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Helper()
	for _, kind := range []string{"file", "mem"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			where := "mem://"
			if kind == "file" {
				where = t.TempDir()
			}
			s, err := Open(context.Background(), where)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			f(t, s)
		})
	}
}

func recipe(part string) Recipe {
	return Recipe{Step: "test", Version: 1, Spec: map[string]any{"k": 5}, Inputs: []Digest{"aa"}, Part: part}
}

func write(name, text string) func(context.Context, *Draft) error {
	return func(ctx context.Context, d *Draft) error {
		d.Rows = 3
		d.Stats = map[string]int{"n": 1}
		return d.WriteFile(ctx, name, []byte(text))
	}
}

func read(t *testing.T, s *Store, e FileEntry) string {
	t.Helper()
	f, err := s.OpenEntry(context.Background(), e)
	require.NoError(t, err)
	defer f.Close()
	data, err := io.ReadAll(f.Reader())
	require.NoError(t, err)
	return string(data)
}

func TestBuildRunsOnceAndKeepsBytes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		m, built, err := s.Build(ctx, recipe("a"), write("x.txt", "hello"))
		require.NoError(t, err)
		require.True(t, built)
		e, ok := m.File("x.txt")
		require.True(t, ok)
		require.Equal(t, "hello", read(t, s, e))
		again, built, err := s.Build(ctx, recipe("a"), func(context.Context, *Draft) error { return errors.New("must not run") })
		require.NoError(t, err)
		require.False(t, built)
		require.Equal(t, m.Digest(), again.Digest())
		var stats struct{ N int }
		require.NoError(t, again.DecodeStats(&stats))
		require.Equal(t, 1, stats.N)
	})
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		boom := errors.New("boom")
		_, _, err := s.Build(ctx, recipe("a"), func(ctx context.Context, d *Draft) error {
			require.NoError(t, d.WriteFile(ctx, "half.txt", []byte("half")))
			return boom
		})
		require.ErrorIs(t, err, boom)
		keys, err := s.List(ctx, "")
		require.NoError(t, err)
		require.Empty(t, keys)
		_, err = s.Find(ctx, recipe("a"))
		require.ErrorIs(t, err, ErrNotFound)
	})
}

func TestFailedBuildLeavesNoOpenFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(context.Background(), dir)
	require.NoError(t, err)
	defer s.Close()
	boom := errors.New("boom")
	for what, f := range map[string]func(ctx context.Context, d *Draft) error{
		"failed":    func(context.Context, *Draft) error { return boom },
		"forgotten": func(context.Context, *Draft) error { return nil },
	} {
		_, _, err = s.Build(context.Background(), recipe(what), func(ctx context.Context, d *Draft) error {
			w, err := d.Create(ctx, "half.txt")
			require.NoError(t, err)
			_, err = w.Write([]byte("half"))
			require.NoError(t, err)
			return f(ctx, d)
		})
		require.Error(t, err, what)
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		require.True(t, err != nil || e.IsDir(), path)
		return err
	}))
}

func TestConcurrentBuildersShareOneBuild(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Store) {
		var runs atomic.Int32
		var wg sync.WaitGroup
		digests := make([]Digest, 8)
		for i := range digests {
			wg.Go(func() {
				m, _, err := s.Build(context.Background(), recipe("c"), func(ctx context.Context, d *Draft) error {
					runs.Add(1)
					time.Sleep(30 * time.Millisecond)
					return write("x.txt", "v")(ctx, d)
				})
				if err == nil {
					digests[i] = m.Digest()
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, runs.Load())
		for _, d := range digests {
			require.Equal(t, digests[0], d)
		}
		require.NotEmpty(t, digests[0])
	})
}

func TestLeaseOfDeadProcessIsTakenAtOnce(t *testing.T) {
	t.Parallel()
	s, err := Open(context.Background(), t.TempDir())
	require.NoError(t, err)
	defer s.Close()
	ctx := context.Background()
	a, err := recipe("dead").Address()
	require.NoError(t, err)
	host, err := os.Hostname()
	require.NoError(t, err)
	// No process has this id: the kernel's largest is 4,194,304.
	rec := leaseRecord{Owner: fmt.Sprintf("%s:%d", host, 1<<30), Expires: time.Now().Add(time.Hour)}
	require.NoError(t, s.PutJSON(ctx, "leases/"+string(a)+"/"+leaseNumber(1), rec))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, built, err := s.Build(ctx, recipe("dead"), write("x", "y"))
	require.NoError(t, err)
	require.True(t, built)
}

func TestLeaseOfLivingForeignProcessIsRespected(t *testing.T) {
	t.Parallel()
	s, err := Open(context.Background(), t.TempDir())
	require.NoError(t, err)
	defer s.Close()
	a, err := recipe("far").Address()
	require.NoError(t, err)
	rec := leaseRecord{Owner: "another-machine:1", Expires: time.Now().Add(time.Hour)}
	require.NoError(t, s.PutJSON(context.Background(), "leases/"+string(a)+"/"+leaseNumber(1), rec))
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, _, err = s.Build(ctx, recipe("far"), write("x", "y"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestAdoptSharesBytesAcrossArtifacts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		m, _, err := s.Build(ctx, recipe("a"), write("x.txt", "hello"))
		require.NoError(t, err)
		e, _ := m.File("x.txt")
		n, _, err := s.Build(ctx, recipe("b"), func(ctx context.Context, d *Draft) error { return d.Adopt(ctx, "y.txt", e) })
		require.NoError(t, err)
		require.NoError(t, s.Drop(ctx, m.Address))
		e, _ = n.File("y.txt")
		require.Equal(t, "hello", read(t, s, e))
	})
}

func TestCollectKeepsLiveAndYoung(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		live, _, err := s.Build(ctx, recipe("live"), write("x", "1"))
		require.NoError(t, err)
		dead, _, err := s.Build(ctx, recipe("dead"), write("x", "2"))
		require.NoError(t, err)
		require.NoError(t, s.Put(ctx, artifactKey("ff00")+"/attempt/half", []byte("12345")))
		keep := map[Address]bool{live.Address: true}

		swept, err := s.Collect(ctx, keep, time.Now().Add(-time.Hour))
		require.NoError(t, err)
		require.Equal(t, Swept{}, swept, "everything is younger than the bound")

		swept, err = s.Collect(ctx, keep, time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, 1, swept.Artifacts)
		require.Equal(t, 1, swept.Attempts)
		_, err = s.Stat(ctx, live.Address)
		require.NoError(t, err)
		_, err = s.Stat(ctx, dead.Address)
		require.ErrorIs(t, err, ErrNotFound)
	})
}

func TestRecipeAddressIgnoresKeyOrderAndSeesEveryField(t *testing.T) {
	t.Parallel()
	base := Recipe{Step: "s", Version: 1, Spec: map[string]any{"a": 1, "b": []int{1, 2}}, Inputs: []Digest{"x", "y"}, Part: "p"}
	same := base
	same.Spec = struct {
		B []int `json:"b"`
		A int   `json:"a"`
	}{[]int{1, 2}, 1}
	a, err := base.Address()
	require.NoError(t, err)
	b, err := same.Address()
	require.NoError(t, err)
	require.Equal(t, a, b)
	for name, change := range map[string]func(*Recipe){
		"step":    func(r *Recipe) { r.Step = "t" },
		"version": func(r *Recipe) { r.Version = 2 },
		"spec":    func(r *Recipe) { r.Spec = map[string]any{"a": 2, "b": []int{1, 2}} },
		"inputs":  func(r *Recipe) { r.Inputs = []Digest{"y", "x"} },
		"part":    func(r *Recipe) { r.Part = "q" },
	} {
		r := base
		change(&r)
		c, err := r.Address()
		require.NoError(t, err)
		require.NotEqual(t, a, c, name)
	}
}

func TestDigestOfSeparatesParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.StringN(0, 4, -1), 0, 4).Draw(t, "x")
		y := rapid.SliceOfN(rapid.StringN(0, 4, -1), 0, 4).Draw(t, "y")
		if DigestOf(x...) == DigestOf(y...) {
			require.Equal(t, strings.Join(x, "\x00"), strings.Join(y, "\x00"))
			require.Len(t, y, len(x))
		}
	})
}

func TestWriteErrorSurfacesAndNothingIsFinished(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(context.Background(), dir)
	require.NoError(t, err)
	defer s.Close()
	_, _, err = s.Build(context.Background(), recipe("a"), func(ctx context.Context, d *Draft) error {
		// The attempt's folder cannot be made where a file stands.
		p := filepath.Join(dir, filepath.FromSlash(strings.TrimSuffix(d.prefix, "/")))
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o700))
		require.NoError(t, os.WriteFile(p, nil, 0o600))
		return write("x.txt", "hello")(ctx, d)
	})
	require.Error(t, err)
	_, err = s.Find(context.Background(), recipe("a"))
	require.ErrorIs(t, err, ErrNotFound)
}

func TestPutNewHasOneWinner(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *Store) {
		for round := range 50 {
			var won atomic.Int32
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					created, err := s.PutNew(context.Background(), fmt.Sprintf("claims/%d", round), []byte{byte(i)})
					if err == nil && created {
						won.Add(1)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 1, won.Load())
		}
		keys, err := s.List(context.Background(), "claims/")
		require.NoError(t, err)
		require.Len(t, keys, 50, "no temporary file stays")
	})
}

// A published file is copied again when an unchanged night publishes again:
// nobody may see it missing meanwhile.
func TestCopyReplacesInOneStep(t *testing.T) {
	t.Parallel()
	s, err := Open(context.Background(), t.TempDir())
	require.NoError(t, err)
	defer s.Close()
	ctx := context.Background()
	for _, key := range []string{"a", "b"} {
		require.NoError(t, s.Put(ctx, key, []byte(key)))
	}
	require.NoError(t, s.Copy(ctx, "to/x", "a"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			if s.Copy(ctx, "to/x", []string{"a", "b"}[i%2]) != nil || s.Copy(ctx, "to/x", "a") != nil {
				return
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		_, err := os.Stat(s.Path("to/x"))
		require.NoError(t, err)
	}
	keys, err := s.List(ctx, "to/")
	require.NoError(t, err)
	require.Equal(t, []string{"to/x"}, keys)
	entries, err := os.ReadDir(s.Path("to"))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}
