package shard

// Time is microseconds since 1970-01-01 as the source wrote the clock: MIMIC's
// shifted times carry no zone, and none is added. Zero means absent.
type Time int64

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

// Example is one document of a task. Label holds the class of a single-label
// task, Labels the indices of a multi-label one.
type Example struct {
	ExampleID      string  `parquet:"example_id,plain"`
	SubjectID      int64   `parquet:"subject_id"`
	HadmID         int64   `parquet:"hadm_id"`
	Split          string  `parquet:"split"`
	PredictionTime Time    `parquet:"prediction_time,optional"`
	Text           string  `parquet:"text,plain" phi:"true"`
	Label          int32   `parquet:"label"`
	Labels         []int32 `parquet:"labels"`
}

// MEDSLabel is a label in the MEDS label schema
// (https://github.com/Medical-Event-Data-Standard/meds). Since version 0.4 nothing
// in it may be null; a table has those of the values that its labels have.
type MEDSLabel struct {
	SubjectID        int64  `parquet:"subject_id"`
	PredictionTime   Time   `parquet:"prediction_time"`
	BooleanValue     bool   `parquet:"boolean_value,absent"`
	IntegerValue     int64  `parquet:"integer_value,absent"`
	CategoricalValue string `parquet:"categorical_value,absent"`
}

// Tokens is one tokenized document: InputIDs is unpadded, [n_tokens], int32.
// Token ids are text in another form and as confidential.
type Tokens struct {
	ExampleID string  `parquet:"example_id,plain"`
	SubjectID int64   `parquet:"subject_id"`
	Split     string  `parquet:"split"`
	InputIDs  []int32 `parquet:"input_ids" phi:"true"`
	NTokens   int32   `parquet:"n_tokens"`
	Label     int32   `parquet:"label"`
	Labels    []int32 `parquet:"labels"`
}

// Prediction is a model's answer for one example: Logits is [classes], float32.
// The evaluation turns logits into scores, so that softmax and sigmoid are both
// to be had from one prediction.
type Prediction struct {
	ExampleID string    `parquet:"example_id,plain"`
	SubjectID int64     `parquet:"subject_id"`
	Task      string    `parquet:"task"`
	Variant   string    `parquet:"variant"`
	Split     string    `parquet:"split"`
	Label     int32     `parquet:"label"`
	Labels    []int32   `parquet:"labels"`
	Logits    []float32 `parquet:"logits"`
}

// Reject is a bad record's place, reason and hash: never its text.
type Reject struct {
	File   string `parquet:"file"`
	Row    int64  `parquet:"row"`
	Offset int64  `parquet:"byte_offset"`
	Reason string `parquet:"reason"`
	SHA256 string `parquet:"sha256,plain"`
}
