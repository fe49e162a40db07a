package store

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/clinflow/clinflow/internal/exit"
)

// OpenOwn opens a file on this machine that is written in place, and makes it where
// there is none. A link is not followed, nor is a file taken that has a second name:
// what is written would go to a file of somebody's choice.
func OpenOwn(path string, flag int) (*os.File, error) {
	file, err := os.OpenFile(path, flag|os.O_CREATE|noFollow, FileMode())
	if errors.Is(err, syscall.ELOOP) {
		return nil, exit.Errorf(exit.Usage, "%s is a symbolic link; remove it", path)
	}
	if err != nil {
		return nil, DiskError("open for writing", path, err)
	}
	info, err := file.Stat()
	if err == nil {
		err = CheckOwn(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// CheckOwn refuses what is no regular file, or one that has a second name.
func CheckOwn(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() && oneName(info) {
		return nil
	}
	return exit.Errorf(exit.Usage, "%s is not a file of that one name alone; remove it", path)
}
