package pipelines_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines"
)

const resumedParts = 6

// bytesOf is every file of a dataset with its bytes.
func bytesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		texts[strings.TrimPrefix(path, folder)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// fails runs a task that is to fail at a piece of work and returns what it ended
// before.
func fails(t *testing.T, runner string, task pipelines.Task, at string) map[string]bool {
	t.Helper()
	work.failAt, work.begun, work.ended = at, map[string]int{}, map[string]bool{}
	err := pipelines.Run(t.Context(), workersOf(task), runner, task)
	if err == nil || !strings.Contains(err.Error(), at+" fails") {
		t.Fatalf("did not fail at %s: %v", at, err)
	}
	return work.ended
}

// failsPartly lets a task fail until a piece of work of a kind was ended: in which
// order a runner takes parts is its own affair.
func failsPartly(t *testing.T, task pipelines.Task, kind string) {
	t.Helper()
	for part := range resumedParts {
		for name := range fails(t, "direct", task, fmt.Sprint(kind, " ", part)) {
			if strings.HasPrefix(name, kind) {
				return
			}
		}
	}
	t.Fatalf("no %s was ever ended", kind)
}

// again runs a task to its end and returns how often each piece of work was begun.
func again(t *testing.T, runner string, task pipelines.Task) map[string]int {
	t.Helper()
	work.failAt, work.begun, work.ended = "", map[string]int{}, map[string]bool{}
	run(t, runner, task)
	return work.begun
}

// missing are the pieces of work that were not ended.
func missing(all []string, ended map[string]bool) map[string]int {
	rest := map[string]int{}
	for _, name := range all {
		if !ended[name] {
			rest[name] = 1
		}
	}
	return rest
}

func pieces() (scans, merges, maps []string) {
	for file := range 3 {
		scans = append(scans, fmt.Sprintf("scan %d.txt", file))
	}
	for part := range resumedParts {
		merges, maps = append(merges, fmt.Sprint("merge ", part)), append(maps, fmt.Sprint("map ", part))
	}
	return scans, merges, maps
}

func TestWhatWasFinishedIsNotComputedAgain(t *testing.T) {
	root := texts(t, 200)
	scans, merges, maps := pieces()
	config := faults{Root: root, Shards: resumedParts, MaxBad: 1}
	notes := run(t, "direct", task(t, "test.lines", config, 1, "")).URI()
	for _, stage := range []struct {
		name, notes string
		all         []string
	}{{"test.lines", "", append(scans, merges...)}, {"test.upper", notes, maps}} {
		whole := bytesOf(t, run(t, "direct", task(t, stage.name, config, 1, stage.notes)).URI())
		for _, c := range []struct {
			runner  string
			workers int
			at      []string
		}{{"direct", 1, stage.all}, {"direct", 3, stage.all}, {"prism", 1, stage.all[1:2]}, {"prism", 2, stage.all[4:6]}} {
			t.Run(fmt.Sprint(stage.name, " ", c.runner, " ", c.workers), func(t *testing.T) {
				kept := 0
				for _, at := range c.at {
					task := task(t, stage.name, config, c.workers, stage.notes)
					ended := fails(t, c.runner, task, at)
					if diff := cmp.Diff(missing(stage.all, ended), again(t, c.runner, task)); diff != "" {
						t.Errorf("after a failure at %s: %s", at, diff)
					}
					if diff := cmp.Diff(whole, bytesOf(t, task.Out)); diff != "" {
						t.Errorf("after a failure at %s the dataset is not as undisturbed: %.2000s", at, diff)
					}
					kept += len(ended)
				}
				if kept == 0 && len(c.at) > 1 {
					t.Error("nothing was ever kept: the case tests nothing")
				}
			})
		}
	}
}

// Each of several failures adds to what is finished.
func TestFailuresInARowGoOn(t *testing.T) {
	scans, merges, _ := pieces()
	config := faults{Root: texts(t, 50), Shards: resumedParts, MaxBad: 1}
	whole := bytesOf(t, run(t, "direct", task(t, "test.lines", config, 1, "")).URI())
	work := task(t, "test.lines", config, 1, "")
	ended := map[string]bool{}
	for _, at := range append(scans, merges...) {
		if ended[at] {
			continue
		}
		for name := range fails(t, "direct", work, at) {
			if ended[name] {
				t.Errorf("%s was done twice", name)
			}
			ended[name] = true
		}
	}
	again(t, "direct", work)
	if diff := cmp.Diff(whole, bytesOf(t, work.Out)); diff != "" {
		t.Errorf("not as undisturbed: %.2000s", diff)
	}
}

func TestPartsOfAnotherTaskAreNotTrusted(t *testing.T) {
	_, _, all := pieces()
	root := texts(t, 100)
	config := faults{Root: root, Shards: resumedParts, MaxBad: 1}
	notes := run(t, "direct", task(t, "test.lines", config, 1, "")).URI()
	others := run(t, "direct", task(t, "test.lines", faults{Root: texts(t, 101), Shards: resumedParts, MaxBad: 1}, 1, "")).URI()
	for name, change := range map[string]func(*pipelines.Task){
		"configuration": func(t *pipelines.Task) { t.Config = strings.Replace(t.Config, `"max_bad":1`, `"max_bad":0.5`, 1) },
		"input":         func(t *pipelines.Task) { t.In["notes"] = []string{others} },
		"revision":      func(t *pipelines.Task) { t.Header = strings.Replace(t.Header, `}`, `,"revision":"r2"}`, 1) },
		"stage version": func(t *pipelines.Task) { t.Header = strings.Replace(t.Header, `version":1`, `version":2`, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			task := task(t, "test.upper", config, 1, notes)
			failsPartly(t, task, "map")
			before := task.Config + task.Header + task.In["notes"][0]
			change(&task)
			if before == task.Config+task.Header+task.In["notes"][0] {
				t.Fatal("nothing was changed")
			}
			if diff := cmp.Diff(missing(all, nil), again(t, "direct", task)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A scan of a file is not trusted when the file was written since.
func TestScansOfAnotherFileAreNotTrusted(t *testing.T) {
	root := texts(t, 100)
	work := task(t, "test.lines", faults{Root: root, Shards: resumedParts, MaxBad: 1}, 1, "")
	fails(t, "direct", work, "merge 2")
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(root, "0.txt"), later, later); err != nil {
		t.Fatal(err)
	}
	if begun := again(t, "direct", work); begun["scan 0.txt"] != 1 || begun["merge 0"] != 1 {
		t.Errorf("began %v", begun)
	}
}

// What a disk or a hand did to the files of an unfinished dataset is seen.
func TestDamagedPartsAreComputedAgain(t *testing.T) {
	config := faults{Root: texts(t, 100), Shards: resumedParts, MaxBad: 1}
	whole := bytesOf(t, run(t, "direct", task(t, "test.lines", config, 1, "")).URI())
	for name, damage := range map[string]func(path string) error{
		"gone":      os.Remove,
		"cut short": func(path string) error { return os.Truncate(path, 9) },
		"flipped": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text[len(text)/2] ^= 1
			return os.WriteFile(path, text, 0o600)
		},
	} {
		for _, pattern := range []string{"notes/part-*", "quarantine/part-*", ".finished/part-*", ".finished/file-*", ".scratch/notes/file-*"} {
			t.Run(name+" "+pattern, func(t *testing.T) {
				work := task(t, "test.lines", config, 1, "")
				failsPartly(t, work, "merge")
				found, err := filepath.Glob(filepath.Join(work.Out, pattern))
				if err != nil || len(found) == 0 {
					t.Fatalf("%s: %v, %v", pattern, found, err)
				}
				if err := damage(found[0]); err != nil {
					t.Fatal(err)
				}
				if again(t, "direct", work); len(work.Identity) > 0 {
					t.Error("the caller's task was changed")
				}
				if diff := cmp.Diff(whole, bytesOf(t, work.Out)); diff != "" {
					t.Errorf("not as undisturbed: %.2000s", diff)
				}
			})
		}
	}
}

// The gate judges all records, those of parts that were finished before too.
func TestTheGateCountsWhatWasFinished(t *testing.T) {
	work := task(t, "test.lines", faults{Root: texts(t, 20), Shards: resumedParts, MaxBad: 0.01}, 1, "")
	for range 2 {
		err := pipelines.Run(t.Context(), workersOf(work), "direct", work)
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "3 of 60 records are bad") {
			t.Errorf("exit code %d, %v", exit.Of(err), err)
		}
	}
}
