package ingest

import (
	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// The tables of MIMIC-IV-Note: https://mimic.mit.edu/docs/iv/modules/note/
// Both go to one table; their categories are the names that MIMIC-III gives.

var (
	discharge = noteTable("note/discharge", mimic.CategoryDischargeSummary)
	radiology = noteTable("note/radiology", categoryRadiology)
)

const categoryRadiology = "Radiology"

var noteTypes = map[string]string{
	"DS": mimic.DischargeSummary,
	"AD": mimic.Addendum,
	"RR": mimic.RadiologyReport,
	"AR": mimic.RadiologyAddendum,
}

func noteTable(file, category string) table[mimic.Note] {
	return table[mimic.Note]{
		files: []string{file}, name: mimic.TableNotes,
		base: mimic.Note{Category: category},
		columns: []column[mimic.Note]{
			must(text("note_id", func(r *mimic.Note) *string { return &r.NoteID })),
			id("subject_id", func(r *mimic.Note) *int64 { return &r.SubjectID }),
			optionalID("hadm_id", func(r *mimic.Note) *int64 { return &r.HadmID }),
			code("note_type", func(r *mimic.Note) *string { return &r.NoteType }, noteTypes),
			number("note_seq", func(r *mimic.Note) *int32 { return &r.NoteSeq }),
			moment("charttime", func(r *mimic.Note) *dataset.Time { return &r.Charttime }),
			moment("storetime", func(r *mimic.Note) *dataset.Time { return &r.Storetime }),
			must(text("text", func(r *mimic.Note) *string { return &r.Text })),
		},
		origin: noteOrigin,
		unique: noteID,
	}
}
