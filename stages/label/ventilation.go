package label

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/ventilation"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/task"
)

func init() {
	Register(stages.Spec{
		Name: "label.ventilation", Version: 5,
		Doc: "Labels admissions by prolonged mechanical ventilation (PMV): those whose first ICU stay, by intime and then stay_id, " +
			"has ventilation that spans at least 1.75 days from its first start to its last end; the label is 1 from 6.75 days. " +
			"Gaps count as ventilated, and deaths are not left out, as in Clinical XLNet's cohort (Huang et al. 2020). " +
			"Ventilation is procedureevents' item 225792, Invasive Ventilation; by the quirk pmv_charted, which core has, it is what mimic-code makes of chartevents: of MIMIC-III the episodes of ventilation_durations, where invasive and other ventilation are one, of MIMIC-IV those of InvasiveVent of the concept ventilation as of July 2026 (commit 15ae2cfd), without tracheostomies. It needs patients that were read with chartevents: true. " +
			"The other quirks whose names begin with pmv_ are Clinical XLNet's cohort: the longest ventilated of an admission's ICU stays in place of the first, and who is left out; diagnoses of ICD-10 are told by the ICD-9 codes that they are translated into by CMS' General Equivalence Mappings of 2018. " +
			"Rows without a start or an end are counted under ventilation_without_times, those that end before they start under ventilation_ends_before_start, ICU stays without intime under icustays_without_intime and those that end before it under icustays_end_before_intime; none is used.",
	}, []string{mimic.TablePatients, mimic.TableDiagnoses, mimic.TableICUStays, mimic.TableVentilation, mimic.TableChartEvents}, func(config Config) (Outcome, error) {
		r, err := config.New()
		return pmv{config.Config, r}, err
	})
}

// pmv is the outcome of label.ventilation.
type pmv struct {
	recipe.Config
	recipe recipe.Recipe
}

// Planned is the task.
func (v pmv) Planned() task.Task {
	return task.Task{Name: "pmv", Kind: task.Binary, Labels: []string{"not prolonged", "prolonged"}, Recipe: v.Name(), Texts: onAdmission}
}

func (v pmv) Task(context.Context, stages.Inputs) (task.Task, error) { return v.Planned(), nil }

const needsCharts = "%s has no charted values, and ventilation is told by them; set chartevents: true in the step that reads the patients, or quirks: {pmv_charted: false} here, to go by procedureevents"

// Check asks the step that reads the patients whether it reads chartevents.
func (v pmv) Check(_ context.Context, in stages.Givers) []stages.Fault {
	from := in.One("patients")
	if from == nil || !v.recipe.PMVCharted {
		return nil
	}
	if c, ok := from.Built.(mimic.Charting); ok && !c.ReadsChartEvents() {
		return stages.Faultf("in.patients", needsCharts, "the step "+from.Step)
	}
	return nil
}

// The spans are 2 and 7 days less a quarter of a day, which Clinical XLNet
// forgives: its cohorts end 0.25 days after the last row.
const (
	cohortSpan    = 2*dataset.Day - dataset.Day/4
	prolongedSpan = 7*dataset.Day - dataset.Day/4
)

// ventilated is one part being labelled.
type ventilated struct {
	rules    recipe.Quirks
	out      *dataset.PartWriter
	stays    *mimic.ByAdmission[mimic.ICUStay]
	episodes episodes
	excluded *excluded
}

func (v pmv) Begin(p *Part) (Labeller, error) {
	of, err := v.episodes(p)
	if err != nil {
		return nil, err
	}
	part := &ventilated{rules: v.recipe.Quirks, out: p.Out, stays: Beside[mimic.ICUStay](p, mimic.TableICUStays, nil), episodes: of}
	part.excluded, err = excludedBy(v.recipe.Quirks, p)
	return part.label, err
}

func (v *ventilated) label(a *mimic.Admission, l *task.Label) (dropped string, err error) {
	stays, failed := v.stays.Of(a)
	found, unread := v.episodes(a)
	reason, err := v.excluded.reason(a)
	if err = errors.Join(failed, unread, err); err != nil {
		return "", err
	}
	if stays = v.timed(stays); len(stays) == 0 {
		return "no_icu_stay", nil
	}
	if reason != "" {
		return reason, nil
	}
	if stays, err = v.excluded.adult(a, stays); err != nil || len(stays) == 0 {
		return "not_adult", err
	}
	return v.judge(stays, found, l), nil
}

// judge is the label by the first of the stays, or by the one with the longest span.
func (v *ventilated) judge(stays []mimic.ICUStay, found []ventilation.Episode, l *task.Label) (dropped string) {
	if !v.rules.PMVAnyStay {
		stays = []mimic.ICUStay{slices.MinFunc(stays, byIntime)}
	}
	longest, ever := dataset.Time(0), false
	for _, stay := range stays {
		span, is := spanOf(found, stay.StayID)
		longest, ever = max(longest, span), ever || is
	}
	switch {
	case !ever:
		return "no_invasive_ventilation"
	case longest < cohortSpan:
		return "short_ventilation"
	case longest >= prolongedSpan:
		l.Label = 1
	}
	return ""
}

func byIntime(a, b mimic.ICUStay) int {
	return cmp.Or(cmp.Compare(a.Intime, b.Intime), cmp.Compare(a.StayID, b.StayID))
}

// spanOf is the time from the first start to the last end in an ICU stay, and
// whether there is any.
func spanOf(found []ventilation.Episode, stayID int64) (span dataset.Time, is bool) {
	var start, end dataset.Time
	for _, e := range found {
		if e.StayID != stayID {
			continue
		}
		if !is {
			start, end, is = e.Start, e.End, true
		}
		start, end = min(start, e.Start), max(end, e.End)
	}
	return end - start, is
}
