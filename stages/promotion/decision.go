package promotion

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/smallcell"
	"github.com/clinflow/clinflow/internal/suggest"
	"github.com/clinflow/clinflow/stages/eval"
	"github.com/clinflow/clinflow/stages/eval/compare"
)

// The outcomes of a decision.
const (
	OutcomeFirst    = "first"     // there is no current adapter to compare with
	OutcomeBetter   = "better"    // the whole interval of the difference is above zero
	OutcomeNotWorse = "not worse" // it is above the margin
	OutcomeRefused  = "refused"
	OutcomeCurrent  = "current" // the candidate is the current adapter
)

// Decision is decision.json: whether a candidate is to be promoted, and why. It follows
// from the predictions on both sides and the rule alone.
type Decision struct {
	Promote bool     `json:"promote"`
	Outcome string   `json:"outcome"`
	Reasons []string `json:"reasons"`
	// Current is the version that the candidate is compared with, "" where none is current.
	Current string `json:"current"`
	// Adapters are the digests of the candidate's manifests, by task.
	Adapters map[string]string     `json:"adapters"`
	Rule     GateConfig            `json:"rule"`
	Interval eval.IntervalSettings `json:"interval"`
	Macro    Compared              `json:"macro"`
	Tasks    map[string]Compared   `json:"tasks"`
	// UnknownTraining says how many of the models and adapters under the predictions have no
	// record of whom they were trained on.
	UnknownTraining struct {
		Candidate int64 `json:"candidate"`
		Current   int64 `json:"current"`
	} `json:"unknown_training_patients"`
}

// Compared is what a candidate and the current adapter have on a task, or in the mean.
type Compared struct {
	Candidate  *float64        `json:"candidate"` // AUROC
	Current    *float64        `json:"current"`
	Difference *float64        `json:"difference"` // candidate less current
	Interval   *eval.Interval  `json:"interval"`   // of the difference
	Patients   smallcell.Count `json:"patients"`
	Tasks      int             `json:"tasks,omitempty"` // that the mean's difference is over
	Margin     *float64        `json:"margin,omitempty"`
	// SmallCells says that a side has fewer than ten examples, or a task few more than
	// another: figures have few digits.
	SmallCells bool `json:"small_cells,omitempty"`
}

// decide applies the rule to what was compared. same are the tasks whose adapter is the
// current one.
func (c GateConfig) decide(o compare.Outcomes, same map[string]bool) (d Decision, err error) {
	margins, err := c.margins(o)
	if err != nil {
		return d, err
	}
	d = Decision{Rule: c, Interval: *c.bootstrap().Settings(), Tasks: map[string]Compared{}}
	digits := c.digits(o)
	d.Macro = c.told(o.Macro, nil, digits)
	for name, of := range o.Tasks {
		d.Tasks[name] = c.told(of, margins[name], digits)
	}
	faults := c.faults(o, d, margins)
	switch {
	case len(same) == len(o.Tasks):
		d.Outcome, d.Reasons = OutcomeCurrent, []string{"the candidate is the current adapter already"}
	case faults != nil:
		d.Outcome, d.Reasons = OutcomeRefused, faults
	case o.Macro.Difference == nil:
		d.Promote, d.Outcome, d.Reasons = true, OutcomeFirst, []string{fmt.Sprintf("there is no current adapter to compare with, and the AUROC of %s is not below the floor of %.3f", figure(d.Macro.Candidate), c.Floor)}
	default:
		d.Promote, d.Outcome = true, OutcomeNotWorse
		if o.Macro.Interval.Low > 0 {
			d.Outcome = OutcomeBetter
		}
		d.Reasons = []string{"the AUROC " + d.Macro.words() + ", lies above " + c.bound()}
	}
	return d, nil
}

