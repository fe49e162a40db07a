package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Entries are the names of the files and folders directly in a folder, sorted. On this
// machine a folder counts that holds nothing.
func Entries(ctx context.Context, dir Dir, folder string) ([]string, error) {
	if path, ok := dir.LocalPath(folder); ok {
		return localEntries(path)
	}
	infos, err := dir.List(ctx, folder+"/")
	var names []string
	for _, info := range infos {
		name, _, _ := strings.Cut(strings.TrimPrefix(info.Name, folder+"/"), "/")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

func localEntries(path string) (names []string, err error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}
