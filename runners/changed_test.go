package runners

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
)

type readsConfig struct {
	Base string `json:"base" path:"config.json,*.bin" doc:"a model's folder"`
}

type idleMap struct{}

func (idleMap) Part(context.Context, stages.Inputs, int, *dataset.PartWriter) error { return nil }

func init() {
	stages.RegisterJob(stages.Spec{Name: "fake.learn", Version: 1, Doc: "Learns.", Out: stages.Output{Kind: "model"}},
		func(_ *stages.Environment, _ readsConfig) (stages.Job, error) { return idle{}, nil })
	stages.RegisterMap(stages.Spec{Name: "fake.turn", Version: 1, Doc: "Turns.", Out: stages.Output{Kind: "model"}},
		func(_ *stages.Environment, _ readsConfig) (stages.Map, error) { return idleMap{}, nil })
}

// changedWhileRead runs one step over a model's folder, in which change does
// something just before the step ends.
func changedWhileRead(t *testing.T, out, base, stage string, force bool, change func()) error {
	t.Helper()
	text := fmt.Sprintf("name: one\nsteps:\n  work: {stage: %s, with: {base: %q}}\n", stage, base)
	d, err := dags.Parse(stages.Default, "one.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{text: map[string]string{"work": "days of work"}, before: map[string]func(context.Context) error{"work": func(context.Context) error {
		change()
		return nil
	}}}
	return Execute(t.Context(), stages.Default, forced(d, force), f, Options{Out: out, Workers: 1})
}

func TestAJobWhoseInputChangedIsSetAside(t *testing.T) {
	out, base := t.TempDir(), t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("config.json", "{}")
	put("weights.bin", "one")
	for _, change := range []func(){
		func() { put("weights.bin", "two, longer") },
		func() { put("config.json", "[]") },
		func() { _ = os.Remove(filepath.Join(base, "weights.bin")) },
	} {
		err := changedWhileRead(t, out, base, "fake.learn", false, change)
		if exit.Of(err) != exit.Retry {
			t.Fatalf("exit code %d: %v", exit.Of(err), err)
		}
		_, aside, told := strings.Cut(err.Error(), "set aside in ")
		aside, _, _ = strings.Cut(aside, "\n")
		if text, err := os.ReadFile(filepath.Join(aside, "content")); !told || string(text) != "days of work" {
			t.Fatalf("what is set aside holds %q, %v", text, err)
		}
		if _, err := os.Stat(filepath.Join(aside, dataset.ManifestName)); err != nil {
			t.Error(err)
		}
		put("config.json", "{}")
		put("weights.bin", "one")
	}
	before := notJournals(t, out)
	for _, force := range []bool{false, true} {
		if err := changedWhileRead(t, out, base, "fake.learn", force, func() { put("README.md", "a note") }); err != nil {
			t.Fatal(err)
		}
	}
	after := notJournals(t, out)
	for name, text := range before {
		if diff := cmp.Diff(text, after[name]); diff != "" && strings.Contains(name, asideMark) {
			t.Errorf("%s did not stay: %s", name, diff)
		}
	}
	if len(before) < 3 {
		t.Errorf("only %d files were set aside", len(before))
	}
}

func TestADataStageWhoseInputChangedIsMadeAgain(t *testing.T) {
	out, base := t.TempDir(), t.TempDir()
	change := func() {
		if err := os.WriteFile(filepath.Join(base, "config.json"), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := changedWhileRead(t, out, base, "fake.turn", false, change)
	if exit.Of(err) != exit.Retry || strings.Contains(err.Error(), "aside") {
		t.Fatalf("exit code %d: %v", exit.Of(err), err)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "steps", "*")); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}
