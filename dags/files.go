package dags

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// FilesAt are the DAG files at a path, as absolute ones: the file itself, or where it is a
// folder its files .yaml and .yml. What is not there is returned as it is: it may be the
// name of a shipped DAG, and Load complains of any other.
func FilesAt(path string) (files []string, folder bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return []string{path}, false, nil
	}
	whole, err := filepath.Abs(path)
	if err != nil || !info.IsDir() {
		return []string{whole}, false, err
	}
	entries, err := os.ReadDir(path)
	for _, entry := range entries {
		if inWhole := filepath.Join(whole, entry.Name()); isDAGFile(inWhole, entry) {
			files = append(files, inWhole)
		}
	}
	return files, true, err
}

// isDAGFile says whether a folder's entry is a DAG file, or a link to one: volumes of
// Kubernetes hold links alone. A link that leads nowhere is one too, so that it is told and
// not taken for a file that was removed; but for .#NAME, by which Emacs says that somebody
// edits NAME.
func isDAGFile(path string, entry fs.DirEntry) bool {
	if !slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(path)) {
		return false
	}
	info, err := os.Stat(path)
	if err != nil {
		return !strings.HasPrefix(entry.Name(), ".#")
	}
	return info.Mode().IsRegular()
}
