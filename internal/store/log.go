package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
)

// Log is a file that grows line by line.
type Log interface {
	// Append adds a line, which ends with a line break. It is durable on return. Not
	// for use by several at once.
	Append(line []byte) error
	Close() error
}

// logger is a Dir that has logs.
type logger interface {
	StartLog(ctx context.Context, name string) (Log, error)
	ReadLog(ctx context.Context, name string) ([]byte, error)
	ListLogs(ctx context.Context, folder string) ([]string, error)
}

// StartLog begins a log of a name that no other has. In a bucket each line is an object
// of its own below the name.
func StartLog(ctx context.Context, dir Dir, name string) (Log, error) {
	return dir.(logger).StartLog(ctx, name)
}

// ReadLog returns the lines of a log, of which a killed process may have left the last
// cut short. A missing one is fs.ErrNotExist.
func ReadLog(ctx context.Context, dir Dir, name string) ([]byte, error) {
	return dir.(logger).ReadLog(ctx, name)
}

// ListLogs returns the names of the logs in a folder, not those in folders below it,
// sorted. A folder that does not exist is fs.ErrNotExist.
func ListLogs(ctx context.Context, dir Dir, folder string) ([]string, error) {
	return dir.(logger).ListLogs(ctx, folder)
}

type localLog struct{ file *os.File }

func (d local) StartLog(_ context.Context, name string) (Log, error) {
	path, err := d.path(name)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, FileMode())
	if err != nil {
		return nil, DiskError("start", path, err)
	}
	return localLog{file}, nil
}

func (l localLog) Append(line []byte) error {
	n, err := l.file.Write(line)
	if err == nil {
		err = l.file.Sync()
	} else if n > 0 {
		err = errors.Join(err, l.takeBack(n))
	}
	return DiskError("write", l.file.Name(), err)
}

// takeBack removes the beginning of a line that a full disk had no room for: the next line,
// where there is room again, would else be the rest of it.
func (l localLog) takeBack(n int) error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	return l.file.Truncate(info.Size() - int64(n))
}

func (l localLog) Close() error { return l.file.Close() }

func (d local) ReadLog(_ context.Context, name string) ([]byte, error) {
	path, err := d.path(name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// ListLogs lists files alone, for reading a link or a pipe might never end.
func (d local) ListLogs(_ context.Context, folder string) ([]string, error) {
	full, err := d.path(strings.TrimSuffix(folder, "/"))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(full)
	if err != nil {
		return nil, fmt.Errorf("look for logs: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, path.Join(folder, entry.Name()))
		}
	}
	return names, nil
}
