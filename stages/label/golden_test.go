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
	"label.set":            {1, "748afe642e2107f2b03f049dc383f6d6b4b9399bc0435b00a828aaf9d2553ca4"},
	"label.mortality":      {3, "bfa28eca482aba91d0a0ffa6d98e948c1f748e5445792a6b448102b3bfb374af"},
	"label.length_of_stay": {3, "32c585164b7e01e1f438cdd19eb073f328d760cf9f374b9976eba3d7bf5122fe"},
	"label.ventilation":    {3, "d6479bf8b33be2d566c55754ebe612ca0b7d9a805962b0f5250789a91cf37471"},
	"label.diagnoses":      {3, "3baf05049170e410f4c82601f4b9000a11879deb9918a9c6f413fdf27a665818"},
	"label.procedures":     {3, "94d82b0c11de8c9462e0278290fbee25e2ce91e98beef4d66f5c193ecf1074c9"},
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
