package runners

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dags/picture"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/stages"
)

// paged is the diamond with a page published.
func paged(t *testing.T) *dags.DAG {
	t.Helper()
	d := parse(t, nil)
	d.Publish = []dags.Publish{{Name: "report.html", Step: "end", File: "content"}}
	return d
}

// TestAPageTellsOfTheRun: and a run that did nothing leaves it, so that what is published
// is not rewritten for a date.
func TestAPageTellsOfTheRun(t *testing.T) {
	out := t.TempDir()
	f := &fake{text: map[string]string{"end": "<main>" + page.RunMark + "</main>"}}
	run := func(force bool) string {
		t.Helper()
		o := Options{Out: out, Workers: 1, Runner: "direct", Revision: "abc"}
		if err := Execute(t.Context(), stages.Default, forced(paged(t), force), f, o); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(out, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := run(false)
	last, err := FindRun(t.Context(), out, "last")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{last.ID, "diamond (diamond.yaml)", `<svg class="dag"`, `<th scope="row">left</th><td class="text">fake.join</td><td class="text">done</td>`, last.Started.Format("2 January 2006, 15:04")} {
		if !strings.Contains(first, want) {
			t.Errorf("the page does not tell %q:\n%s", want, first)
		}
	}
	if run(false) != first {
		t.Error("a run in which nothing was done published another page")
	}
	if run(true) == first {
		t.Error("the page tells of a run whose outputs were made again")
	}
}

// TestSkippedStepsShowWhatTheyTook, in the run that made their outputs.
func TestSkippedStepsShowWhatTheyTook(t *testing.T) {
	out := t.TempDir()
	o := Options{Out: out, Workers: 1, Runner: "direct"}
	if err := Execute(t.Context(), stages.Default, paged(t), &fake{}, o); err != nil {
		t.Fatal(err)
	}
	made, err := FindRun(t.Context(), out, "last")
	if err != nil {
		t.Fatal(err)
	}
	shown := runShown{Run: RunRecord{Steps: []StepRecord{{Step: "top", State: "skipped", Fingerprint: "f"}}}}
	top := StepRecord{Step: "top", State: "done", Fingerprint: "f", Seconds: 3, PeakMemory: 5 << 20}
	for _, node := range picture.Of(paged(t), map[string]picture.State{"top": picture.Skipped}).Nodes {
		if got := shown.node(node, map[string]StepRecord{"f": top}).below(); node.Name == "top" && got != "skipped, 3s, 5.0 MiB" {
			t.Errorf("below the node stands %q", got)
		}
	}
	for _, s := range made.Steps {
		if s.PeakMemory < 1<<20 {
			t.Errorf("step %s took %d bytes: a Go process has more", s.Step, s.PeakMemory)
		}
	}
}
