package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// File is one file of a model or adapter folder and how to write it.
type File struct {
	Name  string
	Write func(io.Writer) error
}

// SaveDir writes files into a local folder, each under a temporary name that is
// renamed when the bytes are on disk. Training stages write the same files
// through their dataset instead.
func SaveDir(dir string, files []File) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("save %s: %w", dir, err)
	}
	for _, f := range files {
		if err := saveFile(dir, f); err != nil {
			return fmt.Errorf("save %s: %w", filepath.Join(dir, f.Name), err)
		}
	}
	return nil
}

func saveFile(dir string, file File) (err error) {
	tmp, err := os.CreateTemp(dir, "."+file.Name+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
	}()
	w := bufio.NewWriterSize(tmp, 1<<16)
	if err := errors.Join(file.Write(w), w.Flush(), tmp.Sync()); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), filepath.Join(dir, file.Name))
}
