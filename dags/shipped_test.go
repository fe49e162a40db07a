package dags_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/stages"
	_ "github.com/clinflow/clinflow/stages/card"
	_ "github.com/clinflow/clinflow/stages/eval"
	_ "github.com/clinflow/clinflow/stages/eval/cards"
	_ "github.com/clinflow/clinflow/stages/eval/compare"
	_ "github.com/clinflow/clinflow/stages/eval/report"
	_ "github.com/clinflow/clinflow/stages/eval/subgroups"
	_ "github.com/clinflow/clinflow/stages/ingest"
	_ "github.com/clinflow/clinflow/stages/promotion"
	_ "github.com/clinflow/clinflow/stages/synth"
	_ "github.com/clinflow/clinflow/stages/text"
	_ "github.com/clinflow/clinflow/stages/tokenize"
	_ "github.com/clinflow/clinflow/stages/train"
)

func TestShippedFilesHaveNoFaults(t *testing.T) {
	names := dags.Shipped()
	if len(names) < 2 {
		t.Fatalf("shipped files %v, want demo and two-step at least", names)
	}
	for _, name := range names {
		d, err := dags.Load(t.Context(), stages.Default, dags.Request{DAG: name})
		if err != nil {
			t.Errorf("%s:\n%v", name, err)
			continue
		}
		if d.Name != name || len(d.Publish) == 0 {
			t.Errorf("%s: named %s, publishes %d files", name, d.Name, len(d.Publish))
		}
	}
}

// The sample that the reference shows of a stage is a step without a fault, but
// for the steps it takes its inputs from.
func TestSamplesOfAllStages(t *testing.T) {
	names := stages.Default.Names()
	if len(names) < 10 {
		t.Fatalf("registered stages: %v", names)
	}
	for _, name := range names {
		spec, _ := stages.Default.Lookup(name)
		var sample strings.Builder
		for line := range strings.Lines(spec.Sample()) {
			sample.WriteString("  " + strings.Replace(line, "# ", "", 1))
		}
		_, err := dags.Parse(stages.Default, "sample.yaml", []byte("name: x\nsteps:\n"+sample.String()), nil)
		var problems dags.Problems
		errors.As(err, &problems)
		for _, p := range problems {
			if !strings.Contains(p.Path, ".in.") {
				t.Errorf("%s: %s", name, p)
			}
		}
		var text strings.Builder
		if err := stages.Default.Describe(&text, spec); err != nil {
			t.Error(err)
		}
		for _, f := range spec.Config() {
			if !strings.Contains(words(text.String()), words(f.Doc)) {
				t.Errorf("the reference of %s leaves out %s", name, f.Key)
			}
		}
	}
}

// words are a text's, whatever the lines that it is broken into.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }
