package mimic

import (
	"cmp"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/dataset"
)

// Key orders the rows of a part. Rows compare by its fields from first to last,
// so that the bytes of a part do not depend on who wrote its runs.
type Key struct {
	SubjectID  int64
	HadmID     int64
	Time       dataset.Time
	Number     int64  // a numeric id of the row, such as stay_id or seq_num
	ID         string // a textual id of the row, such as note_id
	SourceFile int32
	SourceRow  int64
}

// Compare is negative where k comes before other, zero where they are equal.
func (k Key) Compare(other Key) int {
	return cmp.Or(
		cmp.Compare(k.SubjectID, other.SubjectID),
		cmp.Compare(k.HadmID, other.HadmID),
		cmp.Compare(k.Time, other.Time),
		cmp.Compare(k.Number, other.Number),
		cmp.Compare(k.ID, other.ID),
		cmp.Compare(k.SourceFile, other.SourceFile),
		cmp.Compare(k.SourceRow, other.SourceRow),
	)
}

// Row is a row of a patient table.
type Row interface{ Key() Key }

// Compare orders the rows of a table by their keys.
func Compare[R Row](a, b R) int { return a.Key().Compare(b.Key()) }

// Key orders patients by subject_id.
func (r Patient) Key() Key {
	return Key{SubjectID: r.SubjectID, SourceFile: r.SourceFile, SourceRow: r.SourceRow}
}

// Key orders admissions by hadm_id within a patient.
func (r Admission) Key() Key {
	return Key{r.SubjectID, r.HadmID, r.Admittime, 0, "", r.SourceFile, r.SourceRow}
}

// Key orders codes by date, then seq_num, within an admission.
func (r Code) Key() Key {
	return Key{r.SubjectID, r.HadmID, r.Chartdate, int64(r.SeqNum), "", r.SourceFile, r.SourceRow}
}

// Key orders ICU stays by intime within an admission.
func (r ICUStay) Key() Key {
	return Key{r.SubjectID, r.HadmID, r.Intime, r.StayID, "", r.SourceFile, r.SourceRow}
}

// Key orders ventilation intervals by start within an admission.
func (r Ventilation) Key() Key {
	return Key{r.SubjectID, r.HadmID, r.Starttime, r.StayID, "", r.SourceFile, r.SourceRow}
}

// Key orders charted values by charttime, then itemid, within an admission.
func (r ChartEvent) Key() Key {
	return Key{r.SubjectID, r.HadmID, r.Charttime, r.ItemID, "", r.SourceFile, r.SourceRow}
}

// Key orders notes by charttime, chartdate where there is none, then note_id, within an
// admission.
func (r Note) Key() Key {
	return Key{r.SubjectID, r.HadmID, cmp.Or(r.Charttime, r.Chartdate), 0, r.NoteID, r.SourceFile, r.SourceRow}
}

// PartOf is the part that holds all rows of a patient:
// xxhash64("part:" + decimal subject_id) mod parts.
func PartOf(subjectID int64, parts int) int {
	return int(xxhash.Sum64String("part:"+strconv.FormatInt(subjectID, 10)) % uint64(parts))
}
