package before_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// golden is a stage's version and the digest of its output for the rows of
// goldenTables: where a digest moves, the version must.
var golden = map[string]struct {
	version int
	digest  string
}{
	"label.length_of_stay": {2, "96725c4b9df29fb4172a5970464897915b97bce17ed0aac4c5f62d93e4733869"},
	"label.ventilation":    {2, "8b1ed8eff52f39c0338acb2cb2910fe0fb2a7720254705af5d5defb0a2bb9f0c"},
	"label.vocab":          {1, "c15d4a14608c83345bac1b6111a03a2fdcf8607a87d7bc9d7871377299f2b96c"},
	"label.diagnoses":      {2, "499144aa0d65acd25b3d39829f9941af4897c20d97fd6585f451c6d38e89847d"},
	"label.procedures":     {2, "68118f285f6e1bed75f3547d26eae8c4d68da2514dbe8830ebd73bad50fb30da"},
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
	return s.withNotes()
}

func TestOutputsMoveOnlyWithTheirVersions(t *testing.T) {
	in := goldenTables().inputs(t, 1)
	with := func(vocab *dataset.Dataset) stages.Inputs {
		return stages.Inputs{"patients": in["patients"], "vocabulary": {vocab}}
	}
	diag := stagetest.Run(t, "label.vocab", "{task: diag, min_count: 2}", in)
	proc := stagetest.Run(t, "label.vocab", "{task: proc, min_count: 2}", in)
	holds(t, diag, read(t, diag), read(t, proc))
	length := stagetest.Run(t, "label.length_of_stay", "{}", in)
	vented := stagetest.Run(t, "label.ventilation", "{}", in)
	for _, d := range []*dataset.Dataset{length, vented, stagetest.Run(t, "label.diagnoses", "{}", with(diag)), stagetest.Run(t, "label.procedures", "{}", with(proc))} {
		holds(t, d, rows[task.Example](t, d, task.TableExamples), rows[task.MEDSLabel](t, d, task.TableMEDS))
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
