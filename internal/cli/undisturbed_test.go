//go:build slow || proof

package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clinflow/clinflow/runners"
)

// aRun is what a published page tells of the run that published it.
var aRun = regexp.MustCompile(`(?s)<section id="run">.*?</section>`)

// outputs digests every file of an output folder by name, and names its folders;
// the journals of its runs are left out, and what pages tell of them.
func outputs(t testing.TB, out string) map[string]string {
	t.Helper()
	digests := map[string]string{}
	err := filepath.WalkDir(out, func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, out)
		switch {
		case err != nil:
			return err
		case name == "/runs":
			return fs.SkipDir
		case entry.IsDir():
			digests[name] = "a folder"
		default:
			sum := sha256.Sum256(aRun.ReplaceAll([]byte(read(t, path)), nil))
			digests[name] = hex.EncodeToString(sum[:])
		}
		return nil
	})
	if err != nil || len(digests) < 2 {
		t.Fatalf("%d files and folders in %s: %v", len(digests), out, err)
	}
	return digests
}

// sameOutputs wants the same names with the same bytes, and nothing else.
func sameOutputs(t testing.TB, want, got map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s is %.12q, want %.12q", name, got[name], want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if want[name] == "" {
			t.Errorf("%s is left over", name)
		}
	}
}

// undisturbed is a run that nobody ended: what the disturbed ones are compared
// with.
type undisturbed struct {
	args  []string
	files map[string]string
	took  time.Duration
	data  time.Duration // until its first training step began, or its end
}

// outFolder needs quotes where a shell reads it.
const outFolder = "my out"

// runUndisturbed runs a command whose outputs go to outFolder.
func runUndisturbed(t testing.TB, dir string, args ...string) undisturbed {
	t.Helper()
	u := undisturbed{args: append(args, "--workers", "2", "--out", outFolder)}
	began := time.Now()
	clinflow(t, dir, 0, u.args...)
	u.took = time.Since(began)
	u.data = min(u.took, firstTraining(t, filepath.Join(dir, outFolder)).Sub(began))
	u.files = outputs(t, filepath.Join(dir, outFolder))
	return u
}

// firstTraining is when the first training step of the only run began; now, where
// it has none.
func firstTraining(t testing.TB, out string) time.Time {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(out, "runs", "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("journals %v, %v", files, err)
	}
	for line := range strings.Lines(read(t, files[0])) {
		var e runners.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Kind == runners.StepStarted && strings.HasPrefix(e.Stage, "train.") {
			return e.Time
		}
	}
	return time.Now()
}

// inState are the steps of the newest run in a state, by their stages.
func inState(t testing.TB, out, state string) map[string]string {
	t.Helper()
	steps := map[string]string{}
	if _, err := os.Stat(filepath.Join(out, "runs")); errors.Is(err, fs.ErrNotExist) {
		return steps // killed before its folder was made
	}
	runs, err := runners.ListRuns(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) == 0 {
		return steps
	}
	for _, step := range runs[0].Steps {
		if step.State == state {
			steps[step.Step] = step.Stage
		}
	}
	return steps
}
