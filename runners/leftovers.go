package runners

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// movedAway ends the name of an output that is being removed.
const movedAway = ".removed"

// discard removes an output and what lies beside it under its name, such as the
// training checkpoints of a killed run.
func discard(folder string) error {
	if err := os.RemoveAll(folder + movedAway); err != nil {
		return err
	}
	if err := os.Rename(folder, folder+movedAway); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return removeIn(filepath.Dir(folder), func(name string) bool {
		return strings.HasPrefix(name, filepath.Base(folder)+".")
	})
}

// removeIn removes what a folder holds under names that are asked for.
func removeIn(folder string, asked func(name string) bool) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if asked(entry.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(folder, entry.Name())))
		}
	}
	return err
}
