package store

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Together is the same folder for many files that count only with one written after
// them, as a dataset's parts do: neither their bytes nor their names are forced to disk
// before Settle.
func Together(d Dir) Dir {
	if folder, ok := d.(local); ok {
		folder.together = true
		return folder
	}
	return d
}

// settleAtOnce is how many files wait for the disk at a time: it writes for all of them
// in one go.
const settleAtOnce = 16

// Settle forces files of a Dir to disk, with their names.
func Settle(d Dir, names ...string) error {
	if _, ok := d.(local); !ok {
		return nil
	}
	var files errgroup.Group
	files.SetLimit(settleAtOnce)
	folders := map[string]bool{}
	for _, name := range names {
		path, _ := d.LocalPath(name)
		folders[filepath.Dir(path)] = true
		files.Go(func() error { return force("sync", path) })
	}
	err := files.Wait()
	for _, path := range slices.Sorted(maps.Keys(folders)) {
		if err == nil {
			err = syncFolder(path)
		}
	}
	return err
}

// syncFolder makes a rename survive a power cut.
func syncFolder(path string) error { return force("sync folder", path) }

// force forces to disk what lies at a path.
func force(what, path string) error {
	f, err := os.Open(path)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	return DiskError(what, path, err)
}
