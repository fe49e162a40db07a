package label

import "github.com/clinflow/clinflow/task"

// Known is a task of the paper, in words: what its stage does is in the stage's Doc.
type Known struct {
	Name       string
	Kind       task.Kind
	Stage      string
	Cohort     string
	Definition string
	Source     string
}

const core = "CORe (van Aken et al. 2021, doi:10.18653/v1/2021.eacl-main.75; bvanaken/clinical-outcome-prediction b376f4b)"

// Paper are the five tasks of the paper, as the recipe clinical has them; the recipe core
// differs by its quirks (docs/recipes.md).
var Paper = []Known{
	{"mor", task.Binary, "label.mortality", "admissions with a hospital_expire_flag; their texts are freed of mentions of the death", "hospital_expire_flag == 1", core},
	{"los", task.Multiclass, "label.length_of_stay", "admissions that the patient survived, with an end that is not before the beginning", "dischtime - admittime: up to 3 days, up to 7, up to 14, more", core},
	{"pmv", task.Binary, "label.ventilation", "admissions whose first ICU stay has mechanical ventilation over at least 1.75 days", "the span from the first start to the last end of ventilation is at least 6.75 days", "Clinical XLNet (Huang et al. 2020, arXiv:1912.11975; lindvalllab/clinicalXLNet 45087b8)"},
	{"diag", task.Multilabel, "label.diagnoses", "admissions with a diagnosis", "the categories of the diagnoses' codes that label.set lists", core},
	{"proc", task.Multilabel, "label.procedures", "admissions with a procedure", "the categories of the procedures' codes that label.set lists", core},
}
