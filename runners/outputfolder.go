package runners

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/outdir"
	"github.com/clinflow/clinflow/internal/store"
)

// ownFiles refuses to go on with an output in which anything but our folders and
// files of one name lies, beside it under its name too: what the step writes would
// go through a link to another place, into other people's hands, or wait for a
// pipe's other end. A bucket has neither.
func ownFiles(out store.Dir, output string) error {
	folder, ok := out.LocalPath(output)
	if !ok {
		return nil
	}
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
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a worker whose run was killed is still at work
	}
	if err != nil {
		return err
	}
	if entry.IsDir() {
		return outdir.Make(path) // is ours
	}
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return exit.Errorf(exit.Usage, "%s is a symbolic link, and outputs are not written through one; remove it", path)
	}
	return store.CheckOwn(path, info)
}

// asideMark and a number end the name of an output that is no longer its step's, but
// the user's to keep or remove.
const asideMark = ".aside-"

// discard removes an output and what lies beside it under its name.
func discard(ctx context.Context, out store.Dir, output string) error {
	if err := dataset.Discard(ctx, out.Sub(output)); err != nil {
		return err
	}
	return removeBeside(ctx, out, output)
}

// removeBeside removes what lies beside an output under its name, such as the
// training checkpoints of a killed run, but for what was set aside.
func removeBeside(ctx context.Context, out store.Dir, output string) error {
	here, err := store.OnThisMachine(out)
	if err == nil && here.URI() != out.URI() {
		err = removeBeside(ctx, here, output)
	}
	if err != nil {
		return err
	}
	names, err := store.Entries(ctx, out, stepsFolder)
	for _, name := range names {
		beside := stepsFolder + "/" + name
		if strings.HasPrefix(beside, output+".") && !strings.HasPrefix(beside, output+asideMark) {
			err = errors.Join(err, out.RemoveAll(ctx, beside))
		}
	}
	return err
}

// setAside gives an output a name under which no run looks for it, and returns it.
func setAside(ctx context.Context, out store.Dir, output string) (string, error) {
	for n := 1; ; n++ {
		aside := output + asideMark + strconv.Itoa(n)
		if there, err := out.List(ctx, aside+"/"); err != nil {
			return "", err
		} else if len(there) == 0 {
			return out.Sub(aside).URI(), out.Rename(ctx, output, aside)
		}
	}
}
