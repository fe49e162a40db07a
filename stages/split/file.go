package split

import (
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name:    "split.file",
		Version: 2,
		Doc: "Splits the patients, or their admissions, as a file lists them: CSV, gzipped or not, or Parquet with the columns subject_id or hadm_id and split, or one file of ids for each split. " +
			"Splits are train, val and test; valid, validation, dev and MEDS's tuning are val, its held_out is test. Rows may repeat. " +
			"A pickle such as BEEP's pmv_labels.pkl is read without running it: by admission a sequence that ends with the split. " +
			"What is in no list is in no split, and counted under patients.none or admissions.none; ids that are not there under listed_unknown. " +
			"By admission a patient may be in two splits: that is told, counted under patients_in_two_splits, and refused by every step that learns or predicts, unless it allows it.",
		In:  []stages.Port{patientsPort},
		Out: stages.Output{Kind: task.KindSplits, Tables: []string{task.TableSplits}},
	}, newFile)
}

// FileConfig is the configuration of split.file.
type FileConfig struct {
	File  string `json:"file,omitempty" path:"true" doc:"file of ids and splits: .csv, .csv.gz, .csv.bgz, .csv.zst, .parquet, or .pkl of admissions"`
	Train string `json:"train,omitempty" path:"true" doc:"file of the ids of train, in place of file"`
	Val   string `json:"val,omitempty" path:"true" doc:"file of the ids of val, in place of file"`
	Test  string `json:"test,omitempty" path:"true" doc:"file of the ids of test, in place of file"`
	By    string `json:"by" default:"subject_id" enum:"subject_id,hadm_id" doc:"what is split, by the column of its ids: patients, or admissions one by one"`
}

func newFile(env *stages.Environment, c FileConfig) (stages.Job, error) {
	l := lists{env: env, rule: Rule{Name: "file"}}
	if c.By == ByAdmission {
		l.rule.By = c.By
	}
	for _, t := range []table{{"file", c.File, c.By, ""}, {"train", c.Train, c.By, Train}, {"val", c.Val, c.By, Val}, {"test", c.Test, c.By, Test}} {
		if t.uri != "" {
			l.tables = append(l.tables, t)
		}
	}
	switch {
	case len(l.tables) == 0:
		l.wrong = exit.Errorf(exit.Usage, "file: is missing; give file, or train, val and test")
	case c.File != "" && len(l.tables) > 1:
		l.wrong = exit.Errorf(exit.Usage, "file: lists all splits, and %s is given too; give one or the other", l.tables[1].key)
	}
	return l, nil
}
