package progress

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTelling: it is told of the first unit, no more within the interval, and of the end,
// and shown as it was, also where nothing is.
func TestTelling(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, sink := range map[string]*Sink{"shown": To(file), "quiet": nil} {
		var told []string
		task := sink.Telling(func(task, status string) { told = append(told, task+": "+status) }).Start("ingest", "files", 4)
		task.Add(1)
		task.Add(2)
		task.Done()
		if len(told) != 2 || told[1] != "ingest: " || !regexp.MustCompile(`^ingest: 1/4 files, [0-9.e+]+/s, \S+ left$`).MatchString(told[0]) {
			t.Errorf("%s: told %q", name, told)
		}
	}
	if text, err := os.ReadFile(file.Name()); err != nil || strings.Count(string(text), "\n") != 1 || !strings.HasPrefix(string(text), "ingest: 3/4 files") {
		t.Errorf("printed %q, %v", text, err)
	}
}
