package ingest

import (
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/icd"
	"github.com/clinflow/clinflow/mimic"
)

// The tables of MIMIC-III: https://mimic.mit.edu/docs/iii/tables/

// eitherCase are the names of a file as PhysioNet gives it, and in small letters.
func eitherCase(file string) []string { return []string{file, strings.ToLower(file)} }

var patientsIII = table[mimic.Patient]{
	files: eitherCase("PATIENTS"), name: mimic.TablePatients,
	columns: []column[mimic.Patient]{
		id("subject_id", func(r *mimic.Patient) *int64 { return &r.SubjectID }),
		text("gender", func(r *mimic.Patient) *string { return &r.Gender }),
		midnight("dob", func(r *mimic.Patient) *dataset.Time { return &r.Dob }),
		midnight("dod", func(r *mimic.Patient) *dataset.Time { return &r.Dod }),
	},
	origin: patientOrigin,
	unique: subjectID,
}

var admissionsIII = table[mimic.Admission]{
	files: eitherCase("ADMISSIONS"), name: mimic.TableAdmissions,
	columns: admissionColumns,
	origin:  admissionOrigin,
	unique:  hadmID,
}

// codeTableIII begins with the code: a row without one says nothing, and has no number
// either.
func codeTableIII(file, name string, read codeReader) table[mimic.Code] {
	return table[mimic.Code]{
		files: eitherCase(file), name: name,
		base: mimic.Code{ICDVersion: 9},
		columns: []column[mimic.Code]{
			orSkip(read.column("icd9_code")),
			id("subject_id", func(r *mimic.Code) *int64 { return &r.SubjectID }),
			id("hadm_id", func(r *mimic.Code) *int64 { return &r.HadmID }),
			optionalNumber("seq_num", func(r *mimic.Code) *int32 { return &r.SeqNum }),
		},
		origin: codeOrigin,
	}
}

var (
	diagnosesIII  = codeTableIII("DIAGNOSES_ICD", mimic.TableDiagnoses, icd.Diagnosis)
	proceduresIII = codeTableIII("PROCEDURES_ICD", mimic.TableProcedures, icd.Procedure)
)

var icustaysIII = table[mimic.ICUStay]{
	files: eitherCase("ICUSTAYS"), name: mimic.TableICUStays,
	columns: stayColumns("icustay_id"),
	origin:  stayOrigin,
	unique:  stayID,
}

// ventilationIII is of the patients whose charts MetaVision kept; it may name no stay.
var ventilationIII = table[mimic.Ventilation]{
	files: eitherCase("PROCEDUREEVENTS_MV"), name: mimic.TableVentilation,
	columns: ventilationColumns(optionalID("icustay_id", ventilationStay)),
	origin:  ventilationOrigin,
}

var chartEventsIII = table[mimic.ChartEvent]{
	files: eitherCase("CHARTEVENTS"), name: mimic.TableChartEvents,
	columns: append(chartColumns(mimic.MIMICIII, "icustay_id"), mark("error", func(r *mimic.ChartEvent) *bool { return &r.IsError })),
	origin:  chartOrigin,
}
