package pipelines_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx" // all runners

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/pipelines"
	"github.com/clinflow/clinflow/stages"
)

func TestMain(m *testing.M) {
	beam.Init()
	os.Exit(m.Run())
}

// texts writes n lines over three files; line 5 of each is bad.
func texts(t *testing.T, n int) string {
	dir := t.TempDir()
	for file := range 3 {
		var b strings.Builder
		for i := range n {
			if i == 4 {
				b.WriteString("bad line\n")
				continue
			}
			fmt.Fprintf(&b, "%d %c note %d\n", (i*7919)%53, 'a'+i%5, i)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(file, ".txt")), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func task(t *testing.T, stage string, config faults, workers int, notes string) pipelines.Task {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	in := map[string][]string{}
	if notes != "" {
		in["notes"] = []string{notes}
	}
	return pipelines.Task{
		Step: "step-" + stage, Stage: stage, Version: 1, Config: string(text), In: in,
		Out: filepath.Join(t.TempDir(), "out"), Parts: config.Shards, Workers: workers,
		Header: fmt.Sprintf(`{"stage":%q,"stage_version":1}`, stage),
	}
}

// workersOf is an environment with as many workers as the task asks for.
func workersOf(work pipelines.Task) *stages.Environment {
	return stages.Default.With(func(s *stages.Settings) { s.Workers = work.Workers })
}

func run(t *testing.T, runner string, work pipelines.Task) *dataset.Dataset {
	t.Helper()
	if err := pipelines.Run(t.Context(), workersOf(work), runner, work); err != nil {
		t.Fatalf("%s on %s: %v", work.Stage, runner, err)
	}
	d, err := dataset.Open(t.Context(), work.Out)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSameBytesOnEveryRunnerAndWorkerCount(t *testing.T) {
	root := texts(t, 200)
	var want [3]string
	for _, c := range []struct {
		runner  string
		workers int
	}{{"direct", 1}, {"direct", 3}, {"prism", 1}, {"prism", 2}} {
		config := faults{Root: root, Shards: 4, MaxBad: 1}
		source := run(t, c.runner, task(t, "test.lines", config, c.workers, ""))
		mapped := run(t, c.runner, task(t, "test.upper", config, c.workers, source.URI()))
		reduced := run(t, c.runner, task(t, "test.letters", config, c.workers, mapped.URI()))
		got := [3]string{source.Manifest.Digest(), mapped.Manifest.Digest(), reduced.Manifest.Digest()}
		if want == [3]string{} {
			want = got
		}
		if got != want {
			t.Errorf("%s with %d workers: digests %v, want %v", c.runner, c.workers, got, want)
		}
		if n := source.Manifest.Counts; n["read"] != 600 || n["quarantined"] != 3 {
			t.Errorf("%s: counts %v, want 600 read and 3 quarantined", c.runner, n)
		}
		if n := mapped.Manifest.Counts["kept"]; n != 597 {
			t.Errorf("%s: %d notes kept, want 597", c.runner, n)
		}
	}
}

func TestFailuresKeepCodeAndPlaceAndLoseText(t *testing.T) {
	root := texts(t, 20)
	good := run(t, "direct", task(t, "test.lines", faults{Root: root, Shards: 2, MaxBad: 1}, 1, ""))
	tests := []struct {
		name, stage string
		config      faults
		code        exit.Code
		says        string
	}{
		{"scan panics", "test.lines", faults{Root: root, Shards: 2, Panic: true}, exit.Failed, "internal error at stages_test.go"},
		{"scan fails", "test.lines", faults{Root: root, Shards: 2, Fail: true}, exit.BadData, "row 7 is bad"},
		{"gate", "test.lines", faults{Root: root, Shards: 2, MaxBad: 0.01}, exit.BadData, "3 of 60 records are bad"},
		{"missing root", "test.lines", faults{Root: root + "-gone", Shards: 2}, exit.Usage, "no files"},
		{"map panics", "test.upper", faults{Shards: 2, Panic: true}, exit.Failed, "part"},
		{"map fails", "test.upper", faults{Shards: 2, Fail: true}, exit.BadData, "stage test.upper"},
		{"reduce panics", "test.letters", faults{Shards: 2, Panic: true}, exit.Failed, "internal error"},
		{"reduce fails", "test.letters", faults{Shards: 2, Fail: true}, exit.BadData, "row 7 is bad"},
	}
	for _, runner := range []string{"direct", "prism"} {
		for _, tt := range tests {
			t.Run(runner+"/"+tt.name, func(t *testing.T) {
				work := task(t, tt.stage, tt.config, 2, good.URI())
				stderr := capture(t, func() {
					err := pipelines.Run(t.Context(), workersOf(work), runner, work)
					if exit.Of(err) != tt.code {
						t.Errorf("exit code %d, want %d (%v)", exit.Of(err), tt.code, err)
					}
					if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), canary) {
						t.Errorf("error %q, want it to say %q and not the canary", err, tt.says)
					}
				})
				if strings.Contains(stderr, canary) {
					t.Errorf("the canary came out on standard error")
				}
				if _, err := dataset.Open(t.Context(), work.Out); err == nil {
					t.Error("a failed task left a dataset that looks complete")
				}
			})
		}
	}
}

// capture returns what is written to standard error while f runs.
func capture(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stderr := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = stderr }()
	f()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestJobHasNoPipeline(t *testing.T) {
	if _, err := pipelines.Pipeline(stages.Default, pipelines.Task{Stage: "nobody.knows"}); exit.Of(err) != exit.Usage {
		t.Errorf("an unknown stage gives %v", err)
	}
}
