package dataset

import "cmp"

// The rows below stand for those of a package above: these tests need many columns,
// not medicine.

// Origin says where a row came from: the index of its file in the manifest's
// sources and its row number in it (the first row after the header is 1).
type Origin struct {
	SourceFile int32 `parquet:"source_file"`
	SourceRow  int64 `parquet:"source_row"`
}

// The row types below are the columns of the tables. `optional` marks a column
// that may be null: the Go zero value stands for null there. `absent` marks one
// that a table may lack. `plain` marks text that hardly repeats, for which no
// dictionary is tried. `phi` marks what is printed only where a user asks for it.

// Patient is a row of MIMIC's patients table.
type Patient struct {
	SubjectID       int64  `parquet:"subject_id"`
	Gender          string `parquet:"gender,optional"`
	AnchorAge       int32  `parquet:"anchor_age"`
	AnchorYear      int32  `parquet:"anchor_year"`
	AnchorYearGroup string `parquet:"anchor_year_group,optional"`
	Dod             Time   `parquet:"dod,optional"`
	Origin
}

// Admission is a row of MIMIC's admissions table.
type Admission struct {
	SubjectID         int64  `parquet:"subject_id"`
	HadmID            int64  `parquet:"hadm_id"`
	Admittime         Time   `parquet:"admittime,optional"`
	Dischtime         Time   `parquet:"dischtime,optional"`
	Deathtime         Time   `parquet:"deathtime,optional"`
	AdmissionType     string `parquet:"admission_type,optional"`
	DischargeLocation string `parquet:"discharge_location,optional"`
	// HospitalExpireFlag is 0, 1, or -1 where the source has none.
	HospitalExpireFlag int32 `parquet:"hospital_expire_flag"`
	Origin
}

// Code is a row of diagnoses_icd or procedures_icd. The code is text: leading
// zeros are part of it.
type Code struct {
	SubjectID  int64  `parquet:"subject_id"`
	HadmID     int64  `parquet:"hadm_id"`
	SeqNum     int32  `parquet:"seq_num"`
	Chartdate  Time   `parquet:"chartdate,optional"`
	ICDCode    string `parquet:"icd_code"`
	ICDVersion int32  `parquet:"icd_version"`
	Origin
}

// ICUStay is a row of icustays.
type ICUStay struct {
	SubjectID     int64  `parquet:"subject_id"`
	HadmID        int64  `parquet:"hadm_id"`
	StayID        int64  `parquet:"stay_id"`
	FirstCareunit string `parquet:"first_careunit,optional"`
	Intime        Time   `parquet:"intime,optional"`
	Outtime       Time   `parquet:"outtime,optional"`
	Origin
}

// Ventilation is an interval of mechanical ventilation from procedureevents.
type Ventilation struct {
	SubjectID int64 `parquet:"subject_id"`
	HadmID    int64 `parquet:"hadm_id"`
	StayID    int64 `parquet:"stay_id"`
	ItemID    int64 `parquet:"itemid"`
	Starttime Time  `parquet:"starttime,optional"`
	Endtime   Time  `parquet:"endtime,optional"`
	Origin
}

// Note is one clinical note; its text is PHI.
type Note struct {
	NoteID      string `parquet:"note_id,plain"`
	SubjectID   int64  `parquet:"subject_id"`
	HadmID      int64  `parquet:"hadm_id,optional"`
	Category    string `parquet:"category,optional"`
	Description string `parquet:"description,optional"`
	NoteType    string `parquet:"note_type,optional"`
	NoteSeq     int32  `parquet:"note_seq"`
	Charttime   Time   `parquet:"charttime,optional"`
	Storetime   Time   `parquet:"storetime,optional"`
	IsError     bool   `parquet:"iserror"`
	Text        string `parquet:"text,plain" phi:"true"`
	Origin
}

func compareNotes(a, b Note) int {
	return cmp.Or(
		cmp.Compare(a.SubjectID, b.SubjectID), cmp.Compare(a.HadmID, b.HadmID), cmp.Compare(a.Charttime, b.Charttime), cmp.Compare(a.NoteID, b.NoteID),
		cmp.Compare(a.SourceFile, b.SourceFile), cmp.Compare(a.SourceRow, b.SourceRow),
	)
}

// partOf spreads the rows over parts.
func partOf(n Note, parts int) int { return int(uint64(n.SubjectID) % uint64(parts)) }

// Tokens has a list.
type Tokens struct {
	ExampleID string  `parquet:"example_id,plain"`
	SubjectID int64   `parquet:"subject_id"`
	Split     string  `parquet:"split"`
	InputIDs  []int32 `parquet:"input_ids" phi:"true"`
	NTokens   int32   `parquet:"n_tokens"`
	Label     int32   `parquet:"label"`
	Labels    []int32 `parquet:"labels"`
}

// MEDSLabel has columns that a table may lack.
type MEDSLabel struct {
	SubjectID        int64  `parquet:"subject_id"`
	PredictionTime   Time   `parquet:"prediction_time"`
	BooleanValue     bool   `parquet:"boolean_value,absent"`
	IntegerValue     int64  `parquet:"integer_value,absent"`
	CategoricalValue string `parquet:"categorical_value,absent"`
}

const (
	KindPatients    = "patients"
	KindTokens      = "tokens"
	KindAdapter     = "adapter"
	KindMetrics     = "metrics"
	KindExamples    = "examples"
	TablePatients   = "patients"
	TableAdmissions = "admissions"
	TableNotes      = "notes"
	TableTokens     = "tokens"
	TableMEDS       = "meds"
	TableDiagnoses  = "diagnoses"
)

func init() {
	RegisterTable[Patient](TablePatients, 1)
	RegisterTable[Admission](TableAdmissions, 1)
	RegisterTable[Note](TableNotes, 1)
	RegisterTable[Tokens](TableTokens, 1)
	RegisterTable[MEDSLabel](TableMEDS, 1)
	RegisterTable[Code](TableDiagnoses, 1)
}
