package pipelines_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/stages"
)

// An engine tries again what fails: to it a pipeline whose data is bad ends well. What
// another attempt may mend is a failure to it.
func TestAnEngineSeesNoFailureThatItCouldNotMend(t *testing.T) {
	root := texts(t, 20)
	notes := run(t, "direct", task(t, "test.lines", faults{Root: root, Shards: 2, MaxBad: 1}, 1, "")).URI()
	for _, c := range []struct {
		name, stage string
		config      faults
		version     int
		says        string
	}{
		{"a scan", "test.lines", faults{Root: root, Shards: 2, Fail: true}, 1, "row 7 is bad"},
		{"a bug", "test.lines", faults{Root: root, Shards: 2, Panic: true}, 1, "internal error"},
		{"the gate", "test.lines", faults{Root: root, Shards: 2, MaxBad: 0.01}, 1, "3 of 60 records are bad"},
		{"no files", "test.lines", faults{Root: root + "-gone", Shards: 2}, 1, "no files"},
		{"a map", "test.upper", faults{Shards: 2, Fail: true}, 1, "row 7 is bad"},
		{"a reduce", "test.letters", faults{Shards: 2, Fail: true}, 1, "row 7 is bad"},
		{"another worker", "test.upper", faults{Shards: 2}, 7, "build both from the same source"},
	} {
		work := task(t, c.stage, c.config, 2, notes)
		work.Version = c.version
		p, err := pipelines.Pipeline(stages.Default, work)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := beam.Run(t.Context(), "direct", p); err != nil {
			t.Errorf("%s: the engine sees %v", c.name, err)
		}
		said, err := os.ReadFile(filepath.Join(work.Out, ".fault.json"))
		if err != nil || !strings.Contains(string(said), c.says) || strings.Contains(string(said), canary) {
			t.Errorf("%s: written down is %q, %v", c.name, said, err)
		}
	}
	passing := task(t, "test.lines", faults{Root: root, Shards: 2, MaxBad: 1}, 1, "")
	work.failAt = "scan 1.txt"
	defer func() { work.failAt = "" }()
	p, err := pipelines.Pipeline(stages.Default, passing)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := beam.Run(t.Context(), "direct", p); err == nil {
		t.Error("the engine is told nothing of a failure that may pass")
	}
}
