package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clinflow/clinflow/dags"
	"github.com/clinflow/clinflow/dags/picture"
	"github.com/clinflow/clinflow/internal/page"
	"github.com/clinflow/clinflow/runners"
	"github.com/clinflow/clinflow/stages/eval/report"
)

// told is a run as pages tell of it.
type told struct {
	runners.RunRecord
	Folder  *folder
	Named   string // the DAG with its file
	Took    time.Duration
	Over    int      // steps
	Planned int      // steps in all
	Now     []string // steps at work
	Failed  []string // steps
}

func tell(f *folder, r runners.RunRecord) told {
	t := told{RunRecord: r, Folder: f, Named: dags.Title(r.DAG, r.File), Planned: max(len(r.Outline), len(r.Steps)), Took: time.Duration(r.Seconds * float64(time.Second))}
	for _, s := range r.Steps {
		switch s.State {
		case runners.Running:
			t.Now = append(t.Now, s.Step)
			continue
		case string(picture.Failed):
			t.Failed = append(t.Failed, s.Step)
		}
		if s.Made() {
			t.Over++
		}
	}
	if r.State == runners.Running {
		t.Took = time.Since(r.Started).Truncate(time.Second)
	}
	if r.Gone() {
		t.Took = t.last().Sub(r.Started) // what the journal knows
	}
	return t
}

// TookOf is how long a step took, so far where it is at work.
func (t told) TookOf(s runners.StepRecord) time.Duration {
	if s.State == runners.Running {
		return t.Started.Add(t.Took).Sub(s.Began).Truncate(time.Second)
	}
	return time.Duration(s.Seconds * float64(time.Second))
}

// last is the last moment that the journal tells of.
func (t told) last() time.Time {
	last := t.Started
	for _, s := range t.Steps {
		for _, at := range []time.Time{s.Began, s.Ended} {
			if at.After(last) {
				last = at
			}
		}
	}
	return last
}

// Path is the address of the run's page.
func (t told) Path() string { return fmt.Sprintf("/runs/%d/%s", t.Folder.Number, t.ID) }

// Says is what there is to say of the run's state.
func (t told) Says() string {
	steps := fmt.Sprintf("%d of %d steps are over", t.Over, t.Planned)
	switch {
	case t.State == runners.Running && len(t.Now) > 0:
		return steps + ", " + some(t.Now) + " at work."
	case t.State == runners.OutcomeDone:
		return fmt.Sprintf("%d steps in %s.", t.Over, page.Took(t.Took))
	case t.State == runners.OutcomeFailed && len(t.Failed) > 0:
		return "In " + some(t.Failed) + "; " + steps + "."
	case t.State == runners.OutcomeFailed:
		return "No step did; " + steps + "."
	case t.Gone():
		return "Its process ended without a word; " + steps + "."
	case t.State == runners.Damaged:
		return "Its journal cannot be read."
	default:
		return "So far " + steps + "."
	}
}

// few is how many names a sentence holds.
const few = 3

func some(names []string) string {
	if len(names) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
}

// Report is the page that says most, "" where there is none.
func (t told) Report() string {
	names := t.Reports()
	switch {
	case len(names) == 0:
		return ""
	case slices.Contains(names, report.FileName):
		return report.FileName
	default:
		return names[0]
	}
}

// Reports are the pages that the run published and that stand there still.
func (t told) Reports() []string {
	var names []string
	for _, p := range t.Published {
		if isReport(p.File) && !slices.Contains(names, p.File) {
			names = append(names, p.File)
		}
	}
	return names
}

// graph is the DAG as the run's journal tells of it.
func (t told) graph() picture.Graph {
	d := &dags.DAG{Name: t.DAG, File: t.File}
	for _, o := range t.Outline {
		step := &dags.Step{Name: o.Step, Written: o.Written, After: o.Needs}
		if step.Stage.Name = o.Stage; step.Written == "" {
			step.Written = o.Step
		}
		d.Steps = append(d.Steps, step)
	}
	states := map[string]picture.State{}
	for _, s := range t.Steps {
		states[s.Step] = picture.State(s.State)
	}
	return picture.Of(d, states)
}
