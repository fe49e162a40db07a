package label

import (
	"github.com/clinflow/clinflow/internal/shard"
	"github.com/clinflow/clinflow/stages/label/sections"
)

// recipe is a way to make an example's text from an admission's summaries.
type recipe func(summaries []shard.Note) sections.Note

// recipes by the name they have in configurations.
var recipes = map[string]recipe{"clinical": clinical}

// clinical reads the admission sections of each summary by itself, so that the
// end of one cannot leak into the next, and takes each section from the first
// that has it.
func clinical(summaries []shard.Note) sections.Note {
	var note sections.Note
	for i := range summaries {
		note.Fill(sections.Parse(summaries[i].Text))
	}
	return note
}
