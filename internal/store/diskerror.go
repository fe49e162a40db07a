package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// DiskError says what could not be done with a file, why, and what to do where
// its disk is full or may not be written to. nil stays nil.
func DiskError(doing, path string, err error) error {
	if err == nil {
		return nil
	}
	var inner *fs.PathError
	if errors.As(err, &inner) { // its path is the temporary one
		err = inner.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		err = link.Err
	}
	return fmt.Errorf("%s %s: %w%s", doing, path, err, remedy(err))
}

func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "; make room there, or name another output folder"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "; make the folder writable, or name another output folder"
	}
	return ""
}
