package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// binary returns the program under test.
func binary(t testing.TB) string {
	t.Helper()
	b := os.Getenv("NOCTURNE_BINARY")
	if b == "" {
		t.Skip("NOCTURNE_BINARY is not set: it names the built nocturne (make test sets it)")
	}
	return b
}

// home is the folder of one installation and the process that runs on it.
type home struct {
	dir string
	env []string // NAME=value, beside the test's own environment

	proc *exec.Cmd
	done chan struct{} // closed when proc has ended
	said *lockedBuffer // standard output and error of every process so far
}

// endpoints mirrors the file that a running platform writes.
type endpoints struct {
	Temporal string `json:"temporal"`
	UI       string `json:"ui"`
	Pages    string `json:"pages"`
	PID      int    `json:"pid"`
}

func newHome(t testing.TB, env ...string) *home {
	t.Helper()
	binary(t)
	h := &home{dir: filepath.Join(t.TempDir(), "home"), env: env, said: &lockedBuffer{}}
	require.NoError(t, os.MkdirAll(h.dir, 0o700))
	t.Cleanup(h.kill)
	return h
}

func (h *home) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// environment leaves out what would lead the process elsewhere.
func (h *home) environment() []string {
	var out []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "NOCTURNE_") && !strings.HasPrefix(v, "TEMPORAL_") {
			out = append(out, v)
		}
	}
	return append(out, h.env...)
}

var freePorts = []string{"--port", "0", "--ui-port", "0", "--pages-port", "0"}

// up starts `nocturne up` and waits until it serves.
func (h *home) up(t testing.TB, flags ...string) endpoints {
	t.Helper()
	return h.launch(t, exec.Command(binary(t), append(append([]string{"--home", h.dir, "up"}, freePorts...), flags...)...))
}

// launch is up for a command line of its own.
func (h *home) launch(t testing.TB, cmd *exec.Cmd) endpoints {
	t.Helper()
	cmd.Env, cmd.Stdout, cmd.Stderr = h.environment(), h.said, h.said
	require.NoError(t, cmd.Start())
	h.follow(cmd)
	deadline := time.Now().Add(90 * time.Second)
	for time.Now().Before(deadline) {
		if e, err := h.endpoints(); err == nil && e.PID == cmd.Process.Pid && strings.Contains(h.said.String(), "Ctrl-C stops it") {
			return e
		}
		select {
		case <-h.done:
			t.Fatalf("nocturne ended at once:\n%s", h.said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("nocturne does not come up:\n%s", h.said)
	return endpoints{}
}

func (h *home) follow(cmd *exec.Cmd) {
	done := make(chan struct{})
	h.proc, h.done = cmd, done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
}

func (h *home) endpoints() (endpoints, error) {
	var e endpoints
	data, err := os.ReadFile(h.path("endpoints.json"))
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	return e, err
}

// kill ends the process as a crash would.
func (h *home) kill() {
	if h.proc == nil {
		return
	}
	_ = h.proc.Process.Kill()
	<-h.done
	h.proc = nil
	h.said.forgetReady()
}

// stop ends the process as Ctrl-C does.
func (h *home) stop(t testing.TB) {
	t.Helper()
	require.NoError(t, h.proc.Process.Signal(os.Interrupt))
	select {
	case <-h.done:
	case <-time.After(30 * time.Second):
		t.Fatal("nocturne does not stop on an interrupt")
	}
	require.True(t, h.proc.ProcessState.Success(), "an interrupt is an ordinary end: %s", h.proc.ProcessState)
	h.proc = nil
	h.said.forgetReady()
}

// result is what a finished command left.
type result struct {
	code   int
	stdout string
	stderr string
}

// nocturne runs one command to its end.
func (h *home) nocturne(t testing.TB, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), append([]string{"--home", h.dir}, args...)...)
	var out, fault bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = h.environment(), &out, &fault
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("nocturne %s: %v", args, err)
	}
	_, _ = h.said.Write(out.Bytes())
	_, _ = h.said.Write(fault.Bytes())
	return result{cmd.ProcessState.ExitCode(), out.String(), fault.String()}
}

// must is nocturne for commands that have to succeed.
func (h *home) must(t testing.TB, args ...string) result {
	t.Helper()
	r := h.nocturne(t, args...)
	require.Zero(t, r.code, "nocturne %s\n%s%s", args, r.stdout, r.stderr)
	return r
}

// client dials the running platform.
func (h *home) client(t testing.TB) client.Client {
	t.Helper()
	e, err := h.endpoints()
	require.NoError(t, err)
	c, err := client.Dial(client.Options{HostPort: e.Temporal, Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// night runs one night through Temporal and returns its result.
func night(t testing.TB, c client.Client, id string, in workflows.NightInput) (workflows.NightResult, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: workflows.Queue}, workflows.NightlyPipelineName, in)
	require.NoError(t, err)
	var out workflows.NightResult
	err = run.Get(ctx, &out)
	return out, err
}

// quiet drops the client's log: a client that outlives a killed server has
// much to complain about.
type quiet struct{}

var _ sdklog.Logger = quiet{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

// lockedBuffer collects the output of processes.
type lockedBuffer struct {
	mu   sync.Mutex
	past bytes.Buffer // of processes that have ended
	now  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now.Write(p)
}

// String is what the present process has said.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now.String()
}

// all is what every process has said.
func (b *lockedBuffer) all() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append(bytes.Clone(b.past.Bytes()), b.now.Bytes()...)
}

func (b *lockedBuffer) forgetReady() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.past.Write(b.now.Bytes())
	b.now.Reset()
}

// shared is one platform for all tests that only run nights of their own
// pipelines on it.
var shared struct {
	once sync.Once
	home *home
	dir  string
}

func sharedHome(t testing.TB) *home {
	t.Helper()
	binary(t)
	shared.once.Do(func() {
		dir, err := os.MkdirTemp("", "nocturne-e2e")
		require.NoError(t, err)
		shared.dir = dir
		h := &home{dir: filepath.Join(dir, "home"), said: &lockedBuffer{}}
		require.NoError(t, os.MkdirAll(h.dir, 0o700))
		h.up(t)
		shared.home = h
	})
	if shared.home == nil {
		t.Fatal("the shared platform did not come up")
	}
	return shared.home
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.home != nil {
		shared.home.kill()
	}
	for _, dir := range []string{shared.dir, example.dir} {
		if dir != "" {
			if err := os.RemoveAll(dir); err != nil {
				fmt.Fprintln(os.Stderr, "e2e:", err)
			}
		}
	}
	os.Exit(code)
}
