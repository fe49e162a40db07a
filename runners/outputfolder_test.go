package runners

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

// TestNoStepWritesThroughALink: whatever stands where a step that is to run writes,
// what it leads to is as it was.
func TestNoStepWritesThroughALink(t *testing.T) {
	plant := map[string]struct {
		at   string // below the name of the step's output
		what func(elsewhere, path string) error
	}{
		"the output":               {"", os.Symlink},
		"a folder in it":           {"/.finished", os.Symlink},
		"its training checkpoints": {".work", os.Symlink},
		"a folder of what it has":  {"/hosp/deep", os.Symlink},
		"a link to nothing":        {"", func(there, path string) error { return os.Symlink(there+"/none", path) }},
		"a hard link":              {".work/train_log.jsonl", func(there, path string) error { return os.Link(there+"/precious", path) }},
		"a pipe":                   {".work/train_log.jsonl", func(_, path string) error { return syscall.Mkfifo(path, 0o600) }},
		"a folder that all may write to": {"/.scratch", func(_, path string) error {
			return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0o707))
		}},
		"a link to a file of others": {"/left", func(there, path string) error { return os.Symlink(there+"/precious", path) }},
	}
	for name, p := range plant {
		t.Run(name, func(t *testing.T) {
			out, elsewhere := t.TempDir(), t.TempDir()
			run := func() error {
				return Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 1})
			}
			if err := run(); err != nil {
				t.Fatal(err)
			}
			output := filepath.Join(out, outputOf(t, out, "end"))
			precious := filepath.Join(elsewhere, "precious")
			path := output + p.at
			err := errors.Join(os.RemoveAll(output), os.WriteFile(precious, []byte("mine"), 0o600),
				os.MkdirAll(filepath.Dir(path), 0o700), p.what(elsewhere, path))
			if err != nil {
				t.Fatal(err)
			}
			err = run()
			if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), path+" ") {
				t.Errorf("exit %d, %v", exit.Of(err), err)
			}
			if diff := cmp.Diff(map[string]string{"precious": "mine"}, files(t, elsewhere)); diff != "" {
				t.Error(diff)
			}
			if err := errors.Join(os.Remove(path), run()); err != nil {
				t.Errorf("without it: %v", err)
			}
		})
	}
}

// TestJournalsAreFiles: what else has a journal's name is not read, for a pipe has
// no end.
func TestJournalsAreFiles(t *testing.T) {
	out := t.TempDir()
	run := func() error {
		return Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 1})
	}
	folder := filepath.Join(out, "runs")
	err := errors.Join(run(), syscall.Mkfifo(folder+"/20200101-000000.000-0000.jsonl", 0o600),
		os.Symlink("/dev/zero", folder+"/20990101-000000.000-0000.jsonl"), run())
	if err != nil {
		t.Fatal(err)
	}
	if runs, err := ListRuns(t.Context(), out); err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// TestNothingIsPublishedThroughALink: a link above the folder of a published file is
// refused before the first step.
func TestNothingIsPublishedThroughALink(t *testing.T) {
	deep := strings.Replace(diamond, "plots/left.txt", "plots/deep/left.txt", 1)
	d, err := dags.Parse(stages.Default, "diamond.yaml", []byte(deep), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"plots", "plots/deep"} {
		out, elsewhere := t.TempDir(), t.TempDir()
		path := filepath.Join(out, link)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.Symlink(elsewhere, path)); err != nil {
			t.Fatal(err)
		}
		f := &fake{}
		err := Execute(t.Context(), stages.Default, d, f, Options{Out: out, Workers: 1})
		if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), path+" is a symbolic link") || len(f.steps()) > 0 {
			t.Errorf("%s: exit %d, %v", link, exit.Of(err), err)
		}
		if left := files(t, elsewhere); len(left) > 0 {
			t.Errorf("%s: published elsewhere: %v", link, left)
		}
	}
}
