package main

import (
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/task"
)

// origin are the columns that every row of a patient part ends with.
func origin[R any](at func(*R) mimic.Origin) []column[R] {
	return []column[R]{
		int32s("source_file", func(r *R) int32 { return at(r).SourceFile }),
		int64s("source_row", func(r *R) int64 { return at(r).SourceRow }),
	}
}

var patientColumns = append([]column[mimic.Patient]{
	int64s("subject_id", func(r *mimic.Patient) int64 { return r.SubjectID }),
	words("gender", func(r *mimic.Patient) string { return r.Gender }),
	int32s("anchor_age", func(r *mimic.Patient) int32 { return r.AnchorAge }),
	int32s("anchor_year", func(r *mimic.Patient) int32 { return r.AnchorYear }),
	words("anchor_year_group", func(r *mimic.Patient) string { return r.AnchorYearGroup }),
	times("dob", func(r *mimic.Patient) dataset.Time { return r.Dob }),
	times("dod", func(r *mimic.Patient) dataset.Time { return r.Dod }),
}, origin(func(r *mimic.Patient) mimic.Origin { return r.Origin })...)

var admissionColumns = append([]column[mimic.Admission]{
	int64s("subject_id", func(r *mimic.Admission) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *mimic.Admission) int64 { return r.HadmID }),
	times("admittime", func(r *mimic.Admission) dataset.Time { return r.Admittime }),
	times("dischtime", func(r *mimic.Admission) dataset.Time { return r.Dischtime }),
	times("deathtime", func(r *mimic.Admission) dataset.Time { return r.Deathtime }),
	times("edregtime", func(r *mimic.Admission) dataset.Time { return r.Edregtime }),
	times("edouttime", func(r *mimic.Admission) dataset.Time { return r.Edouttime }),
	words("admission_type", func(r *mimic.Admission) string { return r.AdmissionType }),
	words("admission_location", func(r *mimic.Admission) string { return r.AdmissionLocation }),
	words("discharge_location", func(r *mimic.Admission) string { return r.DischargeLocation }),
	words("insurance", func(r *mimic.Admission) string { return r.Insurance }),
	words("language", func(r *mimic.Admission) string { return r.Language }),
	words("marital_status", func(r *mimic.Admission) string { return r.MaritalStatus }),
	words("race", func(r *mimic.Admission) string { return r.Race }),
	int32s("hospital_expire_flag", func(r *mimic.Admission) int32 { return r.HospitalExpireFlag }),
}, origin(func(r *mimic.Admission) mimic.Origin { return r.Origin })...)

var noteColumns = append([]column[mimic.Note]{
	texts("note_id", func(r *mimic.Note) string { return r.NoteID }),
	int64s("subject_id", func(r *mimic.Note) int64 { return r.SubjectID }),
	ids("hadm_id", func(r *mimic.Note) int64 { return r.HadmID }),
	words("category", func(r *mimic.Note) string { return r.Category }),
	words("description", func(r *mimic.Note) string { return r.Description }),
	words("note_type", func(r *mimic.Note) string { return r.NoteType }),
	int32s("note_seq", func(r *mimic.Note) int32 { return r.NoteSeq }),
	times("chartdate", func(r *mimic.Note) dataset.Time { return r.Chartdate }),
	times("charttime", func(r *mimic.Note) dataset.Time { return r.Charttime }),
	times("storetime", func(r *mimic.Note) dataset.Time { return r.Storetime }),
	bools("iserror", func(r *mimic.Note) bool { return r.IsError }),
	texts("text", func(r *mimic.Note) string { return r.Text }),
}, origin(func(r *mimic.Note) mimic.Origin { return r.Origin })...)

var textColumns = []column[task.Text]{
	texts("text_id", func(r *task.Text) string { return r.TextID }),
	int64s("subject_id", func(r *task.Text) int64 { return r.SubjectID }),
	ids("hadm_id", func(r *task.Text) int64 { return r.HadmID }),
	times("prediction_time", func(r *task.Text) dataset.Time { return r.PredictionTime }),
	bools("withdrawn", func(r *task.Text) bool { return r.Withdrawn }),
	texts("text", func(r *task.Text) string { return r.Text }),
}

var labelColumns = []column[task.Label]{
	int64s("subject_id", func(r *task.Label) int64 { return r.SubjectID }),
	ids("hadm_id", func(r *task.Label) int64 { return r.HadmID }),
	words("text_id", func(r *task.Label) string { return r.TextID }),
	times("prediction_time", func(r *task.Label) dataset.Time { return r.PredictionTime }),
	int32s("label", func(r *task.Label) int32 { return r.Label }),
	lists("labels", func(r *task.Label) []int32 { return r.Labels }),
}

