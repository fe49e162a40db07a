package before

import (
	"cmp"
	"errors"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterMap(labellingSpec("label.ventilation",
		"Makes the examples of prolonged mechanical ventilation (PMV): one for each admission with a discharge summary whose first ICU stay, by intime and then stay_id, "+
			"has invasive ventilation that spans at least 1.75 days from its first start to its last end; the label is 1 from 6.75 days. "+
			"Gaps count as ventilated, and deaths are not left out, as in Clinical XLNet's cohort (Huang et al. 2020). "+
			"Rows without a start or an end are counted under ventilation_without_times, those that end before they start under ventilation_ends_before_start, ICU stays without intime under icustays_without_intime and those that end before it under icustays_end_before_intime; none is used.",
		mimic.TableICUStays, mimic.TableVentilation), newVentilation)
}

func newVentilation(_ *stages.Environment, config Cohort) (stages.Map, error) {
	return newLabelling(stages.Task{Name: "pmv", Classes: 2}, config, beginVentilation)
}

// The spans are 2 and 7 days less a quarter of a day, which Clinical XLNet
// forgives: its cohorts end 0.25 days after the last row.
const (
	cohortSpan    = 2*day - day/4
	prolongedSpan = 7*day - day/4
)

const (
	dropNoICUStay        = "dropped.no_icu_stay"
	dropNotVentilated    = "dropped.no_invasive_ventilation"
	dropShortVentilation = "dropped.short_ventilation"
	countNoIntime        = "icustays_without_intime"
	countStayBackwards   = "icustays_end_before_intime"
	countNoTimes         = "ventilation_without_times"
	countBackwards       = "ventilation_ends_before_start"
)

// ventilated are the outcomes of label.ventilation.
type ventilated struct {
	binary
	out    *dataset.PartWriter
	stays  *joined[mimic.ICUStay]
	events *joined[mimic.Ventilation]
}

func beginVentilation(w *walk, _ stages.Inputs) (outcomes, error) {
	v := &ventilated{out: w.out}
	var errs [2]error
	v.stays, errs[0] = beside(w, mimic.TableICUStays, "icustays_without_admission", func(*mimic.ICUStay) bool { return true })
	v.events, errs[1] = beside(w, mimic.TableVentilation, "ventilation_without_admission",
		func(e *mimic.Ventilation) bool { return e.Kind == mimic.InvasiveVentilation })
	return v, errors.Join(errs[:]...)
}

func (v *ventilated) of(a *admission, e *task.Example) (string, error) {
	stays, err := v.stays.of(a.stay())
	if err != nil {
		return "", err
	}
	events, err := v.events.of(a.stay())
	if err != nil {
		return "", err
	}
	stays, events = v.timed(stays, events)
	if len(stays) == 0 {
		return dropNoICUStay, nil
	}
	first := slices.MinFunc(stays, func(a, b mimic.ICUStay) int {
		return cmp.Or(cmp.Compare(a.Intime, b.Intime), cmp.Compare(a.StayID, b.StayID))
	})
	span, found := spanOf(events, first.StayID)
	switch {
	case !found:
		return dropNotVentilated, nil
	case span < cohortSpan:
		return dropShortVentilation, nil
	case span >= prolongedSpan:
		e.Label = 1
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
