package split_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/split"
	"github.com/clinflow/clinflow/stages/stagetest"
	"github.com/clinflow/clinflow/task"
)

// people are patients 1 to 9; admission 10n+k is the k-th of two of patient n.
func people(t *testing.T, parts int) stages.Inputs {
	t.Helper()
	var patients []mimic.Patient
	var admissions []mimic.Admission
	for n := int64(1); n < 10; n++ {
		patients = append(patients, mimic.Patient{SubjectID: n})
		admissions = append(admissions, mimic.Admission{SubjectID: n, HadmID: 10*n + 1}, mimic.Admission{SubjectID: n, HadmID: 10*n + 2})
	}
	return stages.Inputs{"patients": {stagetest.Dataset(t, mimic.KindPatients, parts, nil,
		stagetest.TableOf(mimic.TablePatients, patients, func(p mimic.Patient) int64 { return p.SubjectID }),
		stagetest.TableOf(mimic.TableAdmissions, admissions, func(a mimic.Admission) int64 { return a.SubjectID }))}}
}

func listedIn(t *testing.T, d *dataset.Dataset) map[[2]int64]string {
	t.Helper()
	got := map[[2]int64]string{}
	for _, row := range stagetest.Rows[task.Split](t, d, task.TableSplits) {
		got[[2]int64{row.SubjectID, row.HadmID}] = row.Split
	}
	return got
}

// The files of testdata list one split of patients, and one of admissions, as pandas,
// polars and pickle write them (oracle/split_lists.py).
func TestListsOfEveryKindAreOneSplit(t *testing.T) {
	patients := map[[2]int64]string{{1}: "train", {2}: "train", {3}: "val", {4}: "test", {5}: "train"}
	ofPatients := map[string]int64{"patients.train": 3, "patients.val": 1, "patients.test": 1, "patients.none": 4, "listed_unknown": 1}
	admissions := map[[2]int64]string{{1, 11}: "train", {1, 12}: "train", {2, 21}: "val", {3, 31}: "train", {3, 32}: "test", {4, 41}: "test"}
	ofAdmissions := map[string]int64{"admissions.train": 3, "admissions.val": 1, "admissions.test": 2, "admissions.none": 12, "listed_unknown": 1, "patients_in_two_splits": 1}
	rules := map[string]string{}
	for _, c := range []struct {
		stage, config string
		want          map[[2]int64]string
		counts        map[string]int64
	}{
		{"split.core", "folder: testdata/core", patients, ofPatients},
		{"split.file", "{train: testdata/core/mimic_train.csv, val: testdata/core/mimic_val.csv, test: testdata/core/mimic_test.csv}", patients, ofPatients},
		{"split.file", "file: testdata/patients.csv", patients, ofPatients},
		{"split.file", "file: testdata/patients.csv.gz", patients, ofPatients},
		{"split.file", "file: testdata/pandas.parquet", patients, ofPatients},
		{"split.file", "file: testdata/narrow.parquet", patients, ofPatients},
		{"split.file", "file: testdata/subject_splits.parquet", patients, ofPatients},
		{"split.file", "{by: hadm_id, file: testdata/admissions.csv}", admissions, ofAdmissions},
		{"split.file", "{by: hadm_id, file: testdata/admissions.parquet}", admissions, ofAdmissions},
		{"split.file", "{by: hadm_id, file: testdata/pmv_labels.pkl}", admissions, ofAdmissions},
		{"split.file", "{by: hadm_id, file: testdata/tuples.pickle}", admissions, ofAdmissions},
	} {
		t.Run(c.config, func(t *testing.T) {
			d := stagetest.Run(t, c.stage, c.config, people(t, 3))
			if diff := cmp.Diff(c.want, listedIn(t, d)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.counts, d.Manifest.Counts); diff != "" {
				t.Error(diff)
			}
			rule, err := split.RuleOf(d)
			if err != nil {
				t.Fatal(err)
			}
			kind := rule.Name + rule.By
			if before, seen := rules[kind]; seen && before != rule.String() {
				t.Errorf("the rule is %s, of the same split in another file %s", rule, before)
			}
			rules[kind] = rule.String()
		})
	}
}