var medsColumns = []column[task.MEDSLabel]{
	int64s("subject_id", func(r *task.MEDSLabel) int64 { return r.SubjectID }),
	number("prediction_time", parquet.Types.Int64, wallClock, func(r *task.MEDSLabel) int64 { return int64(r.PredictionTime) }),
	bools("boolean_value", func(r *task.MEDSLabel) bool { return r.BooleanValue }),
}

var tokenColumns = []column[task.Tokens]{
	texts("text_id", func(r *task.Tokens) string { return r.TextID }),
	int64s("subject_id", func(r *task.Tokens) int64 { return r.SubjectID }),
	ids("hadm_id", func(r *task.Tokens) int64 { return r.HadmID }),
	lists("input_ids", func(r *task.Tokens) []int32 { return r.InputIDs }),
	int32s("n_tokens", func(r *task.Tokens) int32 { return r.NTokens }),
}

// The tree has no rows for the tables below; a dataset has their files all the same.
var codeColumns = append([]column[mimic.Code]{
	int64s("subject_id", func(r *mimic.Code) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *mimic.Code) int64 { return r.HadmID }),
	int32s("seq_num", func(r *mimic.Code) int32 { return r.SeqNum }),
	times("chartdate", func(r *mimic.Code) dataset.Time { return r.Chartdate }),
	names("icd_code", func(r *mimic.Code) string { return r.ICDCode }),
	int32s("icd_version", func(r *mimic.Code) int32 { return r.ICDVersion }),
}, origin(func(r *mimic.Code) mimic.Origin { return r.Origin })...)

var stayColumns = append([]column[mimic.ICUStay]{
	int64s("subject_id", func(r *mimic.ICUStay) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *mimic.ICUStay) int64 { return r.HadmID }),
	int64s("stay_id", func(r *mimic.ICUStay) int64 { return r.StayID }),
	words("first_careunit", func(r *mimic.ICUStay) string { return r.FirstCareunit }),
	words("last_careunit", func(r *mimic.ICUStay) string { return r.LastCareunit }),
	times("intime", func(r *mimic.ICUStay) dataset.Time { return r.Intime }),
	times("outtime", func(r *mimic.ICUStay) dataset.Time { return r.Outtime }),
}, origin(func(r *mimic.ICUStay) mimic.Origin { return r.Origin })...)

var ventilationColumns = append([]column[mimic.Ventilation]{
	int64s("subject_id", func(r *mimic.Ventilation) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *mimic.Ventilation) int64 { return r.HadmID }),
	int64s("stay_id", func(r *mimic.Ventilation) int64 { return r.StayID }),
	names("kind", func(r *mimic.Ventilation) string { return r.Kind }),
	times("starttime", func(r *mimic.Ventilation) dataset.Time { return r.Starttime }),
	times("endtime", func(r *mimic.Ventilation) dataset.Time { return r.Endtime }),
}, origin(func(r *mimic.Ventilation) mimic.Origin { return r.Origin })...)

var chartColumns = append([]column[mimic.ChartEvent]{
	int64s("subject_id", func(r *mimic.ChartEvent) int64 { return r.SubjectID }),
	ids("hadm_id", func(r *mimic.ChartEvent) int64 { return r.HadmID }),
	ids("stay_id", func(r *mimic.ChartEvent) int64 { return r.StayID }),
	int64s("itemid", func(r *mimic.ChartEvent) int64 { return r.ItemID }),
	times("charttime", func(r *mimic.ChartEvent) dataset.Time { return r.Charttime }),
	times("storetime", func(r *mimic.ChartEvent) dataset.Time { return r.Storetime }),
	words("value", func(r *mimic.ChartEvent) string { return r.Value }),
	bools("iserror", func(r *mimic.ChartEvent) bool { return r.IsError }),
}, origin(func(r *mimic.ChartEvent) mimic.Origin { return r.Origin })...)

var rejectColumns = []column[dataset.Reject]{
	names("file", func(r *dataset.Reject) string { return r.File }),
	int64s("row", func(r *dataset.Reject) int64 { return r.Row }),
	int64s("byte_offset", func(r *dataset.Reject) int64 { return r.Offset }),
	names("reason", func(r *dataset.Reject) string { return r.Reason }),
	texts("sha256", func(r *dataset.Reject) string { return r.SHA256 }),
}