// faults are why the rule refuses, none where it does not.
func (c GateConfig) faults(o compare.Outcomes, d Decision, margins map[string]*float64) (faults []string) {
	names := slices.Sorted(maps.Keys(o.Tasks))
	for _, name := range names {
		if o.Tasks[name].Candidate == nil {
			faults = append(faults, fmt.Sprintf("task %s has no AUROC on these patients, so nothing can be said of it", name))
		}
	}
	if o.Macro.Candidate != nil && *o.Macro.Candidate < c.Floor {
		faults = append(faults, fmt.Sprintf("the AUROC of %s is below the floor of %.3f", figure(d.Macro.Candidate), c.Floor))
	}
	if o.Macro.Difference == nil {
		return faults
	}
	least := -c.Margin
	if c.Require == requireBetter {
		least = 0
	}
	faults = append(faults, short("the AUROC", o.Macro, d.Macro, least, c.bound())...)
	for _, name := range names {
		if margin := margins[name]; margin != nil && o.Tasks[name].Difference != nil {
			faults = append(faults, short("the AUROC of task "+name, o.Tasks[name], d.Tasks[name], -*margin, fmt.Sprintf("the task's margin of %+.3f", -*margin))...)
		}
	}
	return faults
}

// short tells where the interval of a difference does not lie above a bound.
func short(what string, o compare.Outcome, told Compared, least float64, bound string) []string {
	if o.Interval.Low <= least {
		return []string{what + " " + told.words() + ", does not lie above " + bound}
	}
	return nil
}

// words say how a candidate differs.
func (c Compared) words() string {
	format := "differs by %+.3f from the current adapter's; the %.0f %% interval, %+.3f to %+.3f"
	if c.SmallCells {
		format = strings.ReplaceAll(format, ".3f", ".2f")
	}
	return fmt.Sprintf(format, *c.Difference, 100*level, c.Interval.Low, c.Interval.High)
}

// bound is what the interval must lie above, in words.
func (c GateConfig) bound() string {
	if c.Require == requireBetter {
		return "zero"
	}
	return fmt.Sprintf("the margin of %+.3f", -c.Margin)
}

// margins are those of the tasks that have one of their own.
func (c GateConfig) margins(o compare.Outcomes) (map[string]*float64, error) {
	margins := map[string]*float64{}
	for _, m := range c.Tasks {
		if _, known := o.Tasks[m.Task]; !known {
			names := slices.Sorted(maps.Keys(o.Tasks))
			return nil, exit.Errorf(exit.Usage, "tasks: there are no predictions of a task %s; %s", m.Task, cmp.Or(suggest.Choice(m.Task, names), "they are of "+strings.Join(names, ", ")))
		}
		margins[m.Task] = &m.Margin
	}
	return margins, nil
}

// told is what is told of an outcome. digits are those of figures of few examples, nil
// where there are many.
func (c GateConfig) told(o compare.Outcome, margin *float64, digits func(float64) float64) Compared {
	t := Compared{Candidate: o.Candidate, Current: o.Current, Difference: o.Difference, Interval: o.Interval, Patients: smallcell.Count(o.Patients), Tasks: o.Tasks, Margin: margin}
	if c.SmallCells == smallcell.Hide {
		t.Patients = atLeast(o.Patients)
	}
	if digits == nil {
		return t
	}
	t.SmallCells = true
	for _, figure := range []**float64{&t.Candidate, &t.Current, &t.Difference} {
		if *figure != nil {
			rounded := digits(**figure)
			*figure = &rounded
		}
	}
	if t.Interval != nil {
		rounded := *t.Interval
		rounded.Round(digits)
		t.Interval = &rounded
	}
	return t
}

// atLeast says of a number of patients whether it is a small one. The numbers themselves,
// of one task and another, would tell of few whom the tasks do not share.
func atLeast(patients int) smallcell.Count {
	if smallcell.Small(patients) {
		return smallcell.Below
	}
	return smallcell.Above
}

// digits are those that figures are told with where a side has few examples, or a task few
// more than another: all of theirs would tell how many pairs there are.
func (c GateConfig) digits(o compare.Outcomes) func(float64) float64 {
	sizes := eval.Sizes{Of: map[string]int{}}
	for name, of := range o.Tasks {
		sizes.Of[name] = of.Examples
	}
	apart := slices.Contains(slices.Collect(maps.Values(sizes.TooAlike())), true)
	if c.SmallCells != smallcell.Hide || !smallcell.Small(o.Macro.Fewest) && !apart {
		return nil
	}
	return eval.Coarse(o.Macro.Examples)
}

func figure(value *float64) string {
	if value == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *value)
}
