package runners

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Ends of the names of outputs that are no longer their step's.
const (
	movedAway = ".removed" // is being removed
	asideMark = ".aside-"  // and a number: is the user's to keep or remove
)

// discard removes an output and what lies beside it under its name.
func discard(folder string) error {
	if err := os.RemoveAll(folder + movedAway); err != nil {
		return err
	}
	if err := os.Rename(folder, folder+movedAway); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return removeBeside(folder)
}

// removeBeside removes what lies beside an output under its name, such as the
// training checkpoints of a killed run, but for what was set aside.
func removeBeside(folder string) error {
	return removeIn(filepath.Dir(folder), func(name string) bool {
		return strings.HasPrefix(name, filepath.Base(folder)+".") && !strings.HasPrefix(name, filepath.Base(folder)+asideMark)
	})
}

// setAside gives an output a name under which no run looks for it, and returns it.
func setAside(folder string) (string, error) {
	for n := 1; ; n++ {
		aside := folder + asideMark + strconv.Itoa(n)
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(folder, aside)
		} else if err != nil {
			return "", err
		}
	}
}
