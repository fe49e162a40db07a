package runners

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/stages"
)

// outputOf is the folder of a step's output.
func outputOf(t *testing.T, out, step string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(out, "steps", step+"-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("outputs of %s: %v, %v", step, found, err)
	}
	rel, _ := filepath.Rel(out, found[0])
	return rel
}

// notJournals are the files of an output folder that do not tell of its runs.
func notJournals(t *testing.T, out string) map[string]string {
	t.Helper()
	all := files(t, out)
	maps.DeleteFunc(all, func(name, _ string) bool {
		return strings.HasPrefix(name, "runs") && !strings.HasPrefix(name, howFarName)
	})
	return all
}

func TestLeftoversOfKilledRunsAreRemoved(t *testing.T) {
	out := t.TempDir()
	run := func() {
		t.Helper()
		if err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 1}); err != nil {
			t.Fatal(err)
		}
	}
	run()
	want := notJournals(t, out)
	top, end := outputOf(t, out, "top"), outputOf(t, out, "end")
	ours := []string{
		"answer.txt.unfinished-123", "plots/left.txt.unfinished-9", "cache/digests.json.unfinished-77", howFarName, howFarName + ".unfinished-3",
		end + ".removed/manifest.json", end + ".removed/deep/content",
		top + "/.unfinished", top + "/.finished/part.json",
		top + ".work/state.json", top + ".work/tensors.safetensors",
		"steps/other-0123456789abcdef.work/tensors.safetensors.unfinished-5",
		"steps/other-0123456789abcdef/part.unfinished-5",
	}
	others := []string{
		"mine.unfinished-5", "answer.txt.removed", "steps/notes.removed/text", "plots/.unfinished",
		top + ".aside-1/content", top + ".aside-1/" + "manifest.json",
		"steps/other-0123456789abcdef.work/state.json", // of another configuration, to go on from
		"steps/other-0123456789abcdef/.unfinished", "steps/other-0123456789abcdef/content",
		"steps/remote-0123456789abcdef/.scratch/job", "steps/remote-0123456789abcdef/part.unfinished-5", // its workers may be at work
	}
	for _, name := range slices.Concat(ours, others) {
		path := filepath.Join(out, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run()
	for _, name := range others {
		want[name] = "left"
	}
	if diff := cmp.Diff(want, notJournals(t, out)); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Lstat(filepath.Join(out, end+".removed")); !os.IsNotExist(err) {
		t.Errorf("the folder itself is there: %v", err)
	}
}

// The name of the output folder is no pattern.
func TestTemporariesOfAKilledRunAreRemoved(t *testing.T) {
	out := filepath.Join(t.TempDir(), "notes[1")
	left := filepath.Join(out, "cache", temporaries+"123", "rows")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Execute(t.Context(), stages.Default, parse(t, nil), &fake{}, Options{Out: out, Workers: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(left)); !os.IsNotExist(err) {
		t.Errorf("it is there: %v", err)
	}
}
