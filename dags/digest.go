package dags

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
)

// File returns what a file is known by: its sha256, from the cache where the file is
// the one of the last look, or what its bucket's listing says of its bytes. A file in a
// bucket is not read.
func (d *Digests) File(ctx context.Context, uri string) (string, error) {
	dir, err := store.Open(uri)
	if err != nil {
		return "", err
	}
	info, err := dir.Stat(ctx, "")
	if err != nil {
		return "", exit.Errorf(exit.Usage, "look for an input: %w", err)
	}
	return d.file(ctx, dir, info)
}

func (d *Digests) file(ctx context.Context, file store.Dir, info store.Info) (string, error) {
	if info.Mode != 0 {
		return "", exit.Errorf(exit.Usage, "%s is not a regular file; inputs are files and folders", file.URI())
	}
	if sum, ok := strings.CutPrefix(info.Digest, "sha256:"); ok {
		return sum, nil
	}
	if info.Digest != "" { // a check sum of few bits
		return fmt.Sprintf("%s-%d", info.Digest, info.Size), nil
	}
	if sum, ok := d.lookup(file.URI(), info); ok {
		return sum, nil
	}
	sum, err := hash(ctx, file, info.Size, d.shown)
	if err != nil {
		return "", err
	}
	d.store(file.URI(), info, sum)
	return sum, nil
}

// Tree returns the digest of a file, or of the files in a folder that are read:
// sha256 over their names and digests in order. reads are patterns of path.Match
// below the folder; without one all files are. Names that begin with a dot are
// left out: they are version control and downloaders' notes. A folder may be
// reached by a symbolic link.
func (d *Digests) Tree(ctx context.Context, uri string, reads ...string) (string, error) {
	dir, err := store.Open(uri)
	if err != nil {
		return "", err
	}
	info, err := dir.Stat(ctx, "")
	if err != nil {
		return "", exit.Errorf(exit.Usage, "look for an input: %w", err)
	}
	if info.Mode == 0 {
		return d.file(ctx, dir, info)
	}
	files, err := filesIn(ctx, dir, reads)
	if err != nil {
		return "", exit.Errorf(exit.Usage, "read an input folder: %w", err)
	}
	total := sha256.New()
	for _, f := range files {
		sum, err := d.file(ctx, dir.Sub(f.Name), f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(total, "%s\n%s\n", f.Name, sum)
	}
	return hex.EncodeToString(total.Sum(nil)), nil
}

// slow is the size from which a file's digest takes long enough to be shown as
// work under way.
const slow = 256 << 20

func hash(ctx context.Context, file store.Dir, size int64, shown *progress.Sink) (string, error) {
	f, err := file.Open(ctx, "")
	if err != nil {
		return "", exit.Errorf(exit.Usage, "open an input: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if size >= slow {
		task := shown.Start("digest "+path.Base(file.URI()), "bytes", size)
		defer task.Done()
		r = shownReader{f, task}
	}
	sum, _, err := store.Sum(ctx, r)
	if err != nil {
		return "", fmt.Errorf("read %s for its digest: %w", file.URI(), err)
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
