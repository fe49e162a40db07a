package runners

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// prepare makes the output folder and returns its path. It refuses a place from
// which outputs, which may hold note text, could get into a repository or, by a
// symbolic link, out of the folder.
func prepare(out string) (string, error) {
	dir, err := store.Open(out)
	if err != nil {
		return "", err
	}
	path, local := dir.LocalPath("")
	if !local {
		return "", exit.Errorf(exit.Usage, "%s: the output folder must be on this machine", out)
	}
	if path, err = resolve(path); err != nil {
		return "", err
	}
	if err := outsideRepository(path); err != nil {
		return "", err
	}
	for _, sub := range []string{"", runsFolder, "steps", "cache"} {
		if err := makeFolder(filepath.Join(path, sub)); err != nil {
			return "", err
		}
	}
	return path, nil
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

func makeFolder(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return store.DiskError("make the output folder", path, os.MkdirAll(path, 0o700))
	case err != nil:
		return fmt.Errorf("look at the output folder: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return exit.Errorf(exit.Usage, "%s is a symbolic link out of the output folder; remove it", path)
	case !info.IsDir():
		return exit.Errorf(exit.Usage, "%s is a file; name a folder for the outputs", path)
	}
	return nil
}
