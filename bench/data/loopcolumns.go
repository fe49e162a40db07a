package main

import "github.com/clinflow/clinflow/internal/shard"

// origin are the columns that every row of a patient part ends with.
func origin[R any](at func(*R) shard.Origin) []column[R] {
	return []column[R]{
		int32s("source_file", func(r *R) int32 { return at(r).SourceFile }),
		int64s("source_row", func(r *R) int64 { return at(r).SourceRow }),
	}
}

var patientColumns = append([]column[shard.Patient]{
	int64s("subject_id", func(r *shard.Patient) int64 { return r.SubjectID }),
	words("gender", func(r *shard.Patient) string { return r.Gender }),
	int32s("anchor_age", func(r *shard.Patient) int32 { return r.AnchorAge }),
	int32s("anchor_year", func(r *shard.Patient) int32 { return r.AnchorYear }),
	words("anchor_year_group", func(r *shard.Patient) string { return r.AnchorYearGroup }),
	times("dod", func(r *shard.Patient) shard.Time { return r.Dod }),
}, origin(func(r *shard.Patient) shard.Origin { return r.Origin })...)

var admissionColumns = append([]column[shard.Admission]{
	int64s("subject_id", func(r *shard.Admission) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *shard.Admission) int64 { return r.HadmID }),
	times("admittime", func(r *shard.Admission) shard.Time { return r.Admittime }),
	times("dischtime", func(r *shard.Admission) shard.Time { return r.Dischtime }),
	times("deathtime", func(r *shard.Admission) shard.Time { return r.Deathtime }),
	words("admission_type", func(r *shard.Admission) string { return r.AdmissionType }),
	words("discharge_location", func(r *shard.Admission) string { return r.DischargeLocation }),
	int32s("hospital_expire_flag", func(r *shard.Admission) int32 { return r.HospitalExpireFlag }),
}, origin(func(r *shard.Admission) shard.Origin { return r.Origin })...)

var noteColumns = append([]column[shard.Note]{
	texts("note_id", func(r *shard.Note) string { return r.NoteID }),
	int64s("subject_id", func(r *shard.Note) int64 { return r.SubjectID }),
	ids("hadm_id", func(r *shard.Note) int64 { return r.HadmID }),
	words("category", func(r *shard.Note) string { return r.Category }),
	words("description", func(r *shard.Note) string { return r.Description }),
	words("note_type", func(r *shard.Note) string { return r.NoteType }),
	int32s("note_seq", func(r *shard.Note) int32 { return r.NoteSeq }),
	times("charttime", func(r *shard.Note) shard.Time { return r.Charttime }),
	times("storetime", func(r *shard.Note) shard.Time { return r.Storetime }),
	bools("iserror", func(r *shard.Note) bool { return r.IsError }),
	texts("text", func(r *shard.Note) string { return r.Text }),
}, origin(func(r *shard.Note) shard.Origin { return r.Origin })...)

var exampleColumns = []column[shard.Example]{
	texts("example_id", func(r *shard.Example) string { return r.ExampleID }),
	int64s("subject_id", func(r *shard.Example) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *shard.Example) int64 { return r.HadmID }),
	names("split", func(r *shard.Example) string { return r.Split }),
	times("prediction_time", func(r *shard.Example) shard.Time { return r.PredictionTime }),
	texts("text", func(r *shard.Example) string { return r.Text }),
	int32s("label", func(r *shard.Example) int32 { return r.Label }),
	lists("labels", func(r *shard.Example) []int32 { return r.Labels }),
}

var medsColumns = []column[shard.MEDSLabel]{
	int64s("subject_id", func(r *shard.MEDSLabel) int64 { return r.SubjectID }),
	times("prediction_time", func(r *shard.MEDSLabel) shard.Time { return r.PredictionTime }),
	bools("boolean_value", func(r *shard.MEDSLabel) bool { return r.BooleanValue }),
}

var tokenColumns = []column[shard.Tokens]{
	texts("example_id", func(r *shard.Tokens) string { return r.ExampleID }),
	int64s("subject_id", func(r *shard.Tokens) int64 { return r.SubjectID }),
	names("split", func(r *shard.Tokens) string { return r.Split }),
	lists("input_ids", func(r *shard.Tokens) []int32 { return r.InputIDs }),
	int32s("n_tokens", func(r *shard.Tokens) int32 { return r.NTokens }),
	int32s("label", func(r *shard.Tokens) int32 { return r.Label }),
	lists("labels", func(r *shard.Tokens) []int32 { return r.Labels }),
}

// The tree has no rows for the tables below; a dataset has their files all the same.
var codeColumns = append([]column[shard.Code]{
	int64s("subject_id", func(r *shard.Code) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *shard.Code) int64 { return r.HadmID }),
	int32s("seq_num", func(r *shard.Code) int32 { return r.SeqNum }),
	times("chartdate", func(r *shard.Code) shard.Time { return r.Chartdate }),
	names("icd_code", func(r *shard.Code) string { return r.ICDCode }),
	int32s("icd_version", func(r *shard.Code) int32 { return r.ICDVersion }),
}, origin(func(r *shard.Code) shard.Origin { return r.Origin })...)

var stayColumns = append([]column[shard.ICUStay]{
	int64s("subject_id", func(r *shard.ICUStay) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *shard.ICUStay) int64 { return r.HadmID }),
	int64s("stay_id", func(r *shard.ICUStay) int64 { return r.StayID }),
	words("first_careunit", func(r *shard.ICUStay) string { return r.FirstCareunit }),
	times("intime", func(r *shard.ICUStay) shard.Time { return r.Intime }),
	times("outtime", func(r *shard.ICUStay) shard.Time { return r.Outtime }),
}, origin(func(r *shard.ICUStay) shard.Origin { return r.Origin })...)

var ventilationColumns = append([]column[shard.Ventilation]{
	int64s("subject_id", func(r *shard.Ventilation) int64 { return r.SubjectID }),
	int64s("hadm_id", func(r *shard.Ventilation) int64 { return r.HadmID }),
	int64s("stay_id", func(r *shard.Ventilation) int64 { return r.StayID }),
	int64s("itemid", func(r *shard.Ventilation) int64 { return r.ItemID }),
	times("starttime", func(r *shard.Ventilation) shard.Time { return r.Starttime }),
	times("endtime", func(r *shard.Ventilation) shard.Time { return r.Endtime }),
}, origin(func(r *shard.Ventilation) shard.Origin { return r.Origin })...)

var rejectColumns = []column[shard.Reject]{
	names("file", func(r *shard.Reject) string { return r.File }),
	int64s("row", func(r *shard.Reject) int64 { return r.Row }),
	int64s("byte_offset", func(r *shard.Reject) int64 { return r.Offset }),
	names("reason", func(r *shard.Reject) string { return r.Reason }),
	texts("sha256", func(r *shard.Reject) string { return r.SHA256 }),
}
