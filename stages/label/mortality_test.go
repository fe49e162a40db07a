package label_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

func TestMortality(t *testing.T) {
	in := tables{admissions: []mimic.Admission{
		{SubjectID: 1, HadmID: 10, Admittime: admit, HospitalExpireFlag: 0},
		{SubjectID: 1, HadmID: 11, Admittime: admit + day, HospitalExpireFlag: 1},
		{SubjectID: 2, HadmID: 20, Admittime: admit, HospitalExpireFlag: -1}, // no flag
	}}.inputs(t, 1)
	d := stagetest.Run(t, "label.mortality", "{}", in)
	if diff := cmp.Diff([]task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: admit}, {SubjectID: 1, HadmID: 11, PredictionTime: admit + day, Label: 1}}, labelsOf(t, d)); diff != "" {
		t.Error(diff)
	}
	meds := []task.MEDSLabel{{SubjectID: 1, PredictionTime: admit}, {SubjectID: 1, PredictionTime: admit + day, BooleanValue: true}}
	if diff := cmp.Diff(meds, medsOf(t, d)); diff != "" {
		t.Error(diff)
	}
	wantCounts(t, d, map[string]int64{"read": 3, "kept": 2, "positives": 1, "dropped.no_hospital_expire_flag": 1})
	want := task.Task{Name: "mor", Kind: task.Binary, Labels: []string{"survived", "died"}, Recipe: "clinical", Release: "mimiciv", Texts: task.Texts{Of: task.OfAdmission, Without: []string{task.Deaths}}}
	if diff := cmp.Diff(want, taskOf(t, d)); diff != "" {
		t.Error(diff)
	}
}
