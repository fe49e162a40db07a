package runners_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages"
)

// counted notes the steps of each job.
type counted struct {
	runners.Level
	mu   sync.Mutex
	jobs []string
}

func (c *counted) RunTogether(ctx context.Context, jobs []runners.Job) []error {
	var steps []string
	for _, job := range jobs {
		steps = append(steps, job.Step)
	}
	slices.Sort(steps)
	c.mu.Lock()
	c.jobs = append(c.jobs, strings.Join(steps, " "))
	c.mu.Unlock()
	return c.Level.RunTogether(ctx, jobs)
}

var demoData = map[string]string{"patients": "250", "shards": "4", "min_count": "5"}

// dataOfDemo runs the demo's data steps before training, twenty-two of them, and returns the digests
// of all outputs, by step.
func dataOfDemo(t *testing.T, runner runners.StepRunner) map[string]string {
	t.Helper()
	cards := []string{"card_pmv", "card_mor", "card_los", "card_diag", "card_proc", "corpus"}
	d, err := dags.Load(t.Context(), stages.Default, dags.Request{DAG: "demo", Set: demoData, Choice: dags.Choice{Steps: cards}})
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := runners.Execute(t.Context(), stages.Default, d, runner, runners.Options{Out: out, Workers: 2}); err != nil {
		t.Fatal(err)
	}
	digests := map[string]string{}
	for _, step := range d.Steps {
		found, err := filepath.Glob(filepath.Join(out, "steps", step.Name+"-????????????????"))
		if err != nil || len(found) != 1 {
			t.Fatalf("outputs of %s: %v, %v", step.Name, found, err)
		}
		made, err := dataset.Open(t.Context(), found[0])
		if err != nil {
			t.Fatal(err)
		}
		digests[step.Name] = filepath.Base(found[0]) + " " + made.Manifest.Digest()
	}
	return digests
}

// TestALevelIsOneJob: the demo's data steps before training are five jobs of
// Beam's, of the same bytes as one each.
func TestALevelIsOneJob(t *testing.T) {
	if !beam.Initialized() {
		beam.Init()
	}
	want := dataOfDemo(t, runners.Beam{Runner: "direct"})
	c := &counted{Level: runners.Level{Beam: runners.Beam{Runner: "prism"}, Wait: time.Hour}}
	if diff := cmp.Diff(want, dataOfDemo(t, c)); diff != "" {
		t.Error(diff)
	}
	if steps := strings.Fields(strings.Join(c.jobs, " ")); len(c.jobs) != 5 || len(steps) != 22 {
		t.Errorf("%d steps in %d jobs:\n%s", len(steps), len(c.jobs), strings.Join(c.jobs, "\n"))
	}
	small := &counted{Level: runners.Level{Beam: runners.Beam{Runner: "prism"}, RemoteAbove: 1 << 30, Wait: time.Hour}}
	if diff := cmp.Diff(want, dataOfDemo(t, small)); diff != "" {
		t.Error(diff)
	}
	if len(small.jobs) != 0 {
		t.Errorf("steps of small inputs in jobs:\n%s", strings.Join(small.jobs, "\n"))
	}
}
