package ingest

import (
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/mimic"
)

// noteEvents are MIMIC-III's notes of all categories:
// https://mimic.mit.edu/docs/iii/tables/noteevents/
var noteEvents = table[mimic.Note]{
	files: eitherCase("NOTEEVENTS"), name: mimic.TableNotes,
	columns: []column[mimic.Note]{
		orSkip(text("text", func(r *mimic.Note) *string { return &r.Text })),
		rowID,
		id("subject_id", func(r *mimic.Note) *int64 { return &r.SubjectID }),
		optionalID("hadm_id", func(r *mimic.Note) *int64 { return &r.HadmID }),
		midnight("chartdate", func(r *mimic.Note) *dataset.Time { return &r.Chartdate }),
		moment("charttime", func(r *mimic.Note) *dataset.Time { return &r.Charttime }),
		moment("storetime", func(r *mimic.Note) *dataset.Time { return &r.Storetime }),
		text("category", func(r *mimic.Note) *string { return &r.Category }),
		description,
		mark("iserror", func(r *mimic.Note) *bool { return &r.IsError }),
	},
	origin: noteOrigin,
	unique: noteID,
}

func noteOrigin(r *mimic.Note) *mimic.Origin { return &r.Origin }

// noteID is a key: of 3 million two agree by chance once in four million files.
func noteID(r *mimic.Note) uint64 { return xxhash.Sum64String(r.NoteID) }

var rowID = must(column[mimic.Note]{name: "row_id", set: func(r *mimic.Note, field []byte) verdict {
	n, ok := wholeNumber(field)
	r.NoteID = strconv.FormatInt(n, 10)
	return soundIf(ok && n > 0)
}})

// description comes after the category: the two say of what type a note is.
var description = column[mimic.Note]{name: "description", set: func(r *mimic.Note, field []byte) verdict {
	r.Description = string(field)
	r.NoteType = noteTypesIII[kindOfNote{r.Category, r.Description}]
	if r.NoteType == "" && r.Category == categoryRadiology {
		r.NoteType = mimic.RadiologyReport // its descriptions name the examination
	}
	return sound
}}

type kindOfNote struct{ category, description string }

var noteTypesIII = map[kindOfNote]string{
	{mimic.CategoryDischargeSummary, "Report"}:   mimic.DischargeSummary,
	{mimic.CategoryDischargeSummary, "Addendum"}: mimic.Addendum,
	{categoryRadiology, "Addendum"}:              mimic.RadiologyAddendum,
}
