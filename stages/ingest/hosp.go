package ingest

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/icd"
	"github.com/clinflow/clinflow/mimic"
)

// The tables of MIMIC-IV's hosp module: https://mimic.mit.edu/docs/iv/modules/hosp/
// In version 1.0 patients and admissions were of a module core.

var patients = table[mimic.Patient]{
	files: []string{"hosp/patients", "core/patients"}, name: mimic.TablePatients,
	columns: []column[mimic.Patient]{
		id("subject_id", func(r *mimic.Patient) *int64 { return &r.SubjectID }),
		text("gender", func(r *mimic.Patient) *string { return &r.Gender }),
		number("anchor_age", func(r *mimic.Patient) *int32 { return &r.AnchorAge }),
		number("anchor_year", func(r *mimic.Patient) *int32 { return &r.AnchorYear }),
		text("anchor_year_group", func(r *mimic.Patient) *string { return &r.AnchorYearGroup }),
		day("dod", func(r *mimic.Patient) *dataset.Time { return &r.Dod }),
	},
	origin: patientOrigin,
	unique: subjectID,
}

func patientOrigin(r *mimic.Patient) *mimic.Origin { return &r.Origin }

func subjectID(r *mimic.Patient) uint64 { return uint64(r.SubjectID) }

var admissions = table[mimic.Admission]{
	files: []string{"hosp/admissions", "core/admissions"}, name: mimic.TableAdmissions,
	columns: admissionColumns,
	origin:  admissionOrigin,
	unique:  hadmID,
}

func admissionOrigin(r *mimic.Admission) *mimic.Origin { return &r.Origin }

func hadmID(r *mimic.Admission) uint64 { return uint64(r.HadmID) }

// admissionColumns are common to both databases.
var admissionColumns = append([]column[mimic.Admission]{
	id("subject_id", func(r *mimic.Admission) *int64 { return &r.SubjectID }),
	id("hadm_id", func(r *mimic.Admission) *int64 { return &r.HadmID }),
	must(moment("admittime", func(r *mimic.Admission) *dataset.Time { return &r.Admittime })),
	moment("dischtime", func(r *mimic.Admission) *dataset.Time { return &r.Dischtime }),
	moment("deathtime", func(r *mimic.Admission) *dataset.Time { return &r.Deathtime }),
	text("admission_type", func(r *mimic.Admission) *string { return &r.AdmissionType }),
	text("discharge_location", func(r *mimic.Admission) *string { return &r.DischargeLocation }),
	flag("hospital_expire_flag", func(r *mimic.Admission) *int32 { return &r.HospitalExpireFlag }),
}, whoWasAdmitted...)

// whoWasAdmitted is what no recipe needs: cohorts of a user's own may.
var whoWasAdmitted = ifThere(
	text("admission_location", func(r *mimic.Admission) *string { return &r.AdmissionLocation }),
	text("insurance", func(r *mimic.Admission) *string { return &r.Insurance }),
	text("language", func(r *mimic.Admission) *string { return &r.Language }),
	text("marital_status", func(r *mimic.Admission) *string { return &r.MaritalStatus }),
	text("race", func(r *mimic.Admission) *string { return &r.Race }).or("ethnicity"),
	moment("edregtime", func(r *mimic.Admission) *dataset.Time { return &r.Edregtime }),
	moment("edouttime", func(r *mimic.Admission) *dataset.Time { return &r.Edouttime }),
)

// codeColumns are common to diagnoses and procedures. A repeated code does no
// harm: labels are sets. The code comes after the version, which says what it looks
// like.
func codeColumns(read codeReader, more ...column[mimic.Code]) []column[mimic.Code] {
	return append([]column[mimic.Code]{
		id("subject_id", func(r *mimic.Code) *int64 { return &r.SubjectID }),
		id("hadm_id", func(r *mimic.Code) *int64 { return &r.HadmID }),
		number("seq_num", func(r *mimic.Code) *int32 { return &r.SeqNum }),
		icdVersion,
		must(read.column("icd_code")),
	}, more...)
}

// icdVersion is 9 or 10: codes of the two mean different things.
var icdVersion = column[mimic.Code]{name: "icd_version", set: func(r *mimic.Code, field []byte) verdict {
	switch string(field) {
	case "":
		return missing
	case "9":
		r.ICDVersion = 9
	case "10":
		r.ICDVersion = 10
	default:
		return malformed
	}
	return sound
}}

// codeReader reads the codes of a table as package icd does.
type codeReader func(version int, text string) (code string, ok bool)

func (read codeReader) column(name string) column[mimic.Code] {
	return column[mimic.Code]{name: name, set: func(r *mimic.Code, field []byte) verdict {
		code, ok := read(int(r.ICDVersion), string(field))
		r.ICDCode = code
		return soundIf(ok)
	}}
}

func codeOrigin(r *mimic.Code) *mimic.Origin { return &r.Origin }

var diagnoses = table[mimic.Code]{
	files: []string{"hosp/diagnoses_icd"}, name: mimic.TableDiagnoses,
	columns: codeColumns(icd.Diagnosis),
	origin:  codeOrigin,
}

var procedures = table[mimic.Code]{
	files: []string{"hosp/procedures_icd"}, name: mimic.TableProcedures,
	columns: codeColumns(icd.Procedure, day("chartdate", func(r *mimic.Code) *dataset.Time { return &r.Chartdate })),
	origin:  codeOrigin,
}