// What is wrong with a list is told with its place, and nothing of what it lists.
func TestListsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, file, text, config string
		code                     exit.Code
		want                     string
	}{
		{"another split", "a.csv", "subject_id,split\n1,train\n2,zqcanary\n", "file: %s", exit.BadData, "a.csv: row 2: its split is none of train, val and test"},
		{"no id", "a.csv", "subject_id,split\n1,train\nzqcanary,test\n", "file: %s", exit.BadData, "a.csv: row 2 has no subject_id"},
		{"a row too short", "a.csv", "subject_id,split\n1\n", "file: %s", exit.BadData, "row 1 has no subject_id"},
		{"an id as a decimal", "a.csv", "subject_id,split\n1.0,train\n", "file: %s", exit.BadData, "row 1 has no subject_id"},
		{"a patient in two splits", "a.csv", "subject_id,split\n1,train\n2,test\n1,val\n", "file: %s", exit.BadData, "<10 values of subject_id are listed in more than one split"},
		{"an admission in two splits", "a.csv", "hadm_id,split\n11,train\n11,val\n", "{by: hadm_id, file: %s}", exit.BadData, "<10 values of hadm_id are listed"},
		{"nobody here", "a.csv", "subject_id,split\n10001,train\n", "file: %s", exit.BadData, "none of the 1 values of subject_id"},
		{"admissions unasked", "a.csv", "hadm_id,split\n11,train\n", "file: %s", exit.BadData, "column subject_id is missing; columns are found by name, mend the header; it has hadm_id: where it is to split admissions set by: hadm_id"},
		{"no splits", "a.csv", "subject_id,splits\n1,train\n", "file: %s", exit.BadData, "column split is missing (is it splits?)"},
		{"no columns in Parquet", "a.parquet", "", "{by: hadm_id, file: testdata/pandas.parquet}", exit.BadData, "testdata/pandas.parquet: column hadm_id is missing"},
		{"no Parquet", "a.parquet", "subject_id,split\n1,train\n", "file: %s", exit.BadData, "a.parquet is damaged"},
		{"another kind of file", "a.xlsx", "PK", "file: %s", exit.Usage, "give a file whose name ends in .csv.gz, .csv.bgz, .csv.zst, .csv or .parquet"},
		{"a file that is not there", "", "", "file: testdata/none.csv", exit.Usage, "none.csv is not there"},
		{"Parquet that is not there", "", "", "file: testdata/none.parquet", exit.Usage, "none.parquet is not there"},
		{"a list of CORe that is not there", "mimic_train.csv", "SUBJECT_ID\n1\n", "", exit.Usage, "mimic_val.csv is not there"},
		{"a pickle of patients", "", "", "file: testdata/pmv_labels.pkl", exit.Usage, "set by: hadm_id"},
		{"a pickle for one split", "", "", "{by: hadm_id, train: testdata/pmv_labels.pkl}", exit.Usage, "give it as file"},
		{"a pickle of objects", "", "", "{by: hadm_id, file: testdata/numpy.pkl}", exit.BadData, "the opcode STACK_GLOBAL at byte"},
		{"a pickle of a list", "a.pkl", "].", "{by: hadm_id, file: %s}", exit.BadData, "holds no dict"},
		{"a pickle without splits", "a.pkl", "}K\x0bNs.", "{by: hadm_id, file: %s}", exit.BadData, "key 1: its split is none"},
		{"a pickle of other keys", "a.pkl", "}V11\n(Vtrain\nls.", "{by: hadm_id, file: %s}", exit.BadData, "key 1 has no hadm_id"},
		{"a pickle cut off", "a.pkl", "}K\x0b(Vtr", "{by: hadm_id, file: %s}", exit.BadData, "UNICODE at byte 4"},
		{"no file", "", "", "{}", exit.Usage, "file: is missing"},
		{"one file and three", "", "", "{file: testdata/patients.csv, val: testdata/core/mimic_val.csv}", exit.Usage, "and val is given too"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.file)
			if c.file != "" {
				if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			stage, config := "split.file", strings.ReplaceAll(c.config, "%s", path)
			if config == "" {
				stage, config = "split.core", "folder: "+filepath.Dir(path)
			}
			_, err := stagetest.Try(t, stage, config, people(t, 1))
			if exit.Of(err) != c.code || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("exit %d, %v; want %d and %q", exit.Of(err), err, c.code, c.want)
			}
		})
	}
}
