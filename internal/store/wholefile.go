package store

import (
	"context"
	"io"
)

// WriteFile leaves a file with the given bytes, or none.
func WriteFile(ctx context.Context, dir Dir, name string, data []byte) error {
	f, err := dir.Create(ctx, name)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// Until is r for a long read that ends when ctx does.
func Until(ctx context.Context, r io.Reader) io.Reader { return until{ctx, r} }

type until struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}
