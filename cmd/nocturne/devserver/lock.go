package devserver

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir makes sure that one server alone opens the SQLite file: SQLite would
// let two of them run on it. The kernel drops the lock when the process dies.
func lockDir(dir string) (*os.File, error) {
	name := filepath.Join(dir, "temporal.lock")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("temporal server: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("temporal server: state in %s: %w by another nocturne process", dir, ErrBusy)
	}
	return f, nil
}
