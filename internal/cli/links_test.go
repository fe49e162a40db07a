package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Folders are often reached by links; a dataset's own files lie in it.
func TestLinksToDatasetsAndOutOfThem(t *testing.T) {
	dir := tree(t)
	if err := os.Rename(filepath.Join(dir, "tree"), filepath.Join(dir, "real")); err != nil {
		t.Fatal(err)
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("real", "tree")
	clinflow(t, dir, 0, "lint", "ingest.yaml")
	clinflow(t, dir, 0, "run", "ingest.yaml", "--quiet", "--out", "out")

	steps, err := filepath.Glob(filepath.Join(dir, "out", "steps", "mortality-*"))
	if err != nil || len(steps) != 1 {
		t.Fatal(steps, err)
	}
	link(steps[0], "dataset")
	clinflow(t, dir, 0, "verify", "dataset")
	clinflow(t, dir, 0, "cat", "dataset", "--table", "labels")

	parts, err := filepath.Glob(filepath.Join(steps[0], "labels", "*"))
	if err != nil || len(parts) == 0 {
		t.Fatal(parts, err)
	}
	if err := os.Rename(parts[0], filepath.Join(dir, "part")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "part"), parts[0]); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", "dataset"}, {"cat", "dataset", "--table", "labels"}} {
		if r := clinflow(t, dir, 3, args...); !strings.Contains(r.stderr, filepath.Base(parts[0])+" is a link that leads out of") {
			t.Errorf("%v says\n%s", args, r.stderr)
		}
	}
}
