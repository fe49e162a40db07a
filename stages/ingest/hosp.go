package ingest

import (
	"github.com/clinflow/clinflow/internal/icd"
	"github.com/clinflow/clinflow/internal/shard"
)

// The tables of MIMIC-IV's hosp module: https://mimic.mit.edu/docs/iv/modules/hosp/

var patients = table[shard.Patient]{
	file: "hosp/patients", name: shard.TablePatients,
	columns: []column[shard.Patient]{
		id("subject_id", func(r *shard.Patient) *int64 { return &r.SubjectID }),
		text("gender", func(r *shard.Patient) *string { return &r.Gender }),
		number("anchor_age", func(r *shard.Patient) *int32 { return &r.AnchorAge }),
		number("anchor_year", func(r *shard.Patient) *int32 { return &r.AnchorYear }),
		text("anchor_year_group", func(r *shard.Patient) *string { return &r.AnchorYearGroup }),
		day("dod", func(r *shard.Patient) *shard.Time { return &r.Dod }),
	},
	origin: func(r *shard.Patient) *shard.Origin { return &r.Origin },
	unique: func(r *shard.Patient) uint64 { return uint64(r.SubjectID) },
}

var admissions = table[shard.Admission]{
	file: "hosp/admissions", name: shard.TableAdmissions,
	columns: []column[shard.Admission]{
		id("subject_id", func(r *shard.Admission) *int64 { return &r.SubjectID }),
		id("hadm_id", func(r *shard.Admission) *int64 { return &r.HadmID }),
		must(moment("admittime", func(r *shard.Admission) *shard.Time { return &r.Admittime })),
		moment("dischtime", func(r *shard.Admission) *shard.Time { return &r.Dischtime }),
		moment("deathtime", func(r *shard.Admission) *shard.Time { return &r.Deathtime }),
		text("admission_type", func(r *shard.Admission) *string { return &r.AdmissionType }),
		text("discharge_location", func(r *shard.Admission) *string { return &r.DischargeLocation }),
		flag("hospital_expire_flag", func(r *shard.Admission) *int32 { return &r.HospitalExpireFlag }),
	},
	origin: func(r *shard.Admission) *shard.Origin { return &r.Origin },
	unique: func(r *shard.Admission) uint64 { return uint64(r.HadmID) },
}

// codeColumns are common to diagnoses and procedures. A repeated code does no
// harm: labels are sets.
func codeColumns(read codeReader, more ...column[shard.Code]) []column[shard.Code] {
	return append([]column[shard.Code]{
		id("subject_id", func(r *shard.Code) *int64 { return &r.SubjectID }),
		id("hadm_id", func(r *shard.Code) *int64 { return &r.HadmID }),
		number("seq_num", func(r *shard.Code) *int32 { return &r.SeqNum }),
		icdVersion,
		read.column(),
	}, more...)
}

// icdVersion is 9 or 10: codes of the two mean different things.
var icdVersion = column[shard.Code]{"icd_version", func(r *shard.Code, field string) verdict {
	switch field {
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

// column comes after icdVersion: a code's version says what it looks like.
func (read codeReader) column() column[shard.Code] {
	return must(column[shard.Code]{"icd_code", func(r *shard.Code, field string) verdict {
		code, ok := read(int(r.ICDVersion), field)
		r.ICDCode = code
		return soundIf(ok)
	}})
}

func codeOrigin(r *shard.Code) *shard.Origin { return &r.Origin }

var diagnoses = table[shard.Code]{
	file: "hosp/diagnoses_icd", name: shard.TableDiagnoses,
	columns: codeColumns(icd.Diagnosis),
	origin:  codeOrigin,
}

var procedures = table[shard.Code]{
	file: "hosp/procedures_icd", name: shard.TableProcedures,
	columns: codeColumns(icd.Procedure, day("chartdate", func(r *shard.Code) *shard.Time { return &r.Chartdate })),
	origin:  codeOrigin,
}
