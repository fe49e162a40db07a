package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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

// SHA256 reads a whole file for its sha256, in hexadecimal, and its length in bytes.
func SHA256(ctx context.Context, dir Dir, name string) (sum string, size int64, err error) {
	f, err := dir.Open(ctx, name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	hash := sha256.New()
	if size, err = io.Copy(hash, Until(ctx, f)); err != nil {
		return "", 0, fmt.Errorf("read %s/%s: %w", dir.URI(), name, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), size, nil
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
