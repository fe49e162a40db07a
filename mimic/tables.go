package mimic

import (
	"github.com/clinflow/clinflow/dataset"
)

// The kinds of datasets.
const (
	KindFiles    = "mimic"    // MIMIC's own files: hosp/, icu/, note/
	KindPatients = "patients" // the tables below, all rows of a patient in one part
)

// AttributeRelease is the name under which the manifest of patients says what they
// were read from, such as mimiciv. See ReleaseOf.
const AttributeRelease = "release"

// ReleaseOf says what patients were read from, "" where their manifest does not.
func ReleaseOf(patients *dataset.Dataset) string {
	var release string
	_, _ = patients.Attribute(AttributeRelease, &release) // one that is none is as good as untold
	return release
}

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
	dataset.RegisterTable[Ventilation](TableVentilation, 2) // kind in place of itemid
	dataset.RegisterTable[Note](TableNotes, 2)              // note_type in words
}
