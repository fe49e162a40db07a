package runners

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
)

// ownFiles refuses to go on with an output in which anything but our folders and
// files of one name lies, beside it under its name too: what the step writes would
// go through a link to another place, into other people's hands, or wait for a
// pipe's other end.
func ownFiles(folder string) error {
	beside, err := os.ReadDir(filepath.Dir(folder))
	if err != nil {
		return err
	}
	for _, entry := range beside {
		if name := entry.Name(); name == filepath.Base(folder) || strings.HasPrefix(name, filepath.Base(folder)+".") {
			err = errors.Join(err, filepath.WalkDir(filepath.Join(filepath.Dir(folder), name), ownEntry))
		}
	}
	return err
}

func ownEntry(path string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if entry.IsDir() {
		return outdir.Make(path) // is ours
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return exit.Errorf(exit.Usage, "%s is a symbolic link, and outputs are not written through one; remove it", path)
	}
	return store.CheckOwn(path, info)
}

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
