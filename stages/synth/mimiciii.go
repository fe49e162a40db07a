package synth

import (
	tree "github.com/clinflow/clinflow/internal/synth"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

func init() {
	stages.RegisterJob(stages.Spec{
		Name:    "synth.mimiciii",
		Version: 1,
		Doc: "Makes a synthetic MIMIC-III tree with the real file names, columns and ranges of ids, from the same hidden factors as synth.mimiciv. " +
			"What label scripts stumble over or rely on is planted in tables and notes: duplicate texts, addenda, headings in odd places, mentions of a death, stays at the limits of the classes, newborns, codes with leading zeros. " +
			"quirks.csv.gz lists what was planted in which admission. " +
			"The probabilities in factors.csv.gz are those that outcomes were drawn from before: where a quirk gives an admission another stay or other codes, they are not exact. " +
			"With attach the tables are those of a real tree, copied as they are, and quirks are planted in notes alone. A malformed row of the tables stops the step.",
		Out: stages.Output{Kind: mimic.KindFiles},
	}, newMimiciii)
}

// mimiciiiConfig configures synth.mimiciii.
type mimiciiiConfig struct {
	Patients              int    `json:"patients" default:"2000" min:"1" max:"12498" unit:"patients" doc:"Number of patients; about one in twenty has no admission."`
	RadiologyPerAdmission int    `json:"radiology_per_admission" default:"2" min:"0" max:"100" unit:"reports" doc:"Mean number of radiology reports and notes of the bedside for each admission."`
	Seed                  int64  `json:"seed" default:"1" doc:"Seed of everything; the same seed gives the same bytes."`
	Canaries              bool   `json:"canaries" default:"false" doc:"Put a canary word into a section known on admission too, to test for leaks; training data is better without."`
	Attach                string `json:"attach,omitempty" path:"PATIENTS.csv*,ADMISSIONS.csv*,DIAGNOSES_ICD.csv*,PROCEDURES_ICD.csv*,ICUSTAYS.csv*,PROCEDUREEVENTS_MV.csv*,patients.csv*,admissions.csv*,diagnoses_icd.csv*,procedures_icd.csv*,icustays.csv*,procedureevents_mv.csv*" doc:"Folder with the tables of a real MIMIC-III to write notes for; patients is then ignored."`
	CoreLists             bool   `json:"core_lists" default:"false" doc:"Write core_lists/mimic_train.csv, mimic_val.csv and mimic_test.csv, lists of patients as CORe's scripts take their split; about one patient in fifty is in none."`
}

func newMimiciii(env *stages.Environment, c mimiciiiConfig) (stages.Job, error) {
	return trees{tree.Options{
		Release: tree.ReleaseIII, Patients: c.Patients, RadiologyPerAdmission: c.RadiologyPerAdmission, Seed: c.Seed, Canaries: c.Canaries, Attach: c.Attach,
		CoreLists: c.CoreLists, Workers: env.Workers, Progress: env.Progress,
	}}, nil
}
