package pipelines_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines"
)

// A short file that is mostly bad fails the step though a long one is sound, and is
// the only one named; the manifest has the sums, and the source is told each file's.
func TestBadRecordsAreCountedByFile(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"long.txt":  strings.Repeat("7 a\n", 30_000) + "bad\n",
		"short.txt": strings.Repeat("7 a\n", 15) + strings.Repeat("bad\n", 25),
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, runner := range []string{"direct", "prism"} {
		work := task(t, "test.lines", faults{Root: root, Shards: 2, MaxBad: 0.001}, 2, "")
		err := pipelines.Run(t.Context(), workersOf(work), runner, work)
		if exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "allows in short.txt (25 of 40: subject_id 25);") {
			t.Errorf("%s: %v", runner, err)
		}
		d := run(t, runner, task(t, "test.lines", faults{Root: root, Shards: 2, MaxBad: 0.625}, 2, ""))
		for name, want := range map[string]int64{"read": 30_041, "quarantined": 26, "quarantined.subject_id": 26} {
			if got := d.Manifest.Counts[name]; got != want {
				t.Errorf("%s: %s is %d, want %d", runner, name, got, want)
			}
		}
		var told map[string]map[string]int64
		if _, err := d.Attribute("tally", &told); err != nil || told["long.txt"]["read"] != 30_001 || told["short.txt"]["quarantined"] != 25 {
			t.Errorf("%s: the source is told %v, %v", runner, told, err)
		}
	}
}
