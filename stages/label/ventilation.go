package label

import (
	"cmp"
	"context"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/task"
)

func init() {
	Register(stages.Spec{
		Name: "label.ventilation", Version: 4,
		Doc: "Labels admissions by prolonged mechanical ventilation (PMV): those whose first ICU stay, by intime and then stay_id, " +
			"has invasive ventilation that spans at least 1.75 days from its first start to its last end; the label is 1 from 6.75 days. " +
			"Gaps count as ventilated, and deaths are not left out, as in Clinical XLNet's cohort (Huang et al. 2020). " +
			"Rows without a start or an end are counted under ventilation_without_times, those that end before they start under ventilation_ends_before_start, ICU stays without intime under icustays_without_intime and those that end before it under icustays_end_before_intime; none is used.",
	}, []string{mimic.TableICUStays, mimic.TableVentilation}, func(config Config) (Outcome, error) { return ventilation(config), nil })
}

type ventilation struct{ recipe.Config }

// Planned is the task.
func (v ventilation) Planned() task.Task {
	return task.Task{Name: "pmv", Kind: task.Binary, Labels: []string{"not prolonged", "prolonged"}, Recipe: v.Name(), Texts: onAdmission}
}

func (v ventilation) Task(context.Context, stages.Inputs) (task.Task, error) { return v.Planned(), nil }

// The spans are 2 and 7 days less a quarter of a day, which Clinical XLNet
// forgives: its cohorts end 0.25 days after the last row.
const (
	cohortSpan    = 2*day - day/4
	prolongedSpan = 7*day - day/4
)

const (
	countNoIntime      = "icustays_without_intime"
	countStayBackwards = "icustays_end_before_intime"
	countNoTimes       = "ventilation_without_times"
	countBackwards     = "ventilation_ends_before_start"
)

// ventilated is one part being labelled.
type ventilated struct {
	out    *dataset.PartWriter
	stays  *mimic.ByAdmission[mimic.ICUStay]
	events *mimic.ByAdmission[mimic.Ventilation]
}

func (ventilation) Begin(p *Part) (Labeller, error) {
	v := &ventilated{
		out:    p.Out,
		stays:  Beside[mimic.ICUStay](p, mimic.TableICUStays, nil),
		events: Beside(p, mimic.TableVentilation, func(e *mimic.Ventilation) bool { return e.Kind == mimic.InvasiveVentilation }),
	}
	return v.label, nil
}

func (v *ventilated) label(a *mimic.Admission, l *task.Label) (dropped string, err error) {
	stays, err := v.stays.Of(a)
	if err != nil {
		return "", err
	}
	events, err := v.events.Of(a)
	if err != nil {
		return "", err
	}
	stays, events = v.timed(stays, events)
	if len(stays) == 0 {
		return "no_icu_stay", nil
	}
	first := slices.MinFunc(stays, func(a, b mimic.ICUStay) int {
		return cmp.Or(cmp.Compare(a.Intime, b.Intime), cmp.Compare(a.StayID, b.StayID))
	})
	span, found := spanOf(events, first.StayID)
	switch {
	case !found:
		return "no_invasive_ventilation", nil
	case span < cohortSpan:
		return "short_ventilation", nil
	case span >= prolongedSpan:
		l.Label = 1
	}
	return "", nil
}

// timed leaves out and counts what has no place in time.
func (v *ventilated) timed(stays []mimic.ICUStay, events []mimic.Ventilation) ([]mimic.ICUStay, []mimic.Ventilation) {
	stays = leaveOut(v.out, countNoIntime, stays, func(s mimic.ICUStay) bool { return s.Intime == 0 })
	stays = leaveOut(v.out, countStayBackwards, stays, func(s mimic.ICUStay) bool { return s.Outtime != 0 && s.Outtime < s.Intime })
	events = leaveOut(v.out, countNoTimes, events, func(e mimic.Ventilation) bool { return e.Starttime == 0 || e.Endtime == 0 })
	events = leaveOut(v.out, countBackwards, events, func(e mimic.Ventilation) bool { return e.Endtime < e.Starttime })
	return stays, events
}

func leaveOut[R any](out *dataset.PartWriter, count string, rows []R, unfit func(R) bool) []R {
	left := slices.DeleteFunc(rows, unfit)
	out.Count(count, int64(len(rows)-len(left)))
	return left
}

// spanOf is the time from the first start to the last end in an ICU stay, and
// whether there is any.
func spanOf(events []mimic.Ventilation, stayID int64) (span dataset.Time, found bool) {
	var start, end dataset.Time
	for _, e := range events {
		if e.StayID != stayID {
			continue
		}
		if !found {
			start, end, found = e.Starttime, e.Endtime, true
		}
		start, end = min(start, e.Starttime), max(end, e.Endtime)
	}
	return end - start, found
}
