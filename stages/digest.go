package stages

import (
	"context"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/store"
)

// Digester gives the sha256 of a local file in hexadecimal.
type Digester func(ctx context.Context, path string) (string, error)

type digesterKey struct{}

// WithDigester lets the jobs of a context ask d, which may know the answer: the
// planner has read the files of their paths before they begin.
func WithDigester(ctx context.Context, d Digester) context.Context {
	return context.WithValue(ctx, digesterKey{}, d)
}

// Digest is the sha256 of a local file in hexadecimal.
func Digest(ctx context.Context, path string) (string, error) {
	if d, ok := ctx.Value(digesterKey{}).(Digester); ok {
		return d(ctx, path)
	}
	dir, err := store.Open(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	sum, _, err := store.SHA256(ctx, dir, filepath.Base(path))
	return sum, err
}
