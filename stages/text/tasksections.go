package text

import (
	"slices"

	"github.com/clinflow/clinflow/stages/declared"
	"github.com/clinflow/clinflow/stages/recipe"
	"github.com/clinflow/clinflow/stages/text/sections"
)

// sound is the recipe by which declared tasks read admission sections.
func sound() (recipe.Recipe, error) { return recipe.Config{Recipe: "clinical"}.New() }

// sections are the declared admission sections of discharge summaries, which are read as
// text.admission reads them, "" where there are none. The others are written empty, so
// that the text is in that stage's form.
func (x ofTask) sections(notes []taskNote) string {
	summaries := make([]Summary, len(notes))
	for i := range notes {
		summaries[i] = notes[i].Summary
	}
	slices.SortFunc(summaries, InOrder)
	note, chosen := noteOf(x.recipe, summaries), sections.Note{}
	for _, name := range x.of.Texts.Sections {
		s := declared.Sections[name]
		chosen[s] = note[s]
	}
	if chosen == (sections.Note{}) {
		return ""
	}
	return chosen.Text()
}
