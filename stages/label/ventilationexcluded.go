package label

import (
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/icd/gem"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages/recipe"
)

// exclusion leaves an admission out that has a diagnosis whose ICD-9 code begins so.
type exclusion struct {
	reason   string
	on       func(recipe.Quirks) bool
	prefixes []string
}

// exclusions are Clinical XLNet's. Its burns are nine titles by their place in the list of
// those that occur, with the words "Only H/F/N or >30% BSA": the first five, which are
// burns of the eyes (940) and of face, head and neck (941), and four of 948, where the
// fourth digit is the tens of per cent of the body.
var exclusions = []exclusion{
	{"head_neck_cancer", func(q recipe.Quirks) bool { return q.PMVNoHeadNeckCancer }, []string{"14"}},
	{"neuromuscular", func(q recipe.Quirks) bool { return q.PMVNoNeuromuscular }, []string{"3589", "3590", "3591", "35801"}},
	{"burns", func(q recipe.Quirks) bool { return q.PMVNoBurns }, []string{"940", "941", "9483", "9484", "9485", "9486", "9487", "9488", "9489"}},
	{"donor", func(q recipe.Quirks) bool { return q.PMVNoDonors }, []string{"V59"}},
}

// names says whether one of an admission's codes of ICD-9 is of the exclusion.
func (e exclusion) names(codes []string) bool {
	return slices.ContainsFunc(codes, func(code string) bool {
		return slices.ContainsFunc(e.prefixes, func(prefix string) bool { return strings.HasPrefix(code, prefix) })
	})
}

// excluded says who is not of the cohort.
type excluded struct {
	adults     bool
	exclusions []exclusion
	codes      *mimic.ByAdmission[mimic.Code]
	patients   *mimic.ByPatient[mimic.Patient]
	patient    mimic.Patient // of the last admission
	into9      *gem.Mapping
}

func excludedBy(q recipe.Quirks, p *Part) (x *excluded, err error) {
	x = &excluded{adults: q.PMVAdults}
	for _, e := range exclusions {
		if e.on(q) {
			x.exclusions = append(x.exclusions, e)
		}
	}
	if x.adults {
		x.patients = besidePatients[mimic.Patient](p, mimic.TablePatients)
	}
	if len(x.exclusions) > 0 {
		x.codes = Beside[mimic.Code](p, mimic.TableDiagnoses, nil)
		x.into9, err = gem.Diagnoses(9)
	}
	return x, err
}

// reason is why an admission is not of the cohort for its diagnoses, "" where it may be.
func (x *excluded) reason(a *mimic.Admission) (string, error) {
	if len(x.exclusions) == 0 {
		return "", nil
	}
	rows, err := x.codes.Of(a)
	var codes []string
	for _, row := range rows {
		codes = append(codes, x.in9(row)...)
	}
	for _, e := range x.exclusions {
		if e.names(codes) {
			return e.reason, err
		}
	}
	return "", err
}

// in9 is a diagnosis in ICD-9.
func (x *excluded) in9(row mimic.Code) []string {
	if row.ICDVersion == 9 {
		return []string{row.ICDCode}
	}
	return x.into9.Targets(row.ICDCode, gem.All)
}

// grownUp is how old a patient is at the begin of an ICU stay of the cohort, in years.
const grownUp = 18

// adult leaves out the stays of those who are younger, or of no known age.
func (x *excluded) adult(a *mimic.Admission, stays []mimic.ICUStay) ([]mimic.ICUStay, error) {
	if !x.adults {
		return stays, nil
	}
	if x.patient.SubjectID != a.SubjectID {
		rows, err := x.patients.Of(a.SubjectID)
		if err != nil {
			return nil, err
		}
		x.patient = mimic.Patient{SubjectID: a.SubjectID}
		if len(rows) > 0 {
			x.patient = rows[0]
		}
	}
	return slices.DeleteFunc(stays, func(s mimic.ICUStay) bool {
		years, known := x.patient.Age(s.Intime)
		return !known || years < grownUp
	}), nil
}
