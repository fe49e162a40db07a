package label_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
)

// golden is a stage's version and the digest of its output for the rows of
// goldenTables: where a digest moves, the version must.
var golden = map[string]struct {
	version int
	digest  string
}{
	"label.set":            {2, "885213914de1073f19ca8a4fa62ce627d16e9bab311ae59e9788a78a2af0363d"},
	"label.mortality":      {4, "e2c26c8833e2815ab69d1f986f9fe9f4a97f916139f0a3e765e1dc7b3f7fb06a"},
	"label.length_of_stay": {4, "82a61516e15ab861dce1f994ee9fdb62de2b099dad3371d2e6e8b5e003293584"},
	"label.ventilation":    {4, "e1bf42955f32f6d7d743b7f83a59857a3c075faf3c7f524416ec7461d1c08d40"},
	"label.diagnoses":      {4, "2103ca0c0947996e255f6392690ebb4a429c9226b1c473ef4872d0bace3c8b8c"},
	"label.procedures":     {4, "8e2dfcfab75f0193a074e5badca6a2d38a5ca318b6b201c3db3789e412aac7fe"},
}

// goldenTables holds, for each stage, rows that it keeps and rows that it does not.
func goldenTables() tables {
	s := tables{admissions: stayed(10, 11, 20, 30, 40, 50)}
	for i := range s.admissions {
		a := &s.admissions[i]
		a.Dischtime = a.Admittime + dataset.Time(3*i)*day
		s.icustays = append(s.icustays, mimic.ICUStay{SubjectID: a.SubjectID, HadmID: a.HadmID, StayID: a.HadmID, Intime: a.Admittime})
		s.ventilation = append(s.ventilation, mimic.Ventilation{
			SubjectID: a.SubjectID, HadmID: a.HadmID, StayID: a.HadmID, Kind: mimic.InvasiveVentilation, Starttime: a.Admittime, Endtime: a.Dischtime,
		})
		s.diagnoses = append(s.diagnoses, code(a.HadmID, 9, "E8889"), code(a.HadmID, 10, "I10"), code(a.HadmID, 9, []string{"0389", "4280"}[i%2]))
		s.procedures = append(s.procedures, code(a.HadmID, 9, "0331"), code(a.HadmID, 10, []string{"02100Z9", "5A1955Z"}[i%2]))
	}
	s.admissions[1].HospitalExpireFlag = 1
	return s
}

func TestOutputsMoveOnlyWithTheirVersions(t *testing.T) {
	in := goldenTables().inputs(t, 1)
	diag := stagetest.Run(t, "label.set", "{task: diag, min_count: 2}", split(t, "{}", in))
	proc := stagetest.Run(t, "label.set", "{task: proc, min_count: 2}", split(t, "{}", in))
	holds(t, diag, listed(t, diag), listed(t, proc), taskOf(t, diag), taskOf(t, proc))
	for stage, in := range map[string]stages.Inputs{
		"label.mortality": in, "label.length_of_stay": in, "label.ventilation": in,
		"label.diagnoses": with(in, diag), "label.procedures": with(in, proc),
	} {
		d := stagetest.Run(t, stage, "{}", in)
		holds(t, d, labelsOf(t, d), medsOf(t, d), taskOf(t, d))
	}
}

// holds compares what a stage wrote with its golden digest.
func holds(t *testing.T, d *dataset.Dataset, written ...any) {
	t.Helper()
	hash := sha256.New()
	err := json.NewEncoder(hash).Encode(written)
	want := golden[d.Manifest.Stage]
	if got := hex.EncodeToString(hash.Sum(nil)); err != nil || got != want.digest || d.Manifest.StageVersion != want.version {
		t.Errorf("%s: digest %s of version %d, %v", d.Manifest.Stage, got, d.Manifest.StageVersion, err)
	}
}
