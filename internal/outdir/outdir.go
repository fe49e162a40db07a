// Package outdir says where outputs may lie. They may hold note text, so it
// refuses a folder from which they could get into a repository, out by a link,
// or into other people's hands.
package outdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Prepare makes an output folder and the named ones in it, and opens it without
// symbolic links. In a bucket there is nothing to make; who may read it is the bucket's
// to say.
func Prepare(out string, subfolders ...string) (store.Dir, error) {
	dir, err := store.Open(out)
	if err != nil {
		return nil, err
	}
	path, local := dir.LocalPath("")
	if !local {
		return dir, nil
	}
	if path, err = resolve(path); err != nil {
		return nil, err
	}
	if err := outsideRepository(path); err != nil {
		return nil, err
	}
	for _, sub := range append([]string{""}, subfolders...) {
		if err := Make(filepath.Join(path, sub)); err != nil {
			return nil, err
		}
	}
	return store.Open(path)
}

// PrepareEmpty is Prepare for a folder that is written once: one that holds
// anything is refused, for what lies there could be somebody's tables.
func PrepareEmpty(ctx context.Context, out string) (store.Dir, error) {
	dir, err := Prepare(out)
	if err != nil {
		return nil, err
	}
	holds, err := holdsAnything(ctx, dir)
	switch {
	case err != nil:
		return nil, exit.Errorf(exit.Usage, "look into the output folder: %w", err)
	case holds:
		return nil, exit.Errorf(exit.Usage, "%s is not empty, and nothing is written over what lies there; name a new folder", dir.URI())
	}
	return dir, nil
}

// holdsAnything also sees folders, which a listing does not.
func holdsAnything(ctx context.Context, dir store.Dir) (bool, error) {
	if path, ok := dir.LocalPath(""); ok {
		entries, err := os.ReadDir(path)
		return len(entries) > 0, err
	}
	files, err := dir.List(ctx, "")
	return len(files) > 0, err
}

// resolve follows the links in the part of a path that exists.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		return real, nil
	}
	parent := filepath.Dir(path)
	if _, found := os.Lstat(path); found == nil {
		return "", exit.Errorf(exit.Usage, "%s is a symbolic link to nothing; remove it", path)
	}
	if !errors.Is(err, fs.ErrNotExist) || parent == path {
		return "", exit.Errorf(exit.Usage, "look for the output folder %s: %w", path, err)
	}
	if parent, err = resolve(parent); err != nil {
		return "", err
	}
	return filepath.Join(parent, filepath.Base(path)), nil
}

// Make makes a folder of outputs, or says why the one that is there will not do.
func Make(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return store.DiskError("make the output folder", path, os.MkdirAll(path, store.FolderMode()))
	case err != nil:
		return fmt.Errorf("look at the output folder: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return exit.Errorf(exit.Usage, "%s is a symbolic link out of the output folder; remove it", path)
	case !info.IsDir():
		return exit.Errorf(exit.Usage, "%s is a file; name a folder for the outputs", path)
	}
	return ours(path, info)
}
