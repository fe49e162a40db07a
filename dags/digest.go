package dags

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
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
	real, err := filepath.EvalSymlinks(abs) // a link may lead elsewhere tomorrow
	if err != nil {
		return "", exit.Errorf(exit.Usage, "look for an input: %w", err)
	}
	if sum, ok := d.lookup(real, info); ok {
		return sum, nil
	}
	sum, err := hash(ctx, abs, info.Size(), d.shown)
	if err != nil {
		return "", err
	}
	d.store(real, info, sum)
	return sum, nil
}

// Tree returns the digest of a file, or of the files in a folder that are read:
// sha256 over their names and digests in order. reads are patterns of path.Match
// below the folder; without one all files are. Names that begin with a dot are
// left out: they are version control and downloaders' notes. A folder may be
// reached by a symbolic link.
func (d *Digests) Tree(ctx context.Context, path string, reads ...string) (string, error) {
	root, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "look for an input: %w", err)
	}
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		return d.File(ctx, root)
	}
	names, err := filesIn(root, reads)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "read an input folder: %w", err)
	}
	total := sha256.New()
	for _, name := range names {
		sum, err := d.File(ctx, filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(total, "%s\n%s\n", name, sum)
	}
	return hex.EncodeToString(total.Sum(nil)), nil
}

// filesIn lists the files below a folder that match a pattern, or all: by name,
// each once.
func filesIn(root string, patterns []string) ([]string, error) {
	folder := os.DirFS(root)
	if len(patterns) == 0 {
		return everyFile(folder)
	}
	if _, err := fs.ReadDir(folder, "."); err != nil {
		return nil, err // Glob would say nothing of it
	}
	var names []string
	for _, pattern := range patterns {
		found, err := fs.Glob(folder, pattern)
		if err != nil {
			return nil, fmt.Errorf("pattern %s: %w", pattern, err)
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), hidden), nil
}

func everyFile(folder fs.FS) (names []string, err error) {
	err = fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && hidden(name) && entry.IsDir():
			return fs.SkipDir
		case !entry.IsDir() && !hidden(name):
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func hidden(name string) bool { return strings.HasPrefix(path.Base(name), ".") }

// slow is the size from which a file's digest takes long enough to be shown as
// work under way.
const slow = 256 << 20

func hash(ctx context.Context, path string, size int64, shown *progress.Sink) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "open an input: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if size >= slow {
		task := shown.Start("digest "+filepath.Base(path), "bytes", size)
		defer task.Done()
		r = shownReader{f, task}
	}
	sum, _, err := store.Sum(ctx, r)
	if err != nil {
		return "", fmt.Errorf("read %s for its digest: %w", path, err)
	}
	return sum, nil
}

// shownReader shows how far a long read is.
type shownReader struct {
	io.Reader
	task *progress.Task
}

func (s shownReader) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.task.Add(int64(n))
	return n, err
}
