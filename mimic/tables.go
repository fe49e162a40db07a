package mimic

import (
	"github.com/clinflow/clinflow/dataset"
)

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
	TableChartEvents = "chartevents"
	TableNotes       = "notes"
)

func init() {
	dataset.RegisterTable[Patient](TablePatients, 2)     // dob
	dataset.RegisterTable[Admission](TableAdmissions, 2) // who was admitted, and the emergency department
	dataset.RegisterTable[Code](TableDiagnoses, 1)
	dataset.RegisterTable[Code](TableProcedures, 1)
	dataset.RegisterTable[ICUStay](TableICUStays, 2)        // last_careunit
	dataset.RegisterTable[Ventilation](TableVentilation, 2) // kind in place of itemid
	dataset.RegisterTable[ChartEvent](TableChartEvents, 1)
	dataset.RegisterTable[Note](TableNotes, 3) // chartdate
}
