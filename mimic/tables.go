package mimic

import "github.com/clinflow/clinflow/dataset"

// The kinds of datasets.
const (
	KindFiles    = "mimic"    // MIMIC's own files: hosp/, icu/, note/
	KindPatients = "patients" // the tables below, all rows of a patient in one part
)

// The patient tables.
const (
	TablePatients    = "patients"
	TableAdmissions  = "admissions"
	TableDiagnoses   = "diagnoses"
	TableProcedures  = "procedures"
	TableICUStays    = "icustays"
	TableVentilation = "ventilation"
	TableNotes       = "notes"
)

func init() {
	dataset.RegisterTable[Patient](TablePatients, 1)
	dataset.RegisterTable[Admission](TableAdmissions, 1)
	dataset.RegisterTable[Code](TableDiagnoses, 1)
	dataset.RegisterTable[Code](TableProcedures, 1)
	dataset.RegisterTable[ICUStay](TableICUStays, 1)
	dataset.RegisterTable[Ventilation](TableVentilation, 1)
	dataset.RegisterTable[Note](TableNotes, 1)
}
