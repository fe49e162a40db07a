//go:build slow

package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// spoken is what a worker must not say.
const spoken = "the patient of bed seven is unwell"

// panicking is a stage of workers that this test starts, and of no other process.
const panicking = "CLINFLOW_TEST_PANICKING"

func init() {
	if os.Getenv(panicking) == "" {
		return
	}
	stages.RegisterMap(stages.Spec{
		Name: "test.panicking", Version: 1, Doc: "panics with text",
		In:  []stages.Port{{Name: "patients", Kind: mimic.KindPatients, Sharded: true, Doc: "patients"}},
		Out: stages.Output{Kind: mimic.KindPatients, Tables: []string{mimic.TableNotes}},
	}, func(*stages.Environment, struct{}) (stages.Map, error) { return panics{}, nil })
}

type panics struct{}

func (panics) Part(context.Context, stages.Inputs, int, *dataset.PartWriter) error { panic(spoken) }

const panickingDAG = `
name: panicking
steps:
  mimic: {stage: synth.mimiciv, with: {patients: 20}}
  patients: {stage: ingest.mimiciv, in: {mimic: mimic}, with: {shards: 2}}
  last: {stage: test.panicking, in: {patients: patients}}
`

// What a worker's panic holds is in no log of Flink's or ours, and the failure is told.
func panicOnFlink(t *testing.T, f *flink) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "panicking.yaml"), panickingDAG)
	environment := process()
	environment[len(environment)-1] = strings.Replace(environment[len(environment)-1], `"env": {`, `"env": {"`+panicking+`": "1", `, 1)
	cmd := command(t, dir, append([]string{"run", "panicking.yaml", "--verbose", "--out", filepath.Join(dir, "out")}, onFlink(environment...)...)...)
	cmd.Env = append(cmd.Env, panicking+"=1")
	r := finish(t, cmd)
	if r.code != 1 || !strings.Contains(r.stderr, "internal error at flinkcanary_slow_test.go:") {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
	logs, err := filepath.Glob(filepath.Join(f.folder, "*.log"))
	if err != nil || len(logs) != 4 {
		t.Fatalf("%v, %v", logs, err)
	}
	for _, log := range logs {
		if strings.Contains(read(t, log), spoken) {
			t.Errorf("%s holds it", filepath.Base(log))
		}
	}
	if strings.Contains(r.all(), spoken) {
		t.Error("the client says it")
	}
}
