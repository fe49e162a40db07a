package text

import (
	"cmp"
	"slices"

	"github.com/clinflow/clinflow/stages/declared"
	"github.com/clinflow/clinflow/stages/text/sections"
)

// sections are the declared admission sections of discharge summaries, each from the
// first that has it by note_seq, "" where there are none. The others are written empty,
// so that the text is in the form of text.admission's.
func (x ofTask) sections(summaries []taskNote) string {
	slices.SortStableFunc(summaries, func(a, b taskNote) int { return cmp.Compare(a.NoteSeq, b.NoteSeq) })
	var note, chosen sections.Note
	for i := range summaries {
		note.Fill(sections.Parse(summaries[i].Text))
	}
	for _, name := range x.of.Texts.Sections {
		s := declared.Sections[name]
		chosen[s] = note[s]
	}
	if chosen == (sections.Note{}) {
		return ""
	}
	return chosen.Text()
}
