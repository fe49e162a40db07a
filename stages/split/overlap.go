package split

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/task"
)

// overlapKey is the key of Overlap.
const overlapKey = "allow_patient_overlap"

// Overlap is the setting of every stage that learns from a split, lists labels by it or
// predicts its examples.
type Overlap struct {
	AllowPatientOverlap bool `json:"allow_patient_overlap" default:"false" doc:"Take a split by admission, as some published lists are, in which a patient may be trained on and tested. What is measured is then memory too, and the report says so in its first lines."`
}

// Faults refuses a split by admission before anything runs.
func (o Overlap) Faults(in stages.Givers) []stages.Fault {
	rule, told := Planned(in)
	if !told || rule.By != ByAdmission || o.AllowPatientOverlap {
		return nil
	}
	return stages.Faultf("in."+Port.Name, "is by admission, so that a patient may be trained on and tested; split by subject_id, or set %s: true", overlapKey)
}

// Shared are the patients of a dataset of splits who are in more than one. Its rows are
// ordered by patient, so that no more than these are held.
func Shared(ctx context.Context, d *dataset.Dataset) (map[int64]bool, error) {
	shared := map[int64]bool{}
	for part := range d.Parts() {
		var first task.Split // of the patient
		for row, err := range dataset.Read[task.Split](ctx, d, task.TableSplits, part) {
			if err != nil {
				return nil, err
			}
			switch {
			case first.Split == "" || row.SubjectID != first.SubjectID:
				first = row
			case row.Split != first.Split:
				shared[row.SubjectID] = true
			}
		}
	}
	return shared, nil
}
