package runners

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dags"
)

// Teller writes the events of a run as lines, one an event, with how many of the run's
// steps are over.
type Teller struct {
	W     io.Writer
	over  []string // steps
	steps int
}

// Tell writes an event.
func (t *Teller) Tell(e Event) error {
	if e.Kind == RunStarted {
		t.steps = len(e.Steps)
	}
	if e.Step != "" && e.Kind != StepStarted && e.Kind != StepAtWork && e.Kind != Published && !slices.Contains(t.over, e.Step) {
		t.over = append(t.over, e.Step)
	}
	when := "now"
	if !e.Time.IsZero() {
		when = e.Time.Format(time.RFC3339)
	}
	_, err := fmt.Fprintln(t.W, when, t.count()+t.text(e))
	return err
}

// count is how far the run is, where its journal tells of how many steps.
func (t *Teller) count() string {
	if t.steps == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d ", len(t.over), t.steps)
}

func (t *Teller) text(e Event) string {
	switch e.Kind {
	case RunStarted:
		return fmt.Sprintf("run %s of %s started: %s, %d side by side", e.Run, dags.Title(e.DAG, e.File), cmp.Or(e.Runner, "direct"), e.Workers)
	case RunEnded:
		return join("run "+e.Run+" ended: "+e.Outcome, after(e.Seconds), OneLine(e.Error))
	case Published:
		return "published " + e.File
	}
	s := StepRecord{Counts: e.Counts}
	counts := s.counts()
	if counts == "-" {
		counts = ""
	}
	return join(e.Kind+": "+e.Step, e.Stage, after(e.Seconds), e.Progress, counts, strings.Join(e.Reasons, "; "), OneLine(e.Error))
}

func after(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return "took " + took(seconds)
}

// OneLine is an error as a line of a terminal or a cell of a table takes it.
func OneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

// join joins the parts that there are.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}
