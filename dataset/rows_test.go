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

const (
	KindPatients    = "patients"
	KindTokens      = "tokens"
	KindAdapter     = "adapter"
	TablePatients   = "patients"
	TableAdmissions = "admissions"
	TableNotes      = "notes"
	TableTokens     = "tokens"
	TableDiagnoses  = "diagnoses"
)

func init() {
	RegisterTable[Patient](TablePatients, 1)
	RegisterTable[Patient](TableAdmissions, 1) // stays without rows
	RegisterTable[Note](TableNotes, 1)
	RegisterTable[Code](TableDiagnoses, 1)
}
