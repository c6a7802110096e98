package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// PutNew writes the record at key unless there is one already, in one atomic
// step; created tells which.
func (s *Store) PutNew(ctx context.Context, key string, data []byte) (created bool, err error) {
	if s.root != "" {
		return s.linkNew(key, data)
	}
	err = s.bucket.WriteAll(ctx, key, data, &blob.WriterOptions{IfNotExist: true})
	switch gcerrors.Code(err) {
	case gcerrors.OK:
		return true, nil
	case gcerrors.FailedPrecondition, gcerrors.AlreadyExists:
		return false, nil
	}
	return false, fmt.Errorf("store: write %s: %w", key, err)
}

// linkNew is PutNew on a local disk, by link(2): the bucket's own IfNotExist
// looks first and renames later, so that two writers could both win.
func (s *Store) linkNew(key string, data []byte) (created bool, err error) {
	to := s.path(key)
	part, err := s.beside(to)
	if err != nil {
		return false, fmt.Errorf("store: write %s: %w", key, err)
	}
	defer os.Remove(part)
	if err := os.WriteFile(part, data, 0o600); err != nil {
		return false, fmt.Errorf("store: write %s: %w", key, err)
	}
	switch err := os.Link(part, to); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrExist):
		return false, nil
	default:
		return false, fmt.Errorf("store: write %s: %w", key, err)
	}
}

// beside names a temporary file in the folder of a file, which it makes. List
// passes over such files.
func (s *Store) beside(path string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	return path + "." + attemptID() + ".tmp", nil
}
