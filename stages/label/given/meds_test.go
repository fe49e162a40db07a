package given_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// on is the midnight of a day from 2100-01-01 on, as in oracle/meds_labels.py.
func on(n int) dataset.Time {
	return dataset.Time(time.Date(2100, 1, 1+n, 0, 0, 0, 0, time.UTC).UnixMicro())
}

// stays are those of the patients of oracle/meds_labels.py: 1 has two, 2 and 3 one each,
// and 4 two of which one begins as the other ends.
func stays(t *testing.T) stages.Inputs {
	t.Helper()
	return patients(t, 3, table(mimic.TableAdmissions, twoEach()))
}

func twoEach() []mimic.Admission {
	return []mimic.Admission{
		{SubjectID: 1, HadmID: 10, Admittime: on(0), Dischtime: on(9)}, {SubjectID: 1, HadmID: 11, Admittime: on(20), Dischtime: on(25)},
		{SubjectID: 2, HadmID: 20, Admittime: on(0), Dischtime: on(9)}, {SubjectID: 3, HadmID: 30, Admittime: on(0), Dischtime: on(1)},
		{SubjectID: 4, HadmID: 40, Admittime: on(0), Dischtime: on(3)}, {SubjectID: 4, HadmID: 41, Admittime: on(3), Dischtime: on(6)},
	}
}

// byPatient are labels in the order of patients, whatever their parts.
func byPatient(labels []task.Label) []task.Label {
	slices.SortStableFunc(labels, func(a, b task.Label) int { return cmp.Compare(a.SubjectID, b.SubjectID) })
	return labels
}

func TestLabelsOfMEDSFiles(t *testing.T) {
	for _, c := range []struct {
		labels, config string
		want           []task.Label
		counts         map[string]int64
	}{
		{"aces.parquet", "kind: binary", []task.Label{
			{SubjectID: 1, HadmID: 10, PredictionTime: on(1)}, {SubjectID: 1, HadmID: 11, PredictionTime: on(21), Label: 1}, {SubjectID: 2, HadmID: 20, PredictionTime: on(1)},
		}, map[string]int64{"labels_read": 3, "kept": 3, "positives": 1, "dropped.not_listed": 3}},
		{"shards", "kind: binary", []task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: on(0), Label: 1}, {SubjectID: 2, HadmID: 20, PredictionTime: on(1)}},
			map[string]int64{"labels_read": 2, "kept": 2, "positives": 1, "dropped.not_listed": 4}},
		{"integers.parquet", "kind: multiclass, names: [a, b, c]", []task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: on(0), Label: 2}, {SubjectID: 2, HadmID: 20, PredictionTime: on(1)}},
			map[string]int64{"labels_read": 2, "kept": 2, "class.0": 1, "class.2": 1, "dropped.not_listed": 4}},
		{"integers.parquet", "kind: multiclass, names: ['1', '2', '3']", []task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: on(0), Label: 2}, {SubjectID: 2, HadmID: 20, PredictionTime: on(1)}},
			map[string]int64{"labels_read": 2, "kept": 2, "class.0": 1, "class.2": 1, "dropped.not_listed": 4}},
		{"shards", "kind: binary, names: ['true', 'false']", []task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: on(0), Label: 1}, {SubjectID: 2, HadmID: 20, PredictionTime: on(1)}},
			map[string]int64{"labels_read": 2, "kept": 2, "positives": 1, "dropped.not_listed": 4}},
		{"names.parquet", "kind: multiclass, names: [short, long]", []task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: on(0), Label: 1}, {SubjectID: 2, HadmID: 20, PredictionTime: on(1)}},
			map[string]int64{"labels_read": 2, "kept": 2, "class.0": 1, "class.1": 1, "dropped.not_listed": 4}},
		{"several.parquet", "kind: multilabel", []task.Label{
			{SubjectID: 1, HadmID: 10, PredictionTime: on(0), Labels: []int32{0, 1}}, {SubjectID: 1, HadmID: 11, PredictionTime: on(21), Labels: []int32{2}}, {SubjectID: 2, HadmID: 20, PredictionTime: on(1), Labels: []int32{0}},
		}, map[string]int64{"labels_read": 4, "kept": 3, "pairs": 4, "dropped.not_listed": 3}},
		{"times.parquet", "kind: binary", []task.Label{{SubjectID: 1, HadmID: 10, PredictionTime: on(0), Label: 1}, {SubjectID: 1, HadmID: 11, PredictionTime: on(25), Label: 1}, {SubjectID: 4, HadmID: 41, PredictionTime: on(5), Label: 1}},
			map[string]int64{"labels_read": 9, "labels_dropped.in_no_admission": 3, "labels_dropped.in_several_admissions": 1, "labels_dropped.later_in_admission": 1, "labels_dropped.unknown_patient": 1, "kept": 3, "positives": 3, "dropped.not_listed": 3}},
	} {
		t.Run(c.labels+" "+c.config, func(t *testing.T) {
			d := stagetest.Run(t, "label.meds", fmt.Sprintf("{labels: testdata/meds/%s, name: x, %s}", c.labels, c.config), stays(t))
			if diff := gocmp.Diff(c.want, byPatient(labelsOf(t, d))); diff != "" {
				t.Error(diff)
			}
			c.counts["read"] = 6
			got := d.Manifest.Counts
			if got["labels_dropped.unknown_patient"] == 0 {
				delete(got, "labels_dropped.unknown_patient")
			}
			if diff := gocmp.Diff(c.counts, got); diff != "" {
				t.Error(diff)
			}
			if of := taskOf(t, d); of.Name != "x" || of.Texts.Of != task.OfAdmission {
				t.Errorf("task %+v", of)
			}
		})
	}
}

