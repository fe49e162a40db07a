package split

import (
	"strings"

	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name:    "split.core",
		Version: 2,
		Doc: "Splits the patients as CORe did (van Aken et al. 2021): by its lists mimic_train.csv, mimic_val.csv and mimic_test.csv, which are in the folder tasks/ of its repository, bvanaken/clinical-outcome-prediction. " +
			"A list has the column SUBJECT_ID and one row a note, so that ids repeat. The script that drew them is not published: nothing but the lists gives this split. " +
			"Patients in no list are in no split, and counted under patients.none; ids of no patient under listed_unknown.",
		In:  []stages.Port{patientsPort},
		Out: stages.Output{Kind: task.KindSplits, Tables: []string{task.TableSplits}},
	}, newCore)
}

// CoreConfig is the configuration of split.core.
type CoreConfig struct {
	Folder string `json:"folder" path:"mimic_train.csv,mimic_val.csv,mimic_test.csv" doc:"folder with CORe's mimic_train.csv, mimic_val.csv and mimic_test.csv"`
}

func newCore(env *stages.Environment, c CoreConfig) (stages.Job, error) {
	l := lists{env: env, rule: Rule{Name: "core"}}
	for _, name := range Names {
		uri := strings.TrimSuffix(c.Folder, "/") + "/mimic_" + name + ".csv"
		l.tables = append(l.tables, table{key: "folder", uri: uri, id: byPatient, split: name})
	}
	return l, nil
}
