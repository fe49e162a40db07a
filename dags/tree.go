package dags

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/store"
)

// filesIn lists the files below a folder that match a pattern, or all: by name,
// each once.
func filesIn(ctx context.Context, dir store.Dir, patterns []string) ([]store.Info, error) {
	local, ok := dir.LocalPath("")
	if !ok {
		return listed(ctx, dir, patterns)
	}
	names, err := namesIn(local, patterns)
	var files []store.Info
	for _, name := range names {
		info, err := dir.Stat(ctx, name)
		if err != nil {
			return nil, err
		}
		files = append(files, info)
	}
	return files, err
}

// listed are the files of a bucket's listing.
func listed(ctx context.Context, dir store.Dir, patterns []string) ([]store.Info, error) {
	files, err := dir.List(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("pattern %s: %w", pattern, err)
		}
	}
	return slices.DeleteFunc(files, func(f store.Info) bool {
		matches := func(pattern string) bool { ok, _ := path.Match(pattern, f.Name); return ok }
		if len(patterns) > 0 {
			return hidden(f.Name) || !slices.ContainsFunc(patterns, matches)
		}
		return slices.ContainsFunc(strings.Split(f.Name, "/"), hidden)
	}), nil
}

// namesIn also follows the links of a folder on this machine.
func namesIn(root string, patterns []string) ([]string, error) {
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	folder := os.DirFS(root)
	if len(patterns) == 0 {
		return everyFile(folder)
	}
	if _, err := fs.ReadDir(folder, "."); err != nil {
		return nil, err // Glob would say nothing of it
	}
	var names []string
	for _, pattern := range patterns {
		found, err := fs.Glob(folder, pattern)
		if err != nil {
			return nil, fmt.Errorf("pattern %s: %w", pattern, err)
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), hidden), nil
}

func everyFile(folder fs.FS) (names []string, err error) {
	err = fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && hidden(name) && entry.IsDir():
			return fs.SkipDir
		case !entry.IsDir() && !hidden(name):
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func hidden(name string) bool { return strings.HasPrefix(path.Base(name), ".") }
