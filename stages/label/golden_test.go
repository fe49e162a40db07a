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
	"label.set":            {1, "885213914de1073f19ca8a4fa62ce627d16e9bab311ae59e9788a78a2af0363d"},
	"label.mortality":      {3, "245d927c4e3cede0bbb703bcda4158fb857cce34bcda3f58932630fce97c201b"},
	"label.length_of_stay": {3, "b87cc9432a274d567f44c9507c22ca244e266c0e4553dffbd4c84926b6517a07"},
	"label.ventilation":    {3, "489877af276e0633356c1e32ac63a65501f3559611e19bea5122ec3611e66b87"},
	"label.diagnoses":      {3, "061a9c4b2ba663e5b89b7660957216f14931d84118295eb04bd1426f5d612565"},
	"label.procedures":     {3, "d9832a25b64c35db0293aa3383a70bcf7fb86dc93d4822c6686fb19369db36e5"},
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