// What a stage leaves in its table meds comes back as the same labels, whatever the task.
func TestMEDSLabelsComeBack(t *testing.T) {
	admissions := twoEach()[:5] // no moment is in two of these
	admissions[2].HospitalExpireFlag = 1
	var diagnoses []mimic.Code
	for i, a := range admissions {
		for _, text := range []string{"4280", "0389", "E8889"}[:1+i%3] {
			diagnoses = append(diagnoses, mimic.Code{SubjectID: a.SubjectID, HadmID: a.HadmID, ICDCode: text, ICDVersion: 9})
		}
	}
	subjects := []mimic.Patient{{SubjectID: 1}, {SubjectID: 2}, {SubjectID: 3}, {SubjectID: 4}}
	in := patients(t, 2, table(mimic.TablePatients, subjects), table(mimic.TableAdmissions, admissions), table(mimic.TableDiagnoses, diagnoses), table(mimic.TableProcedures, []mimic.Code{}))
	set := stagetest.Run(t, "label.set", "{min_count: 1, task: diag}", with(in, "split", stagetest.Run(t, "split.hash", "{}", in)))
	for stage, ports := range map[string]stages.Inputs{"label.mortality": in, "label.length_of_stay": in, "label.diagnoses": with(in, "label_set", set)} {
		made := stagetest.Run(t, stage, "{}", ports)
		of := taskOf(t, made)
		config := fmt.Sprintf(`{labels: %s, name: %s, kind: %s, names: ["%s"]}`, filepath.Join(made.URI(), task.TableMEDS), of.Name, of.Kind, strings.Join(of.Labels, `", "`))
		want, got := labelsOf(t, made), labelsOf(t, stagetest.Run(t, "label.meds", config, in))
		if diff := gocmp.Diff(want, got); diff != "" || len(got) < 4 {
			t.Errorf("%s: %d labels, %s", stage, len(got), diff)
		}
	}
}

func TestMEDSFilesAreRefused(t *testing.T) {
	text, list := filepath.Join(t.TempDir(), "canary.parquet"), filepath.Join(t.TempDir(), "mine.csv")
	for _, file := range []string{text, list} {
		if err := os.WriteFile(file, []byte("canary"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	empty := t.TempDir()
	for _, c := range []struct {
		labels, config string
		code           exit.Code
		words          string
	}{
		{"floats.parquet", "kind: binary", exit.BadData, "floats.parquet has no column boolean_value, where the labels of a binary task are; it has float_value"},
		{"mixed.parquet", "kind: binary", exit.BadData, "mixed.parquet: row 2 has a value in float_value; labels of a binary task are in boolean_value"},
		{"aces.parquet", "kind: multilabel", exit.BadData, "row 1 has a value in boolean_value; labels of a multilabel task are in categorical_value"},
		{"nulls.parquet", "kind: binary", exit.BadData, "row 2 has 0 values"},
		{"nobody.parquet", "kind: binary", exit.BadData, "row 1 has no subject_id"},
		{"nanoseconds.parquet", "kind: binary", exit.BadData, "no prediction_time of type timestamp[us]"},
		{"zone.parquet", "kind: binary", exit.BadData, "no prediction_time of type timestamp[us]"},
		{"names.parquet", "kind: multiclass, names: [a, b]", exit.BadData, "row 1 has in categorical_value neither a name of the task"},
		{"integers.parquet", "kind: multiclass, names: [a, b]", exit.BadData, "row 1 has in integer_value neither"},
		{"contradictory.parquet", "kind: binary", exit.BadData, "two labels of one time"},
		{"none.parquet", "kind: binary", exit.Usage, "is not there"},
		{text, "kind: binary", exit.BadData, "is damaged"},
		{list, "kind: binary", exit.Usage, "mine.csv does not end in .parquet"},
		{empty, "kind: binary", exit.Usage, "has no file that ends in .parquet"},
		{"aces.parquet", "kind: regression", exit.Usage, "not allowed"},
		{"integers.parquet", "kind: multiclass", exit.Usage, "names: a multiclass task needs"},
	} {
		path := c.labels
		if !filepath.IsAbs(path) {
			path = "testdata/meds/" + path
		}
		_, err := stagetest.Try(t, "label.meds", fmt.Sprintf("{labels: %s, name: x, %s}", path, c.config), stays(t))
		if exit.Of(err) != c.code || !strings.Contains(fmt.Sprint(err), c.words) {
			t.Errorf("%s, %s: exit %d, %v", c.labels, c.config, exit.Of(err), err)
		}
	}
	nobody := patients(t, 1, table(mimic.TableAdmissions, []mimic.Admission{{SubjectID: 9, HadmID: 90, Admittime: on(0), Dischtime: on(1)}}))
	_, err := stagetest.Try(t, "label.meds", "{labels: testdata/meds/aces.parquet, name: x, kind: binary}", nobody)
	if exit.Of(err) != exit.BadData || !strings.Contains(fmt.Sprint(err), "none of its 3 labels is of one of the patients") {
		t.Errorf("labels of nobody: %v", err)
	}
}
