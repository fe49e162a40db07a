package dags

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFilesAt: a folder's DAG files are those that a run of the file would read, links among
// them, and those that it would complain of.
func TestFilesAt(t *testing.T) {
	root := t.TempDir()
	in := func(names ...string) (paths []string) {
		for _, name := range names {
			paths = append(paths, filepath.Join(root, name))
		}
		return paths
	}
	t.Chdir(root)
	if err := errors.Join(
		os.MkdirAll("dags/folder.yaml", 0o700), os.Mkdir("empty", 0o700),
		os.WriteFile("study.yaml", nil, 0o600), os.WriteFile("dags/own.yml", nil, 0o600), os.WriteFile("dags/notes.txt", nil, 0o600),
		os.Symlink("../study.yaml", "dags/link.yaml"), os.Symlink("../away.yaml", "dags/gone.yaml"), os.Symlink("folder.yaml", "dags/tofolder.yaml"),
		os.Symlink("me@host.17", "dags/.#own.yml"),
	); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		files  []string
		folder bool
	}{
		"dags":            {in("dags/gone.yaml", "dags/link.yaml", "dags/own.yml"), true},
		in("dags")[0]:     {in("dags/gone.yaml", "dags/link.yaml", "dags/own.yml"), true},
		"empty":           {nil, true},
		"study.yaml":      {in("study.yaml"), false},
		"dags/link.yaml":  {in("dags/link.yaml"), false},
		"core":            {[]string{"core"}, false},
		"dags/nowhere.md": {[]string{"dags/nowhere.md"}, false},
	} {
		files, folder, err := FilesAt(path)
		if err != nil || folder != want.folder {
			t.Errorf("%s: folder %v, %v", path, folder, err)
		}
		if diff := cmp.Diff(want.files, files); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}
