package label_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/label"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"

	_ "github.com/clinflow/clinflow/stages/ingest"
	_ "github.com/clinflow/clinflow/stages/split"
	_ "github.com/clinflow/clinflow/stages/synth"
)

// tables are rows of a patients dataset, in any order.
type tables struct {
	admissions  []mimic.Admission
	diagnoses   []mimic.Code
	procedures  []mimic.Code
	icustays    []mimic.ICUStay
	ventilation []mimic.Ventilation
	chartevents []mimic.ChartEvent
	release     mimic.Release // of MIMIC-IV where it is zero
}

// inputs writes the tables into parts, each part ordered as ingest leaves it, with a
// row of the table patients for whoever is in another.
func (s tables) inputs(t testing.TB, parts int) stages.Inputs {
	t.Helper()
	return s.of(t, parts, nil)
}

// withPatient is inputs of one part with a row of the table patients.
func (s tables) withPatient(t testing.TB, p mimic.Patient) stages.Inputs {
	t.Helper()
	return s.of(t, 1, []mimic.Patient{p})
}

func (s tables) of(t testing.TB, parts int, all []mimic.Patient) stages.Inputs {
	t.Helper()
	known := map[int64]bool{}
	for _, p := range all {
		known[p.SubjectID] = true
	}
	see := func(subjectID int64) {
		if !known[subjectID] {
			known[subjectID] = true
			all = append(all, mimic.Patient{SubjectID: subjectID})
		}
	}
	for _, a := range s.admissions {
		see(a.SubjectID)
	}
	for _, c := range slices.Concat(s.diagnoses, s.procedures) {
		see(c.SubjectID)
	}
	release := cmp.Or(s.release, mimic.Release{Database: mimic.MIMICIV})
	d := stagetest.Dataset(t, mimic.KindPatients, parts, map[string]any{mimic.AttributeRelease: release},
		table(mimic.TablePatients, all), table(mimic.TableAdmissions, s.admissions), table(mimic.TableDiagnoses, s.diagnoses),
		table(mimic.TableProcedures, s.procedures), table(mimic.TableICUStays, s.icustays), table(mimic.TableVentilation, s.ventilation),
		table(mimic.TableChartEvents, s.chartevents))
	return stages.Inputs{"patients": {d}}
}

func table[R mimic.Row](name string, rows []R) stagetest.Table {
	ordered := slices.SortedStableFunc(slices.Values(rows), mimic.Compare[R])
	return stagetest.TableOf(name, ordered, func(row R) int64 { return row.Key().SubjectID })
}

// split adds the split of the patients to the inputs of a stage.
func split(t testing.TB, config string, in stages.Inputs) stages.Inputs {
	t.Helper()
	patients := stages.Inputs{"patients": in["patients"]}
	return stages.Inputs{"patients": in["patients"], "split": {stagetest.Run(t, "split.hash", config, patients)}}
}

// with adds a label set to the inputs of a stage.
func with(in stages.Inputs, set *dataset.Dataset) stages.Inputs {
	return stages.Inputs{"patients": in["patients"], "label_set": {set}}
}

func labelsOf(t testing.TB, d *dataset.Dataset) []task.Label {
	t.Helper()
	return stagetest.Rows[task.Label](t, d, task.TableLabels)
}

func medsOf(t testing.TB, d *dataset.Dataset) []task.MEDSLabel {
	t.Helper()
	return stagetest.Rows[task.MEDSLabel](t, d, task.TableMEDS)
}

// taskOf is the task in a manifest.
func taskOf(t testing.TB, d *dataset.Dataset) task.Task {
	t.Helper()
	of, ok, err := task.Of(d)
	if err != nil || !ok {
		t.Fatalf("%s: no task: %v", d.Manifest.Stage, err)
	}
	return of
}

// diagnoses is the task of a label set for diagnoses with the defaults of the stages.
func diagnoses(labels ...string) task.Task {
	return task.Task{Name: "diag", Kind: task.Multilabel, Recipe: "clinical", Split: "hash, seed 1", Labels: labels, Texts: task.Texts{Of: task.OfAdmission}}
}

// set is a label set as label.set leaves it.
func set(t testing.TB, of any) *dataset.Dataset {
	t.Helper()
	return stagetest.Dataset(t, task.KindLabelSet, 0, map[string]any{task.Attribute: of})
}

// listed is the file of a label set.
func listed(t testing.TB, d *dataset.Dataset) (list label.Counted) {
	t.Helper()
	if err := d.ReadJSON(t.Context(), label.SetFile, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// wantCounts compares some counts of a manifest; a count that is not there is 0.
func wantCounts(t testing.TB, d *dataset.Dataset, want map[string]int64) {
	t.Helper()
	for name, n := range want {
		if got := d.Manifest.Counts[name]; got != n {
			t.Errorf("%s: %s is %d, want %d", d.Manifest.Stage, name, got, n)
		}
	}
}

// wantRefusal fails the test unless the stage ends with the code, in a sentence
// that has all the words.
func wantRefusal(t testing.TB, code exit.Code, stage, config string, in stages.Inputs, words ...string) {
	t.Helper()
	_, err := stagetest.Try(t, stage, config, in)
	stagetest.WantCode(t, err, code)
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q does not say %q", stage, err, word)
		}
	}
}
