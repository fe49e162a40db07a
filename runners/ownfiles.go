package runners

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
