package ingest

import (
	"github.com/cespare/xxhash/v2"

	"github.com/clinflow/clinflow/internal/shard"
)

// The tables of MIMIC-IV-Note: https://mimic.mit.edu/docs/iv/modules/note/
// Both go to one table; their categories are the names that MIMIC-III gives.

var (
	discharge = noteTable("note/discharge", "Discharge summary")
	radiology = noteTable("note/radiology", "Radiology")
)

func noteTable(file, category string) table[shard.Note] {
	return table[shard.Note]{
		file: file, name: shard.TableNotes,
		base: shard.Note{Category: category},
		columns: []column[shard.Note]{
			must(text("note_id", func(r *shard.Note) *string { return &r.NoteID })),
			id("subject_id", func(r *shard.Note) *int64 { return &r.SubjectID }),
			optionalID("hadm_id", func(r *shard.Note) *int64 { return &r.HadmID }),
			text("note_type", func(r *shard.Note) *string { return &r.NoteType }),
			number("note_seq", func(r *shard.Note) *int32 { return &r.NoteSeq }),
			moment("charttime", func(r *shard.Note) *shard.Time { return &r.Charttime }),
			moment("storetime", func(r *shard.Note) *shard.Time { return &r.Storetime }),
			must(text("text", func(r *shard.Note) *string { return &r.Text })),
		},
		origin: func(r *shard.Note) *shard.Origin { return &r.Origin },
		// Of 3 million keys two agree by chance once in four million files.
		unique: func(r *shard.Note) uint64 { return xxhash.Sum64String(r.NoteID) },
	}
}
