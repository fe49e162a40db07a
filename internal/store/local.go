package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/clinflow/clinflow/internal/exit"
)

// local is a folder on this machine.
type local struct {
	root     string
	volatile bool // files are not forced to disk
	together bool // their names are not
	confined bool // no link in it may lead out of it
}

func openLocal(path string) (Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%s: find the absolute path: %w", path, err)
	}
	return local{root: abs}, nil
}

func (d local) URI() string { return d.root }

func (d local) Sub(name string) Dir {
	d.root = filepath.Join(d.root, filepath.FromSlash(name))
	return d
}

func (d local) LocalPath(name string) (string, bool) {
	return filepath.Join(d.root, filepath.FromSlash(name)), true
}

// path refuses a name that leads out of the folder: names also come from
// manifests, which others may have written.
func (d local) path(name string) (string, error) {
	if name == "" {
		return d.root, nil
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", exit.Errorf(exit.BadData, "%s: the name %q leads out of the folder", d.root, name)
	}
	return filepath.Join(d.root, filepath.FromSlash(name)), nil
}

func (d local) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	return d.OpenAt(ctx, name)
}

func (d local) OpenAt(_ context.Context, name string) (ReaderAt, error) {
	path, err := d.path(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open for reading: %w", err)
	case d.confined && !inside(d.root, path):
		return nil, exit.Errorf(exit.BadData, "%s is a link that leads out of %s; put the file itself there", path, d.root)
	case info.IsDir():
		return nil, exit.Errorf(exit.Usage, "%s is a folder, not a file", path)
	case !info.Mode().IsRegular(): // opening a pipe would wait for its other end
		return nil, exit.Errorf(exit.Usage, "%s is a pipe or a device, not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open for reading: %w", err)
	}
	return &localReader{f, info.Size()}, nil
}

// inside says whether a path is in a folder once links are followed, the folder's own
// too.
func inside(folder, path string) bool {
	folder, errFolder := filepath.EvalSymlinks(folder)
	path, errPath := filepath.EvalSymlinks(path)
	name, err := filepath.Rel(folder, path)
	return errFolder == nil && errPath == nil && err == nil && filepath.IsLocal(name)
}

type localReader struct {
	*os.File
	size int64
}

func (r *localReader) Size() int64 { return r.size }

func (d local) Stat(_ context.Context, name string) (Info, error) {
	path, err := d.path(name)
	if err != nil {
		return Info{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Info{}, fmt.Errorf("look for a file: %w", err)
	}
	return infoOf(name, info), nil
}

func infoOf(name string, info fs.FileInfo) Info {
	return Info{Name: name, Size: info.Size(), ModTime: info.ModTime(), Mode: info.Mode().Type(), Version: versionOf(info)}
}

func (d local) List(ctx context.Context, prefix string) ([]Info, error) {
	start, err := d.path(prefix[:strings.LastIndexByte(prefix, '/')+1])
	if err != nil {
		return nil, err
	}
	var infos []Info
	start += string(filepath.Separator) // a link is followed
	err = filepath.WalkDir(start, func(path string, entry fs.DirEntry, err error) error {
		switch name := d.name(path); {
		case err != nil:
		case entry.IsDir():
			if name += "/"; path != start && !strings.HasPrefix(name, prefix) && !strings.HasPrefix(prefix, name) {
				return filepath.SkipDir
			}
		case strings.HasPrefix(name, prefix):
			infos, err = appendInfo(infos, name, entry)
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // the folder, or a file renamed meanwhile
			return nil
		}
		return errors.Join(err, ctx.Err())
	})
	if err != nil {
		return nil, fmt.Errorf("list a folder: %w", err)
	}
	slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return infos, nil
}

// name is the name of what lies at a path in the folder.
func (d local) name(path string) string {
	return strings.TrimPrefix(filepath.ToSlash(path), strings.TrimSuffix(filepath.ToSlash(d.root), "/")+"/")
}

func appendInfo(infos []Info, name string, entry fs.DirEntry) ([]Info, error) {
	info, err := entry.Info()
	if err != nil {
		return infos, err
	}
	return append(infos, infoOf(name, info)), nil
}

func (d local) RemoveAll(_ context.Context, name string) error {
	path, err := d.path(name)
	if err != nil {
		return err
	}
	return DiskError("remove", path, os.RemoveAll(path))
}

func (d local) Rename(_ context.Context, old, new string) error {
	from, err := d.path(old)
	if err != nil {
		return err
	}
	to, err := d.path(new)
	if err != nil {
		return err
	}
	return DiskError("rename", from, os.Rename(from, to))
}
