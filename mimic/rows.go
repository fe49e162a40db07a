// Package mimic holds what is read from MIMIC: the rows of the patient tables, the
// order that they lie in, and the part that holds a patient's.
package mimic

import "github.com/clinflow/clinflow/dataset"

// Origin says where a row came from.
type Origin struct {
	SourceFile int32 `parquet:"source_file"` // index of the file in the manifest's sources
	SourceRow  int64 `parquet:"source_row"`  // of the file; the first row after the header is 1
}

// The row types below are the columns of the tables; package parquet says what their
// tags mean. A column that is `optional` is null where its field is the zero value:
// a time of 0 is not known. Numbers without a unit are ids and codes of MIMIC.

// Patient is a row of MIMIC's patients table.
type Patient struct {
	SubjectID       int64        `parquet:"subject_id"`
	Gender          string       `parquet:"gender,optional"`            // F or M
	AnchorAge       int32        `parquet:"anchor_age"`                 // in AnchorYear, in years; 91 for all older
	AnchorYear      int32        `parquet:"anchor_year"`                // of the patient's shifted calendar
	AnchorYearGroup string       `parquet:"anchor_year_group,optional"` // the true years that it stands for, such as 2014 - 2016
	Dob             dataset.Time `parquet:"dob,optional"`               // date of birth, at midnight; MIMIC-III has it in place of the anchor
	Dod             dataset.Time `parquet:"dod,optional"`               // date of death, at midnight
	Origin
}

// Admission is a row of MIMIC's admissions table.
type Admission struct {
	SubjectID         int64        `parquet:"subject_id"`
	HadmID            int64        `parquet:"hadm_id"`
	Admittime         dataset.Time `parquet:"admittime,optional"`
	Dischtime         dataset.Time `parquet:"dischtime,optional"`
	Deathtime         dataset.Time `parquet:"deathtime,optional"` // of a death in hospital
	Edregtime         dataset.Time `parquet:"edregtime,optional"` // into the emergency department
	Edouttime         dataset.Time `parquet:"edouttime,optional"` // out of it
	AdmissionType     string       `parquet:"admission_type,optional"`
	AdmissionLocation string       `parquet:"admission_location,optional"`
	DischargeLocation string       `parquet:"discharge_location,optional"`
	Insurance         string       `parquet:"insurance,optional"`
	Language          string       `parquet:"language,optional"`
	MaritalStatus     string       `parquet:"marital_status,optional"`
	Race              string       `parquet:"race,optional"` // ethnicity in MIMIC-III and MIMIC-IV 1.0
	// HospitalExpireFlag is 0, 1, or -1 where the source has none.
	HospitalExpireFlag int32 `parquet:"hospital_expire_flag"`
	Origin
}

// Code is a row of diagnoses_icd or procedures_icd. The code is text: leading
// zeros are part of it.
type Code struct {
	SubjectID  int64        `parquet:"subject_id"`
	HadmID     int64        `parquet:"hadm_id"`
	SeqNum     int32        `parquet:"seq_num"`            // rank within the admission, from 1
	Chartdate  dataset.Time `parquet:"chartdate,optional"` // of procedures, at midnight
	ICDCode    string       `parquet:"icd_code"`           // without a dot
	ICDVersion int32        `parquet:"icd_version"`        // 9 or 10
	Origin
}

// ICUStay is a row of icustays.
type ICUStay struct {
	SubjectID     int64        `parquet:"subject_id"`
	HadmID        int64        `parquet:"hadm_id"`
	StayID        int64        `parquet:"stay_id"`
	FirstCareunit string       `parquet:"first_careunit,optional"`
	LastCareunit  string       `parquet:"last_careunit,optional"`
	Intime        dataset.Time `parquet:"intime,optional"`
	Outtime       dataset.Time `parquet:"outtime,optional"`
	Origin
}

// Ventilation is an interval of mechanical ventilation, or an event that begins or
// ends one, such as an intubation. Kind says what it is, in the words below.
type Ventilation struct {
	SubjectID int64        `parquet:"subject_id"`
	HadmID    int64        `parquet:"hadm_id"`
	StayID    int64        `parquet:"stay_id"`
	Kind      string       `parquet:"kind"`
	Starttime dataset.Time `parquet:"starttime,optional"`
	Endtime   dataset.Time `parquet:"endtime,optional"`
	Origin
}

// The kinds of ventilation. Releases of MIMIC have item numbers for them.
const (
	InvasiveVentilation        = "invasive_ventilation"
	NonInvasiveVentilation     = "non_invasive_ventilation"
	Intubation                 = "intubation"
	Extubation                 = "extubation"
	UnplannedExtubationPatient = "unplanned_extubation_patient" // by the patient
	UnplannedExtubationOther   = "unplanned_extubation_other"   // by someone or something else
)

// ChartEvent is a row of chartevents of an item that ventilation is known by. Value is
// as it was charted, trailing blanks included.
type ChartEvent struct {
	SubjectID int64        `parquet:"subject_id"`
	HadmID    int64        `parquet:"hadm_id,optional"`
	StayID    int64        `parquet:"stay_id,optional"` // icustay_id in MIMIC-III
	ItemID    int64        `parquet:"itemid"`
	Charttime dataset.Time `parquet:"charttime,optional"`
	Storetime dataset.Time `parquet:"storetime,optional"`
	Value     string       `parquet:"value,optional"`
	IsError   bool         `parquet:"iserror"` // marked as an error, in MIMIC-III
	Origin
}

// Note is one clinical note; its text is PHI. Category is as MIMIC-III names it,
// NoteType is in the words below. Of MIMIC-III the id is the decimal ROW_ID.
type Note struct {
	NoteID      string       `parquet:"note_id,plain"`
	SubjectID   int64        `parquet:"subject_id"`
	HadmID      int64        `parquet:"hadm_id,optional"`
	Category    string       `parquet:"category,optional"`
	Description string       `parquet:"description,optional"`
	NoteType    string       `parquet:"note_type,optional"`
	NoteSeq     int32        `parquet:"note_seq"`           // order of a patient's notes of one type
	Chartdate   dataset.Time `parquet:"chartdate,optional"` // day that the note is about, at midnight; in MIMIC-III alone
	Charttime   dataset.Time `parquet:"charttime,optional"` // that the note is about; MIMIC-III's discharge summaries have a chartdate alone
	Storetime   dataset.Time `parquet:"storetime,optional"` // when it was completed
	IsError     bool         `parquet:"iserror"`            // marked as an error by a clinician
	Text        string       `parquet:"text,plain" phi:"true"`
	Origin
}

// CategoryDischargeSummary is the category of discharge summaries and their addenda.
const CategoryDischargeSummary = "Discharge summary"

// The types of notes. Releases of MIMIC have letters for them; a letter that is not
// known stays as it is.
const (
	DischargeSummary  = "discharge_summary"
	Addendum          = "addendum" // to a discharge summary, written after it
	RadiologyReport   = "radiology_report"
	RadiologyAddendum = "radiology_addendum"
)
