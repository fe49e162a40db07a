package subgroups

import (
	"context"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/eval"
)

// admitted is what is read of an admission.
type admitted struct {
	SubjectID int64        `parquet:"subject_id"`
	HadmID    int64        `parquet:"hadm_id"`
	Admittime dataset.Time `parquet:"admittime,optional"`
	Insurance string       `parquet:"insurance,optional"`
	Race      string       `parquet:"race,optional"`
}

// cared is what is read of an ICU stay.
type cared struct {
	SubjectID     int64  `parquet:"subject_id"`
	HadmID        int64  `parquet:"hadm_id"`
	FirstCareunit string `parquet:"first_careunit,optional"`
}

// people are the traits of some patients of a part, and of their admissions.
type people struct {
	patients   map[int64]traits
	admissions map[int64]admission
}

// admission is one with its traits.
type admission struct {
	subject int64
	time    dataset.Time
	age     *float64 // in years; nil where it is not known
	traits
}

// peopleOf reads those patients of a part who are wanted.
func peopleOf(ctx context.Context, d *dataset.Dataset, part int, wanted func(subject int64) bool) (p people, err error) {
	p = people{map[int64]traits{}, map[int64]admission{}}
	units, err := unitsOf(ctx, d, part, wanted)
	if err != nil {
		return p, err
	}
	patients := map[int64]mimic.Patient{}
	for row, err := range dataset.Read[mimic.Patient](ctx, d, mimic.TablePatients, part) {
		if err != nil {
			return p, err
		}
		if wanted(row.SubjectID) {
			patients[row.SubjectID], p.patients[row.SubjectID] = row, ofPatient(&row)
		}
	}
	for row, err := range dataset.Read[admitted](ctx, d, mimic.TableAdmissions, part) {
		if err != nil {
			return p, err
		}
		if patient, ok := patients[row.SubjectID]; ok {
			age := eval.Optional(patient.Age(row.Admittime))
			p.admissions[row.HadmID] = admission{row.SubjectID, row.Admittime, age, ofPatient(&patient).at(age, &row, units[row.HadmID])}
		}
	}
	return p, nil
}

// unitsOf are the care units of the first ICU stays of admissions: stays are in the order
// of their time.
func unitsOf(ctx context.Context, d *dataset.Dataset, part int, wanted func(subject int64) bool) (map[int64]string, error) {
	units := map[int64]string{}
	for row, err := range dataset.Read[cared](ctx, d, mimic.TableICUStays, part) {
		if err != nil {
			return nil, err
		}
		if _, later := units[row.HadmID]; !later && wanted(row.SubjectID) {
			units[row.HadmID] = row.FirstCareunit
		}
	}
	return units, nil
}
