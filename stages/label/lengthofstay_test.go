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
	day   dataset.Time = 86_400_000_000
	admit dataset.Time = 6_600_000_000_000_000 // in 2179
)

func TestLengthOfStay(t *testing.T) {
	for name, c := range map[string]struct {
		discharge dataset.Time
		flag      int32
		class     int32
		dropped   string
	}{
		"3 days sharp":          {discharge: admit + 3*day, class: 0},
		"a microsecond more":    {discharge: admit + 3*day + 1, class: 1},
		"rounds to 3.0 in CORe": {discharge: admit + 3*day + day/25, class: 1},
		"7 days sharp":          {discharge: admit + 7*day, class: 1},
		"more than 7":           {discharge: admit + 7*day + 1, class: 2},
		"14 days sharp":         {discharge: admit + 14*day, class: 2},
		"more than 14":          {discharge: admit + 14*day + 1, class: 3},
		"a year":                {discharge: admit + 365*day, class: 3},
		"an organ donor's":      {discharge: admit - day, dropped: "dropped.dischtime_before_admittime"},
		"as long as nothing":    {discharge: admit, class: 0},
		"death":                 {discharge: admit + day, flag: 1, dropped: "dropped.died"},
		"death without times":   {flag: 1, dropped: "dropped.died"},
		"no flag":               {discharge: admit + day, flag: -1, dropped: "dropped.no_hospital_expire_flag"},
		"no dischtime":          {dropped: "dropped.no_admittime_or_dischtime"},
	} {
		t.Run(name, func(t *testing.T) {
			in := tables{admissions: []mimic.Admission{{SubjectID: 1, HadmID: 10, Admittime: admit, Dischtime: c.discharge, HospitalExpireFlag: c.flag}}}.inputs(t, 1)
			d := stagetest.Run(t, "label.length_of_stay", "{}", in)
			if c.dropped != "" {
				wantCounts(t, d, map[string]int64{"read": 1, "kept": 0, c.dropped: 1})
				return
			}
			class := "class." + string(rune('0'+c.class))
			wantCounts(t, d, map[string]int64{"read": 1, "kept": 1, class: 1, "positives": 0})
			want := []task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: admit, Label: c.class}}
			if diff := cmp.Diff(want, labelsOf(t, d)); diff != "" {
				t.Error(diff)
			}
			meds := []task.MEDSLabel{{SubjectID: 1, PredictionTime: admit, IntegerValue: int64(c.class)}}
			if diff := cmp.Diff(meds, medsOf(t, d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
