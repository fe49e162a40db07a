package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
)

// copiesBytes bounds what Copies keeps. A copy in use may be more than that alone.
var copiesBytes int64 = 64 << 30

// Copies is a folder of this machine with the named files of a Dir, for memory maps: the
// Dir itself, or of one in a bucket a copy in the user's cache. Each Info's Digest, with
// its length, says which bytes are meant: they are copied once, by whatever name they
// are asked for again. What was not used for longest goes when there is too much.
func Copies(ctx context.Context, d Dir, files []Info) (folder string, err error) {
	if path, ok := d.LocalPath(""); ok {
		return path, nil
	}
	all, err := copiesFolder()
	if err != nil {
		return "", err
	}
	name := path.Base(d.URI()) // files may tell of a model by its folder's name
	key := keyOf(d, name, files)
	copies, err := openLocal(filepath.Join(all, key, name))
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if err := copyOne(ctx, d, f, copies); err != nil {
			return "", err
		}
	}
	now := time.Now()
	_ = os.Chtimes(filepath.Join(all, key), now, now)
	return copies.URI(), makeRoom(all, key)
}

func copiesFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", exit.Errorf(exit.Usage, "find a folder on this machine for copies from buckets: %w; set XDG_CACHE_HOME", err)
	}
	folder := filepath.Join(cache, "clinflow", "copies")
	return folder, DiskError("create folder", folder, os.MkdirAll(folder, 0o700))
}

// keyOf names a copy by its own name and what is in it. Files of which no digest is
// known are those of one place and version.
func keyOf(d Dir, name string, files []Info) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q\n", name)
	for _, f := range files {
		which := f.Digest
		if which == "" {
			which = d.URI() + " " + f.Version
		}
		fmt.Fprintf(sum, "%q %d %s\n", f.Name, f.Size, which)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// copyOne copies a file that is not there in its length: it appears whole or not at all,
// also after a power cut, for its length is all that is looked at later.
func copyOne(ctx context.Context, d Dir, f Info, copies Dir) error {
	if info, err := copies.Stat(ctx, f.Name); err == nil && info.Size == f.Size {
		return nil
	}
	from, err := d.Open(ctx, f.Name)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := CreateSummed(ctx, copies, f.Name)
	if err != nil {
		return err
	}
	defer to.Abort()
	if _, err := io.Copy(to, Until(ctx, from)); err != nil {
		return fmt.Errorf("copy %s/%s to this machine: %w", d.URI(), f.Name, err)
	}
	if to.Bytes() != f.Size {
		return exit.Errorf(exit.Retry, "%s/%s became another while it was copied to this machine; run again", d.URI(), f.Name)
	}
	return to.Commit()
}

// makeRoom removes the copies that were not used for longest. Where a file of one is
// mapped, its bytes stay until the map goes.
func makeRoom(all, used string) error {
	entries, err := os.ReadDir(all)
	if err != nil {
		return DiskError("look at", all, err)
	}
	type copied struct {
		path  string
		bytes int64
		last  time.Time
	}
	var others []copied
	var bytes int64
	for _, entry := range entries {
		c := copied{path: filepath.Join(all, entry.Name())}
		if info, err := entry.Info(); err == nil {
			c.last = info.ModTime()
		}
		c.bytes = bytesBelow(c.path)
		bytes += c.bytes
		if entry.Name() != used {
			others = append(others, c)
		}
	}
	slices.SortFunc(others, func(a, b copied) int { return cmp.Or(a.last.Compare(b.last), cmp.Compare(a.path, b.path)) })
	for _, c := range others {
		if bytes <= copiesBytes {
			return nil
		}
		if err := os.RemoveAll(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return DiskError("remove", c.path, err)
		}
		bytes -= c.bytes
	}
	return nil
}

func bytesBelow(path string) (bytes int64) {
	_ = filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() { // another process may be removing it
			return nil
		}
		if info, err := entry.Info(); err == nil {
			bytes += info.Size()
		}
		return nil
	})
	return bytes
}
