//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nocturne-data/nocturne/workflows"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
)

// TestFullDisk runs a night whose store lies on a small file system of its own,
// which only the process sees. Once there is room again, the next night works.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	dir := filepath.Join(t.TempDir(), "disk")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	flags := []string{"-m"}
	if os.Geteuid() != 0 {
		flags = []string{"-r", "-m"}
	}
	mount := fmt.Sprintf(`mount -t tmpfs -o size=12m tmpfs %q`, dir)
	if out, err := exec.Command("unshare", append(flags, "sh", "-c", mount)...).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here (unshare: %v %s): a user namespace or root is needed to run this test", err, out)
	}
	s := cut(t, "full", 4000)
	s.Synthesis.Off, s.Labels = true, nil

	h := newHome(t, "NOCTURNE_STORE="+dir)
	start := fmt.Sprintf(`%s && exec %q --home %q up --port 0 --ui-port 0 --pages-port 0`, mount, bin, h.dir)
	h.launch(t, exec.Command("unshare", append(flags, "sh", "-c", start)...))
	// The process's own view of its file system.
	inside := fmt.Sprintf("/proc/%d/root%s", h.proc.Process.Pid, dir)
	ballast := filepath.Join(inside, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 11<<20+700<<10), 0o600))

	c := h.client(t)
	_, err := night(t, c, "full", workflows.NightInput{Spec: &s})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	t.Log(app)
	require.Equal(t, "DiskFull", app.Type())
	require.NoFileExists(t, filepath.Join(inside, "datasets", "full", "latest.json"))

	require.NoError(t, os.Remove(ballast))
	out, err := night(t, c, "roomy", workflows.NightInput{Spec: &s})
	require.NoError(t, err)
	require.EqualValues(t, 4000, out.Protected[0].RowsOut)
	require.FileExists(t, filepath.Join(inside, "datasets", "full", "latest.json"))
}
