package dags

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
)

// File returns the sha256 of a file, from the cache where its size and time of
// change are those of the last look.
func (d *Digests) File(ctx context.Context, path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "find the absolute path of %s: %w", path, err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "look for an input: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", exit.Errorf(exit.Usage, "%s is not a regular file; inputs are files and folders", abs)
	}
	if sum, ok := d.lookup(abs, info); ok {
		return sum, nil
	}
	sum, err := hash(ctx, abs, info.Size())
	if err != nil {
		return "", err
	}
	d.store(abs, info, sum)
	return sum, nil
}

// Tree returns the digest of a file, or of a folder: sha256 over the names and
// digests of its files in order. Names that begin with a dot are left out: they
// are version control and downloaders' notes.
func (d *Digests) Tree(ctx context.Context, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "look for an input: %w", err)
	}
	if !info.IsDir() {
		return d.File(ctx, path)
	}
	total := sha256.New()
	err = filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return exit.Errorf(exit.Usage, "read an input folder: %w", err)
		}
		if at != path && strings.HasPrefix(entry.Name(), ".") {
			return skip(entry)
		}
		if entry.IsDir() {
			return nil
		}
		sum, err := d.File(ctx, at)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(path, at)
		fmt.Fprintf(total, "%s\n%s\n", filepath.ToSlash(name), sum)
		return err
	})
	return hex.EncodeToString(total.Sum(nil)), err
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// slow is the size from which a file's digest takes long enough to be shown as
// work under way.
const slow = 256 << 20

func hash(ctx context.Context, path string, size int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "open an input: %w", err)
	}
	defer f.Close()
	r := digestReader{ctx: ctx, r: f}
	if size >= slow {
		r.task = progress.Start("digest "+filepath.Base(path), "bytes", size)
		defer r.task.Done()
	}
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, r, make([]byte, 1<<20)); err != nil {
		return "", fmt.Errorf("read %s for its digest: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// digestReader ends a long read when its context ends, and shows how far it is.
type digestReader struct {
	ctx  context.Context
	r    io.Reader
	task *progress.Task // nil: not shown
}

func (d digestReader) Read(p []byte) (int, error) {
	if err := d.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := d.r.Read(p)
	if d.task != nil {
		d.task.Add(int64(n))
	}
	return n, err
}
