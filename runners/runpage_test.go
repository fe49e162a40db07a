package runners

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dags/picture"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/internal/store"
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

// TestADamagedJournalOfBefore keeps no run from publishing its page, and no scheduler from
// the journal of its run.
func TestADamagedJournalOfBefore(t *testing.T) {
	for name, id := range map[string]string{"an earlier run": "20250101-000000.000-abcd", "a later one, by a clock that is ahead": "29990101-000000.000-abcd"} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			damaged := filepath.Join(out, runsFolder, id+journalSuffix)
			if err := errors.Join(os.Mkdir(filepath.Dir(damaged), 0o700), os.WriteFile(damaged, []byte("{]\n"), 0o600)); err != nil {
				t.Fatal(err)
			}
			admit := func(context.Context, store.Dir) error { return nil }
			o := Options{Out: out, Workers: 1, Runner: "direct", Scheduled: &Scheduled{Run: "weekly", Attempt: 2, Admit: admit}}
			f := &fake{text: map[string]string{"end": "<main>" + page.RunMark + "</main>"}}
			if err := Execute(t.Context(), stages.Default, paged(t), f, o); err != nil {
				t.Fatal(err)
			}
			if text, err := os.ReadFile(filepath.Join(out, "report.html")); err != nil || !strings.Contains(string(text), `<svg class="dag"`) {
				t.Errorf("the page: %s, %v", text, err)
			}
			dir, err := store.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			if r, ok, err := FindScheduled(t.Context(), dir, "weekly", 2); err != nil || !ok || r.State != OutcomeDone {
				t.Errorf("the attempt: %+v, %v, %v", r, ok, err)
			}
			if _, ok, err := FindScheduled(t.Context(), dir, "weekly", 3); err != nil || ok {
				t.Errorf("an attempt without a journal: %v, %v", ok, err)
			}
		})
	}
}
