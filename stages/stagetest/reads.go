package stagetest

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"github.com/clinflow/clinflow/stages"
)

// OnlyRead leaves in a folder the files that a stage says it reads at a path of its
// configuration. Where another file was there is now a folder, which nobody reads
// as a file without an error. It returns the names of both.
func OnlyRead(t testing.TB, stage, key, folder string) (read, unread []string) {
	t.Helper()
	spec, _ := stages.Default.Lookup(stage)
	field, ok := spec.Config().Find(key)
	if !ok || len(field.Reads) == 0 {
		t.Fatalf("%s: the key %s names no files", stage, key)
	}
	err := filepath.WalkDir(folder, func(at string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, at)
		if slices.ContainsFunc(field.Reads, func(pattern string) bool {
			matched, _ := path.Match(pattern, filepath.ToSlash(name))
			return matched
		}) {
			read = append(read, name)
			return err
		}
		unread = append(unread, name)
		if err := os.Remove(at); err != nil {
			return err
		}
		return os.Mkdir(at, 0o700)
	})
	if err != nil {
		t.Fatal(err)
	}
	return read, unread
}
