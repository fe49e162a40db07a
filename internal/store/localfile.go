package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// TemporaryMark stands between a local file's name and a random number until the
// file is committed.
const TemporaryMark = ".unfinished-"

// IsTemporary reports whether a listed name is a file that was not committed:
// what a killed process leaves.
func IsTemporary(name string) bool { return strings.Contains(name, TemporaryMark) }

// localFile is written under a temporary name in the folder of its final name,
// so that the rename cannot cross file systems.
type localFile struct {
	file     *os.File
	path     string
	volatile bool
	together bool
	isNew    bool   // no file may be of its name
	replaces string // the version that the file of its name must have; "": any
	done     bool
}

func (d local) Create(_ context.Context, name string) (File, error) { return d.create(name, false) }

func (d local) CreateNew(_ context.Context, name string) (File, error) { return d.create(name, true) }

func (d local) Replace(_ context.Context, name, version string) (File, error) {
	f, err := d.create(name, version == "")
	if err == nil {
		f.(*localFile).replaces = version
	}
	return f, err
}

func (d local) create(name string, isNew bool) (File, error) {
	path, err := d.path(name)
	if err != nil {
		return nil, err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, FolderMode()); err != nil {
		return nil, DiskError("create folder", folder, err)
	}
	// os.CreateTemp never opens what is there, a link least of all.
	f, err := os.CreateTemp(folder, filepath.Base(path)+TemporaryMark+"*")
	if err != nil {
		return nil, DiskError("create", path, err)
	}
	file := &localFile{file: f, path: path, volatile: d.volatile, together: d.together, isNew: isNew}
	if err := f.Chmod(FileMode()); err != nil {
		file.Abort()
		return nil, DiskError("create", path, err)
	}
	return file, nil
}

func (f *localFile) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, DiskError("write", f.path, err)
}

// Commit makes the bytes durable before the name, and the name before it returns, but
// for what is volatile and what Settle does later.
func (f *localFile) Commit() error {
	if f.done {
		return fmt.Errorf("%s: committed or aborted twice", f.path)
	}
	f.done = true
	var err error
	if !f.volatile && !f.together {
		err = f.file.Sync()
	}
	err = errors.Join(err, f.file.Close())
	if err == nil {
		err = f.name()
	}
	if err != nil {
		_ = os.Remove(f.file.Name())
		return DiskError("finish", f.path, err)
	}
	if f.volatile || f.together {
		return nil
	}
	return syncFolder(filepath.Dir(f.path))
}

// name gives the file its name.
func (f *localFile) name() error {
	if f.replaces != "" {
		return f.replace()
	}
	if !f.isNew {
		return os.Rename(f.file.Name(), f.path)
	}
	err := os.Link(f.file.Name(), f.path) // a rename would write over what is there
	if errors.Is(err, syscall.EPERM) || errors.Is(err, errors.ErrUnsupported) {
		return f.nameAlone() // the disk knows no second names, as exFAT
	}
	if err != nil {
		return err
	}
	return os.Remove(f.file.Name())
}

// replace is name where another version of the file is to be there.
func (f *localFile) replace() error {
	info, err := os.Stat(f.path)
	if err == nil && versionOf(info) == f.replaces {
		return os.Rename(f.file.Name(), f.path)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return ErrExists
	}
	return err
}

// nameAlone is name where the one writer is who holds the folder's lock.
func (f *localFile) nameAlone() error {
	_, err := os.Lstat(f.path)
	switch {
	case err == nil:
		return ErrExists
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return os.Rename(f.file.Name(), f.path)
}

func (f *localFile) Abort() {
	if f.done {
		return
	}
	f.done = true
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
}
