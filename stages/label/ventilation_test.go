package label_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

const (
	cohortSpan    = 7 * day / 4
	prolongedSpan = 27 * day / 4
)

// icu is an ICU stay that begins so long after admission.
func icu(id int64, after dataset.Time) mimic.ICUStay {
	return mimic.ICUStay{SubjectID: 1, HadmID: 10, StayID: id, Intime: admit + after}
}

// tube is an interval of invasive ventilation.
func tube(stay int64, start, end dataset.Time) mimic.Ventilation {
	return mimic.Ventilation{SubjectID: 1, HadmID: 10, StayID: stay, Kind: mimic.InvasiveVentilation, Starttime: admit + start, Endtime: admit + end}
}

func TestVentilation(t *testing.T) {
	mask := tube(5, 0, 9*day)
	mask.Kind = mimic.NonInvasiveVentilation
	endless, startless, untimed := tube(5, 0, 0), tube(5, 0, 9*day), icu(4, 0)
	endless.Endtime, startless.Starttime, untimed.Intime = 0, 0, 0
	backwards, instant := icu(4, day), icu(4, day)
	backwards.Outtime, instant.Outtime = admit, instant.Intime
	const none, short = "dropped.no_invasive_ventilation", "dropped.short_ventilation"
	one := []mimic.ICUStay{icu(5, 0)}
	for name, c := range map[string]struct {
		stays   []mimic.ICUStay
		events  []mimic.Ventilation
		label   int32
		dropped string
		counted map[string]int64
	}{
		"1.75 days sharp":                    {stays: one, events: []mimic.Ventilation{tube(5, 1, 1+cohortSpan)}},
		"a microsecond less":                 {stays: one, events: []mimic.Ventilation{tube(5, 1, cohortSpan)}, dropped: short},
		"6.75 days sharp":                    {stays: one, events: []mimic.Ventilation{tube(5, 1, 1+prolongedSpan)}, label: 1},
		"a microsecond less than prolonged":  {stays: one, events: []mimic.Ventilation{tube(5, 1, prolongedSpan)}},
		"gaps count":                         {stays: one, events: []mimic.Ventilation{tube(5, 0, 1), tube(5, 7*day, 7*day+1)}, label: 1},
		"the last end is of an earlier row":  {stays: one, events: []mimic.Ventilation{tube(5, 0, 7*day), tube(5, day, 2*day)}, label: 1},
		"an end before its start":            {stays: one, events: []mimic.Ventilation{tube(5, 9*day, day)}, dropped: none, counted: map[string]int64{"ventilation_ends_before_start": 1}},
		"an end before a start, beside one":  {stays: one, events: []mimic.Ventilation{tube(5, 9*day, day), tube(5, 0, 2*day)}, counted: map[string]int64{"ventilation_ends_before_start": 1}},
		"a stay that ends before its intime": {stays: []mimic.ICUStay{backwards, icu(5, 2*day)}, events: []mimic.Ventilation{tube(5, 2*day, 9*day)}, label: 1, counted: map[string]int64{"icustays_end_before_intime": 1}},
		"no stay but one that ends before":   {stays: []mimic.ICUStay{backwards}, events: []mimic.Ventilation{tube(4, 0, 2*day)}, dropped: "dropped.no_icu_stay", counted: map[string]int64{"icustays_end_before_intime": 1}},
		"a stay that ends as it begins":      {stays: []mimic.ICUStay{instant, icu(5, 2*day)}, events: []mimic.Ventilation{tube(4, 0, 2*day)}, counted: map[string]int64{"icustays_end_before_intime": 0}},
		"the first stay has the larger id":   {stays: []mimic.ICUStay{icu(5, day), icu(9, 0)}, events: []mimic.Ventilation{tube(9, 0, 7*day)}, label: 1},
		"equal intimes: the smaller id":      {stays: []mimic.ICUStay{icu(9, 0), icu(5, 0)}, events: []mimic.Ventilation{tube(5, 0, 7*day)}, label: 1},
		"the second stay alone":              {stays: []mimic.ICUStay{icu(5, 0), icu(9, day)}, events: []mimic.Ventilation{tube(9, 0, 7*day)}, dropped: none},
		"the second stay does not lengthen":  {stays: []mimic.ICUStay{icu(5, 0), icu(9, day)}, events: []mimic.Ventilation{tube(5, 0, 2*day), tube(9, 3*day, 9*day)}},
		"not invasive":                       {stays: one, events: []mimic.Ventilation{mask}, dropped: none},
		"rows without times":                 {stays: one, events: []mimic.Ventilation{endless, startless}, dropped: none, counted: map[string]int64{"ventilation_without_times": 2}},
		"rows without times beside one":      {stays: one, events: []mimic.Ventilation{endless, startless, tube(5, 0, 2*day)}, counted: map[string]int64{"ventilation_without_times": 2}},
		"no ICU stay":                        {events: []mimic.Ventilation{tube(5, 0, 2*day)}, dropped: "dropped.no_icu_stay"},
		"a stay without intime is no first":  {stays: []mimic.ICUStay{untimed, icu(5, 0)}, events: []mimic.Ventilation{tube(5, 0, 2*day)}, counted: map[string]int64{"icustays_without_intime": 1}},
		"a stay without intime, no other":    {stays: []mimic.ICUStay{untimed}, events: []mimic.Ventilation{tube(4, 0, 2*day)}, dropped: "dropped.no_icu_stay", counted: map[string]int64{"icustays_without_intime": 1}},
		"a stay that ventilation forgot":     {stays: one, dropped: none},
		"ventilation before the stay begins": {stays: []mimic.ICUStay{icu(5, day)}, events: []mimic.Ventilation{tube(5, 0, 2*day)}},
	} {
		t.Run(name, func(t *testing.T) {
			in := tables{admissions: []mimic.Admission{{SubjectID: 1, HadmID: 10, Admittime: admit, HospitalExpireFlag: 1}}, icustays: c.stays, ventilation: c.events}.inputs(t, 1)
			d := stagetest.Run(t, "label.ventilation", "{}", in)
			wantCounts(t, d, c.counted)
			if c.dropped != "" {
				wantCounts(t, d, map[string]int64{"read": 1, "kept": 0, c.dropped: 1})
				return
			}
			wantCounts(t, d, map[string]int64{"kept": 1, "positives": int64(c.label)})
			if got := labelsOf(t, d); len(got) != 1 || got[0].Label != c.label {
				t.Errorf("labels %+v, want one with label %d", got, c.label)
			}
			meds := []task.MEDSLabel{{SubjectID: 1, PredictionTime: admit, BooleanValue: c.label == 1}}
			if diff := cmp.Diff(meds, medsOf(t, d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Rows find their admission though the tables hold rows of admissions that are
// not listed, in front, between and behind.
func TestRowsOfNoAdmissionAreCounted(t *testing.T) {
	var s tables
	for subject := int64(1); subject <= 7; subject++ {
		hadm := subject * 10
		if subject%2 == 0 {
			s.admissions = append(s.admissions, mimic.Admission{SubjectID: subject, HadmID: hadm, Admittime: admit})
		}
		s.icustays = append(s.icustays, mimic.ICUStay{SubjectID: subject, HadmID: hadm, StayID: hadm, Intime: admit})
		s.ventilation = append(s.ventilation, mimic.Ventilation{SubjectID: subject, HadmID: hadm, StayID: hadm, Kind: mimic.InvasiveVentilation, Starttime: admit, Endtime: admit + dataset.Time(subject)*day})
	}
	d := stagetest.Run(t, "label.ventilation", "{}", s.inputs(t, 1))
	wantCounts(t, d, map[string]int64{"kept": 3, "icustays_without_admission": 4, "ventilation_without_admission": 4})
	for _, e := range labelsOf(t, d) {
		if want := e.SubjectID >= 7; e.SubjectID*10 != e.HadmID || (e.Label == 1) != want {
			t.Errorf("hadm_id %d has label %d", e.HadmID, e.Label)
		}
	}
}
