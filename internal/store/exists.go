package store

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
)

// Exists says whether there is a file of a name.
func Exists(ctx context.Context, dir Dir, name string) (bool, error) {
	_, err := dir.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Mark leaves a file, and says whether it was the first to: of several one is. In it is
// what no other writes, for a bucket takes the same bytes for a write whose answer was lost.
func Mark(ctx context.Context, dir Dir, name string) (first bool, err error) {
	err = WriteNew(ctx, dir, name, []byte(rand.Text()))
	if errors.Is(err, ErrExists) {
		return false, nil
	}
	return err == nil, err
}
