package runners_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages"
	_ "github.com/clinflow/clinflow/stages/builtin"
)

var update = flag.Bool("update-digests", false, "write the golden digests")

const (
	conformanceDAG = "testdata/conformance.yaml"
	goldenDigests  = "testdata/digests.json"
)

// golden is what a stage's output was when it was last meant to move.
type golden struct {
	Version int    `json:"version"`
	Digest  string `json:"digest"`
}

// TestConformance runs every stage that ships. What Beam runs must leave the same
// bytes on the direct runner and on prism, with one worker and with several; and
// no output may move while its stage's version does not.
func TestConformance(t *testing.T) {
	if !beam.Initialized() {
		beam.Init()
	}
	d, err := dags.Load(t.Context(), stages.Default, dags.Request{DAG: conformanceDAG, Set: map[string]string{"models": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	made, got := map[string]*dataset.Dataset{}, map[string]golden{}
	for _, step := range d.Steps {
		made[step.Name] = conforms(t, step, step.Bind(made))
		got[step.Stage.Name] = golden{step.Stage.Version, made[step.Name].Manifest.Digest()}
	}
	for _, name := range stages.Default.Names() {
		if _, ran := got[name]; !ran && name[:5] != "test." && name[:5] != "fake." {
			t.Errorf("stage %s is not in %s", name, conformanceDAG)
		}
	}
	compareGolden(t, got)
}

// conforms runs a step everywhere and returns its output.
func conforms(t *testing.T, step *dags.Step, in stages.Inputs) *dataset.Dataset {
	t.Helper()
	first := runOn(t, step, in, "direct", 1)
	if step.Stage.Shape == stages.ShapeJob {
		return first
	}
	for _, c := range []struct {
		runner  string
		workers int
	}{{"direct", 3}, {"prism", 1}, {"prism", 2}} {
		if other := runOn(t, step, in, c.runner, c.workers); other.Manifest.Digest() != first.Manifest.Digest() {
			t.Errorf("stage %s: %s with %d workers leaves other bytes than direct with one", step.Stage.Name, c.runner, c.workers)
		}
	}
	return first
}

func runOn(t *testing.T, step *dags.Step, in stages.Inputs, runner string, workers int) *dataset.Dataset {
	t.Helper()
	uris, digests := map[string][]string{}, map[string]string{}
	for port, datasets := range in {
		for _, d := range datasets {
			uris[port] = append(uris[port], d.URI())
			digests[port] = d.Manifest.Digest()
		}
	}
	job := runners.Job{
		Step: step.Name, Env: stages.Default.With(func(s *stages.Settings) { s.Device, s.Workers = "cpu:go", workers }), Stage: step.Stage, Config: step.Config, Inputs: uris,
		Out:    filepath.Join(t.TempDir(), step.Name),
		Header: dataset.Manifest{Stage: step.Stage.Name, StageVersion: step.Stage.Version, Config: step.Config, Inputs: digests},
	}
	if err := (runners.Beam{Runner: runner}).Run(t.Context(), job); err != nil {
		t.Fatalf("step %s on %s: %v", step.Name, runner, err)
	}
	out, err := dataset.Open(t.Context(), job.Out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func compareGolden(t *testing.T, got map[string]golden) {
	t.Helper()
	if *update {
		text, err := json.MarshalIndent(got, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(goldenDigests, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(goldenDigests)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]golden
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for name, g := range got {
		if w := want[name]; g != w {
			t.Errorf("stage %s: version %d leaves %s, the golden digest is %s of version %d; raise the version where the output is meant to move, then run go test ./runners -run Conformance -update-digests",
				name, g.Version, g.Digest[:16], w.Digest[:min(16, len(w.Digest))], w.Version)
		}
	}
}
