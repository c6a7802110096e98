package store

import (
	"context"
	"fmt"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// PutNew writes the record at key unless there is one already, in one atomic
// step; created tells which.
func (s *Store) PutNew(ctx context.Context, key string, data []byte) (created bool, err error) {
	err = s.bucket.WriteAll(ctx, key, data, &blob.WriterOptions{IfNotExist: true})
	switch gcerrors.Code(err) {
	case gcerrors.OK:
		return true, nil
	case gcerrors.FailedPrecondition, gcerrors.AlreadyExists:
		return false, nil
	}
	return false, fmt.Errorf("store: write %s: %w", key, err)
}
